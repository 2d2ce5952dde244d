"""Twilio: signed forms in, its REST API out, statuses by callback."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag, urlencode

from aiohttp import web

from tests.fakes.telegram.pace import Limit
from tests.fakes.whatsapp.deliveries import Call, Retries
from tests.fakes.whatsapp.happenings import Happening, Identity, Incoming, Report, Sent
from tests.fakes.whatsapp.people import Bubble, Option
from tests.fakes.whatsapp.refusals import Codes, Refused
from tests.fakes.whatsapp.server import WhatsAppFake

PATH = "/webhooks/whatsapp/twilio"
SID = "AC0123456789abcdef0123456789abcdef"
TOKEN = "token-twilio-tiruan"
PREFIX = "whatsapp:"
OWN = f"{PREFIX}+622150000000"
CONTENT_SID = "HX00000000000000000000000000000001"
TEXT_LIMIT = 1600
MIME_TYPES = {"image": "image/jpeg", "voice": "audio/ogg", "sticker": "image/webp", "contact": "text/vcard"}
UNTOLD = ("group", "edit", "revoke", "number")  # Twilio has no word for them
TYPES = {"voice": "audio", "contact": "contacts"}
STATUSES = {"failed": "undelivered"}


@dataclass(frozen=True)
class Content:
    """A template made beforehand."""

    text: str
    buttons: tuple[Option, ...] = ()


class TwilioFake(WhatsAppFake):
    """One sender. Signs for the address that it is told to call. `content`: the approved templates by their SID."""

    name = "twilio"
    methods = ("Messages", "Typing", "Account")
    account_limit = Limit(10, 1.0, 20)
    person_limit = Limit(1, 6.0, 45)
    window_seconds = 24 * 3600.0
    retries = Retries((1.0, 2.0, 4.0), answer_seconds=15.0)  # as an address that ends in #rc=3&rp=all asks for
    id_shape = "SM{:032x}"
    codes = Codes(
        unknown_person=63024,
        account_rate=63018,
        person_rate=63018,
        window=63016,
        trouble=63010,
        blocked=63032,
        bad_body=21602,
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.content = {CONTENT_SID: Content("Halo Kak, ada jawaban untuk Kakak.", (Option("lanjut", "Lanjut"),))}

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

    def encode(self, happenings: Sequence[Happening]) -> Call | None:
        (one,) = happenings
        if isinstance(one, Report):
            return self._reported(one)
        if not isinstance(one, Incoming) or one.kind in UNTOLD:
            return None
        return self._signed(self._fields(one), self.public_url + PATH)

    def refusal(self, refused: Refused) -> web.Response:
        code = refused.code or refused.status
        body = {
            "code": code,
            "message": refused.words,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": refused.status,
        }
        return web.json_response(body, status=refused.status)

    def _fields(self, one: Incoming) -> dict[str, str]:
        sender = one.who.bsuid if one.hidden else f"+{one.who.number}"
        mime = MIME_TYPES.get(one.kind, "")
        fields = {
            "MessageSid": one.id,
            "SmsMessageSid": one.id,
            "SmsSid": one.id,
            "AccountSid": SID,
            "From": PREFIX + sender,
            "To": OWN,
            "ProfileName": one.who.name,
            "Body": one.text,
            "NumMedia": "1" if mime else "0",
            "NumSegments": "1",
            "ExternalUserId": PREFIX + one.who.bsuid,
            "MessageType": TYPES.get(one.kind, one.kind),
            "ApiVersion": "2010-04-01",
        }
        if not one.hidden:
            fields["WaId"] = one.who.number
        if mime:
            fields |= {"MediaUrl0": f"{self.url}/media/{one.id}", "MediaContentType0": mime}
        if one.kind == "location":
            fields |= {"Latitude": "-6.2", "Longitude": "106.8"}
        if one.kind == "button":
            fields |= {"ButtonText": one.text, "ButtonPayload": one.choice, "OriginalRepliedMessageSid": one.target}
        return fields

    def _reported(self, report: Report) -> Call | None:
        """Only where the message asked for it, and to the address that it named."""
        sent = report.sent
        if not sent.reference:
            return None
        to = sent.who.bsuid if sent.hidden else f"+{sent.who.number}"
        fields = {
            "MessageSid": sent.bubble.id,
            "SmsSid": sent.bubble.id,
            "MessageStatus": STATUSES.get(report.status, report.status),
            "AccountSid": SID,
            "From": OWN,
            "To": PREFIX + to,
            "ApiVersion": "2010-04-01",
        }
        if report.code:
            fields["ErrorCode"] = str(report.code)
        return self._signed(fields, sent.reference)

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        _check_auth(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        if form.get("From") != OWN:
            raise Refused(400, 63007, "There is no channel with the From address")
        who, hidden = self._receiver(form.get("To", ""))
        bubble = self._bubble(form)
        answer = {
            "sid": bubble.id,
            "account_sid": SID,
            "status": "queued",
            "to": form["To"],
            "from": OWN,
            "body": bubble.text,
            "error_code": None,
            "error_message": None,
        }
        sent = Sent(who, bubble, form.get("StatusCallback", ""), hidden)
        return await self.take(request, "Messages", sent, lambda: web.json_response(answer, status=201))

    def _bubble(self, form: Mapping[str, str]) -> Bubble:
        message_id, now = self.next_id(), self.clock()
        if form.get("ContentSid"):
            content = self.content.get(form["ContentSid"])
            if content is None:
                raise Refused(400, 63027, "There is no such approved template")
            return Bubble(message_id, "bot", content.text, now, "template", content.buttons)
        text = form.get("Body", "")
        if not text.strip():
            raise Refused(400, 21602, "A message has a body")
        if len(text) > TEXT_LIMIT:
            raise Refused(400, 21617, f"The body is longer than {TEXT_LIMIT} characters")
        return Bubble(message_id, "bot", text, now)

    def _receiver(self, to: str) -> tuple[Identity, bool]:
        if not to:
            raise Refused(400, 21604, "A 'To' address is required")
        bare = to.removeprefix(PREFIX)
        if bare == to:
            raise Refused(400, 21211, "'To' is no address of WhatsApp")
        if bare.startswith("+"):
            return self.receiver(bare[1:]), False
        return self.receiver(bsuid=bare), True

    async def _account(self, request: web.Request) -> web.StreamResponse:
        _check_auth(request)
        await self.aside("Account")
        return web.json_response({"sid": SID, "status": "active", "type": "Full"})

    async def _typing(self, request: web.Request) -> web.StreamResponse:
        _check_auth(request)
        body = await self.body(request)
        message_id = body.get("messageId")
        person = self.owner(message_id) if isinstance(message_id, str) else None
        if str(body.get("channel")).upper() != "WHATSAPP" or person is None:
            raise Refused(400, 20001, "channel or messageId is wrong")
        await self.aside("Typing", person.number)
        self.types(person.number)
        return web.json_response({"success": True})

    def _signed(self, fields: Mapping[str, str], url: str) -> Call:
        """Over the address that Twilio was told, wherever a proxy takes it from there."""
        url = urldefrag(url).url
        text = url + "".join(name + fields[name] for name in sorted(fields))
        digest = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": digest}
        return Call(url.removeprefix(self.public_url), urlencode(fields).encode(), headers)


def _check_auth(request: web.Request) -> None:
    wanted = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    if request.headers.get("Authorization") != f"Basic {wanted}":
        raise Refused(401, 20003, "Authenticate")
    if request.match_info.get("sid", SID) != SID:
        raise Refused(404, 20404, "The requested resource was not found")
