"""One WhatsApp sender of a Twilio account as an account of the gateway."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

import aiohttp

from bot.channels.http import ANSWER_SECONDS, Caller, NotSent, Unsure, outcome_of
from bot.channels.platform import (
    Account,
    AccountState,
    Bubble,
    Event,
    Limit,
    Limits,
    RawRequest,
    RawResponse,
    Verified,
)
from bot.channels.port import Arrival, Capabilities
from bot.channels.whatsapp.numbers import e164_of
from bot.channels.whatsapp.twilio import signature as twilio_signature
from bot.channels.whatsapp.twilio.parse import OUTBOUND, form_of, parse_request, person_of
from bot.channels.whatsapp.twilio.send import outcome_of_answer
from bot.channels.whatsapp.twilio.settings import PATH, PREFIX, TwilioSettings, read_settings
from bot.contract.environment import Environment
from bot.contract.errors import BadMessage
from bot.contract.outcomes import Fate, Outcome, Trouble

SIGNATURE_HEADER = "X-Twilio-Signature"
NO_TEMPLATE = Outcome(Fate.REJECTED, code="window_closed", trouble=Trouble.WINDOW_CLOSED)


class TwilioAccount(Account):
    """Buttons and lists exist only in templates made beforehand, so choices are numbered text."""

    platform = "whatsapp-twilio"
    path = PATH
    # Twilio does not say how it counts; in UTF-16 units a text is never too long.
    capabilities = Capabilities(text_limit=1600, utf16=True, window_hours=24)
    limits = Limits(account=Limit(10, 1.0), person=Limit(1, 6.0, burst=20))

    def __init__(self, name: str, settings: TwilioSettings, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        super().__init__(name)
        self._settings = settings
        self._number = person_of(settings.sender)
        self._caller = Caller(answer_seconds=answer_seconds)
        token = settings.tokens[0] if settings.tokens else ""
        self._headers = {"Authorization": aiohttp.encode_basic_auth(settings.sid, token)}
        self._account_url = f"{settings.api_url}/2010-04-01/Accounts/{settings.sid}"

    def vouched_phone(self, person: str) -> str:
        """WhatsApp verified the number, and the request is signed."""
        return e164_of(person)

    def verify(self, request: RawRequest) -> Verified:
        """By the address that Twilio called: what a proxy made of it was never signed."""
        given = request.headers.get(SIGNATURE_HEADER)
        if given is None:
            return Verified.MISSING
        try:
            form = form_of(request.body)
        except BadMessage:
            return Verified.BAD
        fits = twilio_signature.fits(given, self._called(request), request.body, form, self._settings.tokens)
        return Verified.OK if fits else Verified.BAD

    def parse(self, request: RawRequest) -> Sequence[Event]:
        """The one event of a webhook. Raises BadMessage."""
        return [parse_request(request, self._settings.sid, self._number, self.address)]

    def acknowledge(self, request: RawRequest) -> RawResponse:
        """An empty TwiML: answers go out by the REST API, like those of every other platform."""
        return RawResponse(body="<Response/>", content_type="text/xml")

    async def send(self, bubble: Bubble) -> Outcome:
        """One message; outside the window only the template, if there is one."""
        if bubble.reopen and not self._settings.content_sid:
            return NO_TEMPLATE
        form = {"To": f"{PREFIX}{'+' if bubble.to.isdigit() else ''}{bubble.to}", "From": self._settings.sender}
        if bubble.reopen:
            form["ContentSid"] = self._settings.content_sid
        else:
            # A form is UTF-8, which has no half characters.
            form["Body"] = bubble.text.encode("utf-8", "replace").decode()
        if self._settings.webhook_url:
            form["StatusCallback"] = f"{self._settings.webhook_url}?{OUTBOUND}={quote(bubble.id, safe='')}"
        try:
            answer = await self._caller.call(
                "POST", f"{self._account_url}/Messages.json", form=form, headers=self._headers
            )
        except (NotSent, Unsure) as error:
            return outcome_of(error)
        return outcome_of_answer(answer)

    async def typing(self, arrival: Arrival) -> bool:
        """Lasts until the answer or 25 seconds, and marks the message as read."""
        if arrival.handle:
            url = f"{self._settings.messaging_url}/v3/Indicators/Typing.json"
            body = {"channel": "WHATSAPP", "messageId": arrival.handle}
            await self._caller.call("POST", url, body=body, headers=self._headers)
        return False

    async def check(self) -> AccountState:
        """Whether Twilio lets this account in."""
        try:
            answer = await self._caller.call("GET", f"{self._account_url}.json", headers=self._headers)
        except (NotSent, Unsure):
            return AccountState(False, "unreachable")
        if answer.status != 200:
            return AccountState(False, _REFUSALS.get(answer.status, f"status_{answer.status}"))
        status = answer.fields.get("status", "active")
        return AccountState(True) if status == "active" else AccountState(False, "not_active")

    async def open(self) -> None:
        """Make the connections."""
        await self._caller.open()

    async def close(self) -> None:
        """Let go of them."""
        await self._caller.close()

    def _called(self, request: RawRequest) -> str:
        if not self._settings.webhook_url:
            return request.url
        query = urlsplit(request.url).query
        return f"{self._settings.webhook_url}?{query}" if query else self._settings.webhook_url


_REFUSALS = {401: "auth", 403: "auth", 404: "no_account"}


def read_accounts(env: Environment, public_url: str) -> list[Account]:
    """The accounts that the environment names. Problems are noted in `env`."""
    return [TwilioAccount(name, settings) for name, settings in read_settings(env, public_url)]
