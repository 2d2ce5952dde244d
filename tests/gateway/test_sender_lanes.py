"""The sender: several messages under one claim, unknown channels, replies before broadcasts, an absent Redis."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.scripts import Client
from tests.contract.samples import Clock, until
from tests.gateway.pigeon import (
    ANI,
    BLOCKED,
    SLOW_DOWN,
    Pigeon,
    dead_codes,
    delayed,
    mail,
    sending,
    settled,
)
from tests.redis_server import RedisServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mailroom(redis: Client, clock: Clock) -> Mailroom:
    return Mailroom(redis, MailroomRules(lease_seconds=600, mailbox_limit=1000), clock=clock)


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
        mailroom = Mailroom(client, MailroomRules(lease_seconds=2.0))
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
            await asyncio.sleep(4.5)  # longer than two leases
            own_redis.start()
            await until(recorded)
        assert pigeon.attempts == ["m1"]
        await disconnect(client)
