"""WAHA's webhooks for the conformance suite."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, ClassVar

from bot.channels.platform import RawRequest
from bot.channels.whatsapp.waha import WahaAccount, WahaSettings
from bot.channels.whatsapp.waha.account import ALGORITHM_HEADER, PROOF_HEADER
from tests.channels.harness import Harness, request

HMAC_KEY = "kunci-hmac-waha-rahasia"
API_KEY = "kunci-api-waha-rahasia"
SITI = "6281234567890@c.us"
OWN = "622150000000@c.us"


def settings(**changes: Any) -> WahaSettings:
    """One session."""
    values: dict[str, Any] = {"name": "default", "url": "http://127.0.0.1:9", "api_key": API_KEY, "hmac_key": HMAC_KEY}
    return WahaSettings(**{**values, **changes})


def signed(body: bytes, key: str = HMAC_KEY) -> str:
    """The proof of origin, in hexadecimal."""
    return hmac.new(key.encode(), body, hashlib.sha512).hexdigest()


def envelope(event: str, payload: Any, **changes: Any) -> dict[str, Any]:
    """An event as WAHA wraps it; a change to None takes a field out."""
    body = {
        "id": "evt_01k",
        "timestamp": 1_760_000_000_123,
        "event": event,
        "session": "default",
        "engine": "GOWS",
        "me": {"id": OWN, "pushName": "Kawan"},
        "payload": payload,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def message(message_id: str = "3EB0AA", *, chat: str = SITI, **changes: Any) -> dict[str, Any]:
    """A message of Siti's."""
    payload = {
        "id": f"false_{chat}_{message_id}",
        "timestamp": 1_760_000_000,
        "from": chat,
        "fromMe": False,
        "to": OWN,
        "body": "",
        "hasMedia": False,
        "ack": 1,
        "vCards": [],
        **changes,
    }
    return {name: value for name, value in payload.items() if value is not None}


def ack(receipt: str = "3EB0BB", *, chat: str = SITI, **changes: Any) -> dict[str, Any]:
    """A report on a message of ours to Siti."""
    payload = {"id": f"true_{chat}_{receipt}", "from": OWN, "to": chat, "fromMe": True, "ack": 2, "ackName": "DEVICE"}
    return {name: value for name, value in {**payload, **changes}.items() if value is not None}


class WahaHarness(Harness):
    """One session, one person."""

    name: ClassVar[str] = "whatsapp-waha"
    person: ClassVar[str] = "6281234567890"

    def __init__(self) -> None:
        self.account = WahaAccount(settings())

    def authentic(self, body: bytes) -> RawRequest:
        return self._request(body, {PROOF_HEADER: signed(body), ALGORITHM_HEADER: "sha512"})

    def forgeries(self, body: bytes) -> list[RawRequest]:
        right = signed(body)
        proofs = ["", right[:-1], right + "0", right.upper(), signed(body + b" "), signed(body, "lain"), "é", "\udcff"]
        algorithms: list[dict[str, str]] = [{}, {ALGORITHM_HEADER: "sha1"}, {ALGORITHM_HEADER: "SHA512"}]
        return [
            self._request(body, {ALGORITHM_HEADER: "sha512"}),
            *(self._request(body, {PROOF_HEADER: proof, ALGORITHM_HEADER: "sha512"}) for proof in proofs),
            *(self._request(body, {PROOF_HEADER: right, **algorithm}) for algorithm in algorithms),
        ]

    def text(self, message_id: str, text: str) -> bytes:
        return self._body("message", message(message_id, body=text))

    def media(self, message_id: str) -> bytes | None:
        file = {"url": "http://127.0.0.1:9/api/files/1.jpg", "mimetype": "image/jpeg", "filename": None}
        return self._body("message", message(message_id, hasMedia=True, media=file, body="ini kenapa?"))

    def unknown_kind(self, message_id: str) -> bytes | None:
        return self._body("message", message(message_id, hologram={"size": 3}))

    def choice(self, message_id: str, choice_id: str, title: str) -> bytes | None:
        return None

    def contact(self, message_id: str) -> bytes | None:
        card = "BEGIN:VCARD\nVERSION:3.0\nFN:Budi\nTEL;waid=6281200000000:+62 812-0000-0000\nEND:VCARD"
        return self._body("message", message(message_id, body=card, vCards=[card]))

    def status(self, receipt: str) -> bytes | None:
        return self._body("message.ack", ack(receipt))

    def group(self, message_id: str) -> bytes | None:
        chat = "120363000000000000@g.us"
        return self._body("message", message(message_id, chat=chat, participant=SITI, body="halo"))

    def echo(self, message_id: str) -> bytes | None:
        return self._body("message.any", message(message_id, fromMe=True, source="api", body="halo"))

    def _body(self, event: str, payload: dict[str, Any]) -> bytes:
        return json.dumps(envelope(event, payload)).encode()

    def _request(self, body: bytes, headers: dict[str, str]) -> RawRequest:
        return request(self.account.path, body, {"Content-Type": "application/json", **headers})
