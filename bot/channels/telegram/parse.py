"""One update of Telegram becomes events, by python-telegram-bot's types. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import telegram
from telegram import Chat, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from bot.channels.platform import Event, Ignored, Moved, Reachability
from bot.channels.port import Arrival
from bot.channels.telegram.complete import complete
from bot.contract.errors import BadMessage
from bot.contract.messages import Address, Contact, Kind, Media

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

# A deep link's payload is 1 to 64 of these; one without a letter could be somebody's number.
_START = re.compile(r"/start(?:@\w+)?\s+(?=[A-Za-z0-9_-]*[A-Za-z])([A-Za-z0-9_-]{1,64})")
_MEDIA = ("photo", "voice", "video", "document", "audio", "sticker", "animation", "video_note")
_OTHER = ("location", "venue", "poll", "dice", "game", "invoice", "story", "paid_media", "checklist", "giveaway")

AddressOf = Callable[[str], Address]


def parse_update(body: dict[str, Any], address_of: AddressOf, *, now: int) -> list[Event]:
    """The events of one update. Raises BadMessage when it is none that can be understood."""
    number = body.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool):
        raise BadMessage("bad_update", "an update has a number")
    try:
        # Rebuilding an update reads what anybody may have sent; whatever it trips over is no fault of ours.
        update = Update.de_json(complete(body, now=now), None)
    except Exception as error:
        raise BadMessage("bad_update", f"not understood: {type(error).__name__}") from None
    try:
        return _events(update, address_of)
    except BadMessage:
        raise
    except (TypeError, AttributeError, ValueError) as error:
        raise BadMessage("bad_update", f"garbled: {type(error).__name__}") from None


def _events(update: Update, address_of: AddressOf) -> list[Event]:
    if update.callback_query:
        return [_press(update, update.callback_query, address_of)]
    if update.my_chat_member:
        return [_membership(update.my_chat_member, address_of)]
    message = update.message or update.edited_message
    if message:
        return [_message(update, message, address_of)]
    return [Ignored("kind")]


def _press(update: Update, query: telegram.CallbackQuery, address_of: AddressOf) -> Event:
    chat = query.message.chat if query.message else None
    if chat and chat.type != ChatType.PRIVATE:
        return Ignored("group")
    if query.from_user.is_bot:
        return Ignored("bot")
    return Arrival(
        id=f"{update.update_id}.cb",
        address=address_of(str(query.from_user.id)),
        kind="choice",
        text=_label(query),
        choice=_text(query.data),
        handle=query.id,
    )


def _label(query: telegram.CallbackQuery) -> str:
    """What the pressed button said; the message may be too old to tell."""
    message = query.message
    if not isinstance(message, Message) or not message.reply_markup:
        return ""
    buttons = [button for row in message.reply_markup.inline_keyboard for button in row]
    return next((button.text for button in buttons if button.callback_data == query.data), "")


def _membership(member: ChatMemberUpdated, address_of: AddressOf) -> Event:
    if member.chat.type != ChatType.PRIVATE:
        return Ignored("group")
    gone = member.new_chat_member.status in (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
    return Reachability(address_of(str(member.chat.id)), reachable=not gone)


def _message(update: Update, message: Message, address_of: AddressOf) -> Event:
    if message.migrate_to_chat_id:
        return Moved(address_of(str(message.chat.id)), address_of(str(message.migrate_to_chat_id)))
    unwanted = _unwanted(message.chat, message)
    if unwanted:
        return Ignored(unwanted)
    kind, media = _kind(message)
    if kind is None:
        return Ignored("service")
    text = _text(message.text) or _text(message.caption)
    start = _START.fullmatch(text.strip())
    return Arrival(
        id=f"{update.update_id}.{message.message_id}",
        address=address_of(str(message.chat.id)),
        kind=kind,
        text="/start" if start else text,
        media=media,
        contact=_contact(message),
        sent_at=message.date.timestamp(),
        start=start[1] if start else "",
        album=message.media_group_id or "",
        handle=str(message.message_id),
        position=message.message_id,
        edited=update.edited_message is not None,
    )


def _unwanted(chat: Chat, message: Message) -> str:
    if chat.type != ChatType.PRIVATE:
        return "channel" if chat.type == ChatType.CHANNEL else "group"
    return "bot" if message.from_user and message.from_user.is_bot else ""


def _kind(message: Message) -> tuple[Kind | None, Media | None]:
    """The kind, None for a service message (pinned, joined, timer set), which says nothing to us."""
    if message.text is not None:
        return "text", None
    if message.contact:
        return "contact", None
    for name in _MEDIA:
        value = getattr(message, name)
        if value:
            file = value[-1] if name == "photo" else value
            return "media", Media(name, file.file_id, getattr(file, "mime_type", None) or "")
    if any(getattr(message, name, None) for name in _OTHER):
        return "unsupported", None
    # A kind that the library does not know yet lies in api_kwargs; service messages have fields of their own.
    return ("unsupported", None) if message.api_kwargs else (None, None)


def _contact(message: Message) -> Contact | None:
    """Own only when Telegram says that the card is the sender's and it was not forwarded."""
    card = message.contact
    if not card:
        return None
    sender = message.from_user.id if message.from_user else None
    own = card.user_id is not None and card.user_id == sender and message.forward_origin is None
    return Contact(_phone(card.phone_number), own=True) if own else Contact("", own=False)


def _phone(raw: str) -> str:
    """+62..., from what Telegram gives with or without a plus, in old cards in local form."""
    digits = "".join(sign for sign in raw if sign.isascii() and sign.isdigit())
    return "+" + ("62" + digits[1:] if digits.startswith("0") else digits)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
