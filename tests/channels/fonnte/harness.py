"""Fonnte's webhooks, for the conformance suite."""

from __future__ import annotations

import json
from typing import Any

from bot.channels.platform import RawRequest
from bot.channels.whatsapp.fonnte import API_URL, FonnteAccount, FonnteSettings
from tests.channels.harness import Harness, request

SECRET = "jalur-rahasia-yang-panjang-sekali"
DEVICE = "622150000000"


def settings(**changes: Any) -> FonnteSettings:
    values = {"token": "token-fonnte-rahasia", "secret": SECRET, "device": DEVICE, "api_url": API_URL}
    return FonnteSettings(**{**values, **changes})


def message(message_id: str = "m1", **more: Any) -> bytes:
    body = {"device": DEVICE, "sender": "6281234567890", "name": "Siti", "timestamp": 1_760_000_000, "member": ""}
    return json.dumps({**body, "inboxid": message_id, "message": "", **more}).encode()


class FonnteHarness(Harness):
    name = "whatsapp-fonnte"
    person = "6281234567890"

    def __init__(self) -> None:
        self.account = FonnteAccount("default", settings())

    def authentic(self, body: bytes) -> RawRequest:
        return self._at(SECRET, body)

    def forgeries(self, body: bytes) -> list[RawRequest]:
        return [self._at(secret, body) for secret in ("salah", SECRET[:-1], SECRET.upper(), SECRET + "x", "%C3%A9")]

    def _at(self, secret: str, body: bytes) -> RawRequest:
        path = self.account.path.replace("{secret}", secret)
        return request(path, body, {"Content-Type": "application/json"}, match={"secret": secret})

    def text(self, message_id: str, text: str) -> bytes:
        return message(message_id, message=text)

    def media(self, message_id: str) -> bytes | None:
        return message(message_id, url="https://x/1.jpg", filename="1.jpg", extension="jpg")

    def unknown_kind(self, message_id: str) -> bytes | None:
        return message(message_id, hologram="3")

    def choice(self, message_id: str, choice_id: str, title: str) -> bytes | None:
        return None

    def contact(self, message_id: str) -> bytes | None:
        return None

    def status(self, receipt: str) -> bytes | None:
        return json.dumps({"id": receipt, "stateid": "s1", "status": "delivered", "state": "delivered"}).encode()

    def group(self, message_id: str) -> bytes | None:
        return message(message_id, sender="120363000000000000@g.us", member="6281234567890", message="halo")

    def echo(self, message_id: str) -> bytes | None:
        return message(message_id, sender=DEVICE, message="halo")
