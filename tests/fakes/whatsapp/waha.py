"""WAHA: a session of a linked number, signed JSON in, text out."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.fakes.telegram.pace import Limit
from tests.fakes.whatsapp.deliveries import Call
from tests.fakes.whatsapp.people import Bubble, Incoming
from tests.fakes.whatsapp.server import Refused, Sent, WhatsAppFake

PATH = "/webhooks/whatsapp/waha"
API_KEY = "kunci-api-waha-tiruan"
HMAC_KEY = "kunci-hmac-waha-tiruan"
SESSION = "default"
OWN = "622150000000@c.us"
ACKS = {"sent": 1, "delivered": 2, "read": 3}


class WahaFake(WhatsAppFake):
    """One session. `working` False is a phone that was unlinked."""

    name = "waha"
    account_limit = Limit(5, 1.0, 10)
    person_limit = Limit(1, 3.0, 10)

    working = True

    def variables(self) -> dict[str, str]:
        return {
            "WHATSAPP_WAHA_URL": self.url,
            "WHATSAPP_WAHA_API_KEY": API_KEY,
            "WHATSAPP_WAHA_HMAC_KEY": HMAC_KEY,
            "WHATSAPP_WAHA_SESSION": SESSION,
        }

    def api(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/api/sendText", self.guarded(self._send)),
            web.post("/api/sendSeen", self.guarded(self._gesture)),
            web.post("/api/startTyping", self.guarded(self._gesture)),
            web.post("/api/stopTyping", self.guarded(self._gesture)),
            web.get("/api/sessions/{session}", self.guarded(self._session)),
        ]

    def set_working(self, working: bool) -> None:
        """The phone is unlinked or linked again, which the webhook hears."""
        self.working = working
        status = "WORKING" if working else "SCAN_QR_CODE"
        self.delivering.post(self._event("session.status", {"status": status}), "", "session")

    def encode(self, incoming: Sequence[Incoming]) -> Call:
        # One event a request: WAHA does not batch, so of a batch the others follow on their own.
        for other in incoming[1:]:
            self.delivering.post(self.encode([other]), other.person, other.kind)
        one = incoming[0]
        chat = f"{one.person[::-1]}@lid" if one.hidden else f"{one.person}@c.us"
        chat = "120363000000000000@g.us" if one.kind == "group" else chat
        payload: dict[str, Any] = {
            "id": f"false_{chat}_{one.id}",
            "timestamp": int(one.at),
            "from": chat,
            "to": OWN,
            "fromMe": False,
            "body": one.text,
            "hasMedia": one.kind in ("image", "voice", "sticker"),
        }
        if payload["hasMedia"]:
            payload["media"] = {"url": f"{self.url}/files/1", "mimetype": "image/jpeg"}
        if one.kind == "contact":
            payload["vCards"] = ["BEGIN:VCARD\nEND:VCARD"]
        if one.kind == "location":
            payload["location"] = {"latitude": "-6.2", "longitude": "106.8"}
        if one.kind == "revoke":
            return self._event("message.revoked", {"before": {**payload, "id": f"false_{chat}_{one.target}"}})
        if one.kind == "edit":
            return self._event("message.edited", {**payload, "editedMessageId": one.target})
        if one.kind == "reaction":
            return self._event("message.reaction", {**payload, "reaction": {"text": one.text}})
        return self._event("message", payload)

    def report(self, sent: Sent, status: str) -> Call | None:
        chat = f"{sent.person.number}@c.us"
        return self._event(
            "message.ack",
            {"id": f"true_{chat}_{sent.bubble.id}", "from": OWN, "to": chat, "fromMe": True, "ack": ACKS[status]},
        )

    def refusal(self, refused: Refused) -> web.Response:
        body = {"statusCode": refused.status, "message": refused.words}
        return web.json_response(body, status=refused.status)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request)
        text = body.get("text")
        if not isinstance(text, str) or not text:
            raise Refused(400, words="text should not be empty")
        person = self.receiver(_digits(str(body.get("chatId"))))
        bubble = Bubble(self.next_id(), "bot", text, self.clock())
        answer = {"id": f"true_{person.number}@c.us_{bubble.id}", "_data": {"id": {"id": bubble.id}}}
        return await self.take(request, "sendText", Sent(person, bubble), lambda: web.json_response(answer, status=201))

    async def _gesture(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request)
        person = self.receiver(_digits(str(body.get("chatId"))))
        if request.path.endswith("startTyping"):
            self.types(person)
        return web.json_response({"result": True}, status=201)

    async def _session(self, request: web.Request) -> web.StreamResponse:
        _check_key(request)
        if request.match_info["session"] != SESSION:
            raise Refused(404, words="no such session")
        return web.json_response({"name": SESSION, "status": "WORKING" if self.working else "SCAN_QR_CODE"})

    async def _body(self, request: web.Request) -> dict[str, Any]:
        _check_key(request)
        body = await request.json()
        if not isinstance(body, dict) or body.get("session") != SESSION:
            raise Refused(404, words="no such session")
        if not self.working:
            raise Refused(422, words="session is not WORKING")
        return body

    def receiver(self, address: str) -> Any:
        """By number, or by the hidden id, which is the number backwards."""
        return super().receiver(address if address in self.everybody else address[::-1])

    def _event(self, name: str, payload: dict[str, Any]) -> Call:
        event = {
            "id": f"evt_{self.next_id()}",
            "timestamp": int(self.clock() * 1000),
            "event": name,
            "session": SESSION,
            "engine": "GOWS",
            "me": {"id": OWN},
            "payload": payload,
        }
        body = json.dumps(event, ensure_ascii=False).encode()
        digest = hmac.new(HMAC_KEY.encode(), body, hashlib.sha512).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Webhook-Hmac": digest,
            "X-Webhook-Hmac-Algorithm": "sha512",
            "X-Webhook-Timestamp": str(int(self.clock() * 1000)),
        }
        return Call(PATH, body, headers)


def _digits(chat: str) -> str:
    return chat.partition("@")[0]


def _check_key(request: web.Request) -> None:
    if request.headers.get("X-Api-Key") != API_KEY:
        raise Refused(401, words="unauthorized")
