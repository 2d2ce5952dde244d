"""One Fonnte device as an account of the gateway."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from bot.channels.http import ANSWER_SECONDS, Caller, NotSent, Unsure, outcome_of
from bot.channels.platform import Account, AccountState, Bubble, Event, Limit, Limits, RawRequest, Verified
from bot.channels.port import Capabilities
from bot.channels.whatsapp.fonnte.parse import DEVICE_NEWS, Reader
from bot.channels.whatsapp.fonnte.send import outcome_of_answer, reason_of, succeeded
from bot.channels.whatsapp.fonnte.settings import FonnteSettings, read_settings
from bot.contract.environment import Environment
from bot.contract.outcomes import Outcome


class FonnteAccount(Account):
    """A linked phone, so it is used gently, and there is text alone."""

    platform = "whatsapp-fonnte"
    path = "/webhooks/whatsapp/fonnte/{secret}"
    capabilities = Capabilities(text_limit=4096)
    limits = Limits(account=Limit(1, 1.0, burst=5), person=Limit(1, 6.0, burst=5))

    def __init__(self, name: str, settings: FonnteSettings, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        super().__init__(name)
        self._settings = settings
        self._reader = Reader(settings.device, settings.secret.encode(), self.address)
        self._caller = Caller(answer_seconds=answer_seconds)
        self._headers = {"Authorization": settings.token}

    def verify(self, request: RawRequest) -> Verified:
        """Nothing better exists: who knows the address is believed, for public answers only."""
        given = request.match.get("secret")
        if given is None or not self._settings.secret:
            return Verified.MISSING
        fits = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._settings.secret.encode())
        return Verified.OK if fits else Verified.BAD

    def parse(self, request: RawRequest) -> Sequence[Event]:
        """The one event of a webhook. Raises BadMessage."""
        return [self._reader.event(request)]

    async def send(self, bubble: Bubble) -> Outcome:
        """One text to one number."""
        form = {
            "target": bubble.to,
            # A form is UTF-8, which has no half characters.
            "message": bubble.text.encode("utf-8", "replace").decode(),
            "countryCode": "0",  # the number is whole; nothing is to be put in front of it
            "preview": "false",
        }
        try:
            answer = await self._caller.call("POST", f"{self._settings.api_url}/send", form=form, headers=self._headers)
        except (NotSent, Unsure) as error:
            return outcome_of(error)
        return outcome_of_answer(answer)

    async def check(self) -> AccountState:
        """Whether the token is right and the device linked."""
        try:
            answer = await self._caller.call("POST", f"{self._settings.api_url}/device", headers=self._headers)
        except (NotSent, Unsure):
            return AccountState(False, "unreachable")
        if answer.status != 200:
            return AccountState(False, "auth" if answer.status in (401, 403) else f"status_{answer.status}")
        taken = succeeded(answer)
        if not taken:
            return AccountState(False, "bad_answer" if taken is None else reason_of(answer)[0])
        linked = answer.fields.get("device_status")
        up = isinstance(linked, str) and DEVICE_NEWS.get(linked.lower(), False)
        return AccountState(True) if up else AccountState(False, "session_down")

    async def open(self) -> None:
        """Make the connections."""
        await self._caller.open()

    async def close(self) -> None:
        """Let go of them."""
        await self._caller.close()


def read_accounts(env: Environment, public_url: str) -> list[Account]:
    """The accounts that the environment names. Problems are noted in `env`."""
    return [FonnteAccount(name, settings) for name, settings in read_settings(env)]
