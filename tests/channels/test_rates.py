"""Token buckets in Redis: never more than the limit, no crowd after a wait, pauses for everybody."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from bot.channels.platform import Limit, Limits
from bot.channels.rates import PATIENCE_SECONDS, Rates, Turn
from bot.contract.messages import Address
from bot.contract.scripts import Client

SLOW = Limits(account=Limit(10, 1), person=Limit(1, 1, burst=3), group=Limit(20, 60))
WIDE = Limits(account=Limit(100_000, 1, burst=1000), person=Limit(1, 6, burst=2))


def person(name: str, account: str = "default") -> Address:
    return Address("merpati", account, name)


@pytest.fixture
def rates(redis: Client) -> Rates:
    return Rates(redis)


async def test_account_is_never_faster_than_its_limit(rates: Rates) -> None:
    begun = time.monotonic()
    planned = []
    for number in range(12):
        turn = await rates.take(person(f"p{number}"), SLOW)
        assert turn.granted
        planned.append(time.monotonic() - begun + turn.wait_seconds)
    gaps = [later - earlier for earlier, later in itertools.pairwise(planned)]
    assert min(gaps) > 0.09
    assert planned[-1] > 1.0


async def test_two_gateways_share_the_limit(redis: Client) -> None:
    both = [Rates(redis), Rates(redis)]
    turns = await asyncio.gather(*(both[number % 2].take(person(f"p{number}"), SLOW) for number in range(10)))
    waits = sorted(turn.wait_seconds for turn in turns)
    assert waits[-1] > 0.9


async def test_waits_beyond_patience_are_spread_so_that_no_crowd_returns(rates: Rates) -> None:
    turns = [await rates.take(person(f"p{number}"), SLOW) for number in range(60)]
    aside = [turn.wait_seconds for turn in turns if not turn.granted]
    assert len(aside) > 40
    assert aside == sorted(aside)
    assert aside[-1] - aside[0] > 3.0
    assert all(turn.wait_seconds <= PATIENCE_SECONDS for turn in turns if turn.granted)


async def test_what_was_not_granted_costs_nothing(rates: Rates) -> None:
    ani = person("ani")
    assert [(await rates.take(ani, WIDE)).granted for _ in range(4)] == [True, True, False, False]
    first, second = await rates.take(ani, WIDE), await rates.take(ani, WIDE)
    assert first.wait_seconds == pytest.approx(second.wait_seconds, abs=0.5)


async def test_one_person_at_the_limit_does_not_hold_another(rates: Rates) -> None:
    for _ in range(3):
        await rates.take(person("ani"), WIDE)
    assert (await rates.take(person("budi"), WIDE)).wait_seconds < 0.1


async def test_group_has_a_limit_of_its_own(rates: Rates) -> None:
    first = await rates.take(person("-100"), SLOW, group=True)
    second = await rates.take(person("-100"), SLOW, group=True)
    assert first.granted
    assert not second.granted
    assert second.wait_seconds == pytest.approx(60 / 20 / 0.9, abs=0.5)


async def test_pause_of_an_account_holds_its_people_and_no_other_account(rates: Rates) -> None:
    await rates.hold_account(person("ani"), 30)
    held = await rates.take(person("budi"), WIDE)
    assert held.granted is False
    assert held.wait_seconds > 28
    assert (await rates.take(person("budi", "kedua"), WIDE)).granted


async def test_pause_of_a_person_holds_nobody_else(rates: Rates) -> None:
    await rates.hold_person(person("ani"), 30)
    assert not (await rates.take(person("ani"), WIDE)).granted
    assert (await rates.take(person("budi"), WIDE)).granted


async def test_shorter_pause_does_not_end_a_longer_one(rates: Rates) -> None:
    await rates.hold_account(person("ani"), 30)
    await rates.hold_account(person("ani"), 1)
    assert (await rates.take(person("ani"), WIDE)).wait_seconds > 28


async def test_person_with_odd_id_has_a_bucket(rates: Rates) -> None:
    assert await rates.take(person("{x}:ID.5550001 é"), WIDE) == Turn(True, 0.0)
