"""Shows one bubble in a chat: HTML with a plain second try, choices as inline buttons."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.channels.platform import Bubble
from bot.channels.telegram.errors import BAD_ANSWER, BAD_MARKUP, outcome_of, says
from bot.contract.logs import fields
from bot.contract.messages import Choice
from bot.contract.outcomes import Fate, Outcome, Trouble

CALLBACK_DATA_BYTES = 64
SHORT_TITLE = 20  # characters that two buttons side by side can show on a small phone
SHARE_CONTACT = "Bagikan nomor saya"

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | None

logger = logging.getLogger(__name__)


async def send_bubble(bot: Bot, bubble: Bubble) -> Outcome:
    """One message. Never raises; a refused markup gets one more try as plain text."""
    choices = bubble.buttons or bubble.rows
    if any(len(choice.id.encode("utf-8", "surrogatepass")) > CALLBACK_DATA_BYTES for choice in choices):
        return Outcome(Fate.REJECTED, code="callback_data_too_long", trouble=Trouble.INVALID)
    try:
        try:
            return await _call(bot, bubble, bubble.text, ParseMode.HTML)
        except BadRequest as error:
            if not says(error, BAD_MARKUP):
                raise
            logger.warning("markup refused, sent as plain text", extra=fields(channel="telegram"))
            return await _call(bot, bubble, bubble.plain, None)
    except TelegramError as error:
        return outcome_of(error)
    except Exception as error:
        # An answer that is no Bot API answer: a proxy's page, or JSON of another kind.
        logger.warning("answer not readable", extra=fields(channel="telegram", error=type(error).__name__))
        return BAD_ANSWER


async def _call(bot: Bot, bubble: Bubble, text: str, parse_mode: ParseMode | None) -> Outcome:
    message = await bot.send_message(
        chat_id=bubble.to,
        text=text,
        parse_mode=parse_mode,
        reply_markup=keyboard(bubble),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
    return Outcome(Fate.ACCEPTED, receipt=str(message.message_id))


def keyboard(bubble: Bubble) -> Markup:
    """What stands under the message. A message has one keyboard: choices go before the request for a number."""
    choices = bubble.buttons or bubble.rows
    if choices:
        return InlineKeyboardMarkup(_rows(choices))
    if bubble.request_contact:
        share = KeyboardButton(SHARE_CONTACT, request_contact=True)
        return ReplyKeyboardMarkup([[share]], resize_keyboard=True, one_time_keyboard=True)
    return None


def _rows(choices: Sequence[Choice]) -> list[list[InlineKeyboardButton]]:
    buttons = [InlineKeyboardButton(choice.title, callback_data=choice.id) for choice in choices]
    side_by_side = all(len(choice.title) <= SHORT_TITLE for choice in choices)
    step = 2 if side_by_side else 1
    return [buttons[start : start + step] for start in range(0, len(buttons), step)]
