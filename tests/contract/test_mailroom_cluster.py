"""The mailroom on a Redis Cluster of three nodes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
import pytest_asyncio
from redis import Redis

from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Keys, Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.reviews import Review, Reviews
from bot.contract.scripts import Client
from bot.contract.transcript import Transcripts
from tests.contract.samples import Clock, dead_letter, ids, inbound, outbound, run_out, until
from tests.redis_server import RedisServer, find_redis_server, free_port

SLOTS = 16384
PARTITIONS = 8
NAMES = tuple(f"web:main:{number}" for number in range(24))
FORM_SECONDS = 20.0


async def test_conversations_spread_over_the_nodes(mailroom: Mailroom) -> None:
    assert len({mailroom.keys.partition(name) for name in NAMES}) == PARTITIONS


async def test_mail_goes_through_inbox_and_outbox(mailroom: Mailroom) -> None:
    for name in NAMES:
        assert await mailroom.accept(inbound(1, name)) == "accepted"
        assert await mailroom.accept(inbound(1, name)) == "duplicate"
    taken: set[str] = set()
    while claims := await mailroom.claim(Lane.INBOX, "w1", 10, 0):
        assert len(claims) <= 10
        for claim in claims:
            assert claim.conversation not in taken
            taken.add(claim.conversation)
            reply = outbound(1, claim.conversation)
            assert await mailroom.commit(claim, handled=1, state=b"state", posts=[reply])
    assert taken == set(NAMES)
    sent = await mailroom.claim(Lane.OUTBOX, "s1", 100, 0)
    assert {claim.conversation for claim in sent} == set(NAMES)
    assert all(ids(claim) == ["r1"] for claim in sent)
    stats = await mailroom.stats(Lane.INBOX)
    assert (stats.ready, stats.claimed, stats.waiting) == (0, 0, 0)
    assert stats.totals == {"accepted": 24, "duplicate": 24, "handled": 24}


async def test_ended_leases_are_taken_over_and_late_commits_refused(client: Client, mailroom: Mailroom) -> None:
    for name in NAMES:
        await mailroom.accept(inbound(1, name))
    late = await mailroom.claim(Lane.INBOX, "w1", 100, 0)
    for claim in late:
        await run_out(client, mailroom, claim)
    current = [
        *await mailroom.take_over(Lane.INBOX, "w2", 10),
        *await mailroom.take_over(Lane.INBOX, "w2", 100),
    ]
    assert sorted(claim.conversation for claim in current) == sorted(NAMES)
    assert await mailroom.renew(late) == [False] * 24
    assert await mailroom.renew(current) == [True] * 24
    assert [await mailroom.commit(claim, handled=1) for claim in late] == [False] * 24
    assert [await mailroom.commit(claim, handled=1) for claim in current] == [True] * 24


async def test_delayed_conversations_and_dead_letters(mailroom: Mailroom, clock: Clock) -> None:
    for name in NAMES:
        await mailroom.accept(inbound(1, name))
    for claim in await mailroom.claim(Lane.INBOX, "w1", 100, 0):
        assert await mailroom.retry_later(claim, 5, failure=True)
    clock.now += 6
    assert await mailroom.promote(Lane.INBOX) == 24
    for claim in await mailroom.claim(Lane.INBOX, "w1", 100, 0):
        assert claim.fails == 1
        assert await mailroom.commit(claim, handled=1, dead=[dead_letter(1, claim.conversation)])
    assert await mailroom.dead_letters() == 24


async def test_waiting_claim_is_woken(mailroom: Mailroom) -> None:
    waiting = asyncio.create_task(mailroom.claim(Lane.INBOX, "w1", 5, 5))
    await asyncio.sleep(0)
    await mailroom.accept(inbound(1))
    assert [ids(claim) for claim in await waiting] == [["m1"]]


async def test_emptied_cluster_works_again(client: Client, mailroom: Mailroom) -> None:
    await _flush(client)
    for name in NAMES:
        await mailroom.accept(inbound(1, name))
    taken: set[str] = set()

    async def all_taken() -> bool:
        taken.update(claim.conversation for claim in await mailroom.claim(Lane.INBOX, "w1", 100, 0))
        return len(taken) == len(NAMES)

    await until(all_taken)


async def test_workers_and_consumers(mailroom: Mailroom, clock: Clock) -> None:
    await mailroom.workers.heartbeat("w1", {"pid": 1})
    assert await mailroom.workers.alive() == {"w1": {"pid": 1, "at": clock.now}}
    await mailroom.workers.farewell("w1")
    assert await mailroom.workers.alive() == {}
    await mailroom.forget_idle_consumers(Lane.INBOX)


async def test_transcripts(client: Client, mailroom: Mailroom) -> None:
    transcripts = Transcripts(client, mailroom.keys)
    assert await transcripts.append(NAMES[0], "r1", "halo", keep_lines=10, keep_seconds=60)
    assert not await transcripts.append(NAMES[0], "r1", "halo", keep_lines=10, keep_seconds=60)
    assert [line.body for line in await transcripts.after(NAMES[0])] == [b"halo"]


async def test_messages_to_review(client: Client, clock: Clock) -> None:
    reviews = Reviews(client, 30, most=3, clock=clock)
    for number in range(6):
        await reviews.add(Review(f"r{number}", "unanswered", clock.now + number * 3600, f"pesan {number}"))
    assert [one.text for one in await reviews.all()] == ["pesan 3", "pesan 4", "pesan 5"]
    await reviews.remove(["r3", "r4"])
    assert [one.id for one in await reviews.all()] == ["r5"]
    assert await reviews.totals() == {"unanswered": 6}


async def test_node_that_is_away_is_named_unavailable_and_the_others_go_on(
    nodes: Sequence[RedisServer], client: Client, mailroom: Mailroom
) -> None:
    redis: Any = client
    homes = {name: redis.get_node_from_key(mailroom.keys.box(Lane.INBOX, name)).port for name in NAMES}
    for name in NAMES:
        await mailroom.accept(inbound(1, name))
    dead = nodes[-1]
    lost = {name for name, port in homes.items() if port == dead.port}
    assert lost
    assert lost != set(NAMES)
    dead.stop()
    try:
        with pytest.raises(MailroomUnavailable):
            await mailroom.accept(inbound(2, min(lost)))
        taken: set[str] = set()

        async def others_taken() -> bool:
            try:
                claims = await mailroom.claim(Lane.INBOX, "w1", 100, 0)
            except MailroomUnavailable:
                return False
            taken.update(claim.conversation for claim in claims)
            return taken == set(NAMES) - lost

        await until(others_taken)
    finally:
        dead.start()
        await asyncio.to_thread(_wait_until_whole, nodes)
    assert await until(lambda: _accepted(mailroom, min(lost))) == "accepted"


def test_all_keys_of_a_conversation_are_on_one_node() -> None:
    keys = Keys(PARTITIONS)
    for name in NAMES:
        tag = f"{{{keys.partition(name)}}}"
        lane, partition = Lane.INBOX, keys.partition(name)
        of_conversation = [keys.box, keys.flag, keys.tries]
        all_keys = [
            *(make(lane, name) for make in of_conversation),
            *(keys.ready(lane, partition), keys.delayed(lane, partition)),
            *(keys.counts(partition), keys.dead(partition)),
            *(
                keys.seen(lane, name, "m{1}"),
                keys.receipt(lane, name, "1-1"),
                keys.state(name),
                keys.transcript(name),
                keys.shown(name, "{r}1"),
            ),
        ]
        assert all(key.startswith(f"kawan:{tag}:") for key in all_keys)


def test_partition_of_a_conversation_never_changes() -> None:
    assert [Keys(8).partition(name) for name in ("web:main:ani", "wa:628:%2B62812", "telegram:bot:7")] == [5, 6, 4]
    assert Keys(1).partition("web:main:ani") == 0


@pytest.fixture(scope="module")
def nodes() -> Iterator[Sequence[RedisServer]]:
    """Three masters that know each other and share the slots."""
    if find_redis_server() is None:
        pytest.fail("needs a redis-server on PATH, or KAWAN_REDIS_SERVER")
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no")
    with ExitStack() as stack:
        # The nodes' own port is 10000 above the other.
        servers = [stack.enter_context(RedisServer(port=free_port(50000), options=options)) for _ in range(3)]
        for number, server in enumerate(servers):
            with Redis(port=server.port) as node:
                low, high = SLOTS * number // 3, SLOTS * (number + 1) // 3
                node.execute_command("CLUSTER", "ADDSLOTS", *range(low, high))
                node.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
                if number:
                    node.execute_command("CLUSTER", "MEET", "127.0.0.1", servers[0].port)
        _wait_until_whole(servers)
        yield servers


@pytest_asyncio.fixture
async def client(nodes: Sequence[RedisServer]) -> AsyncIterator[Client]:
    """A connection to the empty cluster."""
    client = connect(nodes[0].url, cluster=True)
    await _flush(client)
    yield client
    await disconnect(client)


@pytest_asyncio.fixture
async def mailroom(client: Client, clock: Clock) -> Mailroom:
    """A mailroom with a long lease, spread over the cluster."""
    rules = MailroomRules(partitions=PARTITIONS, lease_seconds=600)
    mailroom = Mailroom(client, rules, cluster=True, clock=clock)
    await mailroom.prepare()
    return mailroom


async def _flush(client: Client) -> None:
    redis: Any = client
    await redis.flushall(target_nodes="primaries")


async def _accepted(mailroom: Mailroom, name: str) -> str:
    try:
        return await mailroom.accept(inbound("later", name))
    except MailroomUnavailable:
        return ""


def _wait_until_whole(servers: Sequence[RedisServer]) -> None:
    deadline = time.monotonic() + FORM_SECONDS
    for server in servers:
        with Redis(port=server.port) as node:
            while not _knows_all(node.execute_command("CLUSTER", "INFO"), len(servers)):
                assert time.monotonic() < deadline, "the cluster did not form"
                time.sleep(0.02)


def _knows_all(info: bytes | str | dict[str, str], count: int) -> bool:
    text = info.decode() if isinstance(info, bytes) else str(info)
    return "cluster_state:ok" in text and f"cluster_slots_ok:{SLOTS}" in text and f"cluster_known_nodes:{count}" in text
