"""The mailroom's promises while Redis is emptied, killed, away, hanging, full, or loses answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.contract import connection
from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.ready import GROUP
from bot.contract.scripts import Client, Scripts
from tests.contract.samples import (
    ANI,
    BUDI,
    PATIENCE_SECONDS,
    Clock,
    claim_one,
    dead_letter,
    ids,
    inbound,
    nothing_ready,
    outbound,
    taken_over,
    until,
)
from tests.redis_server import RedisServer


class TestEmptiedRedis:
    async def test_mail_after_flushall_is_claimed(self, client: Client, mailroom: Mailroom) -> None:
        await _flush(client)
        assert await mailroom.accept(inbound(1)) == "accepted"
        (claim,) = await until(lambda: mailroom.claim(Lane.INBOX, "w1", 1, 0))
        assert ids(claim) == ["m1"]
        assert await mailroom.commit(claim, handled=1, posts=[outbound(1)])
        assert ids(await claim_one(mailroom, "s1", Lane.OUTBOX)) == ["r1"]

    async def test_claim_that_waits_through_flushall_finds_new_mail(self, client: Client, mailroom: Mailroom) -> None:
        waiting = asyncio.create_task(mailroom.claim(Lane.INBOX, "w1", 1, 5))
        await asyncio.sleep(0.05)
        await _flush(client)
        await mailroom.accept(inbound(1))
        claims = await waiting or await mailroom.claim(Lane.INBOX, "w1", 1, 0)
        assert [ids(claim) for claim in claims] == [["m1"]]

    async def test_claims_from_before_are_lost_and_say_so(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        await _flush(client)
        assert await mailroom.renew([claim]) == [False]
        assert not await mailroom.commit(claim, handled=1, state=b"late", posts=[outbound(1)])
        assert not await mailroom.retry_later(claim, 1, failure=True)
        assert await nothing_ready(mailroom)
        assert await nothing_ready(mailroom, Lane.OUTBOX)

    async def test_claim_that_is_opened_too_late_is_nobodys(self, client: Client, mailroom: Mailroom) -> None:
        keys = mailroom.keys
        names = (keys.ready(Lane.INBOX, 0), *(make(Lane.INBOX, ANI) for make in (keys.flag, keys.box, keys.tries)))
        await _flush(client)
        assert await Scripts(client).run("open", (*names, keys.state(ANI)), (GROUP, "w1", "1-1", 10)) == []

    async def test_taking_over_and_figures_work_right_after(self, client: Client, mailroom: Mailroom) -> None:
        await _flush(client)
        await mailroom.accept(inbound(1))
        assert await mailroom.take_over(Lane.INBOX, "w1", 5) == []
        await _flush(client)
        await mailroom.accept(inbound(1))
        stats = await mailroom.stats(Lane.INBOX)
        assert (stats.ready, stats.claimed) == (1, 0)

    async def test_forgotten_scripts_are_sent_again(self, client: Client, mailroom: Mailroom) -> None:
        for name in (ANI, BUDI):
            await _forget_scripts(client)
            assert await mailroom.accept(inbound(1, name)) == "accepted"
        await _forget_scripts(client)
        first, second = await mailroom.claim(Lane.INBOX, "w1", 2, 0)
        await _forget_scripts(client)
        assert await mailroom.renew([first, second]) == [True, True]
        await _forget_scripts(client)
        assert await mailroom.commit(first, handled=1, posts=[outbound(1)])
        await _forget_scripts(client)
        assert await mailroom.retry_later(second, 0, failure=False)
        await _forget_scripts(client)
        assert await mailroom.promote(Lane.INBOX) == 1


class TestKilledRedis:
    """kill -9 and a start with the same data."""

    async def test_everything_on_record_is_still_there(self, private: RedisServer, clock: Clock) -> None:
        client = connect(private.url)
        mailroom = await _prepared(client, clock)
        names = [f"web:main:{number}" for number in range(4)]
        for name in names:
            await mailroom.accept(inbound(1, name))
        claims = await mailroom.claim(Lane.INBOX, "w1", 3, 0)
        await mailroom.commit(
            claims[0], handled=1, state=b"state", posts=[outbound(1, names[0])], dead=[dead_letter(1, names[0])]
        )
        await mailroom.retry_later(claims[1], 30, failure=True)

        private.restart()

        for name in names:
            assert await mailroom.accept(inbound(1, name)) == "duplicate"
        assert await mailroom.commit(claims[2], handled=1)
        assert (await claim_one(mailroom)).conversation == names[3]
        assert ids(await claim_one(mailroom, "s1", Lane.OUTBOX)) == ["r1"]
        assert await mailroom.dead_letters() == 1
        await mailroom.accept(inbound(2, names[0]))
        assert (await claim_one(mailroom)).state == b"state"
        clock.now += 31
        assert await mailroom.promote(Lane.INBOX) == 1
        delayed = await claim_one(mailroom)
        assert (delayed.conversation, delayed.fails) == (names[1], 1)
        await disconnect(client)

    async def test_fencing_survives(self, private: RedisServer, clock: Clock) -> None:
        client = connect(private.url)
        mailroom = await _prepared(client, clock)
        await mailroom.accept(inbound(1))
        late = await claim_one(mailroom)
        current = await taken_over(client, mailroom, late, late.consumer)
        private.restart()
        assert not await mailroom.commit(late, handled=1)
        assert await mailroom.renew([late, current]) == [False, True]
        assert await mailroom.commit(current, handled=1)
        await disconnect(client)

    async def test_pooled_connections_come_back_unnoticed(self, private: RedisServer, clock: Clock) -> None:
        client = connect(private.url)
        mailroom = await _prepared(client, clock)
        await asyncio.gather(*(mailroom.accept(inbound(number, f"c{number}")) for number in range(10)))
        private.restart()
        answers = await asyncio.gather(*(mailroom.accept(inbound(number, f"d{number}")) for number in range(10)))
        assert answers == ["accepted"] * 10
        await disconnect(client)


class TestRedisAway:
    async def test_every_call_says_so_quickly(self, private: RedisServer, clock: Clock) -> None:
        client = connect(private.url)
        mailroom = await _prepared(client, clock)
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        private.stop()
        calls: list[Callable[[], Awaitable[Any]]] = [
            mailroom.prepare,
            lambda: mailroom.accept(inbound(2)),
            lambda: mailroom.post(outbound(2)),
            lambda: mailroom.claim(Lane.INBOX, "w1", 5, 1),
            lambda: mailroom.take_over(Lane.INBOX, "w1", 5),
            lambda: mailroom.renew([claim]),
            lambda: mailroom.renew([claim, claim]),
            lambda: mailroom.commit(claim, handled=1),
            lambda: mailroom.retry_later(claim, 1, failure=True),
            lambda: mailroom.promote(Lane.INBOX),
            lambda: mailroom.forget_idle_consumers(Lane.INBOX),
            lambda: mailroom.workers.heartbeat("w1", {}),
            lambda: mailroom.workers.farewell("w1"),
            mailroom.workers.alive,
            lambda: mailroom.stats(Lane.INBOX),
            mailroom.dead_letters,
        ]
        for call in calls:
            with pytest.raises(MailroomUnavailable):
                await asyncio.wait_for(call(), PATIENCE_SECONDS)
        private.start()
        assert await mailroom.commit(claim, handled=1)
        await disconnect(client)

    @pytest.mark.parametrize("cluster", [False, True])
    async def test_redis_that_never_was_there_is_named_unavailable(self, cluster: bool) -> None:
        client = connect("redis://127.0.0.1:1/0", cluster=cluster)
        with pytest.raises(MailroomUnavailable):
            await Mailroom(client, MailroomRules(), cluster=cluster).accept(inbound(1))
        await disconnect(client)

    async def test_waiting_claim_is_told(self, private: RedisServer, clock: Clock) -> None:
        client = connect(private.url)
        mailroom = await _prepared(client, clock)
        waiting = asyncio.create_task(mailroom.claim(Lane.INBOX, "w1", 5, 5))
        await asyncio.sleep(0.05)
        private.stop()
        with pytest.raises(MailroomUnavailable):
            await waiting
        await disconnect(client)

    async def test_hanging_redis_is_given_up_on(
        self, private: RedisServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.3)
        client = connect(private.url)
        mailroom = await _prepared(client, clock)
        private.freeze()
        with pytest.raises(MailroomUnavailable):
            await asyncio.wait_for(mailroom.accept(inbound(1)), PATIENCE_SECONDS)
        private.thaw()
        assert await until(lambda: mailroom.accept(inbound(2))) == "accepted"
        await disconnect(client)

    async def test_full_memory_refuses_mail_and_lets_commits_through(self, client: Client, mailroom: Mailroom) -> None:
        redis: Any = client
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        await redis.config_set("maxmemory", 1)
        try:
            with pytest.raises(MailroomUnavailable):
                await mailroom.accept(inbound(2))
            assert await mailroom.commit(claim, handled=1, state=b"state", posts=[outbound(1)])
        finally:
            await redis.config_set("maxmemory", 0)
        assert await nothing_ready(mailroom)
        assert ids(await claim_one(mailroom, "s1", Lane.OUTBOX)) == ["r1"]
        assert await mailroom.accept(inbound(2)) == "accepted"


class TestConcurrency:
    async def test_cancelled_claim_does_not_spoil_the_connection(self, mailroom: Mailroom) -> None:
        for number in range(10):
            waiting = asyncio.create_task(mailroom.claim(Lane.INBOX, "w1", 1, 5))
            await asyncio.sleep(0.001 * number)
            waiting.cancel()
            assert await mailroom.accept(inbound(number, f"c{number}")) == "accepted"
            assert await mailroom.dead_letters() == 0
        (claim,) = await mailroom.take_over(Lane.INBOX, "w2", 20) or [await claim_one(mailroom, "w2")]
        assert await mailroom.commit(claim, handled=1)


async def _prepared(client: Client, clock: Clock) -> Mailroom:
    mailroom = Mailroom(client, MailroomRules(lease_seconds=600), clock=clock)
    await mailroom.prepare()
    return mailroom


async def _flush(client: Client) -> None:
    redis: Any = client
    await redis.flushall()


async def _forget_scripts(client: Client) -> None:
    redis: Any = client
    await redis.script_flush()
