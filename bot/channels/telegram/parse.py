"""Turns one Telegram update into events; pure, and the same for webhook and polling."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from bot.channels.platform import Event, Ignored, Moved, Reachability
from bot.channels.port import Arrival
from bot.channels.telegram.completion import complete, mapping, text
from bot.channels.telegram.services import SERVICE_FIELDS
from bot.contract.errors import BadMessage
from bot.contract.messages import Address, Contact, Media

# The names that we give to Telegram's kinds. An animation also comes as a document, so that old clients can show it.
_MEDIA_KINDS = {
    "photo": "image",
    "voice": "voice",
    "video": "video",
    "animation": "video",
    "audio": "audio",
    "video_note": "video",
    "document": "document",
}
_START = re.compile(r"(/start(?:@\w+)?)\s+([A-Za-z0-9_-]{1,64})\s*", re.ASCII)
_LETTER = re.compile(r"[A-Za-z]")
_PHONE_DIGITS = range(8, 16)
_FORWARDED = ("forward_origin", "forward_from", "forward_date", "forward_sender_name")
_OTHER_UPDATES = {
    "message_reaction": "reaction",
    "message_reaction_count": "reaction",
    "channel_post": "channel",
    "edited_channel_post": "channel",
}

Raw = Mapping[str, Any]
MakeAddress = Callable[[str], Address]


def parse_update(update: Raw, address: MakeAddress, own_id: int) -> list[Event]:
    """The events of an update. `own_id` is the bot's user id, 0 if unknown. Raises BadMessage, nothing else."""
    try:
        parsed = Update.de_json(complete(update), None)
        return [_event(parsed, update, address, own_id)]
    except BadMessage as error:
        if error.code == "bad_address":
            return [Ignored("bad_address")]
        raise
    except Exception as error:
        # Whatever the library raises; its words may repeat the person's.
        raise BadMessage("bad_update", f"the update cannot be read ({type(error).__name__})") from None


def _event(parsed: Update, raw: Raw, address: MakeAddress, own_id: int) -> Event:
    number = parsed.update_id
    if parsed.message:
        return _message(number, parsed.message, raw["message"], address, own_id)
    if parsed.edited_message:
        return _edited(_message(number, parsed.edited_message, raw["edited_message"], address, own_id))
    if parsed.callback_query:
        return _press(number, parsed.callback_query, raw["callback_query"], address)
    if parsed.my_chat_member:
        return _membership(parsed.my_chat_member, address)
    return Ignored(next((reason for name, reason in _OTHER_UPDATES.items() if name in raw), "other_update"))


def _message(number: int, message: Message, raw: Raw, address: MakeAddress, own_id: int) -> Event:
    chat, sender = message.chat, message.from_user
    if message.migrate_to_chat_id:
        return Moved(address(str(chat.id)), address(str(message.migrate_to_chat_id)))
    if message.migrate_from_chat_id:
        return Moved(address(str(message.migrate_from_chat_id)), address(str(chat.id)))
    if chat.type != ChatType.PRIVATE:
        return _elsewhere(chat.type)
    if sender and (sender.is_bot or sender.id == own_id):
        return Ignored("bot")
    common: dict[str, Any] = {
        "id": f"{number}.{message.message_id}",
        "address": address(str(chat.id)),
        "sent_at": message.date.timestamp() if message.date else None,
        "position": message.message_id,
        "album": message.media_group_id or "",
    }
    return _content(message, raw, common)


def _content(message: Message, raw: Raw, common: dict[str, Any]) -> Event:
    if message.contact:
        return Arrival(kind="contact", contact=_contact(message, raw), **common)
    if message.text:
        words, start = _deep_link(message.text)
        return Arrival(kind="text", text=words, start=start, **common)
    words = message.caption or ""
    media = _media(message)
    if media:
        return Arrival(kind="media", text=words, media=media, **common)
    if not SERVICE_FIELDS.isdisjoint(raw):
        return Ignored("service")
    return Arrival(kind="unsupported", text=words, **common)


def _edited(event: Event) -> Event:
    """A new version matters by its words: a live location is edited every few seconds, and has none."""
    if not isinstance(event, Arrival):
        return event
    if event.kind not in ("text", "media") or not event.text:
        return Ignored("edit")
    return Arrival(
        event.id,
        event.address,
        event.kind,
        event.text,
        media=event.media,
        sent_at=event.sent_at,
        album=event.album,
        position=event.position,
        edited=True,
    )


def _press(number: int, press: CallbackQuery, raw: Raw, address: MakeAddress) -> Event:
    chat = press.message.chat if press.message else None
    if chat and chat.type != ChatType.PRIVATE:
        return _elsewhere(chat.type)
    if not press.data:
        return Ignored("no_choice")
    return Arrival(
        f"{number}.cb",
        address(str(chat.id if chat else press.from_user.id)),
        "choice",
        text=_label(mapping(raw.get("message")), press.data),
        choice=press.data,
        handle=press.id,
    )


def _label(message: Raw, data: str) -> str:
    """What stood on the button; empty when Telegram no longer shows the message to us."""
    rows = mapping(message.get("reply_markup")).get("inline_keyboard")
    for row in rows if isinstance(rows, list) else []:
        for button in row if isinstance(row, list) else []:
            if mapping(button).get("callback_data") == data:
                return text(button.get("text"))
    return ""


def _membership(change: ChatMemberUpdated, address: MakeAddress) -> Event:
    if change.chat.type != ChatType.PRIVATE:
        return _elsewhere(change.chat.type)
    status = change.new_chat_member.status
    if status in (ChatMemberStatus.BANNED, ChatMemberStatus.MEMBER):
        return Reachability(address(str(change.chat.id)), status == ChatMemberStatus.MEMBER)
    return Ignored("member")


def _elsewhere(chat_type: str) -> Ignored:
    return Ignored("channel" if chat_type == ChatType.CHANNEL else "group")


def _deep_link(words: str) -> tuple[str, str]:
    """The command and the token behind it. Digits alone are no token of ours, but may be somebody's number."""
    found = _START.fullmatch(words)
    if found and _LETTER.search(found[2]):
        return found[1], found[2]
    return words, ""


def _media(message: Message) -> Media | None:
    for name, kind in _MEDIA_KINDS.items():
        file = getattr(message, name)
        if file:
            file = file[-1] if isinstance(file, tuple) else file  # the largest size of a photo is the last
            mime = "image/jpeg" if name == "photo" else getattr(file, "mime_type", None)
            return Media(kind, file.file_id, mime or "")
    return None


def _contact(message: Message, raw: Raw) -> Contact:
    """Only a card that Telegram itself fills in for the sender is the sender's; a forwarded one proves nothing."""
    card, sender = message.contact, message.from_user
    if card is None or sender is None or any(name in raw for name in _FORWARDED):
        return Contact("", False)
    phone = _phone(card.phone_number)
    own = card.user_id == sender.id == message.chat.id and bool(phone)
    return Contact(phone, True) if own else Contact("", False)


def _phone(written: str) -> str:
    """The number as +62..., empty if it is none. Telegram leaves out the plus; old data hold the local form."""
    digits = "".join(sign for sign in written if sign.isascii() and sign.isdigit())
    if digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = "62" + digits[1:]
    return f"+{digits}" if len(digits) in _PHONE_DIGITS else ""
