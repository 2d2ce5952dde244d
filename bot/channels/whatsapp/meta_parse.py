"""What a webhook of Meta's Cloud API says: entries x changes x messages, statuses and errors. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.channels.platform import (
    AccountNews,
    Delivery,
    Event,
    IdentityChanged,
    Ignored,
    Revoked,
    Status,
)
from bot.channels.port import Arrival
from bot.channels.whatsapp.meta_trouble import trouble_of
from bot.contract.errors import BadMessage
from bot.contract.messages import MAX_ID_LENGTH, Address, Contact, Kind, Media
from bot.contract.outcomes import Trouble

MILLISECONDS_FROM = 10**12
MEDIA = ("image", "video", "document", "audio", "voice", "sticker")
STATUSES: Mapping[str, Status] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
NEWS = ("message_template_status_update", "account_update", "phone_number_quality_update", "account_alerts")
_PHONE = re.compile(r"\+?[0-9]{6,20}")
_BSUID = re.compile(r"[A-Z]{2}\.(?!ENT\.)[A-Za-z0-9]{1,128}")

Json = Mapping[str, Any]
AddressOf = Callable[[str], Address]


def parse_body(body: Json, own_number: str, address_of: AddressOf) -> list[Event]:
    """Everything that concerns our number. Raises BadMessage when the body is no webhook of this kind."""
    if not isinstance(body.get("entry"), list):
        raise BadMessage("bad_shape", "a webhook has entries")
    events: list[Event] = []
    for entry in _objects(body["entry"]):
        for change in _objects(entry.get("changes")):
            events += _change(change, own_number, address_of)
    return events


def _change(change: Json, own_number: str, address_of: AddressOf) -> Iterator[Event]:
    name, value = change.get("field"), _object(change.get("value"))
    if name in NEWS:
        yield AccountNews(str(name))
        return
    if name != "messages":
        yield Ignored("field")
        return
    if _text(_object(value.get("metadata")), "phone_number_id") != own_number:
        yield Ignored("other_account")
        return
    reader = _Reader(value, address_of)
    for message in _objects(value.get("messages")):
        yield reader.message(message)
    for status in _objects(value.get("statuses")):
        yield reader.status(status)
    for error in _objects(value.get("errors")):
        yield AccountNews(f"error_{trouble_of(error)[0]}")


class _Reader:
    """Reads one value: its contacts name the people that its messages and statuses are of."""

    def __init__(self, value: Json, address_of: AddressOf) -> None:
        self._address_of = address_of
        self._contacts = _objects(value.get("contacts"))

    def message(self, message: Json) -> Event:
        """One message, whatever is wrong with it."""
        message_id = _text(message, "id")
        person = self._sender(message)
        if not message_id or not person:
            return Ignored("no_sender" if message_id else "no_id")
        if message.get("group_id"):
            return Ignored("group")
        try:
            return _message(message, message_id, self._address_of(person), self._address_of)
        except BadMessage as error:
            return Ignored(error.code)

    def _sender(self, message: Json) -> str:
        contact = self._contacts[0] if len(self._contacts) == 1 else {}
        candidates = [
            _text(message, "from"),
            _text(contact, "wa_id"),
            _text(message, "from_user_id"),
            _text(contact, "user_id"),
        ]
        return person_of(candidates)

    def status(self, status: Json) -> Event:
        """One report on a message of ours."""
        known = STATUSES.get(_text(status, "status"))
        receipt = _text(status, "id")
        if known is None or not receipt:
            return Ignored("status")
        errors = _objects(status.get("errors"))
        code, trouble = trouble_of(errors[0]) if errors else ("", Trouble.NONE)
        person = person_of([_text(status, "recipient_id"), _text(status, "recipient_user_id")])
        try:
            address = self._address_of(person) if person else None
        except BadMessage:
            address = None
        return Delivery(
            address=address,
            receipt=receipt,
            status=known,
            outbound=_text(status, "biz_opaque_callback_data"),
            trouble=trouble if known == "failed" else Trouble.NONE,
            code=code if known == "failed" else "",
            at=_seconds(status),
        )


def person_of(candidates: list[str]) -> str:
    """The phone number as bare digits if there is one, else the business-scoped id; empty if there is neither."""
    for candidate in candidates:
        if _PHONE.fullmatch(candidate):
            return candidate.lstrip("+")
    return next((candidate for candidate in candidates if _BSUID.fullmatch(candidate)), "")


def _message(message: Json, message_id: str, address: Address, address_of: AddressOf) -> Event:
    kind = _text(message, "type")
    content = _object(message.get(kind)) if kind else {}
    if kind in ("reaction", "edit", "request_welcome"):
        return Ignored(kind)
    if kind == "revoke":
        original = _text(content, "original_message_id")
        return Revoked(address, short_id(original)) if original else Ignored("revoke")
    if kind == "system":
        return _system(content, address, address_of)
    ours, text, choice, media, contact = _content(kind, message, content)
    return Arrival(
        id=short_id(message_id),
        address=address,
        kind=ours,
        text=text,
        choice=choice,
        media=media,
        contact=contact,
        sent_at=_seconds(message),
        handle=message_id,
    )


def _content(kind: str, message: Json, content: Json) -> tuple[Kind, str, str, Media | None, Contact | None]:
    if kind == "text" and isinstance(content.get("body"), str):
        return "text", content["body"], "", None, None
    if kind == "button":
        return _chosen(_text(content, "payload"), _text(content, "text"))
    if kind == "interactive":
        reply = _object(content.get("button_reply")) or _object(content.get("list_reply"))
        return _chosen(_text(reply, "id"), _text(reply, "title"))
    if kind in MEDIA:
        media = Media(kind, _text(content, "id"), _text(content, "mime_type"))
        return "media", _text(content, "caption"), "", media, None
    if kind == "contacts":
        return "contact", "", "", None, Contact("", False)
    return "unsupported", "", "", None, None


def _chosen(choice: str, title: str) -> tuple[Kind, str, str, Media | None, Contact | None]:
    """A choice without an id was none of ours; its label is words."""
    if choice:
        return "choice", title, choice, None, None
    return ("text", title, "", None, None) if title else ("unsupported", "", "", None, None)


def _system(content: Json, address: Address, address_of: AddressOf) -> Event:
    """The number or the person behind it changed: numbers are given to other people in Indonesia."""
    named = [_text(content, name) for name in ("wa_id", "new_wa_id", "user_id", "customer")]
    new = person_of(named)
    addresses = (address, address_of(new)) if new and new != address.person else (address,)
    return IdentityChanged(addresses, _text(content, "type")[:40] or "system")


def short_id(message_id: str) -> str:
    """The id, or a digest where it is longer than we keep."""
    if len(message_id) <= MAX_ID_LENGTH and message_id.isprintable():
        return message_id
    return hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()


def _seconds(body: Json) -> float | None:
    """Seconds as a text; milliseconds have been seen."""
    try:
        value = float(str(body.get("timestamp", "")))
    except ValueError:
        return None
    if not 0 < value < MILLISECONDS_FROM * 1000:
        return None
    return value / 1000 if value >= MILLISECONDS_FROM else value


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
