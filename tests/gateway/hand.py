"""A pair of hands for claim loops, and the loops that they work in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.contract.claim_loop import ClaimLoop
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom
from bot.contract.messages import Inbound
from tests.contract.samples import PATIENCE_SECONDS, ids, inbound, until


@dataclass
class Hand:
    """Commits what it is given, when its gate is open; `broken` names messages that it fails at."""

    mailroom: Mailroom
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    broken: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    held: int = 0
    most_held: int = 0
    largest_batch: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(self, claims: Sequence[Claim], done: Callable[[Claim], None]) -> None:
        self.largest_batch = max(self.largest_batch, len(claims))
        self.held += len(claims)
        self.most_held = max(self.most_held, self.held)
        left = len(claims)
        try:
            await self.gate.wait()
            for claim in claims:
                if self.broken & set(ids(claim)):
                    raise ValueError("isi pesan")
                self.seen += ids(claim)
                await self.mailroom.commit(claim, handled=len(claim.messages))
                done(claim)
                self.held -= 1
                left -= 1
        finally:
            self.held -= left


def loop_of(
    hand: Hand, *lanes: Lane, batch: int = 8, in_flight: int = 32, drain_seconds: float = 5.0, name: str = "w"
) -> ClaimLoop:
    return ClaimLoop(
        hand.mailroom,
        lanes or [Lane.INBOX],
        name,
        hand,
        batch=batch,
        in_flight=in_flight,
        drain_seconds=drain_seconds,
    )


@asynccontextmanager
async def running(loop: ClaimLoop) -> AsyncIterator[ClaimLoop]:
    task = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        loop.stop()
        await asyncio.wait_for(task, PATIENCE_SECONDS)


async def handled(mailroom: Mailroom, count: int, lane: Lane = Lane.INBOX) -> None:
    async def enough() -> bool:
        return (await mailroom.stats(lane)).totals.get("handled", 0) >= count

    await until(enough)


async def accept(mailroom: Mailroom, count: int, people: int = 1) -> None:
    for number in range(count):
        await mailroom.accept(inbound(number, f"web:main:{number % people}"))


async def accept_patiently(mailroom: Mailroom, message: Inbound) -> None:
    async def taken() -> bool:
        try:
            return await mailroom.accept(message) == "accepted"
        except MailroomUnavailable:
            return False

    await until(taken)
