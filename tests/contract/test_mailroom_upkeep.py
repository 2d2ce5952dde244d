"""What operators see and what keeps the mailroom tidy: figures, workers, consumers, partitions, protocols."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redis as redis_package

from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomMismatch
from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.ready import GROUP
from bot.contract.scripts import Client
from tests.contract.samples import (
    ANI,
    BUDI,
    Clock,
    claim_one,
    dead_letter,
    ids,
    inbound,
    outbound,
    snapshot,
    taken_over,
    until,
)
from tests.redis_server import RedisServer

# redis-py 4, which the assistant has, speaks RESP2 only and knows no option for it.
PROTOCOLS = [""] if redis_package.__version__.startswith("4.") else ["", "2", "3"]


class TestFigures:
    async def test_figures_of_a_lane(self, client: Client, mailroom: Mailroom) -> None:
        for name in ("a", "b", "c", "d"):
            await mailroom.accept(inbound(1, name))
        await mailroom.accept(inbound(1, "a"))
        claims = await mailroom.claim(Lane.INBOX, "w1", 3, 0)
        await mailroom.retry_later(claims[0], 30, failure=True)
        await mailroom.commit(claims[1], handled=1, posts=[outbound(1, "b")], dead=[dead_letter(1, "b")])
        stats = await mailroom.stats(Lane.INBOX)
        assert (stats.ready, stats.claimed, stats.delayed, stats.waiting) == (1, 1, 1, 3)
        assert stats.totals == {"accepted": 4, "duplicate": 1, "handled": 1, "dead": 1}
        outbox = await mailroom.stats(Lane.OUTBOX)
        assert (outbox.ready, outbox.claimed, outbox.delayed, outbox.waiting) == (1, 0, 0, 1)
        assert outbox.totals == {"accepted": 1}

    async def test_age_of_the_oldest_conversation(self, client: Client, mailroom: Mailroom, clock: Clock) -> None:
        redis: Any = client
        seconds, _ = await redis.time()
        clock.now = seconds + 100.0
        assert (await mailroom.stats(Lane.INBOX)).oldest_seconds == 0
        await mailroom.accept(inbound(1))
        assert 50 < (await mailroom.stats(Lane.INBOX)).oldest_seconds <= 101

    async def test_living_workers_are_listed_and_silent_ones_are_not(self, mailroom: Mailroom, clock: Clock) -> None:
        await mailroom.workers.heartbeat("silent", {"pid": 1})
        clock.now += 16
        await mailroom.workers.heartbeat("alive", {"pid": 2})
        await mailroom.workers.heartbeat("stopped", {"pid": 3})
        await mailroom.workers.farewell("stopped")
        assert await mailroom.workers.alive() == {"alive": {"pid": 2, "at": clock.now}}

    async def test_long_gone_workers_are_forgotten(self, client: Client, mailroom: Mailroom, clock: Clock) -> None:
        redis: Any = client
        await mailroom.workers.heartbeat("gone", {})
        clock.now += 4000
        assert await mailroom.workers.alive() == {}
        assert await redis.exists("kawan:workers") == 0


class TestConsumers:
    async def test_consumers_without_claims_are_dropped_and_holders_stay(
        self, client: Client, mailroom: Mailroom
    ) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.accept(inbound(1, BUDI))
        claim = await claim_one(mailroom, "holder")
        await mailroom.commit(await claim_one(mailroom, "gone"), handled=1)
        await until(lambda: _silent_for_ms(client, mailroom, 5))
        await mailroom.forget_idle_consumers(Lane.INBOX, 0.001)
        assert await _consumers(client, mailroom) == [b"holder"]
        assert await mailroom.commit(claim, handled=1)

    async def test_recently_seen_consumers_stay(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.commit(await claim_one(mailroom), handled=1)
        await mailroom.forget_idle_consumers(Lane.INBOX)
        assert await _consumers(client, mailroom) == [b"w1"]

    async def test_dropped_consumer_that_still_waits_gets_its_mail(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.commit(await claim_one(mailroom), handled=1)
        waiting = asyncio.create_task(mailroom.claim(Lane.INBOX, "w1", 1, 5))
        await until(lambda: _blocked_clients(client))
        await until(lambda: _silent_for_ms(client, mailroom, 5))
        await mailroom.forget_idle_consumers(Lane.INBOX, 0.001)
        await mailroom.accept(inbound(2))
        (claim,) = await waiting
        assert await mailroom.commit(claim, handled=1)

    async def test_forgetting_on_an_empty_redis_does_nothing(self, client: Client, mailroom: Mailroom) -> None:
        redis: Any = client
        await redis.flushall()
        await mailroom.forget_idle_consumers(Lane.INBOX)


class TestPreparing:
    async def test_preparing_again_keeps_everything(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        before = await snapshot(client)
        await mailroom.prepare()
        assert await snapshot(client) == before
        assert await mailroom.commit(claim, handled=1)

    async def test_other_number_of_partitions_is_refused(self, client: Client, mailroom: Mailroom) -> None:
        with pytest.raises(MailroomMismatch, match="of 1 partitions"):
            await Mailroom(client, MailroomRules(partitions=2)).prepare()

    @pytest.mark.parametrize(
        "field", ["partitions", "dedupe_seconds", "state_seconds", "dead_letters", "lease_seconds"]
    )
    def test_rules_of_nought_are_refused(self, field: str) -> None:
        with pytest.raises(ValueError, match=field):
            MailroomRules(**{field: 0})


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_answers_are_understood_in_every_protocol(redis_server: RedisServer, protocol: str) -> None:
    client = connect(f"{redis_server.url}&protocol={protocol}" if protocol else redis_server.url)
    redis: Any = client
    await redis.flushall()
    mailroom = Mailroom(client, MailroomRules(lease_seconds=600))
    await mailroom.prepare()
    assert await mailroom.claim(Lane.INBOX, "w1", 5, 0) == []
    for name in (ANI, BUDI):
        await mailroom.accept(inbound(1, name))
        await mailroom.accept(inbound(2, name))
    await mailroom.workers.heartbeat("w1", {"pid": 1})
    first, second = await mailroom.claim(Lane.INBOX, "w1", 5, 0)
    assert [ids(first), ids(second)] == [["m1", "m2"]] * 2
    assert await mailroom.renew([first, second]) == [True, True]
    assert await mailroom.commit(await taken_over(client, mailroom, first), handled=2, state=b"s", posts=[outbound(1)])
    assert await mailroom.retry_later(second, 0, failure=True)
    stats = await mailroom.stats(Lane.INBOX)
    assert (stats.ready, stats.claimed, stats.delayed, stats.waiting) == (0, 0, 1, 2)
    assert await mailroom.promote(Lane.INBOX) == 1
    assert (await claim_one(mailroom)).fails == 1
    assert list(await mailroom.workers.alive()) == ["w1"]
    await mailroom.forget_idle_consumers(Lane.INBOX)
    await disconnect(client)


async def _consumers(client: Client, mailroom: Mailroom) -> list[bytes]:
    redis: Any = client
    rows = await redis.xinfo_consumers(mailroom.keys.ready(Lane.INBOX, 0), GROUP)
    return sorted(row["name"] for row in rows)


async def _silent_for_ms(client: Client, mailroom: Mailroom, silence: int) -> bool:
    redis: Any = client
    rows = await redis.xinfo_consumers(mailroom.keys.ready(Lane.INBOX, 0), GROUP)
    return all(row["idle"] > silence for row in rows)


async def _blocked_clients(client: Client) -> bool:
    redis: Any = client
    return bool((await redis.info("clients"))["blocked_clients"])
