"""The sender: what each outcome leads to, in which order replies go out, and what is never sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from bot.channels.port import Capabilities
from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.logs import Pseudonyms
from bot.contract.mailroom import Claim, Mailroom, MailroomRules
from bot.contract.messages import Fate, Outbound, Outcome
from bot.contract.scripts import Client
from bot.gateway.sender import BACKOFF_SECONDS, MAX_FAILS, Sender, Verdict, judge
from tests.contract.samples import START, Clock, until
from tests.redis_server import RedisServer

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


def claim(lane: Lane = Lane.OUTBOX, *, starts: int = 1, fails: int = 0) -> Claim:
    return Claim(lane, ANI, "s1", "1-1", 1, starts, fails, None, (b"{}",))


class TestVerdicts:
    @pytest.mark.parametrize(
        ("outcome", "at", "verdict"),
        [
            (OK, claim(), Verdict(done=True)),
            (OK, claim(Lane.BULK, starts=3, fails=7), Verdict(done=True)),
            (BLOCKED, claim(), Verdict(done=True, dead_code="blocked")),
            (Outcome(Fate.REJECTED), claim(), Verdict(done=True, dead_code="rejected")),
            (UNKNOWN, claim(), Verdict(done=False, wait_seconds=1.0)),
            (UNKNOWN, claim(fails=1), Verdict(done=True, dead_code="unknown")),
            (UNKNOWN, claim(starts=2), Verdict(done=True, dead_code="unknown")),
            (UNKNOWN, claim(Lane.BULK), Verdict(done=True, dead_code="unknown")),
            (SLOW_DOWN, claim(), Verdict(done=False, wait_seconds=30.0)),
            (SLOW_DOWN, claim(Lane.BULK), Verdict(done=False, wait_seconds=30.0)),
            (Outcome(Fate.RETRY, retry_after=0.2), claim(fails=2), Verdict(done=False, wait_seconds=5.0)),
            (SLOW_DOWN, claim(fails=MAX_FAILS - 1), Verdict(done=True, dead_code="rate_limited")),
            (Outcome(Fate.RETRY), claim(fails=MAX_FAILS - 1), Verdict(done=True, dead_code="too_many_failures")),
        ],
    )
    def test_outcome_leads_to_its_verdict(self, outcome: Outcome, at: Claim, verdict: Verdict) -> None:
        assert judge(outcome, at) == verdict

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
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=0.2))
        await mailroom.prepare()
        await mailroom.post(mail("m1"), lane)
        await mailroom.claim(lane, "killed", 1, 0)
        pigeon = Pigeon()
        async with sending(mailroom, pigeon):
            await settled(mailroom)
        assert pigeon.attempts == attempts
        assert await mailroom.dead_letters() == (0 if attempts else 1)

    async def test_reply_that_kills_two_senders_is_given_up(self, redis: Client) -> None:
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=0.2))
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


class TestRepeatable:
    """A channel of ours, where the same id is shown once."""

    async def test_everything_that_waits_goes_out_under_one_claim(self, mailroom: Mailroom) -> None:
        pigeon = Pigeon(repeatable=True)
        for number in range(8):
            await mailroom.post(mail(f"m{number}"))
        async with sending(mailroom, pigeon):
            await settled(mailroom)
        assert pigeon.attempts == [f"m{number}" for number in range(8)]

    async def test_message_that_fails_behind_others_does_not_take_them_along(
        self, mailroom: Mailroom, redis: Client
    ) -> None:
        pigeon = Pigeon(repeatable=True)
        pigeon.plans["m1"] = [BLOCKED, BLOCKED]
        for name in ("m0", "m1", "m2"):
            await mailroom.post(mail(name))
        async with sending(mailroom, pigeon):
            await settled(mailroom)
        assert pigeon.attempts == ["m0", "m1", "m1", "m2"]
        assert await dead_codes(mailroom, redis) == ["blocked"]

    async def test_garbled_message_is_buried_and_not_its_neighbour(self, mailroom: Mailroom, redis: Client) -> None:
        raw: Any = redis
        pigeon = Pigeon(repeatable=True)
        for name in ("m0", "m1", "m2"):
            await mailroom.post(mail(name))
        await raw.lset(mailroom.keys.box(Lane.OUTBOX, ANI), 1, b'{"id": 5')
        async with sending(mailroom, pigeon):
            await settled(mailroom)
        assert pigeon.attempts == ["m0", "m2"]
        assert await dead_codes(mailroom, redis) == ["bad_stored_message"]

    async def test_channel_that_needs_redis_is_asked_again_at_once(self, redis: Client) -> None:
        mailroom = Mailroom(redis, MailroomRules(lease_seconds=600))
        pigeon = Pigeon(repeatable=True)
        pigeon.plans["m0"] = [MailroomUnavailable("away"), MailroomUnavailable("away")]
        await mailroom.post(mail("m0"))

        async def sent() -> bool:
            return (await mailroom.stats(Lane.OUTBOX)).waiting == 0

        async with sending(mailroom, pigeon):
            await until(sent)
        assert pigeon.attempts == ["m0"] * 3
        assert await mailroom.dead_letters() == 0


class TestNobodyThere:
    @pytest.mark.parametrize("conversation", ["merpati:main:ani", "bukan-alamat", "gagak:main:"])
    async def test_unknown_channel_is_a_dead_letter(self, mailroom: Mailroom, redis: Client, conversation: str) -> None:
        await mailroom.post(mail("m1", conversation))
        async with sending(mailroom, Pigeon()):
            await settled(mailroom)
        assert await dead_codes(mailroom, redis) == ["no_channel"]


class TestLanes:
    async def test_replies_go_before_broadcasts(self, mailroom: Mailroom) -> None:
        pigeon = Pigeon()
        for number in range(20):
            await mailroom.post(mail(f"b{number}", f"gagak:main:{number}"), Lane.BULK)
        for number in range(20):
            await mailroom.post(mail(f"r{number}", f"gagak:main:{number}"))
        async with sending(mailroom, pigeon):
            await settled(mailroom)
        assert [name[0] for name in pigeon.attempts] == ["r"] * 20 + ["b"] * 20

    async def test_slow_broadcast_leaves_hands_for_replies(
        self, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.gateway.sender.IN_FLIGHT", 8)
        slow, quick = Pigeon(), Pigeon()
        slow.gate = asyncio.Event()
        quick.name = "merpati"
        for number in range(30):
            await mailroom.post(mail(f"b{number}", f"gagak:main:{number}"), Lane.BULK)

        async def half_the_hands() -> bool:
            return slow.flying == 4

        async with sending(mailroom, slow, quick):
            await until(half_the_hands)
            for number in range(10):
                await mailroom.post(mail(f"r{number}", f"merpati:main:{number}"))

            async def replies_went() -> bool:
                return len(quick.attempts) == 10

            await until(replies_went)
            assert slow.most_flying == 4
            slow.gate.set()
            await settled(mailroom)
        assert len(slow.attempts) == 30

    async def test_broadcast_and_reply_of_one_person_do_not_mix_up(self, mailroom: Mailroom) -> None:
        pigeon = Pigeon()
        pigeon.plans["b1"] = [SLOW_DOWN]
        await mailroom.post(mail("b1"), Lane.BULK)
        async with sending(mailroom, pigeon):
            await delayed(mailroom, Lane.BULK)
            await mailroom.post(mail("r1"))
            await settled(mailroom)

            async def replied() -> bool:
                return "r1" in pigeon.attempts

            await until(replied)
        assert (await mailroom.stats(Lane.BULK)).waiting == 1


class TestRedisAway:
    async def test_message_that_went_out_while_redis_died_is_not_sent_again(self, own_redis: RedisServer) -> None:
        client = connect(own_redis.url)
        mailroom = Mailroom(client, MailroomRules(lease_seconds=1.0))
        pigeon = Pigeon()
        pigeon.gate = asyncio.Event()
        await mailroom.prepare()
        await mailroom.post(mail("m1"))

        async def flying() -> bool:
            return pigeon.flying == 1

        async def recorded() -> bool:
            return (await mailroom.stats(Lane.OUTBOX)).totals.get("handled") == 1

        async with sending(mailroom, pigeon):
            await until(flying)
            own_redis.stop()
            pigeon.gate.set()
            await asyncio.sleep(2.2)  # longer than two leases
            own_redis.start()
            await until(recorded)
        assert pigeon.attempts == ["m1"]
        await disconnect(client)
