"""The worker on a real Redis: it drains, shows that it lives, takes over from the dead, and outlives Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from bot.assistant.engine import Engine
from bot.assistant.worker import Worker
from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.scripts import Client
from nlu.content.live import LiveCatalogue
from tests.assistant.fake_engine import RAISING, SLOW, UNPARSABLE, FakeEngine
from tests.assistant.workroom import ANI, LEASE, Outbox, hurry, make_worker, open_mailroom, says, working
from tests.contract.samples import until
from tests.redis_server import RedisServer

BUDI = "web:main:budi"
Start = Callable[..., Worker]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
def engine_of_words() -> FakeEngine:
    return FakeEngine()


@pytest_asyncio.fixture
async def mailroom(redis: Client) -> Mailroom:
    return await open_mailroom(redis)


@pytest.fixture
def outbox(mailroom: Mailroom) -> Outbox:
    return Outbox(mailroom)


def alive(mailroom: Mailroom) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return len(await mailroom.workers.alive()) == 1

    return check


async def test_question_goes_through_redis_and_the_real_model(
    mailroom: Mailroom, outbox: Outbox, engine: Engine, catalogue: LiveCatalogue
) -> None:
    async with working(make_worker(mailroom, engine, catalogue)):
        await says(mailroom, 1, "insentif saya kok belum cair ya min")
        (text,) = await outbox.wait_for(1)
    assert catalogue.current().entries["insentif-belum-cair"].answer in text


async def test_messages_of_many_people_are_answered_once_and_in_order(
    mailroom: Mailroom, outbox: Outbox, engine_of_words: FakeEngine, catalogue: LiveCatalogue
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(working(make_worker(mailroom, engine_of_words, catalogue)))
        people = [f"web:main:p{number}" for number in range(20)]
        for number in range(5):
            for person in people:
                await says(mailroom, number, f"pesan {number}", person)
        await outbox.wait_for(100)
    assert len(outbox.posts) == 100
    for person in people:
        mine = [post for post in outbox.posts if post.conversation == person]
        assert [post.text for post in mine] == [f"balasan pesan {number}" for number in range(5)]
        assert [post.turn for post in mine] == [1, 2, 3, 4, 5]


async def test_heartbeat_appears_and_disappears(
    mailroom: Mailroom, engine_of_words: FakeEngine, catalogue: LiveCatalogue
) -> None:
    async with working(make_worker(mailroom, engine_of_words, catalogue)):
        await until(alive(mailroom))
        (about,) = (await mailroom.workers.alive()).values()
        assert about["model"] == "fake"
        assert {"pid", "held", "turns", "failures", "lost_leases"} <= set(about)
    assert await mailroom.workers.alive() == {}


async def test_stopping_worker_finishes_what_it_holds_and_leaves_the_rest(
    mailroom: Mailroom, outbox: Outbox, engine_of_words: FakeEngine, catalogue: LiveCatalogue
) -> None:
    engine_of_words.running, engine_of_words.may_go_on = asyncio.Event(), asyncio.Event()
    worker = make_worker(mailroom, engine_of_words, catalogue)
    async with working(worker) as task:
        await says(mailroom, 1, "satu")
        await engine_of_words.running.wait()
        worker.stop()
        # Longer than its claims and its lease live: it holds on to its work and takes no new one.
        await asyncio.sleep(2 * LEASE)
        await says(mailroom, 2, "dua", BUDI)
        assert not task.done()
        engine_of_words.may_go_on.set()
        await task
    assert await outbox.wait_for(1) == ["balasan satu"]
    assert (await mailroom.stats(Lane.INBOX)).waiting == 1
    async with working(make_worker(mailroom, engine_of_words, catalogue)):
        assert await outbox.wait_for(2) == ["balasan satu", "balasan dua"]


async def test_work_that_outlasts_the_drain_is_left_to_others(
    mailroom: Mailroom, outbox: Outbox, catalogue: LiveCatalogue
) -> None:
    stuck = FakeEngine()
    stuck.running, stuck.may_go_on = asyncio.Event(), asyncio.Event()
    worker = make_worker(mailroom, stuck, catalogue, drain_seconds=0.05)
    async with working(worker):
        await says(mailroom, 1, "satu")
        await stuck.running.wait()
    async with working(make_worker(mailroom, FakeEngine(), catalogue)):
        assert await outbox.wait_for(1) == ["balasan satu"]


async def test_claim_of_a_dead_worker_is_taken_over(
    mailroom: Mailroom, outbox: Outbox, engine_of_words: FakeEngine, catalogue: LiveCatalogue
) -> None:
    await says(mailroom, 1, "satu")
    await says(mailroom, 2, "dua")
    assert len(await mailroom.claim(Lane.INBOX, "dead", 1, 0)) == 1
    async with working(make_worker(mailroom, engine_of_words, catalogue)):
        assert await outbox.wait_for(2) == ["balasan satu", "balasan dua"]


@pytest.mark.parametrize("trouble", [RAISING, UNPARSABLE, SLOW])
async def test_message_that_never_works_is_given_up_and_the_next_goes_on(
    mailroom: Mailroom, outbox: Outbox, engine_of_words: FakeEngine, catalogue: LiveCatalogue, trouble: str
) -> None:
    await says(mailroom, 1, trouble)
    await says(mailroom, 2, "dua")
    async with working(make_worker(mailroom, engine_of_words, catalogue, turn_seconds=0.05)):
        texts = await outbox.wait_for(2)
    assert texts == [catalogue.current().notices["given_up"].text, "balasan dua"]
    assert await mailroom.dead_letters() == 1


async def test_unparsable_message_blames_neither_its_predecessor_nor_other_people(
    mailroom: Mailroom, outbox: Outbox, engine_of_words: FakeEngine, catalogue: LiveCatalogue
) -> None:
    await says(mailroom, 1, "satu")
    await says(mailroom, 2, UNPARSABLE)
    await says(mailroom, 1, "halo", BUDI)
    async with working(make_worker(mailroom, engine_of_words, catalogue)):
        await outbox.wait_for(3)
    mine = [post.text for post in outbox.posts if post.conversation == ANI]
    assert mine == ["balasan satu", catalogue.current().notices["given_up"].text]
    assert [post.text for post in outbox.posts if post.conversation == BUDI] == ["balasan halo"]
    assert await mailroom.dead_letters() == 1


async def test_garbled_message_is_a_dead_letter_and_the_next_goes_on(
    mailroom: Mailroom, redis: Client, outbox: Outbox, engine_of_words: FakeEngine, catalogue: LiveCatalogue
) -> None:
    await says(mailroom, 1, "satu")
    await says(mailroom, 2, "dua")
    await redis.lset(mailroom.keys.box(Lane.INBOX, ANI), 0, b'{"id":')  # type: ignore[misc]
    async with working(make_worker(mailroom, engine_of_words, catalogue)):
        assert await outbox.wait_for(1) == ["balasan dua"]
    assert await mailroom.dead_letters() == 1


async def test_worker_outlives_redis_and_commits_what_it_had_done(
    own_redis: RedisServer, engine_of_words: FakeEngine, catalogue: LiveCatalogue
) -> None:
    client = connect(own_redis.url)
    mailroom = Mailroom(client, MailroomRules(lease_seconds=30))
    await mailroom.prepare()
    engine_of_words.running, engine_of_words.may_go_on = asyncio.Event(), asyncio.Event()
    async with working(make_worker(mailroom, engine_of_words, catalogue)):
        await says(mailroom, 1, "satu")
        await engine_of_words.running.wait()
        own_redis.kill()
        engine_of_words.may_go_on.set()
        with pytest.raises(MailroomUnavailable):
            await says(mailroom, 2, "dua")
        own_redis.start()
        outbox = Outbox(mailroom)
        assert await outbox.wait_for(1) == ["balasan satu"]
        await says(mailroom, 3, "tiga")
        assert await outbox.wait_for(2) == ["balasan satu", "balasan tiga"]
    assert engine_of_words.parsed == [["satu"], ["tiga"]]
    await disconnect(client)


async def test_worker_waits_for_a_redis_that_is_not_there_yet(
    own_redis: RedisServer, engine_of_words: FakeEngine, catalogue: LiveCatalogue
) -> None:
    own_redis.stop()
    client = connect(own_redis.url)
    mailroom = Mailroom(client, MailroomRules())
    async with working(make_worker(mailroom, engine_of_words, catalogue)):
        await asyncio.sleep(0.1)
        own_redis.start()
        await until(alive(mailroom))
        await says(mailroom, 1, "satu")
        assert await Outbox(mailroom).wait_for(1) == ["balasan satu"]
    await disconnect(client)


async def test_worker_can_be_stopped_while_redis_is_away(
    own_redis: RedisServer, engine_of_words: FakeEngine, catalogue: LiveCatalogue
) -> None:
    client = connect(own_redis.url)
    mailroom = Mailroom(client, MailroomRules())
    worker = make_worker(mailroom, engine_of_words, catalogue)
    async with working(worker) as task:
        await until(alive(mailroom))
        own_redis.stop()
        worker.stop()
        await asyncio.wait_for(task, 10)
    own_redis.start()
    await disconnect(client)
