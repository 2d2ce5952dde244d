"""Reads `reply_markup` and complains about it as the Bot API does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fakes.telegram.chats import Button, Rows
from tests.fakes.telegram.errors import bad_request

LONGEST_DATA_BYTES = 64
MOST_BUTTONS = 100


@dataclass(frozen=True)
class Markup:
    """Buttons under the message, or a keyboard (empty: take it away; None: leave it as it is)."""

    buttons: Rows = ()
    keyboard: Rows | None = None


def read_markup(value: Any) -> Markup:
    """Raises ApiError."""
    if value is None or value == "":
        return Markup()
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in value:
        return Markup(buttons=_rows(value["inline_keyboard"], "inline_keyboard", _inline))
    if "keyboard" in value:
        return Markup(keyboard=_rows(value["keyboard"], "keyboard", _key))
    if value.get("remove_keyboard") is True:
        return Markup(keyboard=())
    return Markup()


def _rows(value: Any, name: str, read: Any) -> Rows:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        owner = " of the InlineKeyboardMarkup" if name == "inline_keyboard" else ""
        raise bad_request(f'field "{name}"{owner} must be an Array of Arrays')
    rows = tuple(tuple(read(button) for button in row) for row in value if row)
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return rows


def _inline(value: Any) -> Button:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    title, data, url = value["text"], value.get("callback_data"), value.get("url")
    if not title.strip():
        raise bad_request("can't parse inline keyboard button: Text must be non-empty")
    if isinstance(url, str) and url:
        if not url.startswith(("http://", "https://", "tg://")):
            raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
        return Button(title, url=url)
    if not isinstance(data, str):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if not 1 <= len(data.encode()) <= LONGEST_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return Button(title, data=data)


def _key(value: Any) -> Button:
    if isinstance(value, str):
        return Button(value)
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise bad_request("can't parse keyboard button: Can't find field \"text\"")
    return Button(value["text"], contact=value.get("request_contact") is True)
