"""Fonnte: an unsigned JSON webhook behind a secret address, and answers of 200 also for failures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.fakes.telegram.pace import Limit
from tests.fakes.whatsapp.deliveries import Call
from tests.fakes.whatsapp.people import Bubble, Incoming
from tests.fakes.whatsapp.server import Refused, Sent, WhatsAppFake

TOKEN = "token-fonnte-tiruan"
SECRET = "jalur-rahasia-fonnte-tiruan"
PATH = f"/webhooks/whatsapp/fonnte/{SECRET}"
DEVICE = "622150000000"


class FonnteFake(WhatsAppFake):
    """One linked device; its reports have a shape that nobody has confirmed, so there are none."""

    name = "fonnte"
    account_limit = Limit(5, 1.0, 10)
    person_limit = Limit(1, 3.0, 10)
    reports = False

    def variables(self) -> dict[str, str]:
        return {
            "WHATSAPP_FONNTE_TOKEN": TOKEN,
            "WHATSAPP_FONNTE_SECRET": SECRET,
            "WHATSAPP_FONNTE_DEVICE": DEVICE,
            "WHATSAPP_FONNTE_API_URL": self.url,
        }

    def api(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/send", self.guarded(self._send)),
            web.post("/device", self.guarded(self._device)),
        ]

    def encode(self, incoming: Sequence[Incoming]) -> Call:
        for other in incoming[1:]:
            self.delivering.post(self.encode([other]), other.person, other.kind)
        one = incoming[0]
        group = one.kind == "group"
        body: dict[str, Any] = {
            "device": DEVICE,
            "sender": "120363000000000000@g.us" if group else one.person,
            "member": one.person if group else "",
            "name": self.everybody[one.person].name,
            "message": one.text if one.kind in ("text", "image", "group") else "",
            "timestamp": int(one.at),
            "inboxid": int(one.id.rsplit(".", 1)[1]),
        }
        if one.kind in ("image", "voice", "sticker"):
            body |= {"url": f"{self.url}/files/1.jpg", "filename": "1.jpg", "extension": "jpg"}
        if one.kind == "location":
            body["location"] = "-6.2,106.8"
        return Call(PATH, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def report(self, sent: Sent, status: str) -> Call | None:
        return None

    def refusal(self, refused: Refused) -> web.Response:
        if refused.status in (429, *range(500, 600)):
            return web.Response(status=refused.status, text="<html></html>", content_type="text/html")
        return web.json_response({"status": False, "reason": refused.words})

    async def _send(self, request: web.Request) -> web.StreamResponse:
        _check_token(request)
        body = await (request.json() if request.content_type == "application/json" else request.post())
        text, target = str(body.get("message", "")), str(body.get("target", ""))
        if not text:
            raise Refused(200, words="input invalid, message required")
        try:
            person = self.receiver(target)
        except Refused:
            raise Refused(200, words="target invalid") from None
        bubble = Bubble(self.next_id(), "bot", text, self.clock())
        answer = {"status": True, "id": [bubble.id], "detail": "success! message in queue"}
        return await self.take(request, "send", Sent(person, bubble), lambda: web.json_response(answer))

    async def _device(self, request: web.Request) -> web.StreamResponse:
        _check_token(request)
        return web.json_response({"status": True, "device": DEVICE, "device_status": "connect"})


def _check_token(request: web.Request) -> None:
    if request.headers.get("Authorization") != TOKEN:
        raise Refused(200, words="invalid token")
