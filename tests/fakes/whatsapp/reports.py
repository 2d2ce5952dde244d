"""Reports on the bot's messages: in which order, how often, whether at all, and failures that come late."""

from __future__ import annotations

import asyncio

from tests.fakes.faults import Action, BadRequest, Clock, FaultPlan, Refuse
from tests.fakes.whatsapp.deliveries import Deliverer
from tests.fakes.whatsapp.happenings import Report, Sent
from tests.fakes.whatsapp.people import LADDER, Person

BETWEEN_SECONDS = 0.02
METHOD = "status"


class Reporter:
    """`ladder` is what each message is reported as: `("read", "sent", "read")` is out of order, skips and doubles."""

    def __init__(self, delivering: Deliverer, faults: FaultPlan, clock: Clock, *, second: float) -> None:
        self.ladder: tuple[str, ...] = LADDER
        self._delivering = delivering
        self._faults = faults
        self._clock = clock
        self._second = second
        self._sent: dict[str, tuple[Sent, Person | None]] = {}

    def follow(self, sent: Sent, person: Person | None, failure: int = 0) -> None:
        """Reports how a message fares; with `failure` that it does not arrive, and why."""
        self._sent[sent.bubble.id] = sent, person
        fault = self._fault(sent)
        if isinstance(fault, BadRequest):
            failure = fault.code
        if isinstance(fault, Refuse):
            return
        self._delivering.later(self._follow(sent, person, failure))

    def fail(self, message_id: str, code: int) -> None:
        """Reports, late, that a message was not delivered. Raises KeyError for one that was never sent."""
        sent, person = self._sent[message_id]
        self._report(sent, person, "failed", code)

    async def now(self, sent: Sent, person: Person | None, status: str) -> None:
        """Reports and waits until the webhook has taken it."""
        self._tick(sent, person, status)
        await self._delivering.now(Report(sent, status, self._clock()))

    async def _follow(self, sent: Sent, person: Person | None, failure: int) -> None:
        if person is None or failure:
            ladder: tuple[str, ...] = ("sent", "failed")
        elif person.blocked:
            ladder = ("sent",)
        else:
            ladder = tuple(status for status in self.ladder if status != "read" or person.receipts)
        for status in ladder:
            await asyncio.sleep(BETWEEN_SECONDS * self._second)
            self._report(sent, person, status, failure)

    def _report(self, sent: Sent, person: Person | None, status: str, code: int) -> None:
        self._tick(sent, person, status)
        self._delivering.put(Report(sent, status, self._clock(), code if status == "failed" else 0))

    def _tick(self, sent: Sent, person: Person | None, status: str) -> None:
        if person:
            person.tick(sent.bubble.id, status)

    def _fault(self, sent: Sent) -> Action | None:
        """Only rules that name reports are about them."""
        named = any(rule.method.lower() == METHOD for rule in self._faults.rules)
        return self._faults.on_call(METHOD, sent.who.number) if named else None
