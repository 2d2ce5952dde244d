"""What a webhook of Meta's Cloud API says: entries x changes x messages, statuses and errors. Pure."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
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
from bot.channels.whatsapp.meta.errors import trouble_of
from bot.channels.whatsapp.shapes import moment, object_of, objects_of, short_id, text_of
from bot.contract.errors import BadMessage
from bot.contract.messages import Address, Contact, Kind, Media
from bot.contract.outcomes import Trouble

CONTACT_IDS = ("wa_id", "user_id")
MEDIA = ("image", "video", "document", "audio", "voice", "sticker")
STATUSES: Mapping[str, Status] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
NEWS = ("message_template_status_update", "account_update", "phone_number_quality_update", "account_alerts")
STANDINGS: Mapping[str, bool] = {"DISABLE": False, "ACCOUNT_DELETED": False, "REINSTATE": True}
_PHONE = re.compile(r"\+?[0-9]{6,20}")
_BSUID = re.compile(r"[A-Z]{2}\.(?!ENT\.)[A-Za-z0-9]{1,128}")

Json = Mapping[str, Any]
AddressOf = Callable[[str], Address]


def parse_body(body: Json, own_numbers: Collection[str], address_of: AddressOf) -> list[Event]:
    """Everything that concerns our number. Raises BadMessage when the body is no webhook of this kind."""
    if not isinstance(body.get("entry"), list):
        raise BadMessage("bad_shape", "a webhook has entries")
    events: list[Event] = []
    for entry in objects_of(body, "entry"):
        for change in objects_of(entry, "changes"):
            events += _change(change, own_numbers, address_of)
    return events


def _standing(value: Json) -> bool | None:
    """Whether an account_update says that the account works (again) or does not. A warning beforehand is neither."""
    return STANDINGS.get(text_of(object_of(value, "ban_info"), "waba_ban_state") or text_of(value, "event"))


def _change(change: Json, own_numbers: Collection[str], address_of: AddressOf) -> Iterator[Event]:
    name, value = change.get("field"), object_of(change, "value")
    if name in NEWS:
        yield AccountNews(str(name), _standing(value) if name == "account_update" else None)
        return
    if name != "messages":
        yield Ignored("field")
        return
    if text_of(object_of(value, "metadata"), "phone_number_id") not in own_numbers:
        yield Ignored("other_account")
        return
    reader = _Reader(value, address_of)
    for message in objects_of(value, "messages"):
        yield reader.message(message)
    for status in objects_of(value, "statuses"):
        yield reader.status(status)
    for error in objects_of(value, "errors"):
        yield AccountNews(f"error_{trouble_of(error)[0]}")


class _Reader:
    """Reads one value: its contacts name the people that its messages and statuses are of."""

    def __init__(self, value: Json, address_of: AddressOf) -> None:
        self._address_of = address_of
        self._contacts = objects_of(value, "contacts")

    def message(self, message: Json) -> Event:
        """One message, whatever is wrong with it."""
        if text_of(message, "type") == "system" and not message.get("group_id"):
            return self._system(message)
        message_id = text_of(message, "id")
        person = self._sender(message)
        if not message_id or not person:
            return Ignored("no_sender" if message_id else "no_id")
        if message.get("group_id"):
            return Ignored("group")
        try:
            return _message(message, message_id, self._address_of(person))
        except BadMessage as error:
            return Ignored(error.code)

    def _sender(self, message: Json) -> str:
        own = [text_of(message, "from"), text_of(message, "from_user_id")]
        if person_of(own):
            # A contact that shares no id with the message is of somebody else.
            contacts = [one for one in self._contacts if {text_of(one, name) for name in CONTACT_IDS} & set(own) - {""}]
        else:
            contacts = self._contacts if len(self._contacts) == 1 else []
        return person_of([*own, *(text_of(one, name) for one in contacts for name in CONTACT_IDS)])

    def _system(self, message: Json) -> Event:
        """The number or the person behind it changed: numbers are given to other people in Indonesia.

        All ids that are named, old and new, are of people who may not be whom we knew.
        """
        content = object_of(message, "system")
        named = [text_of(message, "from"), text_of(message, "from_user_id")]
        named += [text_of(content, name) for name in ("wa_id", "new_wa_id", "user_id", "user", "customer")]
        addresses: dict[str, Address] = {}
        for person in filter(None, (person_of([one]) for one in named)):
            with contextlib.suppress(BadMessage):
                addresses[person] = self._address_of(person)
        if not addresses:
            return Ignored("no_sender")
        return IdentityChanged(tuple(addresses.values()), text_of(content, "type")[:40] or "system")

    def status(self, status: Json) -> Event:
        """One report on a message of ours."""
        known = STATUSES.get(text_of(status, "status"))
        receipt = text_of(status, "id")
        if known is None or not receipt.isprintable() or not receipt:
            return Ignored("status")  # what is not printable is no id, and may be no valid Unicode
        outbound = text_of(status, "biz_opaque_callback_data")
        errors = objects_of(status, "errors")
        code, trouble = trouble_of(errors[0]) if errors else ("", Trouble.NONE)
        person = person_of([text_of(status, "recipient_id"), text_of(status, "recipient_user_id")])
        try:
            address = self._address_of(person) if person else None
        except BadMessage:
            address = None
        return Delivery(
            address=address,
            receipt=receipt,
            status=known,
            outbound=outbound if outbound.isprintable() else "",
            trouble=trouble if known == "failed" else Trouble.NONE,
            code=code if known == "failed" else "",
            at=moment(status.get("timestamp")),
        )


def person_of(candidates: list[str]) -> str:
    """The phone number as bare digits if there is one, else the business-scoped id; empty if there is neither."""
    for candidate in candidates:
        if _PHONE.fullmatch(candidate):
            return candidate.lstrip("+")
    return next((candidate for candidate in candidates if _BSUID.fullmatch(candidate)), "")


def _message(message: Json, message_id: str, address: Address) -> Event:
    kind = text_of(message, "type")
    content = object_of(message, kind)
    if kind in ("reaction", "edit", "request_welcome"):
        return Ignored(kind)
    if kind == "revoke":
        original = text_of(content, "original_message_id")
        return Revoked(address, short_id(original)) if original else Ignored("revoke")
    ours, text, choice, media, contact = _content(kind, message, content)
    return Arrival(
        id=short_id(message_id),
        address=address,
        kind=ours,
        text=text,
        choice=choice,
        media=media,
        contact=contact,
        sent_at=moment(message.get("timestamp")),
        handle=message_id,
    )


def _content(kind: str, message: Json, content: Json) -> tuple[Kind, str, str, Media | None, Contact | None]:
    if kind == "text" and isinstance(content.get("body"), str):
        return "text", content["body"], "", None, None
    if kind == "button":
        return _chosen(text_of(content, "payload"), text_of(content, "text"))
    if kind == "interactive":
        reply = object_of(content, "button_reply") or object_of(content, "list_reply")
        return _chosen(text_of(reply, "id"), text_of(reply, "title"))
    if kind in MEDIA:
        media = Media(kind, text_of(content, "id"), text_of(content, "mime_type"))
        return "media", text_of(content, "caption"), "", media, None
    if kind == "contacts":
        return "contact", "", "", None, Contact("", False)
    return "unsupported", "", "", None, None


def _chosen(choice: str, title: str) -> tuple[Kind, str, str, Media | None, Contact | None]:
    """A choice without an id was none of ours; its label is words."""
    if choice:
        return "choice", title, choice, None, None
    return ("text", title, "", None, None) if title else ("unsupported", "", "", None, None)
