"""What one webhook of Twilio says: a person's message, or a report on one of ours. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from bot.channels.platform import Delivery, Event, Ignored, RawRequest, Status
from bot.channels.port import Arrival
from bot.channels.whatsapp.numbers import digits_of, file_kind
from bot.channels.whatsapp.shapes import short_id
from bot.channels.whatsapp.twilio.send import trouble_of
from bot.channels.whatsapp.twilio.settings import PREFIX
from bot.contract.errors import BadMessage
from bot.contract.messages import MAX_ID_LENGTH, Address, Contact, Media
from bot.contract.outcomes import Trouble

MOST_FIELDS = 500
OUTBOUND = "outbound"  # the name under which our own message id comes back in a report's address
STATUSES: Mapping[str, Status] = {
    "queued": "accepted",
    "accepted": "accepted",
    "scheduled": "accepted",
    "sending": "accepted",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}
_CARDS = ("text/vcard", "text/x-vcard", "text/directory")
_BSUID = re.compile(r"[A-Z]{2}\.(?!ENT\.)[A-Za-z0-9]{1,128}")
# Nobody writes sixty such signs without a space; that it is base64 is certain only once it gives a text.
_BASE64 = re.compile(r"[A-Za-z0-9+/]{58,}={0,2}")
_CODE = re.compile(r"[0-9]{1,9}")

Form = Sequence[tuple[str, str]]
Fields = Mapping[str, str]
AddressOf = Callable[[str], Address]


def form_of(body: bytes) -> Form:
    """The fields as they came, empty ones included, for the signature. Raises BadMessage for what is no form."""
    try:
        text = body.decode("ascii", "surrogateescape")
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadMessage("bad_form", "the body is not a form") from error


def fields_of(request: RawRequest) -> Fields:
    """The fields of a form or a JSON object, of a repeated one the first. Raises BadMessage."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/json":
        return {name: value for name, value in request.json_object().items() if isinstance(value, str)}
    fields: dict[str, str] = {}
    for name, value in form_of(request.body):
        # Bytes that are no UTF-8 must not travel on as half characters.
        fields.setdefault(name, value.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    return fields


def parse_request(request: RawRequest, sid: str, number: str, address_of: AddressOf) -> Event:
    """The event of a webhook; `sid` and `number` (digits) are our account's. Raises BadMessage."""
    fields = fields_of(request)
    if fields.get("AccountSid") != sid:
        return Ignored("other_account")
    message_id = next((fields[name] for name in ("MessageSid", "SmsMessageSid", "SmsSid") if fields.get(name)), "")
    if not message_id:
        raise BadMessage("bad_shape", "a form of Twilio names a message")
    try:
        if fields.get("MessageStatus", "received") != "received":
            return _report(fields, message_id, number, request.query.get(OUTBOUND, ""), address_of)
        return _message(fields, message_id, number, address_of)
    except BadMessage as error:
        if error.code == "bad_address":
            return Ignored("bad_address")
        raise


def person_of(*addresses: str) -> str:
    """The first phone number as digits, else the first business-scoped id, with or without the prefix; or empty."""
    bare = [address.strip().removeprefix(PREFIX).strip() for address in addresses]
    phones = [digits_of(one) for one in bare]
    return next((one for one in phones if one), "") or next((one for one in bare if _BSUID.fullmatch(one)), "")


def _message(fields: Fields, message_id: str, number: str, address_of: AddressOf) -> Event:
    if person_of(fields.get("To", "")) != number:
        return Ignored("other_account")
    person = person_of(*(fields.get(name, "") for name in ("From", "WaId", "ExternalUserId")))
    if person == number:
        return Ignored("echo")
    if not person:
        return Ignored("bad_address")
    if fields.get("MessageType") == "reaction":
        return Ignored("reaction")
    return Arrival(id=short_id(message_id), address=address_of(person), handle=message_id, **_content(fields))


def _content(fields: Fields) -> dict[str, Any]:
    """Kind, words, choice and file."""
    words = _plain(fields.get("Body", ""))
    for choice, label in (("ButtonPayload", "ButtonText"), ("ListId", "ListTitle")):
        if fields.get(choice):
            return {"kind": "choice", "choice": fields[choice], "text": fields.get(label) or words}
    mime = fields.get("MediaContentType0", "")
    if fields.get("NumMedia", "0") not in ("", "0") or fields.get("MediaUrl0"):
        if mime.partition(";")[0].strip().lower() in _CARDS:
            return {"kind": "contact", "contact": Contact("", False)}
        return {"kind": "media", "text": words, "media": Media(file_kind(mime), fields.get("MediaUrl0", ""), mime)}
    if fields.get("Latitude") or fields.get("MessageType") == "location":
        return {"kind": "unsupported"}
    words = words or fields.get("ButtonText") or fields.get("ListTitle") or ""
    return {"kind": "text", "text": words} if words else {"kind": "unsupported"}


def _plain(words: str) -> str:
    """Some contents arrive in base64."""
    if len(words) % 4 or not _BASE64.fullmatch(words):
        return words
    try:
        decoded = base64.b64decode(words, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return words
    return decoded if all(sign.isprintable() or sign.isspace() for sign in decoded) else words


def _report(fields: Fields, message_id: str, number: str, outbound: str, address_of: AddressOf) -> Event:
    if fields.get("From") and person_of(fields["From"]) != number:
        return Ignored("other_account")
    status = STATUSES.get(fields["MessageStatus"])
    if status is None:
        return Ignored("status")
    person = person_of(fields.get("To", ""))
    failed = status == "failed"
    code = fields.get("ErrorCode", "") if failed else ""
    return Delivery(
        address=address_of(person) if person else None,
        receipt=message_id,
        status=status,
        outbound=outbound if len(outbound) <= MAX_ID_LENGTH else "",
        trouble=trouble_of(code) or Trouble.UNDELIVERABLE if failed else Trouble.NONE,
        code=code if _CODE.fullmatch(code) else "unknown" if failed else "",
    )
