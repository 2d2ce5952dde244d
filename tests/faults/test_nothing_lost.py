"""Nothing is lost, nothing is done twice, and order holds while processes are killed and Redis is restarted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.contract.keys import Lane
from bot.contract.mailroom import LaneStats
from tests.faults.crowd import Crowd, Person, browser_session
from tests.faults.stage import Stage, staged

PEOPLE = 200
MESSAGES_EACH = 10
TOTAL = PEOPLE * MESSAGES_EACH
LIMIT_SECONDS = 240.0


async def test_every_message_is_answered_once_and_in_order_while_processes_die(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage, browser_session() as http:
        crowd = Crowd(stage.url, http, people=PEOPLE, messages=MESSAGES_EACH, seed=72)
        async with asyncio.timeout(LIMIT_SECONDS):
            async with asyncio.TaskGroup() as group:
                group.create_task(crowd.talk())
                group.create_task(_misfortune(stage))
            await _until(stage, Lane.OUTBOX, lambda outbox: outbox.waiting == 0 and outbox.ready == 0)
            inbox = await stage.mailroom.stats(Lane.INBOX)
            outbox = await stage.mailroom.stats(Lane.OUTBOX)
            seen = [await crowd.read(person) for person in crowd.people]

        assert stage.crashes == {"worker": 3, "gateway": 1}
        assert crowd.accepted == TOTAL
        assert inbox.totals["accepted"] == inbox.totals["handled"] == TOTAL
        assert inbox.totals["duplicate"] >= sum(person.repeats for person in crowd.people)
        assert (inbox.ready, inbox.claimed, inbox.delayed, inbox.waiting) == (0, 0, 0, 0)
        assert outbox.totals["accepted"] == outbox.totals["handled"]
        assert await stage.mailroom.dead_letters() == 0
        for person, lines in zip(crowd.people, seen, strict=True):
            _check_one(person, lines)
        await _check_turns(stage, seen)


def _check_one(person: Person, lines: list[dict[str, object]]) -> None:
    ids = [line["id"] for line in lines]
    assert len(ids) == len(set(ids)), "a line is shown twice"
    own = [line["id"] for line in lines if line["from"] == "person"]
    assert own == person.sent, "own messages are missing or out of order"
    answered = [answer for line in lines if line["last"] for answer in line["answers"]]  # type: ignore[attr-defined]
    assert answered == person.sent, "not each message is answered once and in order"


async def _check_turns(stage: Stage, seen: list[list[dict[str, object]]]) -> None:
    """The stored dialogue counts as many turns as the person saw answers: none was taken twice unseen."""
    prefix = "kawan:{0}:state:"
    states = {}
    async for key in stage.client.scan_iter(match=f"{prefix}*", count=1000):
        raw = await stage.client.get(key)
        states[key.decode().removeprefix(prefix)] = json.loads(raw)["turn"]
    assert len(states) == PEOPLE
    assert sorted(states.values()) == sorted(sum(1 for line in lines if line["from"] == "bot") for lines in seen)


async def _misfortune(stage: Stage) -> None:
    """Blows that fall when a certain share of the work is done, so that there is always work in progress."""
    blows: list[tuple[float, Callable[[], Awaitable[None]]]] = [
        (0.10, _kill(stage, "worker")),
        (0.30, _kill(stage, "gateway")),
        (0.40, _kill(stage, "worker")),
        (0.55, stage.restart_redis),
        (0.75, _kill(stage, "worker")),
    ]
    for share, blow in blows:
        await _until(stage, Lane.INBOX, lambda inbox, share=share: inbox.totals.get("handled", 0) >= share * TOTAL)
        await blow()
    await _until(stage, Lane.INBOX, lambda inbox: inbox.totals.get("handled", 0) >= TOTAL)


def _kill(stage: Stage, name: str) -> Callable[[], Awaitable[None]]:
    async def blow() -> None:
        stage.crash(name)

    return blow


async def _until(stage: Stage, lane: Lane, condition: Callable[[LaneStats], bool]) -> None:
    while not condition(await stage.mailroom.stats(lane)):
        await asyncio.sleep(0.05)
