"""An imaginary platform: its account does what a test tells it, and notes what it was asked to do."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Sequence

from bot.channels.platform import (
    Account,
    AccountState,
    Bubble,
    Event,
    Ignored,
    Limit,
    Limits,
    RawRequest,
    RawResponse,
    Take,
    Verified,
)
from bot.channels.port import Arrival, Capabilities
from bot.contract.outcomes import Fate, Outcome

SECRET = "rahasia-merpati"
FAST = Limits(account=Limit(100_000, 1, burst=1000), person=Limit(100_000, 1, burst=1000))
OK = Outcome(Fate.ACCEPTED, receipt="r1")


class Merpati(Account):
    """Bodies are JSON lists of [kind, person, id, text]; the secret travels in a header."""

    platform = "merpati"
    path = "/webhooks/merpati"

    def __init__(
        self,
        name: str = "default",
        *,
        capabilities: Capabilities | None = None,
        limits: Limits = FAST,
        secret: str = SECRET,
    ) -> None:
        super().__init__(name)
        self.capabilities = capabilities or Capabilities(text_limit=500, buttons=3, button_title=20)
        self.limits = limits
        self.sent: list[Bubble] = []
        self.plan: list[Outcome | Exception] = []
        self.up = True
        self.checks = 0
        self.shown: list[str] = []
        self.script: list[Event] = []
        self._secret = secret

    def verify(self, request: RawRequest) -> Verified:
        given = request.headers.get("X-Merpati", "").encode()
        return Verified.OK if hmac.compare_digest(given, self._secret.encode()) else Verified.BAD

    def parse(self, request: RawRequest) -> Sequence[Event]:
        rows = request.json_object()["rows"]
        return [
            Arrival(row[2], self.address(row[1]), "text", text=row[3]) if row[0] == "text" else Ignored("kind")
            for row in rows
        ]

    def handshake(self, request: RawRequest) -> RawResponse | None:
        return RawResponse(body=request.query["tantangan"]) if "tantangan" in request.query else None

    def acknowledge(self, request: RawRequest) -> RawResponse:
        return RawResponse(body="terima kasih")

    async def send(self, bubble: Bubble) -> Outcome:
        self.sent.append(bubble)
        outcome = self.plan.pop(0) if self.plan else OK
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def noticed(self, arrival: Arrival) -> None:
        self.shown.append(f"noticed {arrival.id}")

    async def typing(self, arrival: Arrival) -> bool:
        self.shown.append(f"typing {arrival.id}")
        return False

    async def check(self) -> AccountState:
        self.checks += 1
        return AccountState(self.up, "" if self.up else "invalid_token")

    @property
    def texts(self) -> list[str]:
        return [bubble.text for bubble in self.sent]


class FetchingMerpati(Merpati):
    """Fetches its script instead of being called."""

    async def listen(self, take: Take) -> None:
        while self.script:
            await take(self.script.pop(0))
        await asyncio.sleep(3600)


def body(*rows: tuple[str, str, str, str]) -> bytes:
    return json.dumps({"rows": rows}).encode()
