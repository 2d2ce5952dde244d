"""One WAHA session, which is one number of ours, as an account of the gateway."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels.http import ANSWER_SECONDS, Answer, Caller, NotSent, Unsure, outcome_of
from bot.channels.platform import Account, AccountState, Bubble, Event, Limit, Limits, RawRequest, Verified
from bot.channels.port import Arrival, Capabilities
from bot.channels.whatsapp.numbers import e164_of
from bot.channels.whatsapp.waha.parse import WORKING, chat_of, parse_event
from bot.channels.whatsapp.waha.send import outcome_of_answer
from bot.channels.whatsapp.waha.settings import WahaSettings, read_settings
from bot.contract.environment import Environment
from bot.contract.outcomes import Outcome

PROOF_HEADER = "X-Webhook-Hmac"
ALGORITHM_HEADER = "X-Webhook-Hmac-Algorithm"
ALGORITHM = "sha512"


class WahaAccount(Account):
    """Buttons do not work on linked devices, so there is text alone. WhatsApp blocks numbers that hurry."""

    platform = "whatsapp-waha"
    path = "/webhooks/whatsapp/waha"
    capabilities = Capabilities(text_limit=4096)
    limits = Limits(account=Limit(1, 1.0, burst=5), person=Limit(1, 6.0, burst=5))

    def __init__(self, settings: WahaSettings, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        super().__init__(settings.name)
        self._settings = settings
        self._caller = Caller(answer_seconds=answer_seconds)
        self._headers = {"X-Api-Key": settings.api_key}

    def vouched_phone(self, person: str) -> str:
        """WhatsApp verified the number, and the request is signed."""
        return e164_of(person)

    def verify(self, request: RawRequest) -> Verified:
        """HMAC-SHA512 over the bytes as they came. The timestamp header is not signed, and so says nothing."""
        given = request.headers.get(PROOF_HEADER)
        if given is None:
            return Verified.MISSING
        wanted = hmac.new(self._settings.hmac_key.encode(), request.body, hashlib.sha512).hexdigest()
        fits = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())
        return Verified.OK if fits and request.headers.get(ALGORITHM_HEADER) == ALGORITHM else Verified.BAD

    def parse(self, request: RawRequest) -> Sequence[Event]:
        """The one event of a webhook. Raises BadMessage."""
        return [parse_event(request.json_object(), self._settings.session, self.address)]

    async def send(self, bubble: Bubble) -> Outcome:
        """One text to one chat."""
        try:
            answer = await self._chat("sendText", bubble.to, text=bubble.text, linkPreview=False)
        except (NotSent, Unsure) as error:
            return outcome_of(error)
        return outcome_of_answer(answer)

    async def noticed(self, arrival: Arrival) -> None:
        """Show the two blue ticks."""
        named = {"messageIds": [arrival.handle]} if arrival.handle else {}
        await self._chat("sendSeen", arrival.address.person, **named)

    async def typing(self, arrival: Arrival) -> bool:
        """The sign stays until the answer comes."""
        await self._chat("startTyping", arrival.address.person)
        return False

    async def check(self) -> AccountState:
        """Whether the server lets us in and the session works."""
        try:
            answer = await self._caller.call(
                "GET", f"{self._settings.url}/api/sessions/{self._settings.session}", headers=self._headers
            )
        except (NotSent, Unsure):
            return AccountState(False, "unreachable")
        if answer.status != 200:
            return AccountState(False, _REFUSALS.get(answer.status, f"status_{answer.status}"))
        status = answer.fields.get("status")
        if status == WORKING:
            return AccountState(True)
        # Only what can be a status of WAHA's is repeated.
        known = isinstance(status, str) and status.isascii() and status.replace("_", "").isalpha() and len(status) < 40
        return AccountState(False, f"session_{str(status).lower()}" if known else "bad_answer")

    async def open(self) -> None:
        """Make the connections."""
        await self._caller.open()

    async def close(self) -> None:
        """Let go of them."""
        await self._caller.close()

    async def _chat(self, command: str, person: str, **values: Any) -> Answer:
        body: Mapping[str, Any] = {"session": self._settings.session, "chatId": chat_of(person), **values}
        return await self._caller.call("POST", f"{self._settings.url}/api/{command}", body=body, headers=self._headers)


_REFUSALS = {401: "auth", 403: "auth", 404: "no_session"}


def read_accounts(env: Environment, public_url: str) -> list[Account]:
    """The accounts that the environment names. Problems are noted in `env`."""
    return [WahaAccount(settings) for settings in read_settings(env)]
