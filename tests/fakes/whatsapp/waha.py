"""WAHA: a session of a linked number, signed JSON in, text out."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from aiohttp import web

from tests.fakes.telegram.pace import Limit
from tests.fakes.whatsapp.deliveries import Call, Retries
from tests.fakes.whatsapp.happenings import Happening, Identity, Incoming, Report, Sent
from tests.fakes.whatsapp.people import Bubble
from tests.fakes.whatsapp.refusals import Refused
from tests.fakes.whatsapp.server import WhatsAppFake

PATH = "/webhooks/whatsapp/waha"
API_KEY = "kunci-api-waha-tiruan"
HMAC_KEY = "kunci-hmac-waha-tiruan"
SESSION = "default"
OWN = "622150000000@c.us"
GROUP = "120363000000000000@g.us"
ACKS = {"failed": (-1, "ERROR"), "sent": (1, "SERVER"), "delivered": (2, "DEVICE"), "read": (3, "READ")}
MIME_TYPES = {"image": "image/jpeg", "voice": "audio/ogg; codecs=opus", "sticker": "image/webp"}
# What the engine that drives a browser calls the kinds of messages.
RAW_KINDS = {"voice": "ptt", "contact": "vcard", "image": "image", "sticker": "sticker", "location": "location"}
CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL;waid={number}:+{number}\nEND:VCARD"

Engine = Literal["GOWS", "WEBJS", "NOWEB"]
Json = Mapping[str, Any]


class WahaFake(WhatsAppFake):
    """One session. `status` other than WORKING is, for example, a phone that was unlinked."""

    name = "waha"
    methods = ("sendText", "sendSeen", "startTyping", "stopTyping", "sessions")
    account_limit = Limit(5, 1.0, 10)
    person_limit = Limit(1, 3.0, 10)
    retries = Retries((2.0,) * 15)
    id_shape = "3EB0{:016X}"

    def __init__(self, *, engine: Engine = "GOWS", **options: Any) -> None:
        super().__init__(**options)
        self.engine = engine
        self.status = "WORKING"

    def variables(self) -> dict[str, str]:
        return {
            "WHATSAPP_WAHA_URL": self.url,
            "WHATSAPP_WAHA_API_KEY": API_KEY,
            "WHATSAPP_WAHA_HMAC_KEY": HMAC_KEY,
            "WHATSAPP_WAHA_SESSION": SESSION,
        }

    def api(self) -> list[web.AbstractRouteDef]:
        gestures = [web.post(f"/api/{name}", self.guarded(self._gesture)) for name in self.methods[1:4]]
        return [
            web.post("/api/sendText", self.guarded(self._send)),
            web.get("/api/sessions/{session}", self.guarded(self._session)),
            *gestures,
        ]

    def set_working(self, working: bool) -> None:
        """The phone is unlinked or linked again, which the webhook hears."""
        self.set_status("WORKING" if working else "SCAN_QR_CODE")

    def set_status(self, status: str) -> None:
        """The session's status changes, which the webhook hears."""
        self.status = status
        call = self._event(self.next_id(), "session.status", {"name": SESSION, "status": status})
        self.delivering.post(call, "", "session")

    def encode(self, happenings: Sequence[Happening]) -> Call | None:
        (one,) = happenings
        if isinstance(one, Report):
            return self._ack(one)
        if not isinstance(one, Incoming) or one.kind == "number":
            return None  # nothing is told of people who change their number
        name, payload = self._told(one)
        return self._event(one.id, name, payload)

    def refusal(self, refused: Refused) -> web.Response:
        return web.json_response({"statusCode": refused.status, "message": refused.words}, status=refused.status)

    def _told(self, one: Incoming) -> tuple[str, Json]:
        """The event and its payload for something that a person did."""
        payload = self._payload(one)
        if one.kind == "revoke":
            return "message.revoked", {"before": self._before(one, payload), "revokedMessageId": one.target}
        if one.kind == "edit":
            return "message.edited", {**payload, "editedMessageId": one.target}
        if one.kind == "reaction":
            reaction = {"text": one.text, "messageId": f"true_{payload['from']}_{one.target}"}
            # Its time is written with decimals.
            return "message.reaction", {**payload, "timestamp": one.at, "body": None, "reaction": reaction}
        return "message", payload

    def _before(self, one: Incoming, payload: Json) -> Json | None:
        """Only the browser's engine still has the message itself."""
        return {**payload, "id": f"false_{payload['from']}_{one.target}"} if self.engine == "WEBJS" else None

    def _payload(self, one: Incoming) -> dict[str, Any]:
        chat = GROUP if one.kind == "group" else one.who.lid if one.hidden else f"{one.who.number}@c.us"
        message_id = f"false_{chat}_{one.id}"
        has_media = one.kind in MIME_TYPES
        payload: dict[str, Any] = {
            "id": f"{message_id}_{one.who.number}@c.us" if one.kind == "group" else message_id,
            "timestamp": int(one.at),
            "from": chat,
            "to": OWN,
            "fromMe": False,
            "source": "app",
            "body": one.text,
            "hasMedia": has_media,
            "ack": 1,
        }
        if has_media:
            payload["media"] = {"url": f"{self.url}/api/files/{SESSION}/{one.id}", "mimetype": MIME_TYPES[one.kind]}
        if one.kind == "contact":
            payload["vCards"] = [_card(one)]
        if one.kind == "location":
            payload["location"] = {"latitude": "-6.2", "longitude": "106.8"}
        payload["_data"] = self._raw(one, chat)
        return payload

    def _raw(self, one: Incoming, chat: str) -> Json:
        """What the engine itself says."""
        if self.engine == "WEBJS":
            return {"type": RAW_KINDS.get(one.kind, "chat"), "notifyName": one.who.name}
        if self.engine == "NOWEB":
            key = {"remoteJid": chat.replace("@c.us", "@s.whatsapp.net"), "fromMe": False, "id": one.id}
            return {"key": key, "pushName": one.who.name}
        return {"Info": {"ID": one.id, "PushName": one.who.name}}

    def _ack(self, report: Report) -> Call:
        sent = report.sent
        chat = sent.who.lid if sent.hidden else f"{sent.who.number}@c.us"
        number, name = ACKS[report.status]
        payload = {
            "id": f"true_{chat}_{sent.bubble.id}",
            "from": OWN,
            "to": chat,
            "fromMe": True,
            "ack": number,
            "ackName": name,
        }
        return self._event(f"{sent.bubble.id}{name}", "message.ack", payload)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = await self._checked(request)
        text = body.get("text")
        if not isinstance(text, str) or not text:
            raise Refused(400, words="text should not be empty")
        who, hidden = self._receiver(body)
        bubble = Bubble(self.next_id(), "bot", text, self.clock())
        chat = who.lid if hidden else f"{who.number}@c.us"
        answer = self._taken(bubble, chat)
        sent = Sent(who, bubble, hidden=hidden)
        return await self.take(request, "sendText", sent, lambda: web.json_response(answer, status=201))

    def _taken(self, bubble: Bubble, chat: str) -> Json:
        """Every engine names the message differently."""
        whole = f"true_{chat}_{bubble.id}"
        if self.engine == "WEBJS":
            parts = {"fromMe": True, "remote": chat, "id": bubble.id, "_serialized": whole}
            return {"id": parts, "_data": {"id": parts}, "body": bubble.text}
        if self.engine == "NOWEB":
            key = {"remoteJid": chat.replace("@c.us", "@s.whatsapp.net"), "fromMe": True, "id": bubble.id}
            return {"key": key, "message": {"extendedTextMessage": {"text": bubble.text}}, "status": "PENDING"}
        return {"id": whole, "timestamp": int(bubble.at), "fromMe": True, "body": bubble.text, "_data": {}}

    async def _gesture(self, request: web.Request) -> web.StreamResponse:
        body = await self._checked(request)
        who, _ = self._receiver(body)
        name = request.path.rpartition("/")[2]
        await self.aside(name, who.number)
        if name == "startTyping":
            self.types(who.number)
        if name == "stopTyping" and who.number in self.everybody:
            self.everybody[who.number].typing_until = 0.0
        return web.json_response({"result": True}, status=201)

    async def _session(self, request: web.Request) -> web.StreamResponse:
        _check_key(request)
        await self.aside("sessions")
        if request.match_info["session"] != SESSION:
            raise Refused(404, words="Session not found")
        return web.json_response(
            {"name": SESSION, "status": self.status, "me": {"id": OWN}, "engine": {"engine": self.engine}}
        )

    async def _checked(self, request: web.Request) -> Json:
        """The body of a call to the session. Raises Refused."""
        _check_key(request)
        body = await self.body(request)
        if body.get("session") != SESSION:
            raise Refused(404, words="Session not found")
        if self.status != "WORKING":
            raise Refused(422, words=f"Session status is not as expected: {self.status}")
        return body

    def _receiver(self, body: Json) -> tuple[Identity, bool]:
        chat = body.get("chatId")
        bare, _, server = chat.partition("@") if isinstance(chat, str) else ("", "", "")
        if not bare or server not in ("c.us", "lid"):
            raise Refused(400, words="chatId is wrong")
        return (self.receiver(lid=str(chat)), True) if server == "lid" else (self.receiver(bare), False)

    def _event(self, event_id: str, name: str, payload: Json) -> Call:
        milliseconds = int(self.clock() * 1000)
        event = {
            "id": f"evt_{event_id}",
            "timestamp": milliseconds,
            "event": name,
            "session": SESSION,
            "engine": self.engine,
            "me": {"id": OWN},
            "payload": payload,
        }
        body = json.dumps(event, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Webhook-Request-Id": event_id,
            "X-Webhook-Timestamp": str(milliseconds),
            "X-Webhook-Hmac": hmac.new(HMAC_KEY.encode(), body, hashlib.sha512).hexdigest(),
            "X-Webhook-Hmac-Algorithm": "sha512",
        }
        return Call(PATH, body, headers)


def _card(one: Incoming) -> str:
    return CARD.format(name=one.who.name if one.own else "Teman", number=one.who.number if one.own else "6281300000000")


def _check_key(request: web.Request) -> None:
    if request.headers.get("X-Api-Key") != API_KEY:
        raise Refused(401, words="Unauthorized")
