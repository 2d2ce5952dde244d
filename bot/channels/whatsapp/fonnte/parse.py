"""What one webhook of Fonnte says: a message, a report, or news of the device. Pure.

All three may be set to the same address, and only their fields tell them apart.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from bot.channels.platform import AccountNews, Delivery, Event, Ignored, RawRequest, Status
from bot.channels.port import Arrival
from bot.channels.whatsapp.numbers import digits_of
from bot.channels.whatsapp.shapes import moment, short_id
from bot.contract.errors import BadMessage
from bot.contract.messages import Address, Contact, Media
from bot.contract.outcomes import Trouble

MOST_FIELDS = 200
STATUSES: Mapping[str, Status] = {
    "pending": "accepted",
    "waiting": "accepted",
    "processing": "accepted",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
    "invalid": "failed",
    "expired": "failed",
    "url unreachable": "failed",
}
DEVICE_NEWS: Mapping[str, bool] = {"connect": True, "connected": True, "disconnect": False, "disconnected": False}
# What stands in a field that does not apply.
_PLACEHOLDERS = ("non-button message", "non-text message")
_ELSEWHERE = {"g.us": "group", "newsletter": "channel", "broadcast": "broadcast"}
_PERSON = re.compile(r"(\+?[0-9]{6,20})(?::[0-9]+)?(?:@(?:c\.us|s\.whatsapp\.net))?")
_HIDDEN = re.compile(r"[0-9]{6,32}@lid")
_OLD_GROUP = re.compile(r"[0-9]{6,20}-[0-9]+")
_FILES = {
    "image": ("jpg", "jpeg", "png", "gif"),
    "sticker": ("webp",),
    "video": ("mp4", "3gp"),
    "voice": ("ogg", "oga", "opus"),
    "audio": ("mp3", "m4a", "aac", "amr"),
}
_KINDS = {extension: kind for kind, extensions in _FILES.items() for extension in extensions}
_FILE_TYPES = (*_FILES, "document")
_CARDS = ("contact", "contacts", "vcard")
_MINUTE_SECONDS = 60

Body = Mapping[str, Any]
AddressOf = Callable[[str], Address]


@dataclass(frozen=True)
class Reader:
    """Reads webhooks for one device (digits, empty if unknown); `key` hides words in the ids made from them."""

    device: str
    key: bytes = field(repr=False)
    address_of: AddressOf

    def event(self, request: RawRequest) -> Event:
        """The event of a webhook. Raises BadMessage when it is none."""
        body = body_of(request)
        device = digits_of(_text(body, "device"))
        if self.device and device and device != self.device:
            return Ignored("other_account")
        sender = _text(body, "sender") or _text(body, "pengirim")
        if not sender:
            return _report(body)
        if _is_group(body, sender):
            return Ignored("group")
        person, reason = person_of(sender)
        if reason:
            return Ignored(reason)
        if person in (device, self.device):
            return Ignored("echo")
        return self._message(body, person, request.received_at)

    def _message(self, body: Body, person: str, received_at: float) -> Event:
        try:
            address = self.address_of(person)
        except BadMessage:
            return Ignored("bad_address")
        return Arrival(
            id=self._id(body, person, received_at),
            address=address,
            sent_at=moment(body.get("timestamp")),
            **_content(body),
        )

    def _id(self, body: Body, person: str, received_at: float) -> str:
        """Fonnte's number of the message; where the inbox is off, one made of what the message is.

        Without a time in it, the minute in which it came stands for the time: the same words may come again later.
        """
        inbox = _text(body, "inboxid")
        if inbox.strip("0"):
            return short_id(inbox)
        when = _text(body, "timestamp") or f"~{int(received_at // _MINUTE_SECONDS)}"
        parts = [person, when, _words(body), _text(body, "text"), _text(body, "url"), _text(body, "location")]
        return hmac.new(self.key, json.dumps(parts).encode(), hashlib.sha256).hexdigest()


def body_of(request: RawRequest) -> Body:
    """The fields of a JSON object or a form. Raises BadMessage."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return request.json_object()
    try:
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadMessage("bad_form", "the body is not a form") from error
    return dict(reversed(pairs))  # of a repeated field the first counts


def person_of(sender: str) -> tuple[str, str]:
    """(person, reason to ignore), one of them empty: digits, or a hidden id `<n>@lid`."""
    if _HIDDEN.fullmatch(sender):
        return sender, ""
    known = _PERSON.fullmatch(sender)
    person = digits_of(known[1]) if known else ""
    return (person, "") if person else ("", _ELSEWHERE.get(sender.rpartition("@")[2], "bad_address"))


def _is_group(body: Body, sender: str) -> bool:
    flagged = body.get("isgroup") is True or _text(body, "isgroup").lower() in ("true", "1")
    return flagged or bool(_text(body, "member")) or bool(_OLD_GROUP.fullmatch(sender))


def _content(body: Body) -> dict[str, Any]:
    """Kind, words and file."""
    words, button, kind = _words(body), _without_placeholder(_text(body, "text")), _text(body, "type").lower()
    if kind in _CARDS or words.startswith("BEGIN:VCARD"):
        return {"kind": "contact", "contact": Contact("", False)}
    if _text(body, "location"):
        return {"kind": "unsupported"}
    if _text(body, "url") or _text(body, "filename") or kind in _FILE_TYPES:
        return {"kind": "media", "text": words, "media": Media(_file_kind(body, kind), _text(body, "url"))}
    words = words or button or _chosen(body)
    return {"kind": "text", "text": words} if words else {"kind": "unsupported"}


def _words(body: Body) -> str:
    return _without_placeholder(_text(body, "message") or _text(body, "pesan"))


def _without_placeholder(words: str) -> str:
    return "" if words in _PLACEHOLDERS else words


def _chosen(body: Body) -> str:
    """The options of a poll that were chosen."""
    chosen = body.get("choices")
    listed = chosen if isinstance(chosen, list) else [chosen]
    return ", ".join(one for one in listed if isinstance(one, str) and one.strip())


def _file_kind(body: Body, kind: str) -> str:
    name = _text(body, "extension") or _text(body, "filename").rpartition(".")[2]
    return _KINDS.get(name.lower().lstrip("."), kind if kind in _FILE_TYPES else "document")


def _report(body: Body) -> Event:
    """`status` is of the queue, `state` of the message once it was sent; later reports hold the second alone."""
    receipt = _text(body, "id") or _text(body, "stateid")
    state, status = _text(body, "state").lower(), _text(body, "status").lower()
    if not receipt:
        return _news(status)
    word = state if state in STATUSES else status
    known = STATUSES.get(word)
    if known is None:
        return Ignored("status")
    failed = known == "failed"
    return Delivery(
        address=None,
        receipt=short_id(receipt),
        status=known,
        trouble=Trouble.UNDELIVERABLE if failed else Trouble.NONE,
        code=word.replace(" ", "_") if failed else "",
    )


def _news(status: str) -> Event:
    if not status:
        raise BadMessage("bad_shape", "neither a message nor a report")
    up = DEVICE_NEWS.get(status)
    return Ignored("status") if up is None else AccountNews("session_up" if up else "session_down", up)


def _text(body: Body, name: str) -> str:
    """Numbers come as numbers or as texts."""
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        return str(value)
    return value if isinstance(value, str) else ""
