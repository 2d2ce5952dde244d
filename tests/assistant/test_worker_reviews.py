"""What editors are to see is written before the commit, once, and again when Redis comes back."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from bot.assistant.engine import Engine
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom
from bot.contract.messages import Inbound
from bot.contract.reviews import Reviews
from bot.contract.scripts import Client
from nlu.content.live import LiveCatalogue
from tests.assistant.talk import START
from tests.assistant.workroom import ANI, Outbox, hurry, make_worker, open_mailroom, says, working

QUESTION = "lupa password prakerja"
YEAR = 365


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest_asyncio.fixture
async def mailroom(redis: Client) -> Mailroom:
    return await open_mailroom(redis)


@pytest.fixture
def outbox(mailroom: Mailroom) -> Outbox:
    return Outbox(mailroom)


@pytest.fixture
def reviews(redis: Client) -> Reviews:
    # Turns are dated by the tests' own clock, which is not the worker's.
    return Reviews(redis, YEAR)


async def test_complaint_reaches_the_editors_once_even_when_its_turn_is_repeated(
    mailroom: Mailroom,
    outbox: Outbox,
    reviews: Reviews,
    engine: Engine,
    catalogue: LiveCatalogue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commits = 0
    commit = mailroom.commit

    async def lost_once(claim: Claim, **more: Any) -> bool:
        nonlocal commits
        commits += claim.lane is Lane.INBOX
        # The worker dies between the complaint's note and its commit.
        if claim.lane is Lane.INBOX and commits == 2:
            raise RuntimeError("killed")
        return await commit(claim, **more)

    monkeypatch.setattr(mailroom, "commit", lost_once)
    async with working(make_worker(mailroom, engine, catalogue)):
        await says(mailroom, 1, QUESTION)
        await outbox.wait_for(1)
        await says(mailroom, 2, "👎")
        await outbox.wait_for(2)
    assert commits == 3
    (one,) = await reviews.all()
    assert (one.kind, one.text) == ("downvoted", QUESTION)
    assert await reviews.totals() == {"downvoted": 1, "downvoted:lupa-sandi": 1}
    assert ANI not in one.to_json()


async def test_note_waits_with_its_turn_while_redis_is_away(
    mailroom: Mailroom,
    outbox: Outbox,
    reviews: Reviews,
    engine: Engine,
    catalogue: LiveCatalogue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = 3
    add = Reviews.add

    async def away_at_first(self: Reviews, *arguments: Any) -> None:
        nonlocal away
        away -= 1
        if away >= 0:
            raise MailroomUnavailable("away")
        await add(self, *arguments)

    monkeypatch.setattr(Reviews, "add", away_at_first)
    async with working(make_worker(mailroom, engine, catalogue)):
        await says(mailroom, 1, QUESTION)
        await outbox.wait_for(1)
        await says(mailroom, 2, "👎")
        await outbox.wait_for(2)
    assert [one.kind for one in await reviews.all()] == ["downvoted"]
    assert away == -1


async def test_message_taken_back_leaves_the_editors_list(
    mailroom: Mailroom, outbox: Outbox, reviews: Reviews, engine: Engine, catalogue: LiveCatalogue
) -> None:
    async with working(make_worker(mailroom, engine, catalogue)):
        await says(mailroom, 1, QUESTION)
        await outbox.wait_for(1)
        await says(mailroom, 2, "👎")
        await outbox.wait_for(2)
        assert len(await reviews.all()) == 1
        await mailroom.accept(Inbound("revoke.m1", ANI, "revoked", START + 30, revokes="m1"))
        await says(mailroom, 3, "halo")
        await outbox.wait_for(3)
    assert await reviews.all() == []
