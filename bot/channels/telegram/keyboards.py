"""Buttons under a message, as Telegram wants them."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from bot.channels.platform import Bubble
from bot.contract.messages import Choice

DATA_BYTES = 64
SHORT_TITLE = 14  # two such buttons fit beside each other on a small phone
SHARE_NUMBER = "Bagikan nomor saya"


def keyboard_of(bubble: Bubble) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    """The keyboard for a bubble, None when it needs none."""
    if bubble.request_contact:
        button = KeyboardButton(SHARE_NUMBER, request_contact=True)
        return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)
    if not bubble.buttons:
        return None
    return InlineKeyboardMarkup([[_button(choice) for choice in row] for row in _rows(bubble.buttons)])


def too_long(bubble: Bubble) -> bool:
    """Whether a choice's id is longer than Telegram takes. It is never cut: it would be another choice's."""
    return any(len(choice.id.encode()) > DATA_BYTES for choice in bubble.buttons)


def _button(choice: Choice) -> InlineKeyboardButton:
    return InlineKeyboardButton(choice.title, callback_data=choice.id)


def _rows(choices: Sequence[Choice]) -> list[list[Choice]]:
    """Short labels in pairs, others one to a row, in their order."""
    rows: list[list[Choice]] = []
    for choice in choices:
        last = rows[-1] if rows else []
        if len(last) == 1 and max(len(last[0].title), len(choice.title)) <= SHORT_TITLE:
            last.append(choice)
        else:
            rows.append([choice])
    return rows
