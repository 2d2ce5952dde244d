"""What actions ask of the worker: promises that outlive it, messages to other chats, and another attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import pytest_asyncio

from bot.assistant.parses import Parse
from bot.contract.mailroom import Mailroom
from bot.contract.promises import Promises
from bot.contract.scripts import Client
from nlu.content.live import LiveCatalogue
from tests.assistant.fake_engine import FakeEngine
from tests.assistant.workroom import ANI, Outbox, hurry, make_worker, open_mailroom, says, working

BUDI = "web:main:budi"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest_asyncio.fixture
async def mailroom(redis: Client) -> Mailroom:
    return await open_mailroom(redis)


@pytest.fixture
def outbox(mailroom: Mailroom) -> Outbox:
    return Outbox(mailroom)


class AskingEngine(FakeEngine):
    """Answers "nanti" with a promise, "kabari" with a message to Budi, and wakes with what woke it."""

    def __init__(self) -> None:
        super().__init__()
        self.redis_away = 0

    async def turn(
        self,
        conversation: str,
        events: Sequence[dict[str, Any]],
        parse: Parse,
        about: Mapping[str, Any] | None = None,
    ) -> tuple[list[dict[str, Any]], tuple[dict[str, Any], ...]]:
        """One reply, and what is asked of the worker."""
        text = str(parse["text"])
        if text == "coba" and self.redis_away:
            self.redis_away -= 1
            return [{"custom": {"again": True}}], ()
        if (about or {}).get("woken"):
            return [{"text": f"bangun: {parse['intent']['name']}"}], ()
        wake = {"intent": "check_status", "entities": [], "seconds": 60.0, "conversation": ""}
        if text == "kabari":
            wake |= {"intent": "linked_elsewhere", "seconds": 0.0, "conversation": BUDI}
        asked = [{"custom": {"wake": wake}}] if text in ("nanti", "kabari") else []
        asked += [{"custom": {"quiet": True}}] if text == "diam" else []
        return [*([{"text": f"balasan {text}"}] if text != "diam" else []), *asked], ()


async def test_promise_outlives_the_worker_that_made_it(
    mailroom: Mailroom,
    outbox: Outbox,
    catalogue: LiveCatalogue,
) -> None:
    async with working(make_worker(mailroom, AskingEngine(), catalogue)):
        await says(mailroom, 1, "nanti")
        assert await outbox.wait_for(1) == ["balasan nanti"]
    promises = Promises(mailroom)
    assert await promises.waiting() == 1
    # Another worker, on the day after.
    await mailroom.client.zadd(mailroom.keys.promised(0), {ANI: 0})
    async with working(make_worker(mailroom, AskingEngine(), catalogue)):
        assert await outbox.wait_for(2) == ["balasan nanti", "bangun: check_status"]
    assert await promises.waiting() == 0


async def test_other_chat_hears_of_it_once_even_when_the_turn_is_repeated(
    mailroom: Mailroom,
    outbox: Outbox,
    catalogue: LiveCatalogue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commits = 0
    commit = mailroom.commit

    async def lost_once(*arguments: Any, **more: Any) -> bool:
        nonlocal commits
        commits += 1
        # The first worker dies between what it was asked for and its commit.
        if commits == 1:
            raise RuntimeError("killed")
        return await commit(*arguments, **more)

    monkeypatch.setattr(mailroom, "commit", lost_once)
    async with working(make_worker(mailroom, AskingEngine(), catalogue)):
        await says(mailroom, 1, "kabari")
        texts = await outbox.wait_for(2)
        await says(mailroom, 2, "selesai")
        texts = await outbox.wait_for(3)
    assert sorted(texts) == ["balasan kabari", "balasan selesai", "bangun: linked_elsewhere"]
    assert [post.conversation for post in outbox.posts if post.text.startswith("bangun")] == [BUDI]


async def test_turn_that_says_nothing_on_purpose_gets_no_apology(
    mailroom: Mailroom,
    outbox: Outbox,
    catalogue: LiveCatalogue,
) -> None:
    async with working(make_worker(mailroom, AskingEngine(), catalogue)):
        await says(mailroom, 1, "diam")
        await says(mailroom, 2, "halo")
        assert await outbox.wait_for(1) == ["balasan halo"]


async def test_action_that_could_not_reach_redis_is_tried_again(
    mailroom: Mailroom,
    outbox: Outbox,
    catalogue: LiveCatalogue,
) -> None:
    engine = AskingEngine()
    engine.redis_away = 2
    async with working(make_worker(mailroom, engine, catalogue)):
        await says(mailroom, 1, "coba")
        assert await outbox.wait_for(1) == ["balasan coba"]
    assert engine.redis_away == 0
