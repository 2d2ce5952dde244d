"""Many workers at once, some of which crash or dawdle: each message is handled once and in order."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial

from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom, MailroomRules
from bot.contract.scripts import Client
from bot.contract.tasks import end_tasks
from tests.contract.samples import T, ids, inbound, outbound, until
from tests.redis_server import RedisServer

NAMES = tuple(f"web:main:{number}" for number in range(20))
MESSAGES = 6
WORKERS = 8
PATIENCE_SECONDS = 180  # with `appendfsync always`, a disk that is busy with something else makes each step slow
RULES = MailroomRules(lease_seconds=0.1, partitions=2, open_limit=2)


class Crowd:
    """Workers that handle mail until all of it is handled; what they committed is in `handled`."""

    def __init__(self, mailroom: Mailroom, seed: int) -> None:
        self._mailroom = mailroom
        self._chance = random.Random(seed)
        self._over = False
        self.handled: dict[str, list[str]] = defaultdict(list)

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat a call while Redis is away, as callers may."""
        while True:
            try:
                return await call()
            except MailroomUnavailable:
                # With redis-py 4 a cancellation may arrive as this error, too.
                if self._over:
                    raise asyncio.CancelledError from None
                await asyncio.sleep(0.01)

    async def has_done(self, messages: int) -> bool:
        """Whether so many messages are handled."""
        return sum(map(len, self.handled.values())) >= messages

    async def run(self, *others: Awaitable[None]) -> None:
        """Deliver all mail and handle it, while `others` happen."""
        workers = (self._work(f"w{number}") for number in range(WORKERS))
        tasks = [asyncio.ensure_future(one) for one in (self._deliver(), *workers, *others)]
        try:
            done, late = await asyncio.wait(tasks, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
            assert not late, "not everything was handled in time"
        finally:
            # A cancellation can be swallowed on its way, and what goes on would keep the whole run from ending.
            self._over = True
            await end_tasks(tasks)

    async def _deliver(self) -> None:
        for number in range(MESSAGES):
            for name in NAMES:
                message = inbound(number, name)
                accept = partial(self._mailroom.accept, message)
                await self._insist(accept)
                if self._chance.random() < 0.1:
                    assert await self._insist(accept) == "duplicate"

    async def _work(self, worker: str) -> None:
        life = 0
        while not await self.has_done(len(NAMES) * MESSAGES):
            consumer = f"{worker}-{life}"
            for claim in await self._insist(partial(self._claim, consumer)):
                if self._chance.random() < 0.2:
                    life += 1  # crashed: its other claims are forgotten as well
                    break
                if self._chance.random() < 0.05:
                    await asyncio.sleep(RULES.lease_seconds * 1.5)  # dawdles: the lease may be gone
                await self._handle(claim)

    async def _claim(self, consumer: str) -> list[Claim]:
        claims = await self._mailroom.take_over(Lane.INBOX, consumer, 2)
        return claims + await self._mailroom.claim(Lane.INBOX, consumer, 3, 0.02)

    async def _handle(self, claim: Claim) -> None:
        posts = [outbound(one, claim.conversation) for one in ids(claim)]
        if await self._insist(partial(self._mailroom.commit, claim, handled=len(claim.messages), posts=posts)):
            self.handled[claim.conversation] += ids(claim)


async def test_crashing_and_dawdling_workers(client: Client) -> None:
    mailroom = Mailroom(client, RULES)
    await mailroom.prepare()
    crowd = Crowd(mailroom, seed=7)
    await crowd.run()
    await _nothing_lost_or_doubled(mailroom, crowd)


async def test_redis_killed_and_restarted_under_them(private: RedisServer) -> None:
    client = connect(private.url)
    mailroom = Mailroom(client, RULES)
    await mailroom.prepare()
    crowd = Crowd(mailroom, seed=11)

    async def strike() -> None:
        for share in (4, 2):
            await until(partial(crowd.has_done, len(NAMES) * MESSAGES // share))
            await asyncio.to_thread(private.restart)

    await crowd.run(strike())
    await _nothing_lost_or_doubled(mailroom, crowd)
    await disconnect(client)


async def _nothing_lost_or_doubled(mailroom: Mailroom, crowd: Crowd) -> None:
    assert crowd.handled == {name: [f"m{number}" for number in range(MESSAGES)] for name in NAMES}
    assert (await mailroom.stats(Lane.INBOX)).waiting == 0
    sent: dict[str, list[str]] = defaultdict(list)
    while claims := await mailroom.claim(Lane.OUTBOX, "s1", 50, 0):
        for claim in claims:
            sent[claim.conversation] += ids(claim)
            await mailroom.commit(claim, handled=len(claim.messages))
    assert sent == {name: [f"r{one}" for one in crowd.handled[name]] for name in NAMES}
