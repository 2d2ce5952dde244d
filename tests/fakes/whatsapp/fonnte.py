"""Fonnte: an unsigned JSON webhook behind a secret address, and answers of 200 also for failures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from tests.fakes.telegram.pace import Limit
from tests.fakes.whatsapp.deliveries import Call
from tests.fakes.whatsapp.happenings import Happening, Identity, Incoming, Sent
from tests.fakes.whatsapp.people import Bubble
from tests.fakes.whatsapp.refusals import Refused
from tests.fakes.whatsapp.server import WhatsAppFake

TOKEN = "token-fonnte-tiruan"
SECRET = "jalur-rahasia-fonnte-tiruan"
PATH = f"/webhooks/whatsapp/fonnte/{SECRET}"
DEVICE = "622150000000"
GROUP = "120363000000000000@g.us"
FILES = {"image": "jpg", "voice": "ogg", "sticker": "webp"}
TOLD = ("text", "button", "row", "group", "location", "contact", *FILES)
TOO_OFTEN = 429


class FonnteFake(WhatsAppFake):
    """One linked device. Its reports and its repeats have a shape that nobody has confirmed, so there are none."""

    name = "fonnte"
    methods = ("send", "device")
    account_limit = Limit(5, 1.0, 10)
    person_limit = Limit(1, 3.0, 10)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.connected = True

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

    def set_connected(self, connected: bool) -> None:
        """The device is unlinked or linked again, which the webhook hears."""
        self.connected = connected
        body = {"device": DEVICE, "status": self._status, "timestamp": int(self.clock())}
        self.delivering.post(_posted(body), "", "device")

    def encode(self, happenings: Sequence[Happening]) -> Call | None:
        (one,) = happenings
        if not isinstance(one, Incoming) or one.kind not in TOLD:
            return None
        group = one.kind == "group"
        body: dict[str, Any] = {
            "device": DEVICE,
            "sender": GROUP if group else one.who.number,
            "member": one.who.number if group else "",
            "name": one.who.name,
            "message": one.text or "non-text message",
            "text": "non-button message",
            "timestamp": int(one.at),
            "inboxid": int(one.id),
        }
        if one.kind in FILES:
            name = f"{one.id}.{FILES[one.kind]}"
            body |= {"url": f"{self.url}/files/{name}", "filename": name, "extension": FILES[one.kind]}
        if one.kind == "location":
            body["location"] = "-6.2,106.8"
        return _posted(body)

    def refusal(self, refused: Refused) -> web.Response:
        """Only a server in trouble says so by its status."""
        body = {"status": False, "reason": refused.words}
        told = refused.status == TOO_OFTEN or refused.status >= 500
        return web.json_response(body, status=refused.status if told else 200)

    @property
    def _status(self) -> str:
        return "connect" if self.connected else "disconnect"

    async def _send(self, request: web.Request) -> web.StreamResponse:
        _check_token(request)
        body = await self._fields(request)
        text, target = body.get("message"), body.get("target")
        if not isinstance(target, str | int) or not str(target).strip():
            raise Refused(200, words="input invalid, target required")
        if not isinstance(text, str) or not text.strip():
            raise Refused(200, words="input invalid, message required")
        if not self.connected:
            raise Refused(200, words="request invalid on disconnected device")
        who = self._receiver(str(target))
        bubble = Bubble(self.next_id(), "bot", text, self.clock())
        answer = {
            "status": True,
            "id": [bubble.id],
            "detail": "success! message in queue",
            "process": "pending",
            "target": [who.number],
        }
        return await self.take(request, "send", Sent(who, bubble), lambda: web.json_response(answer))

    def _receiver(self, target: str) -> Identity:
        """A number, with or without the country's code."""
        digits = "".join(sign for sign in target if sign in "0123456789")
        try:
            return self.receiver(f"62{digits[1:]}" if digits.startswith("0") else digits)
        except Refused:
            raise Refused(200, words="target invalid") from None

    async def _fields(self, request: web.Request) -> Mapping[str, Any]:
        return await self.body(request) if request.content_type == "application/json" else await request.post()

    async def _device(self, request: web.Request) -> web.StreamResponse:
        _check_token(request)
        await self.aside("device")
        return web.json_response(
            {"status": True, "device": DEVICE, "device_status": self._status, "name": "Kawan Prakerja", "quota": "1000"}
        )


def _posted(body: Mapping[str, Any]) -> Call:
    return Call(PATH, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _check_token(request: web.Request) -> None:
    if request.headers.get("Authorization") != TOKEN:
        raise Refused(200, words="invalid token")
