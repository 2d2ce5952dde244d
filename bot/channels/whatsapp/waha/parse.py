"""What one webhook of WAHA says. Its engines differ, so nothing is taken for granted. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.channels.platform import AccountNews, Delivery, Event, Ignored, Revoked, Status
from bot.channels.port import Arrival
from bot.channels.whatsapp.numbers import file_kind
from bot.channels.whatsapp.shapes import moment, object_of, short_id, text_of
from bot.contract.errors import BadMessage
from bot.contract.messages import Address, Contact, Media
from bot.contract.outcomes import Trouble

WORKING = "WORKING"
_ACKS: Mapping[int, Status] = {-1: "failed", 0: "accepted", 1: "sent", 2: "delivered", 3: "read", 4: "read"}
_ACK_NAMES = {"ERROR": -1, "PENDING": 0, "SERVER": 1, "DEVICE": 2, "READ": 3, "PLAYED": 4}
_IGNORED = {
    "message.edited": "edit",
    "message.reaction": "reaction",
    "message.ack.group": "group",
    "poll.vote.failed": "poll",
}
# Chats that are no conversation with one person.
_ELSEWHERE = {"g.us": "group", "newsletter": "channel", "broadcast": "broadcast"}
_PERSON = re.compile(r"([0-9]{6,20})(?::[0-9]+)?@(?:c\.us|s\.whatsapp\.net)")
_HIDDEN = re.compile(r"([0-9]{6,32})(?::[0-9]+)?(@lid)")
_WHOLE_ID = re.compile(r"(true|false)_([^_]+)_([^_]+)(?:_.*)?", re.DOTALL)
# What the phone shows in the chat without anybody having written it.
_SERVICE = frozenset(
    ("e2e_notification", "notification_template", "notification", "gp2", "protocol", "call_log", "revoked", "debug")
)
_CARDS = frozenset(("vcard", "multi_vcard"))

Json = Mapping[str, Any]
AddressOf = Callable[[str], Address]


class _Elsewhere(Exception):
    """The chat is none with a person; the reason is the argument."""


def parse_event(body: Json, session: str, address_of: AddressOf) -> Event:
    """The event of a webhook. Raises BadMessage when it lacks what makes it one."""
    if body.get("session") != session:
        return Ignored("other_account")
    name = text_of(body, "event")
    reader = _READERS.get(name)
    if reader is None:
        return Ignored(_IGNORED.get(name, "other_event"))
    try:
        return reader(body, object_of(body, "payload"), address_of)
    except _Elsewhere as chat:
        return Ignored(str(chat))
    except BadMessage as error:
        if error.code == "bad_address":
            return Ignored("bad_address")
        raise


def person_of(chat: str) -> str:
    """The person behind a chat id: digits, or the whole hidden id `<n>@lid`. Raises _Elsewhere for other chats."""
    known = _PERSON.fullmatch(chat)
    if known:
        return known[1]
    hidden = _HIDDEN.fullmatch(chat)
    if hidden:
        return hidden[1] + hidden[2]
    raise _Elsewhere(_ELSEWHERE.get(chat.rpartition("@")[2], "bad_address"))


def chat_of(person: str) -> str:
    """The chat id of a person."""
    return person if "@" in person else f"{person}@c.us"


def bare_id(message_id: str) -> str:
    """The part of a message id that every engine writes alike."""
    whole = _WHOLE_ID.fullmatch(message_id)
    return whole[3] if whole else message_id


def _message(body: Json, payload: Json, address_of: AddressOf) -> Event:
    chat, message_id = text_of(payload, "from"), text_of(payload, "id")
    if _is_ours(payload) or (chat and chat == text_of(object_of(body, "me"), "id")):
        return Ignored("echo")
    address = address_of(person_of(chat))
    if not message_id:
        raise BadMessage("bad_shape", "a message has an id")
    if _raw_kind(payload) in _SERVICE:
        return Ignored("service")
    return Arrival(
        id=short_id(message_id),
        address=address,
        sent_at=moment(payload.get("timestamp")) or moment(body.get("timestamp")),
        handle=message_id,
        **_content(payload),
    )


def _content(payload: Json) -> dict[str, Any]:
    """Kind, words and media. Some engines put a card or a thumbnail of a map where the words stand."""
    words = text_of(payload, "body")
    if payload.get("vCards") or _raw_kind(payload) in _CARDS or words.startswith("BEGIN:VCARD"):
        return {"kind": "contact", "contact": Contact("", False)}
    if payload.get("location") or _raw_kind(payload) == "location":
        return {"kind": "unsupported"}
    file = object_of(payload, "media")
    if file or payload.get("hasMedia") is True:
        mime = text_of(file, "mimetype")
        media = Media(file_kind(mime), text_of(file, "url") or text_of(payload, "id"), mime)
        return {"kind": "media", "text": words, "media": media}
    return {"kind": "text", "text": words} if words else {"kind": "unsupported"}


def _vote(body: Json, payload: Json, address_of: AddressOf) -> Event:
    """Votes come as the words of the options; a vote taken back as none."""
    vote = object_of(payload, "vote")
    if _is_ours(vote):
        return Ignored("echo")
    address = address_of(person_of(text_of(vote, "from")))
    listed = vote.get("selectedOptions")
    chosen = [one for one in listed if isinstance(one, str) and one.strip()] if isinstance(listed, list) else []
    vote_id = text_of(vote, "id") or text_of(body, "id")
    if not chosen or not vote_id:
        return Ignored("poll")
    sent_at = moment(vote.get("timestamp")) or moment(body.get("timestamp"))
    return Arrival(short_id(vote_id), address, "text", text=", ".join(chosen), sent_at=sent_at)


def _ack(body: Json, payload: Json, address_of: AddressOf) -> Event:
    message_id = text_of(payload, "id")
    whole = _WHOLE_ID.fullmatch(message_id)
    if payload.get("fromMe") is False or (whole and whole[1] == "false"):
        return Ignored("ack")
    status = _ACKS.get(_ack_number(payload))
    if not message_id or status is None:
        return Ignored("ack")
    failed = status == "failed"
    return Delivery(
        address=_receiver(whole[2] if whole else text_of(payload, "to"), address_of),
        receipt=bare_id(message_id),
        status=status,
        trouble=Trouble.UNDELIVERABLE if failed else Trouble.NONE,
        code="ack_error" if failed else "",
        at=moment(body.get("timestamp")),
    )


def _ack_number(payload: Json) -> int:
    """-1 to 4, or -2 for what is neither a known number nor a known name."""
    number = payload.get("ack")
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    return _ACK_NAMES.get(text_of(payload, "ackName"), -2)


def _receiver(chat: str, address_of: AddressOf) -> Address | None:
    """Whom a report is about; None where that cannot be told. Raises _Elsewhere for groups and the like."""
    try:
        return address_of(person_of(chat))
    except BadMessage:
        return None
    except _Elsewhere as elsewhere:
        if str(elsewhere) == "bad_address":
            return None
        raise


def _revoked(body: Json, payload: Json, address_of: AddressOf) -> Event:
    """Only one engine still has the message itself; the others name the middle part of its id."""
    before, after = object_of(payload, "before"), object_of(payload, "after")
    if _is_ours(before) or _is_ours(after):
        return Ignored("echo")
    person = person_of(text_of(before, "from") or text_of(after, "from") or text_of(payload, "from"))
    named = text_of(payload, "revokedMessageId")
    original = text_of(before, "id") or (named if _WHOLE_ID.fullmatch(named) else "")
    if not original and not named:
        return Ignored("revoke")
    return Revoked(address_of(person), short_id(original or f"false_{chat_of(person)}_{named}"))


def _session(body: Json, payload: Json, address_of: AddressOf) -> Event:
    status = text_of(payload, "status")
    if not status:
        return Ignored("session")
    return AccountNews("session_up", True) if status == WORKING else AccountNews("session_down", False)


def _is_ours(message: Json) -> bool:
    mine = message.get("fromMe")
    return mine is True if isinstance(mine, bool) else text_of(message, "id").startswith("true_")


def _raw_kind(payload: Json) -> str:
    return text_of(object_of(payload, "_data"), "type")


_READERS: Mapping[str, Callable[[Json, Json, AddressOf], Event]] = {
    "message": _message,
    "message.any": _message,
    "message.ack": _ack,
    "message.revoked": _revoked,
    "poll.vote": _vote,
    "session.status": _session,
}
