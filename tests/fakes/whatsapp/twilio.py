"""Twilio: signed forms in, its REST API out, statuses by callback."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import urlencode

from aiohttp import web

from tests.fakes.telegram.pace import Limit
from tests.fakes.whatsapp.deliveries import Call
from tests.fakes.whatsapp.people import Bubble, Incoming
from tests.fakes.whatsapp.server import Refused, Sent, WhatsAppFake

PATH = "/webhooks/whatsapp/twilio"
SID = "AC0123456789abcdef0123456789abcdef"
TOKEN = "token-twilio-tiruan"
OWN = "whatsapp:+622150000000"
TEXT_LIMIT = 1600


class TwilioFake(WhatsAppFake):
    """One sender. Signs for the address that it is told to call."""

    name = "twilio"
    account_limit = Limit(10, 1.0, 20)
    person_limit = Limit(1, 6.0, 45)
    window_seconds = 24 * 3600.0
    unknown_person = 63024
    too_often_account = too_often_person = 63018
    window_closed, server_trouble, blocked = 63016, 63010, 63032
    content: ClassVar[set[str]] = {"HX1"}

    def variables(self) -> dict[str, str]:
        return {
            "WHATSAPP_TWILIO_ACCOUNT_SID": SID,
            "WHATSAPP_TWILIO_AUTH_TOKEN": TOKEN,
            "WHATSAPP_TWILIO_FROM": OWN,
            "WHATSAPP_TWILIO_API_URL": self.url,
            "WHATSAPP_TWILIO_MESSAGING_URL": self.url,
            "WHATSAPP_TWILIO_WEBHOOK_URL": self.public_url + PATH,
        }

    def api(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/2010-04-01/Accounts/{sid}/Messages.json", self.guarded(self._messages)),
            web.get("/2010-04-01/Accounts/{sid}.json", self.guarded(self._account)),
            web.post("/v3/Indicators/Typing.json", self.guarded(self._typing)),
        ]

    def encode(self, incoming: Sequence[Incoming]) -> Call:
        for other in incoming[1:]:
            self.delivering.post(self.encode([other]), other.person, other.kind)
        one = incoming[0]
        sender = self.everybody[one.person].hidden_id if one.hidden else f"+{one.person}"
        media = one.kind in ("image", "voice", "sticker", "contact")
        fields = {
            "MessageSid": one.id,
            "SmsMessageSid": one.id,
            "AccountSid": SID,
            "From": f"whatsapp:{sender}",
            "To": OWN,
            "ProfileName": self.everybody[one.person].name,
            "Body": one.text if one.kind in ("text", "button", "image") else "",
            "NumMedia": "1" if media else "0",
        }
        if not one.hidden:
            fields["WaId"] = one.person
        if media:
            fields |= {"MediaUrl0": f"{self.url}/media/1", "MediaContentType0": "image/jpeg"}
        if one.kind == "location":
            fields |= {"Latitude": "-6.2", "Longitude": "106.8"}
        return self._signed(fields)

    def report(self, sent: Sent, status: str) -> Call | None:
        fields = {"MessageSid": sent.bubble.id, "MessageStatus": status, "AccountSid": SID, "From": OWN}
        # Only where the message asked for it, and to the address that it named.
        return (
            self._signed({**fields, "To": f"whatsapp:+{sent.person.number}"}, sent.reference)
            if sent.reference
            else None
        )

    def refusal(self, refused: Refused) -> web.Response:
        body = {"code": refused.code or refused.status, "message": refused.words, "status": refused.status}
        return web.json_response(body, status=refused.status)

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        _check_auth(request)
        form = await request.post()
        text, to = str(form.get("Body", "")), str(form.get("To", ""))
        if form.get("From") != OWN:
            raise Refused(400, 63007, "unknown sender")
        kind = "text"
        if form.get("ContentSid"):
            if form["ContentSid"] not in self.content:
                raise Refused(400, 63027, "no such content")
            text, kind = f"[template {form['ContentSid']}]", "template"
        if not text:
            raise Refused(400, 21602, "a message has a body")
        if len(text) > TEXT_LIMIT:
            raise Refused(400, 21617, "the body is too long")
        person = self.receiver(to.removeprefix("whatsapp:"))
        bubble = Bubble(f"SM{self.next_id()}", "bot", text, self.clock(), kind)
        answer = {"sid": bubble.id, "status": "queued"}
        sent = Sent(person, bubble, str(form.get("StatusCallback", "")))
        return await self.take(request, "Messages", sent, lambda: web.json_response(answer, status=201))

    async def _account(self, request: web.Request) -> web.StreamResponse:
        _check_auth(request)
        return web.json_response({"sid": SID, "status": "active"})

    async def _typing(self, request: web.Request) -> web.StreamResponse:
        _check_auth(request)
        return web.json_response({"success": True})

    def _signed(self, fields: dict[str, str], url: str = "") -> Call:
        url = url or self.public_url + PATH
        text = url + "".join(name + fields[name] for name in sorted(fields))
        digest = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": digest}
        return Call(url.removeprefix(self.public_url), urlencode(fields).encode(), headers)


def _check_auth(request: web.Request) -> None:
    wanted = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    if request.headers.get("Authorization") != f"Basic {wanted}":
        raise Refused(401, 20003, "authenticate")
