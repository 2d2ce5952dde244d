"""The sender: what each outcome leads to, and what is never sent twice."""

from __future__ import annotations

import asyncio

import pytest

from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom, MailroomRules
from bot.contract.outcomes import Fate, Outcome, Trouble
from bot.contract.scripts import Client
from bot.gateway.sender import BACKOFF_SECONDS, MAX_AGE_SECONDS, MAX_FAILS, MIN_FAILING_SECONDS, Verdict, judge
from tests.contract.samples import Clock, until
from tests.gateway.pigeon import (
    ANI,
    BLOCKED,
    BUDI,
    OK,
    SLOW_DOWN,
    UNKNOWN,
    Pigeon,
    dead_codes,
    delayed,
    mail,
    sending,
    settled,
)

DROPPED = Outcome(Fate.DROPPED, code="blocked")
PACED = Outcome(Fate.WAIT, retry_after=7.0)
FLOODED = Outcome(Fate.RETRY, retry_after=2.0, trouble=Trouble.THROTTLED_PERSON)
MOVED = Outcome(Fate.RETRY, trouble=Trouble.MOVED, moved_to="-1007")


def claim(lane: Lane = Lane.OUTBOX, *, starts: int = 1, fails: int = 0, unsure: int = 0) -> Claim:
    return Claim(lane, ANI, "s1", "1-1", 1, starts, fails, None, (b"{}",), unsure=unsure)


class TestVerdicts:
    @pytest.mark.parametrize(
        ("outcome", "at", "verdict"),
        [
            (OK, claim(), Verdict(done=True)),
            (OK, claim(Lane.BULK, starts=3, fails=7), Verdict(done=True)),
            (BLOCKED, claim(), Verdict(done=True, dead_code="blocked")),
            (Outcome(Fate.REJECTED), claim(), Verdict(done=True, dead_code="rejected")),
            (DROPPED, claim(), Verdict(done=True, all_of_it=True)),
            (UNKNOWN, claim(), Verdict(done=False, wait_seconds=1.0, unsure=True)),
            (UNKNOWN, claim(fails=3), Verdict(done=False, wait_seconds=1.0, unsure=True)),
            (UNKNOWN, claim(unsure=1), Verdict(done=True, dead_code="unknown")),
            (UNKNOWN, claim(starts=2), Verdict(done=True, dead_code="unknown")),
            (UNKNOWN, claim(Lane.BULK), Verdict(done=True, dead_code="unknown")),
            (PACED, claim(fails=MAX_FAILS), Verdict(done=False, wait_seconds=7.0)),
            (SLOW_DOWN, claim(), Verdict(done=False, wait_seconds=30.0, failure=True)),
            (SLOW_DOWN, claim(Lane.BULK), Verdict(done=False, wait_seconds=30.0, failure=True)),
            (FLOODED, claim(fails=2), Verdict(done=False, wait_seconds=16.0, failure=True)),
            (FLOODED, claim(fails=50), Verdict(done=False, wait_seconds=64.0, failure=True)),
            (Outcome(Fate.RETRY, retry_after=0.2), claim(fails=2), Verdict(False, wait_seconds=5.0, failure=True)),
            (MOVED, claim(), Verdict(done=False, failure=True)),
            (SLOW_DOWN, claim(fails=MAX_FAILS - 1), Verdict(done=True, dead_code="rate_limited")),
            (Outcome(Fate.RETRY), claim(fails=MAX_FAILS - 1), Verdict(done=True, dead_code="too_many_failures")),
        ],
    )
    def test_outcome_leads_to_its_verdict(self, outcome: Outcome, at: Claim, verdict: Verdict) -> None:
        assert judge(outcome, at, MIN_FAILING_SECONDS) == verdict

    def test_quick_series_of_failures_does_not_end_a_reply(self) -> None:
        assert not judge(Outcome(Fate.RETRY), claim(fails=MAX_FAILS), MIN_FAILING_SECONDS - 1).done

    @pytest.mark.parametrize("outcome", [PACED, SLOW_DOWN, UNKNOWN, Outcome(Fate.RETRY)])
    def test_reply_that_waited_for_a_week_is_no_use_any_more(self, outcome: Outcome) -> None:
        assert judge(outcome, claim(), MAX_AGE_SECONDS + 1) == Verdict(done=True, dead_code="expired")

    def test_pauses_grow_and_end(self) -> None:
        waits = [judge(Outcome(Fate.RETRY), claim(fails=fails)).wait_seconds for fails in range(MAX_FAILS - 1)]
        assert waits == sorted(waits)
        assert waits[0] == BACKOFF_SECONDS[0]
        assert waits[-1] == BACKOFF_SECONDS[-1]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mailroom(redis: Client, clock: Clock) -> Mailroom:
    return Mailroom(redis, MailroomRules(lease_seconds=600, mailbox_limit=1000), clock=clock)


class TestOneByOne:
    """A platform that would show a repeated message twice."""

    async def test_replies_of_a_person_go_out_in_order_and_one_at_a_time(self, mailroom: Mailroom) -> None:
        pigeon = Pigeon()
        for number in range(10):
            await mailroom.post(mail(f"m{number}"))
        async with sending(mailroom, pigeon):
            await settled(mailroom)
        assert pigeon.attempts == [f"m{number}" for number in range(10)]
        assert pigeon.most_flying == 1

    async def test_people_do_not_wait_for_each_other(self, mailroom: Mailroom) -> None:
        pigeon = Pigeon()
        pigeon.gate = asyncio.Event()
        for number in range(20):
            await mailroom.post(mail(f"m{number}", f"gagak:main:{number}"))

        async def all_fly() -> bool:
            return pigeon.flying == 20

        async with sending(mailroom, pigeon):
            await until(all_fly)
            pigeon.gate.set()
            await settled(mailroom)

    async def test_unknown_reply_is_tried_once_more(self, mailroom: Mailroom, redis: Client, clock: Clock) -> None:
        pigeon = Pigeon()
        pigeon.plans["m1"] = [UNKNOWN, UNKNOWN]
        for name in ("m1", "m2"):
            await mailroom.post(mail(name))
        async with sending(mailroom, pigeon):
            await delayed(mailroom)
            clock.now += 1.1
            await settled(mailroom)

            async def second_went() -> bool:
                return "m2" in pigeon.attempts

            await until(second_went)
        assert pigeon.attempts == ["m1", "m1", "m2"]
        assert await dead_codes(mailroom, redis) == ["unknown"]

    async def test_unknown_broadcast_is_never_repeated(self, mailroom: Mailroom, redis: Client) -> None:
        pigeon = Pigeon()
        pigeon.plans["b1"] = [UNKNOWN]
        await mailroom.post(mail("b1"), Lane.BULK)
        async with sending(mailroom, pigeon):
            await settled(mailroom)
        assert pigeon.attempts == ["b1"]
        assert await dead_codes(mailroom, redis) == ["unknown"]

    @pytest.mark.parametrize(("lane", "attempts"), [(Lane.OUTBOX, ["m1"]), (Lane.BULK, [])])
    async def test_attempt_of_a_killed_sender_counts_as_unknown(
        self, redis: Client, lane: Lane, attempts: list[str]
    ) -> None:
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=1.5))
        await mailroom.prepare()
        await mailroom.post(mail("m1"), lane)
        await mailroom.claim(lane, "killed", 1, 0)
        pigeon = Pigeon()
        async with sending(mailroom, pigeon):
            await settled(mailroom)
        assert pigeon.attempts == attempts
        assert await mailroom.dead_letters() == (0 if attempts else 1)

    async def test_reply_that_kills_two_senders_is_given_up(self, redis: Client) -> None:
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=1.5))
        await mailroom.prepare()
        await mailroom.post(mail("m1"))
        await mailroom.post(mail("m2"))
        await mailroom.claim(Lane.OUTBOX, "killed", 1, 0)
        await until(lambda: mailroom.take_over(Lane.OUTBOX, "killed-too", 1))
        pigeon = Pigeon()
        async with sending(mailroom, pigeon):
            await settled(mailroom)
        assert pigeon.attempts == ["m2"]
        assert await dead_codes(mailroom, redis) == ["unknown"]

    async def test_pause_that_the_platform_asks_for_is_kept(self, mailroom: Mailroom, clock: Clock) -> None:
        pigeon = Pigeon()
        pigeon.plans["m1"] = [SLOW_DOWN]
        await mailroom.post(mail("m1"))
        async with sending(mailroom, pigeon):
            await delayed(mailroom)
            clock.now += 29
            assert await mailroom.promote(Lane.OUTBOX) == 0
            assert pigeon.attempts == ["m1"]
            clock.now += 2
            await settled(mailroom)

            async def again() -> bool:
                return pigeon.attempts == ["m1", "m1"]

            await until(again)
        assert await mailroom.dead_letters() == 0

    async def test_rejected_message_is_a_dead_letter_and_the_next_goes_on(
        self, mailroom: Mailroom, redis: Client
    ) -> None:
        pigeon = Pigeon()
        pigeon.plans["m1"] = [BLOCKED]
        for name in ("m1", "m2"):
            await mailroom.post(mail(name))
        async with sending(mailroom, pigeon):
            await settled(mailroom)
        assert pigeon.attempts == ["m1", "m2"]
        assert await dead_codes(mailroom, redis) == ["blocked"]

    async def test_one_person_in_trouble_does_not_hold_up_another(self, mailroom: Mailroom) -> None:
        pigeon = Pigeon()
        pigeon.plans["m1"] = [SLOW_DOWN]
        await mailroom.post(mail("m1"))
        await mailroom.post(mail("m2", BUDI))
        async with sending(mailroom, pigeon):
            await delayed(mailroom)
            await settled(mailroom)
        assert sorted(pigeon.attempts) == ["m1", "m2"]

    async def test_fault_in_a_channel_is_an_unknown_outcome_for_this_message_alone(
        self, mailroom: Mailroom, redis: Client, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        pigeon = Pigeon()
        pigeon.plans["m1"] = [ValueError("teks m1"), ValueError("teks m1")]
        await mailroom.post(mail("m1"))
        for number in range(5):
            await mailroom.post(mail(f"n{number}", f"gagak:main:{number}"))
        async with sending(mailroom, pigeon):
            await delayed(mailroom)
            clock.now += 1.1
            await settled(mailroom)

            async def given_up() -> bool:
                return await mailroom.dead_letters() == 1

            await until(given_up)
        assert sorted(pigeon.attempts) == ["m1", "m1", "n0", "n1", "n2", "n3", "n4"]
        assert "channel failed" in [record.getMessage() for record in caplog.records]

    async def test_sender_that_stops_finishes_what_it_began(self, mailroom: Mailroom) -> None:
        pigeon = Pigeon()
        pigeon.gate = asyncio.Event()
        await mailroom.post(mail("m1"))

        async def flying() -> bool:
            return pigeon.flying == 1

        async with sending(mailroom, pigeon) as sender:
            await until(flying)
            sender.stop()
            asyncio.get_running_loop().call_later(0.2, pigeon.gate.set)
        assert (await mailroom.stats(Lane.OUTBOX)).waiting == 0
        assert pigeon.attempts == ["m1"]
