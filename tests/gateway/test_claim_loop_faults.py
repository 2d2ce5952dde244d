"""The claim loop: takes over from the dead, prefers the first lane, and outlives an absent Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from bot.contract.claim_loop import ClaimLoop
from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom, MailroomRules
from bot.contract.messages import Inbound
from bot.contract.scripts import Client
from tests.contract.samples import START, outbound, until
from tests.gateway.hand import Hand, accept, accept_patiently, handled, loop_of, running
from tests.redis_server import RedisServer


@pytest.fixture
def mailroom(redis: Client) -> Mailroom:
    return Mailroom(redis, MailroomRules(lease_seconds=600))


class TestTakeOver:
    async def test_work_of_a_dead_process_is_taken_over(self, redis: Client) -> None:
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=0.3))
        await mailroom.prepare()
        await accept(mailroom, 5, people=5)
        assert len(await mailroom.claim(Lane.INBOX, "dead", 5, 0)) == 5
        hand = Hand(mailroom)
        async with running(loop_of(hand)):
            await handled(mailroom, 5)
        assert sorted(hand.seen) == [f"m{number}" for number in range(5)]

    async def test_long_work_is_not_taken_from_the_living(self, redis: Client) -> None:
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=2.0))
        slow, other = Hand(mailroom), Hand(mailroom)
        slow.gate.clear()
        await accept(mailroom, 3, people=3)

        async def busy() -> bool:
            return slow.held == 3

        async with running(loop_of(slow)):
            await until(busy)
            async with running(loop_of(other, name="other")):
                await asyncio.sleep(4.5)  # longer than two leases
                slow.gate.set()
                await handled(mailroom, 3)
        assert (sorted(slow.seen), other.seen) == (["m0", "m1", "m2"], [])

    async def test_put_aside_work_is_woken_when_it_is_due(self, mailroom: Mailroom) -> None:
        await mailroom.prepare()
        await accept(mailroom, 1)
        (claim,) = await mailroom.claim(Lane.INBOX, "w", 1, 0)
        await mailroom.retry_later(claim, 0.3, failure=False)
        hand = Hand(mailroom)
        async with running(loop_of(hand)):
            await handled(mailroom, 1)
        assert hand.seen == ["m0"]


class TestLanes:
    async def test_first_lane_comes_first(self, mailroom: Mailroom) -> None:
        hand = Hand(mailroom)
        for number in range(12):
            await mailroom.post(outbound(f"b{number}", f"web:main:{number}"), Lane.BULK)
            await mailroom.post(outbound(f"o{number}", f"web:main:{number}"), Lane.OUTBOX)
        async with running(loop_of(hand, Lane.OUTBOX, Lane.BULK, batch=3, in_flight=3)):
            await handled(mailroom, 12, Lane.BULK)
        assert [name[1] for name in hand.seen] == ["o"] * 12 + ["b"] * 12

    async def test_later_lanes_leave_half_the_hands(self, mailroom: Mailroom) -> None:
        hand = Hand(mailroom)
        hand.gate.clear()
        for number in range(12):
            await mailroom.post(outbound(f"b{number}", f"web:main:{number}"), Lane.BULK)

        async def half() -> bool:
            return hand.held == 3

        async def one_more() -> bool:
            return hand.held == 4

        async with running(loop_of(hand, Lane.OUTBOX, Lane.BULK, in_flight=6)):
            await until(half)
            await mailroom.post(outbound("o1", "web:main:1"), Lane.OUTBOX)
            await until(one_more)
            assert hand.most_held == 4
            hand.gate.set()
            await handled(mailroom, 12, Lane.BULK)


class TestRedisAway:
    async def test_loop_starts_without_redis_and_works_when_it_comes(self, own_redis: RedisServer) -> None:
        own_redis.stop()
        client = connect(own_redis.url)
        mailroom = Mailroom(client, MailroomRules(lease_seconds=600))
        hand = Hand(mailroom)
        async with running(loop_of(hand)):
            await asyncio.sleep(0.3)
            own_redis.start()
            await accept(mailroom, 3)
            await handled(mailroom, 3)
        await disconnect(client)
        assert hand.seen == ["m0", "m1", "m2"]

    async def test_loop_goes_on_after_a_restart(self, own_redis: RedisServer) -> None:
        client = connect(own_redis.url)
        mailroom = Mailroom(client, MailroomRules(lease_seconds=600))
        hand = Hand(mailroom)
        async with running(loop_of(hand)):
            for round_ in range(3):
                await accept_patiently(mailroom, Inbound(f"r{round_}", "web:main:ani", "text", START))
                await handled(mailroom, round_ + 1)
                own_redis.stop()
                await asyncio.sleep(0.1)
                own_redis.start()
            await accept_patiently(mailroom, Inbound("r3", "web:main:ani", "text", START))
            await handled(mailroom, 4)
        await disconnect(client)
        assert hand.seen == ["r0", "r1", "r2", "r3"]

    async def test_patience_lasts_as_long_as_the_absence(self, mailroom: Mailroom) -> None:
        loop = loop_of(Hand(mailroom))
        left = 5

        async def call() -> bool:
            nonlocal left
            left -= 1
            if left:
                raise MailroomUnavailable("away")
            return True

        assert await loop.patiently(call)

    async def test_own_work_is_not_taken_for_a_dead_ones_after_a_long_absence(self, own_redis: RedisServer) -> None:
        client = connect(own_redis.url)
        mailroom = Mailroom(client, MailroomRules(lease_seconds=2.0))
        starts: list[int] = []
        gate = asyncio.Event()

        async def handle(claims: Sequence[Claim], done: Callable[[Claim], None]) -> None:
            for claim in claims:
                starts.append(claim.starts)
                await gate.wait()
                await loop.patiently(lambda claim=claim: mailroom.commit(claim, handled=1))  # type: ignore[misc]
                done(claim)

        loop = ClaimLoop(mailroom, [Lane.INBOX], "w", handle, batch=8, in_flight=8, drain_seconds=5)

        async def begun() -> bool:
            return bool(starts)

        await mailroom.prepare()
        await accept(mailroom, 1)
        async with running(loop):
            await until(begun)
            own_redis.stop()
            await asyncio.sleep(4.5)  # longer than two leases
            own_redis.start()
            await asyncio.sleep(2.5)
            gate.set()
            await handled(mailroom, 1)
        await disconnect(client)
        assert starts == [1]
