"""A platform that does as it is told, and a sender that works for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.channels.port import Capabilities
from bot.contract.keys import Lane
from bot.contract.logs import Pseudonyms
from bot.contract.mailroom import Mailroom
from bot.contract.messages import Outbound
from bot.contract.outcomes import Fate, Outcome
from bot.contract.scripts import Client
from bot.gateway.sender import Sender
from tests.contract.samples import START, Clock, until

ANI = "gagak:main:ani"
BUDI = "gagak:main:budi"
OK = Outcome(Fate.ACCEPTED, receipt="r1")
UNKNOWN = Outcome(Fate.UNKNOWN)
BLOCKED = Outcome(Fate.REJECTED, code="blocked")
SLOW_DOWN = Outcome(Fate.RETRY, code="rate_limited", retry_after=30.0)


class Pigeon:
    """A platform that does what the test tells it, message by message; without instructions it accepts."""

    name = "gagak"

    def __init__(self, *, repeatable: bool = False) -> None:
        self.capabilities = Capabilities(text_limit=4096, buttons=3, button_title=20, repeatable=repeatable)
        self.attempts: list[str] = []
        self.plans: dict[str, list[Outcome | Exception]] = {}
        self.flying = 0
        self.most_flying = 0
        self.gate: asyncio.Event | None = None

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return []

    async def send(self, message: Outbound) -> Outcome:
        self.attempts.append(message.id)
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        try:
            if self.gate:
                await self.gate.wait()
            plan = self.plans.get(message.id)
            outcome = plan.pop(0) if plan else OK
        finally:
            self.flying -= 1
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def mail(name: str, conversation: str = ANI) -> Outbound:
    return Outbound(name, conversation, START, text=f"teks {name}")


@asynccontextmanager
async def sending(mailroom: Mailroom, *channels: Pigeon) -> AsyncIterator[Sender]:
    """A sender at work."""
    sender = Sender(
        mailroom, {channel.name: channel for channel in channels}, Pseudonyms("kunci"), drain_seconds=5, clock=Clock()
    )
    task = asyncio.create_task(sender.run())
    yield sender
    sender.stop()
    await task


async def settled(mailroom: Mailroom) -> None:
    """Waits until no mail is ready or in work."""

    async def quiet() -> bool:
        stats = [await mailroom.stats(lane) for lane in (Lane.OUTBOX, Lane.BULK)]
        return all(one.ready == one.claimed == 0 for one in stats)

    await until(quiet)


async def delayed(mailroom: Mailroom, lane: Lane = Lane.OUTBOX) -> None:
    """Waits until one conversation has been put aside."""

    async def aside() -> bool:
        return (await mailroom.stats(lane)).delayed == 1

    await until(aside)


async def dead_codes(mailroom: Mailroom, redis: Client) -> list[str]:
    raw: Any = redis
    letters = await raw.lrange(mailroom.keys.dead(0), 0, -1)
    return [letter.decode().split('"code":"')[1].split('"')[0] for letter in letters]
