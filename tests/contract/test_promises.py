"""Promises: kept once, in time, through the death of any worker and of Redis, and replaced or taken back as asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Keys, Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.messages import Inbound, Wake
from bot.contract.promises import Promises
from bot.contract.scripts import Client
from tests.contract.samples import ANI, BUDI, START, Clock, claim_one, ids, inbound, nothing_ready, snapshot
from tests.contract.test_mailroom_cluster import NAMES, PARTITIONS, nodes  # noqa: F401 - a fixture
from tests.contract.test_mailroom_cluster import client as cluster_client  # noqa: F401 - a fixture
from tests.redis_server import RedisServer


def wake(number: int | str = 1, conversation: str = ANI) -> Inbound:
    """A message to ourselves; its id tells its number."""
    about = Wake("check_status", (("status_topic", "incentive"), ("attempt", str(number))))
    return Inbound(f"wake.{number}", conversation, "wake", START, wake=about)


@pytest.fixture
def promises(mailroom: Mailroom, clock: Clock) -> Promises:
    return Promises(mailroom, clock)


async def arrived(mailroom: Mailroom) -> list[str]:
    """The ids of all that lies in inboxes now, conversation by conversation; it is handled with that."""
    found: list[str] = []
    while claims := await mailroom.claim(Lane.INBOX, "w1", 10, 0):
        for claim in claims:
            found += ids(claim)
            assert await mailroom.commit(claim, handled=len(claim.messages))
    return found


class TestKeeping:
    async def test_promise_arrives_when_it_is_due_and_not_before(
        self, promises: Promises, mailroom: Mailroom, clock: Clock
    ) -> None:
        await promises.make(wake(), START + 30)
        assert await promises.waiting() == 1
        clock.now += 29.9
        assert await promises.keep() == 0
        assert await nothing_ready(mailroom)
        clock.now = START + 30
        assert await promises.keep() == 1
        assert await promises.waiting() == 0
        assert [Inbound.from_json(body) for body in (await claim_one(mailroom)).messages] == [wake()]

    async def test_nothing_is_left_of_a_promise_that_was_kept(
        self, promises: Promises, client: Client, clock: Clock
    ) -> None:
        await promises.make(wake(), START)
        await promises.keep()
        assert not [key for key in await snapshot(client) if b"promise" in key]
        assert await promises.keep() == 0

    async def test_promise_that_is_long_overdue_is_kept(
        self, promises: Promises, mailroom: Mailroom, clock: Clock
    ) -> None:
        await promises.make(wake(), START + 30)
        clock.now += 30 * 86400
        assert await promises.keep() == 1
        assert await arrived(mailroom) == ["wake.1"]

    async def test_those_that_wait_longest_go_first(self, promises: Promises, mailroom: Mailroom, clock: Clock) -> None:
        for number, seconds in enumerate((40, 10, 30, 20)):
            await promises.make(wake(number, f"web:main:{number}"), START + seconds)
        clock.now += 60
        assert [await promises.keep(limit=1) for _ in range(5)] == [1, 1, 1, 1, 0]
        assert await arrived(mailroom) == ["wake.1", "wake.3", "wake.2", "wake.0"]

    async def test_one_for_each_conversation(self, promises: Promises, mailroom: Mailroom) -> None:
        await promises.make(wake(1, ANI), START)
        await promises.make(wake(2, BUDI), START)
        assert await promises.waiting() == 2
        assert await promises.keep() == 2
        assert sorted(await arrived(mailroom)) == ["wake.1", "wake.2"]

    async def test_person_who_writes_meanwhile_is_answered_first(self, promises: Promises, mailroom: Mailroom) -> None:
        await promises.make(wake(), START)
        await mailroom.accept(inbound(1))
        await promises.keep()
        assert await arrived(mailroom) == ["m1", "wake.1"]

    async def test_promise_is_kept_although_the_mailbox_is_full(self, promises: Promises, mailroom: Mailroom) -> None:
        """Nobody would send it again."""
        for number in range(mailroom.rules.mailbox_limit):
            await mailroom.accept(inbound(number))
        assert await mailroom.accept(inbound("late")) == "full"
        await promises.make(wake(), START)
        assert await promises.keep() == 1
        assert (await arrived(mailroom))[-1] == "wake.1"


class TestChanging:
    async def test_new_promise_takes_the_place_of_the_old_one(
        self, promises: Promises, mailroom: Mailroom, clock: Clock
    ) -> None:
        await promises.make(wake(1), START + 10)
        await promises.make(wake(2), START + 60)
        assert await promises.waiting() == 1
        clock.now += 30
        assert await promises.keep() == 0
        clock.now += 30
        assert await promises.keep() == 1
        assert await arrived(mailroom) == ["wake.2"]

    async def test_same_promise_may_be_made_twice(self, promises: Promises, mailroom: Mailroom) -> None:
        """A turn that is repeated makes it again, maybe after it was kept."""
        for _ in range(2):
            await promises.make(wake(), START)
        assert await promises.keep() == 1
        await promises.make(wake(), START)
        assert await promises.keep() == 0
        assert await promises.waiting() == 0
        assert await arrived(mailroom) == ["wake.1"]

    async def test_promise_that_was_taken_back_never_comes(self, promises: Promises, mailroom: Mailroom) -> None:
        await promises.make(wake(1, ANI), START)
        await promises.make(wake(2, BUDI), START)
        await promises.forget(ANI)
        assert await promises.waiting() == 1
        assert await promises.keep() == 1
        assert await arrived(mailroom) == ["wake.2"]

    async def test_taking_back_what_was_never_promised_is_harmless(self, promises: Promises, client: Client) -> None:
        before = await snapshot(client)
        await promises.forget(ANI)
        assert await snapshot(client) == before

    async def test_person_who_is_forgotten_is_promised_nothing(
        self, promises: Promises, mailroom: Mailroom, client: Client
    ) -> None:
        await promises.make(wake(), START)
        await mailroom.forget(ANI)
        assert await promises.keep() == 0
        assert not [key for key in await snapshot(client) if b"promise" in key]


class Halfway(Mailroom):
    """A mailroom in which something happens right after a message was accepted."""

    def __init__(self, redis: Client, clock: Clock, then: Callable[[], Any]) -> None:
        super().__init__(redis, MailroomRules(lease_seconds=600), clock=clock)
        self._then = then

    async def accept(self, message: Inbound) -> str:
        answer = await super().accept(message)
        await self._then()
        return answer


class Killed(Exception):
    """What a worker does not survive."""


class TestCrashes:
    async def test_crash_between_delivery_and_striking_off_gives_no_second_message(
        self, promises: Promises, mailroom: Mailroom, client: Client, clock: Clock
    ) -> None:
        async def die() -> None:
            raise Killed

        await promises.make(wake(), START)
        with pytest.raises(Killed):
            await Promises(Halfway(client, clock, die), clock).keep()
        assert await promises.waiting() == 1
        assert await arrived(mailroom) == ["wake.1"]  # and is even answered, before anybody looks again
        assert await promises.keep() == 0
        assert await promises.waiting() == 0
        assert await nothing_ready(mailroom)

    async def test_promise_that_is_made_while_the_old_one_is_kept_stays(
        self, promises: Promises, mailroom: Mailroom, client: Client, clock: Clock
    ) -> None:
        async def promise_again() -> None:
            await promises.make(wake(2), START + 60)

        await promises.make(wake(1), START)
        assert await Promises(Halfway(client, clock, promise_again), clock).keep() == 1
        assert await promises.waiting() == 1
        clock.now += 60
        assert await promises.keep() == 1
        assert await arrived(mailroom) == ["wake.1", "wake.2"]

    async def test_many_workers_keep_each_promise_once(self, mailroom: Mailroom, client: Client, clock: Clock) -> None:
        workers = [Promises(Mailroom(client, mailroom.rules, clock=clock), clock) for _ in range(6)]
        names = [f"web:main:{number}" for number in range(20)]
        for name in names:
            await workers[0].make(wake(name, name), START)
        kept = await asyncio.gather(*(worker.keep() for worker in workers))
        assert sum(kept) == len(names)
        assert await workers[0].waiting() == 0
        assert sorted(await arrived(mailroom)) == sorted(f"wake.{name}" for name in names)

    async def test_promise_outlives_redis(self, private: RedisServer, clock: Clock) -> None:
        client = connect(private.url)
        mailroom = Mailroom(client, MailroomRules(lease_seconds=600), clock=clock)
        await mailroom.prepare()
        promises = Promises(mailroom, clock)
        await promises.make(wake(), START)
        private.restart()
        assert await promises.keep() == 1
        assert await arrived(mailroom) == ["wake.1"]
        await disconnect(client)

    async def test_redis_that_is_away_is_said_by_its_name_and_costs_nothing(
        self, private: RedisServer, clock: Clock
    ) -> None:
        client = connect(private.url)
        mailroom = Mailroom(client, MailroomRules(lease_seconds=600), clock=clock)
        await mailroom.prepare()
        promises = Promises(mailroom, clock)
        await promises.make(wake(), START)
        private.kill()
        with pytest.raises(MailroomUnavailable):
            await promises.keep()
        with pytest.raises(MailroomUnavailable):
            await promises.make(wake(2), START)
        with pytest.raises(MailroomUnavailable):
            await promises.forget(ANI)
        with pytest.raises(MailroomUnavailable):
            await promises.waiting()
        private.start()
        assert await promises.keep() == 1
        assert await arrived(mailroom) == ["wake.1"]
        await disconnect(client)


class TestGarbage:
    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id": "x"}', b"\xff", b'{"id": 7}'])
    async def test_garbled_promise_is_dropped_and_the_others_are_kept(
        self, promises: Promises, mailroom: Mailroom, client: Any, body: bytes
    ) -> None:
        await promises.make(wake(1, ANI), START)
        await promises.make(wake(2, BUDI), START)
        await client.hset(mailroom.keys.promises(0), ANI, body)
        assert await promises.keep() == 1
        assert await promises.waiting() == 0
        assert await arrived(mailroom) == ["wake.2"]

    async def test_promise_whose_message_is_gone_is_dropped(
        self, promises: Promises, mailroom: Mailroom, client: Any
    ) -> None:
        await promises.make(wake(), START)
        await client.hdel(mailroom.keys.promises(0), ANI)
        assert await promises.keep() == 0
        assert await promises.waiting() == 0


class TestCluster:
    def test_keys_of_a_promise_are_on_one_node_with_its_conversation(self) -> None:
        keys = Keys(PARTITIONS)
        for name in NAMES:
            tag = f"kawan:{{{keys.partition(name)}}}:"
            partition = keys.partition(name)
            of_accounts = [keys.link(name), keys.status(name), keys.tally("lookup", name)]
            assert all(
                key.startswith(tag) for key in (keys.promised(partition), keys.promises(partition), *of_accounts)
            )

    async def test_promises_are_kept_on_all_nodes(self, cluster_client: Client, clock: Clock) -> None:  # noqa: F811
        rules = MailroomRules(partitions=PARTITIONS, lease_seconds=600)
        mailroom = Mailroom(cluster_client, rules, cluster=True, clock=clock)
        await mailroom.prepare()
        promises = Promises(mailroom, clock)
        for name in NAMES:
            await promises.make(wake(name, name), START + 30)
        await promises.forget(NAMES[0])
        assert await promises.waiting() == len(NAMES) - 1
        assert await promises.keep() == 0
        clock.now += 30
        assert await promises.keep() == len(NAMES) - 1
        assert await promises.waiting() == 0
        assert sorted(await arrived(mailroom)) == sorted(f"wake.{name}" for name in NAMES[1:])
