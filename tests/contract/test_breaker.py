"""The circuit breaker: opens after several failures in a row, waits longer each time, closes at the first success."""

from __future__ import annotations

import pytest

from bot.contract.breaker import PAUSES_SECONDS, THRESHOLD, Breaker
from tests.contract.samples import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.failed()


def test_single_failures_open_nothing(breaker: Breaker) -> None:
    fail(breaker, THRESHOLD - 1)
    breaker.worked()
    fail(breaker, THRESHOLD - 1)
    assert not breaker.down
    assert breaker.wait_seconds == 0


def test_failures_in_a_row_open_it(breaker: Breaker) -> None:
    fail(breaker, THRESHOLD)
    assert breaker.down
    assert breaker.wait_seconds == PAUSES_SECONDS[0]


def test_calls_under_way_do_not_prolong_the_pause(breaker: Breaker) -> None:
    fail(breaker, THRESHOLD + 50)
    assert breaker.wait_seconds == PAUSES_SECONDS[0]


def test_pauses_grow_up_to_a_limit(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, THRESHOLD - 1)
    pauses = []
    for _ in range(len(PAUSES_SECONDS) + 2):
        breaker.failed()
        pauses.append(breaker.wait_seconds)
        clock.now += breaker.wait_seconds
    assert pauses == pytest.approx([*PAUSES_SECONDS, PAUSES_SECONDS[-1], PAUSES_SECONDS[-1]])


def test_success_closes_it_at_once(breaker: Breaker) -> None:
    fail(breaker, THRESHOLD)
    breaker.worked()
    assert not breaker.down
    assert breaker.wait_seconds == 0
