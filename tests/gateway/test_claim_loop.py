"""The claim loop: works in order within its means, and drains."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from bot.contract import claim_loop
from bot.contract.claim_loop import ClaimLoop
from bot.contract.connection import connect, disconnect
from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom, MailroomRules
from bot.contract.scripts import Client
from tests.contract.samples import PATIENCE_SECONDS, ids, inbound, until
from tests.gateway.hand import Hand, accept, handled, loop_of, running


@pytest.fixture
def mailroom(redis: Client) -> Mailroom:
    return Mailroom(redis, MailroomRules(lease_seconds=600))


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
            for number in range(20):
                await mailroom.accept(inbound(number))
                await handled(mailroom, number + 1)

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
        async with running(loop):
            await handled(mailroom, 29)
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
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=2.0))
        hand = Hand(mailroom)
        hand.gate.clear()
        await accept(mailroom, 1)

        async def busy() -> bool:
            return hand.held == 1

        async with running(loop_of(hand)) as loop:
            await until(busy)
            loop.stop()
            await asyncio.sleep(4.5)  # longer than two leases
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

        async with running(loop_of(stuck, drain_seconds=0.2)) as loop:
            await until(busy)
            loop.stop()
        async with running(loop_of(quick)):
            await handled(mailroom, 1)
        assert quick.seen == ["m0"]

    async def test_swallowed_cancellation_does_not_keep_it_from_ending(
        self, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def promote(self: Mailroom, lane: Lane) -> int:
            # Before Python 3.12 redis-py does this when an answer and a cancellation arrive together.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
            return 0

        monkeypatch.setattr(Mailroom, "promote", promote)
        task = asyncio.create_task((loop := loop_of(Hand(mailroom))).run())
        await asyncio.sleep(0.2)
        loop.stop()
        await asyncio.wait_for(task, PATIENCE_SECONDS)

    async def test_stop_before_the_start_and_with_redis_away(self) -> None:
        client = connect("redis://127.0.0.1:1/0")
        loop = loop_of(Hand(Mailroom(client, MailroomRules())), drain_seconds=0.2)
        loop.stop()
        await asyncio.wait_for(loop.run(), PATIENCE_SECONDS)
        await disconnect(client)
