"""Meta's Cloud API, as its notes describe it: signed batches in, validated JSON out, statuses in any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.telegram.pace import Limit
from tests.fakes.whatsapp.deliveries import Call, Retries
from tests.fakes.whatsapp.happenings import Happening, Identity, Sent
from tests.fakes.whatsapp.meta_checks import MISSING, PARAMETER, WRONG, check_message, check_reference
from tests.fakes.whatsapp.meta_events import Account, change, request_of
from tests.fakes.whatsapp.people import Bubble
from tests.fakes.whatsapp.refusals import Codes, Refused
from tests.fakes.whatsapp.server import WhatsAppFake

PATH = "/webhooks/whatsapp/meta"
NUMBER_ID = "1000000001"
NUMBER = "622150000000"
TOKEN = "token-meta-tiruan"
SECRET = "rahasia-aplikasi-meta-tiruan"
VERIFY = "verifikasi-meta-tiruan"
CHALLENGE = "1158201444"

Json = Mapping[str, Any]


class MetaFake(WhatsAppFake):
    """One number of one app.

    - `templates`: the approved ones, and how many parameters the text of each has.
    - `contacts`: webhooks name the people in a list of their own; old ones and some resellers' do not.
    """

    name = "meta"
    methods = ("messages", "read", "number")
    account_limit = Limit(80, 1.0, 80)
    person_limit = Limit(1, 6.0, 45)
    window_seconds = 24 * 3600.0
    batches = True
    retries = Retries((1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0), for_ever=True)  # really for a week
    id_shape = "wamid.HBgN{:016X}"
    codes = Codes(
        unknown_person=131026,
        account_rate=130429,
        person_rate=131056,
        window=131047,
        trouble=131000,
        blocked=131050,
        bad_body=PARAMETER,
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.templates: dict[str, int] = {"lanjut_obrolan": 0}
        self.contacts = True
        self.quality = "GREEN"

    def variables(self) -> dict[str, str]:
        return {
            "WHATSAPP_META_PHONE_NUMBER_ID": NUMBER_ID,
            "WHATSAPP_META_TOKEN": TOKEN,
            "WHATSAPP_META_APP_SECRET": SECRET,
            "WHATSAPP_META_VERIFY_TOKEN": VERIFY,
            "WHATSAPP_META_API_URL": self.url,
        }

    def api(self) -> list[web.AbstractRouteDef]:
        version = r"/{version:v\d+\.\d+}"
        return [
            web.post(version + r"/{number}/messages", self.guarded(self._messages)),
            web.get(version + r"/{number}", self.guarded(self._number)),
        ]

    async def subscribe(self, token: str = VERIFY) -> bool:
        """Asks the webhook whether it is ours, as when its address is entered in the console."""
        query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": CHALLENGE}
        async with (
            aiohttp.ClientSession() as http,
            http.get(self.delivering.webhook + PATH, params=query) as response,
        ):
            return response.status == 200 and await response.text() == CHALLENGE

    def push(self, field: str, value: Json) -> None:
        """Any change whatever, such as news of the account or of a template."""
        call = request_of(
            [{"id": "1", "time": int(self.clock()), "changes": [{"field": field, "value": value}]}], SECRET
        )
        self.delivering.post(Call(PATH, call.body, call.headers), "", field)

    def push_messages(self, **value: Any) -> None:
        """Messages, contacts and statuses as they are given, for shapes that this fake does not make by itself."""
        self.push("messages", change(self._account, **value)["value"])

    def encode(self, happenings: Sequence[Happening]) -> Call | None:
        return self._account.webhook(happenings, contacts=self.contacts)

    def refusal(self, refused: Refused) -> web.Response:
        error = {
            "message": f"(#{refused.code}) {refused.words}",
            "type": "OAuthException",
            "code": refused.code,
            "error_data": {"messaging_product": "whatsapp", "details": refused.words},
            "fbtrace_id": "AfakeTraceId",
        }
        return web.json_response({"error": error}, status=refused.status)

    @property
    def _account(self) -> Account:
        return Account(PATH, NUMBER_ID, NUMBER, SECRET)

    async def _number(self, request: web.Request) -> web.StreamResponse:
        _check_token(request)
        await self.aside("number")
        if request.match_info["number"] != NUMBER_ID:
            raise Refused(400, PARAMETER, "Unsupported get request: there is no such object")
        known = {
            "verified_name": "Kawan Prakerja",
            "display_phone_number": f"+{NUMBER}",
            "quality_rating": self.quality,
        }
        wanted = [name for name in request.query.get("fields", "").split(",") if name]
        fields = {name: known[name] for name in wanted or known if name in known}
        return web.json_response({**fields, "id": NUMBER_ID})

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        _check_token(request)
        body = await self.body(request)
        if body.get("messaging_product") != "whatsapp":
            raise Refused(400, PARAMETER, "The parameter messaging_product is required.")
        if request.match_info["number"] != NUMBER_ID:
            raise Refused(400, PARAMETER, "Unsupported post request: there is no such object")
        if "status" in body:
            return await self._read(body)
        address, who = self._receiver(body)
        reference = check_reference(body)
        bubble = check_message(body, self.templates, Bubble(self.next_id(), "bot", "", self.clock()))
        hidden = "recipient" in body
        contact = {"input": address, "user_id" if hidden else "wa_id": who.bsuid if hidden else who.number}
        answer = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": bubble.id}]}
        return await self.take(
            request, "messages", Sent(who, bubble, reference, hidden), lambda: web.json_response(answer)
        )

    def _receiver(self, body: Json) -> tuple[str, Identity]:
        """A phone number stands in `to`, a business-scoped id in `recipient`, and only one of them is there."""
        given = [name for name in ("to", "recipient") if name in body]
        if len(given) != 1:
            raise Refused(400, MISSING, "exactly one of to and recipient")
        address = body[given[0]]
        if not isinstance(address, str) or not address:
            raise Refused(400, MISSING, given[0])
        if given[0] == "recipient":
            return address, self.receiver(bsuid=address)
        number = "".join(sign for sign in address if sign not in "+ -()")
        if not (number.isascii() and number.isdigit()):
            raise Refused(400, WRONG, "to is no phone number")
        if number == NUMBER:
            raise Refused(400, 131021, "sender and recipient are the same")
        return address, self.receiver(number)

    async def _read(self, body: Json) -> web.StreamResponse:
        """Marks a message as read, and shows that the bot writes."""
        message_id = body.get("message_id")
        person = self.owner(message_id) if isinstance(message_id, str) else None
        if body["status"] != "read" or person is None:
            raise Refused(400, PARAMETER, "Invalid parameter: status or message_id")
        await self.aside("read", person.number)
        if "typing_indicator" in body:
            if body["typing_indicator"] != {"type": "text"}:
                raise Refused(400, PARAMETER, "Invalid parameter: typing_indicator")
            self.types(person.number)
        return web.json_response({"success": True})


def _check_token(request: web.Request) -> None:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise Refused(401, 190, "Invalid OAuth access token")
