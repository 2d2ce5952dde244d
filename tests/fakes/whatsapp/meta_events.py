"""Webhooks of Meta's Cloud API: entries x changes x messages, signed over the bytes as they are."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.whatsapp.deliveries import Call
from tests.fakes.whatsapp.happenings import Happening, Identity, Incoming, Report

GROUP = "120363000000000000"
OTHERS_CARD = {"name": {"formatted_name": "Teman"}, "phones": [{"phone": "+6281300000000", "wa_id": "6281300000000"}]}
PRICING = {"billable": False, "pricing_model": "PMP", "category": "service", "type": "free_customer_service"}
MIME_TYPES = {"image": "image/jpeg", "voice": "audio/ogg; codecs=opus", "sticker": "image/webp"}

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Account:
    """The number that webhooks are about, and where they go."""

    path: str
    number_id: str
    number: str
    secret: str = field(repr=False)

    def webhook(self, happenings: Sequence[Happening], *, contacts: bool) -> Call:
        """A request for all of them. Messages are spread over changes, and statuses have an entry of their own."""
        messages = [one for one in happenings if isinstance(one, Incoming)]
        reports = [one for one in happenings if isinstance(one, Report)]
        half = (len(messages) + 1) // 2
        parts = [part for part in (messages[:half], messages[half:]) if part]
        entries = [[self._messages(part, contacts=contacts) for part in parts]] if parts else []
        if reports:
            entries.append([change(self, statuses=[_status(report) for report in reports])])
        call = request_of([{"id": "1", "changes": changes} for changes in entries], self.secret)
        return Call(self.path, call.body, call.headers)

    def _messages(self, part: Sequence[Incoming], *, contacts: bool) -> Json:
        named = {one.who.number: _contact(one) for one in part}
        return change(self, contacts=list(named.values()) if contacts else [], messages=[_message(one) for one in part])


def change(account: Account, **value: Any) -> Json:
    """One change; empty lists are left out."""
    metadata = {"display_phone_number": account.number, "phone_number_id": account.number_id}
    content = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    return {"field": "messages", "value": {name: part for name, part in content.items() if part}}


def request_of(entries: Sequence[Json], secret: str) -> Call:
    """The signed request. Everything beyond ASCII is escaped, as Meta does it."""
    body = json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Call("", body, {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"})


def _contact(one: Incoming) -> Json:
    contact: dict[str, Any] = {"profile": {"name": one.who.name}, "user_id": one.who.bsuid}
    return contact if one.hidden else {**contact, "wa_id": one.who.number}


def _message(one: Incoming) -> Json:
    sender = {"from_user_id": one.who.bsuid} if one.hidden else _sender(one.who)
    return {**sender, "id": one.id, "timestamp": str(int(one.at)), **_content(one)}


def _sender(who: Identity) -> Json:
    return {"from": who.number, "from_user_id": who.bsuid}


def _content(one: Incoming) -> Json:
    """Type and content of a message; what this server does not know is `unsupported`, as on the real one."""
    known: dict[str, Json] = {
        "text": {"type": "text", "text": {"body": one.text}},
        "group": {"type": "text", "text": {"body": one.text}, "group_id": GROUP},
        "button": _reply(one, "button_reply"),
        "row": _reply(one, "list_reply"),
        "image": {"type": "image", "image": _media(one)},
        "voice": {"type": "audio", "audio": {**_media(one), "voice": True}},
        "sticker": {"type": "sticker", "sticker": {**_media(one), "animated": False}},
        "location": {"type": "location", "location": {"latitude": -6.2, "longitude": 106.8}},
        "contact": {"type": "contacts", "contacts": [_card(one.who) if one.own else OTHERS_CARD]},
        "reaction": {"type": "reaction", "reaction": _reaction(one)},
        "edit": {"type": "edit", "edit": _edit(one)},
        "revoke": {"type": "revoke", "revoke": {"original_message_id": one.target}},
        "number": {"type": "system", "system": _moved(one)},
    }
    return known.get(one.kind, {"type": "unsupported", "errors": [{"code": 131051, "title": "Unsupported"}]})


def _reply(one: Incoming, name: str) -> Json:
    reply = {"type": name, name: {"id": one.choice, "title": one.text}}
    return {"type": "interactive", "interactive": reply, "context": {"id": one.target}}


def _media(one: Incoming) -> Json:
    media = {"id": f"9{one.id[-12:]}", "mime_type": MIME_TYPES.get(one.kind, ""), "sha256": "ZmFrZQ=="}
    return {**media, "caption": one.text} if one.text else media


def _card(who: Identity) -> Json:
    return {"name": {"formatted_name": who.name}, "phones": [{"phone": f"+{who.number}", "wa_id": who.number}]}


def _reaction(one: Incoming) -> Json:
    """One that was taken back has no emoji."""
    return {"message_id": one.target, **({"emoji": one.text} if one.text else {})}


def _edit(one: Incoming) -> Json:
    return {"original_message_id": one.target, "message": {"type": "text", "text": {"body": one.text}}}


def _moved(one: Incoming) -> Json:
    words = f"{one.who.name} changed from {one.who.number} to {one.target}"
    return {"type": "user_changed_number", "body": words, "wa_id": one.target}


def _status(report: Report) -> Json:
    sent = report.sent
    receiver = {"recipient_user_id": sent.who.bsuid} if sent.hidden else {"recipient_id": sent.who.number}
    row: dict[str, Any] = {
        "id": sent.bubble.id,
        "status": report.status,
        "timestamp": str(int(report.at)),
        **receiver,
    }
    if sent.reference:
        row["biz_opaque_callback_data"] = sent.reference
    if report.status == "failed":
        # Here neither a message nor details need to be there.
        return {**row, "errors": [{"code": report.code, "title": "Message failed"}]}
    return {**row, "pricing": PRICING}
