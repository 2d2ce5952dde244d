"""Meta's webhooks, for the conformance suite."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from bot.channels.platform import RawRequest
from bot.channels.whatsapp.meta.account import MetaAccount
from bot.channels.whatsapp.meta.settings import MetaSettings
from tests.channels.harness import Harness, request

SECRET = "rahasia-aplikasi-meta"
NUMBER = "1000000001"
PERSON = "6281234567890"


def settings(**changes: Any) -> MetaSettings:
    values: dict[str, Any] = {
        "phone_number_id": NUMBER,
        "token": "token-meta-rahasia",
        "app_secrets": (SECRET, "rahasia-lama-meta"),
        "verify_token": "verifikasi-rahasia",
        "api_url": "http://127.0.0.1:9",
        "api_version": "v25.0",
        "template": "",
        "template_language": "id",
    }
    return MetaSettings(**{**values, **changes})


def envelope(number: str = NUMBER, **value: Any) -> bytes:
    """A body with one change; escaped as Meta escapes it."""
    content = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number}, **value}
    change = {"field": "messages", "value": content}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    return json.dumps(body).encode()


def message(message_id: str = "wamid.A", **more: Any) -> dict[str, Any]:
    return {"from": PERSON, "id": message_id, "timestamp": "1760000000", **more}


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class MetaHarness(Harness):
    name = "whatsapp-meta"
    person = PERSON

    def __init__(self) -> None:
        self.account = MetaAccount("default", settings())

    def authentic(self, body: bytes) -> RawRequest:
        return self._with(body, signed(body))

    def forgeries(self, body: bytes) -> list[RawRequest]:
        right = signed(body)
        wrong = ("", "sha256=", right[:-1], right.upper(), right.removeprefix("sha256="), signed(body, "lain"), "é")
        changed = self._with(body + b" ", right)
        return [request(self.account.path, body, {}), changed, *(self._with(body, one) for one in wrong)]

    def _with(self, body: bytes, signature: str) -> RawRequest:
        return request(self.account.path, body, {"X-Hub-Signature-256": signature})

    def text(self, message_id: str, text: str) -> bytes:
        return envelope(messages=[message(message_id, type="text", text={"body": text})])

    def media(self, message_id: str) -> bytes | None:
        return envelope(messages=[message(message_id, type="image", image={"id": "9", "mime_type": "image/jpeg"})])

    def unknown_kind(self, message_id: str) -> bytes | None:
        return envelope(messages=[message(message_id, type="hologram", hologram={"size": 3})])

    def choice(self, message_id: str, choice_id: str, title: str) -> bytes | None:
        reply = {"type": "button_reply", "button_reply": {"id": choice_id, "title": title}}
        return envelope(messages=[message(message_id, type="interactive", interactive=reply)])

    def contact(self, message_id: str) -> bytes | None:
        card = {"name": {"formatted_name": "Budi"}, "phones": [{"phone": "+6281300000000"}]}
        return envelope(messages=[message(message_id, type="contacts", contacts=[card])])

    def status(self, receipt: str) -> bytes | None:
        report = {"id": receipt, "status": "delivered", "timestamp": "1760000000", "recipient_id": PERSON}
        return envelope(statuses=[report])

    def group(self, message_id: str) -> bytes | None:
        return envelope(messages=[message(message_id, type="text", text={"body": "halo"}, group_id="G1")])

    def echo(self, message_id: str) -> bytes | None:
        body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
            {"field": "smb_message_echoes", "value": {"message_echoes": [message(message_id)]}}]}]}  # fmt: skip
        return json.dumps(body).encode()
