"""The claim loop: drains, takes over, prefers the first lane, and outlives an absent Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from bot.contract import claim_loop
from bot.contract.claim_loop import ClaimLoop
from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom, MailroomRules
from bot.contract.messages import Inbound
from bot.contract.scripts import Client
from tests.contract.samples import START, ids, inbound, outbound, until
from tests.redis_server import RedisServer


@pytest.fixture
def mailroom(redis: Client) -> Mailroom:
    return Mailroom(redis, MailroomRules(lease_seconds=600))


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
        await asyncio.wait_for(task, 10)


async def handled(mailroom: Mailroom, count: int, lane: Lane = Lane.INBOX) -> None:
    async def enough() -> bool:
        return (await mailroom.stats(lane)).totals.get("handled", 0) >= count

    await until(enough)


async def accept(mailroom: Mailroom, count: int, people: int = 1) -> None:
    for number in range(count):
        await mailroom.accept(inbound(number, f"web:main:{number % people}"))


class TestWork:
    async def test_everything_is_handled_in_order(self, mailroom: Mailroom) -> None:
        hand = Hand(mailroom)
        await accept(mailroom, 30)
        async with running(loop_of(hand)):
            await handled(mailroom, 30)
        assert hand.seen == [f"m{number}" for number in range(30)]

    async def test_mail_that_arrives_later_is_handled_at_once(self, mailroom: Mailroom) -> None:
        hand = Hand(mailroom)
        async with running(loop_of(hand)):
            started = time.monotonic()
            for number in range(20):
                await mailroom.accept(inbound(number))
                await handled(mailroom, number + 1)
        assert time.monotonic() - started < 2

    async def test_it_holds_no_more_than_its_hands(self, mailroom: Mailroom) -> None:
        hand = Hand(mailroom)
        hand.gate.clear()
        await accept(mailroom, 40, people=40)

        async def full() -> bool:
            return hand.held == 10

        loop = loop_of(hand, batch=4, in_flight=10)
        async with running(loop):
            await until(full)
            assert loop.held == 10
            hand.gate.set()
            await handled(mailroom, 40)
        assert (hand.most_held, hand.largest_batch) == (10, 4)
        assert loop.held == 0

    async def test_hand_that_comes_free_is_used_before_its_batch_has_ended(
        self, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One slow conversation keeps its batch open, but not the hands of its neighbours."""
        monkeypatch.setattr(claim_loop, "CLAIM_WAIT_SECONDS", 1.0)
        slow = asyncio.Event()
        seen: list[str] = []

        async def handle(claims: Sequence[Claim], done: Callable[[Claim], None]) -> None:
            async def one(claim: Claim) -> None:
                if ids(claim) == ["m0"]:
                    await slow.wait()
                await mailroom.commit(claim, handled=1)
                seen.extend(ids(claim))
                done(claim)

            await asyncio.gather(*map(one, claims))

        await accept(mailroom, 30, people=30)
        loop = ClaimLoop(mailroom, [Lane.INBOX], "w", handle, batch=4, in_flight=4, drain_seconds=5)
        started = time.monotonic()
        async with running(loop):
            await handled(mailroom, 29)
            assert time.monotonic() - started < 3
            assert "m0" not in seen
            slow.set()
            await handled(mailroom, 30)

    async def test_failed_work_is_kept_for_later_and_the_rest_goes_on(
        self, redis: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=0.3))
        hand = Hand(mailroom, broken={"m0"})
        await accept(mailroom, 3, people=3)
        async with running(loop_of(hand, batch=1)):
            await handled(mailroom, 2)
            hand.broken.clear()
            await handled(mailroom, 3)
        assert sorted(hand.seen) == ["m0", "m1", "m2"]
        assert "work failed" in [record.getMessage() for record in caplog.records]

    async def test_every_life_has_a_name_of_its_own(self, mailroom: Mailroom) -> None:
        hand = Hand(mailroom)
        assert loop_of(hand).name != loop_of(hand).name


class TestDrain:
    async def test_stop_finishes_what_is_in_hand_and_takes_nothing_new(self, mailroom: Mailroom) -> None:
        hand = Hand(mailroom)
        hand.gate.clear()
        await accept(mailroom, 1)

        async def busy() -> bool:
            return hand.held == 1

        async with running(loop_of(hand)) as loop:
            await until(busy)
            loop.stop()
            await asyncio.sleep(0.2)  # the claim that was waiting when it was told
            await mailroom.accept(inbound("terlambat", "web:main:lain"))
            asyncio.get_running_loop().call_later(0.2, hand.gate.set)
        assert hand.seen == ["m0"]
        assert (await mailroom.stats(Lane.INBOX)).waiting == 1

    async def test_leases_are_kept_while_the_last_work_ends(self, redis: Client) -> None:
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=0.4))
        hand = Hand(mailroom)
        hand.gate.clear()
        await accept(mailroom, 1)

        async def busy() -> bool:
            return hand.held == 1

        async with running(loop_of(hand)) as loop:
            await until(busy)
            loop.stop()
            await asyncio.sleep(1.0)
            assert await mailroom.take_over(Lane.INBOX, "other", 10) == []
            hand.gate.set()
        assert hand.seen == ["m0"]

    async def test_what_does_not_end_in_time_is_left_to_others(self, redis: Client) -> None:
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=0.3))
        stuck, quick = Hand(mailroom), Hand(mailroom)
        stuck.gate.clear()
        await accept(mailroom, 1)

        async def busy() -> bool:
            return stuck.held == 1

        started = time.monotonic()
        async with running(loop_of(stuck, drain_seconds=0.2)) as loop:
            await until(busy)
            loop.stop()
        assert time.monotonic() - started < 2
        async with running(loop_of(quick)):
            await handled(mailroom, 1)
        assert quick.seen == ["m0"]

    async def test_swallowed_cancellation_does_not_keep_it_from_ending(
        self, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def promote(self: Mailroom, lane: Lane) -> int:
            # Before Python 3.12 redis-py does this when an answer and a cancellation arrive together.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            return 0

        monkeypatch.setattr(Mailroom, "promote", promote)
        task = asyncio.create_task((loop := loop_of(Hand(mailroom))).run())
        await asyncio.sleep(0.2)
        loop.stop()
        await asyncio.wait_for(task, 5)

    async def test_stop_before_the_start_and_with_redis_away(self) -> None:
        client = connect("redis://127.0.0.1:1/0")
        loop = loop_of(Hand(Mailroom(client, MailroomRules())), drain_seconds=0.2)
        loop.stop()
        await asyncio.wait_for(loop.run(), 5)
        await disconnect(client)


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
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=0.3))
        slow, other = Hand(mailroom), Hand(mailroom)
        slow.gate.clear()
        await accept(mailroom, 3, people=3)

        async def busy() -> bool:
            return slow.held == 3

        async with running(loop_of(slow)):
            await until(busy)
            async with running(loop_of(other, name="other")):
                await asyncio.sleep(1.0)
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
        mailroom = Mailroom(client, MailroomRules(lease_seconds=1.0))
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
            await asyncio.sleep(2.2)
            own_redis.start()
            await asyncio.sleep(1.0)
            gate.set()
            await handled(mailroom, 1)
        await disconnect(client)
        assert starts == [1]


async def accept_patiently(mailroom: Mailroom, message: Inbound) -> None:
    async def taken() -> bool:
        try:
            return await mailroom.accept(message) == "accepted"
        except MailroomUnavailable:
            return False

    await until(taken)
