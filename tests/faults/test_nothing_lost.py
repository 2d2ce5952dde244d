"""Nothing is lost, nothing is done twice, and order holds while processes are killed and Redis is restarted."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.channels.web.session import address_of
from bot.contract.keys import Lane
from bot.contract.mailroom import LaneStats
from bot.contract.messages import Address
from tests.faults.crowd import Crowd, Person, browser_session
from tests.faults.stage import Stage, staged

PEOPLE = 200
MESSAGES_EACH = 10
LIMIT_SECONDS = 240.0

Lines = list[dict[str, Any]]


@pytest.mark.parametrize(
    ("people", "gently", "fsync"),
    [
        pytest.param(PEOPLE, True, "everysec", id="redis is restarted"),
        # Only `always` promises what a killed Redis has said, however slow its disk is at that moment.
        pytest.param(PEOPLE // 4, False, "always", id="redis is killed"),
    ],
)
async def test_every_message_is_answered_once_and_in_order_while_processes_die(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], people: int, gently: bool, fsync: str
) -> None:
    total = people * MESSAGES_EACH
    started = time.monotonic()
    async with staged(tmp_path, fsync=fsync) as stage, browser_session() as http:
        crowd = Crowd(stage.url, http, people=people, messages=MESSAGES_EACH, seed=72)
        async with asyncio.timeout(LIMIT_SECONDS):
            async with asyncio.TaskGroup() as group:
                group.create_task(crowd.talk())
                group.create_task(_misfortune(stage, total, gently=gently))
            await _until(stage, Lane.OUTBOX, lambda outbox: outbox.waiting == 0 and outbox.ready == 0)
            inbox = await stage.mailroom.stats(Lane.INBOX)
            outbox = await stage.mailroom.stats(Lane.OUTBOX)
            seen = [await crowd.read(person) for person in crowd.people]

        assert stage.crashes == {"worker": 3, "gateway": 1, "redis": 1}
        assert crowd.accepted == total
        assert inbox.totals["accepted"] == inbox.totals["handled"] == total
        assert inbox.totals["duplicate"] >= sum(person.repeats for person in crowd.people)
        assert outbox.totals["accepted"] == outbox.totals["handled"] == sum(map(_bubbles, seen))
        assert await stage.mailroom.dead_letters() == 0
        await _check_that_nothing_is_left(stage)
        for person, lines in zip(crowd.people, seen, strict=True):
            _check_one(person, lines)
            await _check_turns(stage, address_of(person.secret), lines)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{total} messages of {people} people, {inbox.totals['duplicate']} of them sent again, "
            f"in {time.monotonic() - started:.0f} s through {stage.crashes}: "
            f"{sum(map(_turns, seen))} turns, {outbox.totals['accepted']} replies, none lost, none twice\n"
        )


def _bubbles(lines: Lines) -> int:
    return sum(line["from"] == "bot" for line in lines)


def _turns(lines: Lines) -> int:
    return sum(line["from"] == "bot" and line["last"] for line in lines)


def _check_one(person: Person, lines: Lines) -> None:
    ids = [line["id"] for line in lines]
    assert len(ids) == len(set(ids)), "a line is shown twice"
    own = [line["id"] for line in lines if line["from"] == "person"]
    assert own == person.sent, "own messages are missing or out of order"
    answered = [answer for line in lines if line["last"] for answer in line["answers"]]
    assert answered == person.sent, "not each message is answered once and in order"


async def _check_turns(stage: Stage, address: Address, lines: Lines) -> None:
    """The stored dialogue counts as many turns as the person saw: none was taken twice unseen."""
    raw = await stage.client.get(stage.mailroom.keys.state(address.key))
    assert raw is not None
    assert json.loads(raw)["turn"] == _turns(lines)


async def _check_that_nothing_is_left(stage: Stage) -> None:
    """No mailbox, no claim, nothing put aside: also what the counters would not show."""
    for lane in Lane:
        stats = await stage.mailroom.stats(lane)
        assert (stats.ready, stats.claimed, stats.delayed, stats.waiting) == (0, 0, 0, 0), lane
    keys = [key.decode() async for key in stage.client.scan_iter(count=1000)]
    assert [key for key in keys if ":box:" in key or ":flag:" in key or ":tries:" in key] == []


async def _misfortune(stage: Stage, total: int, *, gently: bool) -> None:
    """Blows that fall when a certain share of the work is done, so that there is always work in progress."""
    blows: list[tuple[float, Callable[[], Awaitable[None]]]] = [
        (0.10, partial(stage.crash, "worker")),
        (0.30, partial(stage.crash, "gateway")),
        (0.40, partial(stage.crash, "worker")),
        (0.55, partial(stage.restart_redis, gently=gently)),
        (0.75, partial(stage.crash, "worker")),
    ]
    for share, blow in blows:
        await _until(stage, Lane.INBOX, partial(_handled, share * total))
        await blow()
    await _until(stage, Lane.INBOX, partial(_handled, total))


def _handled(count: float, inbox: LaneStats) -> bool:
    return inbox.totals.get("handled", 0) >= count


async def _until(stage: Stage, lane: Lane, condition: Callable[[LaneStats], bool]) -> None:
    while not condition(await stage.mailroom.stats(lane)):
        await asyncio.sleep(0.05)
