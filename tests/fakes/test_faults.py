"""The plan of faults: when a rule fires, how often, and how it is read from JSON."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.faults import (
    ON_CALL,
    ON_DELIVERY,
    BadFault,
    Blocked,
    Duplicate,
    FaultPlan,
    RateLimited,
    Refuse,
    Reorder,
    Rule,
    describe,
    read_rule,
)


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def plan(*rules: Rule, clock: Clock | None = None, seed: int = 0) -> FaultPlan:
    return FaultPlan(clock or Clock(), seed=seed, rules=rules)


def test_a_rule_without_conditions_fires_always() -> None:
    faults = plan(Rule(Refuse()))
    assert [faults.on_call("sendMessage", "42") for _ in range(3)] == [Refuse()] * 3


def test_a_rule_fires_for_its_method_and_its_person_alone() -> None:
    faults = plan(Rule(Refuse(), method="sendMessage", person="42"))
    assert faults.on_call("getUpdates", "42") is None
    assert faults.on_call("sendMessage", "43") is None
    assert faults.on_call("sendmessage", "42") == Refuse()


def test_times_and_nth_count_matching_calls_only() -> None:
    faults = plan(Rule(Blocked(), method="b", nth=2), Rule(Refuse(), method="a", times=2))
    seen = [faults.on_call(method) for method in "abababa"]
    assert seen == [Refuse(), None, Refuse(), Blocked(), None, None, None]
    assert faults.rules == []


def test_an_outage_begins_and_ends_by_the_clock() -> None:
    clock = Clock()
    faults = plan(Rule(Refuse(), after=10, seconds=30), clock=clock)
    seen = []
    for at in (0, 9.9, 10, 39.9, 40):
        clock.now = 1000.0 + at
        seen.append(faults.on_call("sendMessage"))
    assert seen == [None, None, Refuse(), Refuse(), None]


def test_a_share_is_kept_and_the_same_seed_repeats_it() -> None:
    first = plan(Rule(Refuse(), share=0.3))
    run = [first.on_call("m") is not None for _ in range(1000)]
    again = plan(Rule(Refuse(), share=0.3))
    other = plan(Rule(Refuse(), share=0.3), seed=1)
    assert 250 < sum(run) < 350
    assert [again.on_call("m") is not None for _ in range(1000)] == run
    assert [other.on_call("m") is not None for _ in range(1000)] != run


def test_the_first_matching_rule_decides_a_call_and_all_of_them_a_delivery() -> None:
    faults = plan(Rule(Blocked(), times=1), Rule(Refuse()), Rule(Duplicate(1)), Rule(Reorder(2)))
    assert [faults.on_call("m"), faults.on_call("m")] == [Blocked(), Refuse()]
    assert faults.on_delivery("message") == [Duplicate(1), Reorder(2)]
    assert [fired.action.kind for fired in faults.fired] == ["blocked", "refuse", "duplicate", "reorder"]


def test_clear_takes_every_rule_out_of_force() -> None:
    faults = plan(Rule(Refuse()))
    faults.clear()
    assert faults.on_call("m") is None


@pytest.mark.parametrize("kind", [*ON_CALL, *ON_DELIVERY], ids=lambda kind: kind.kind)
def test_every_action_survives_the_way_through_json(kind: Any) -> None:
    rule = Rule(kind(), method="sendMessage", person="42", times=3, seconds=2.5)
    assert read_rule(describe(rule)) == rule


@pytest.mark.parametrize(
    ("described", "complaint"),
    [
        ("refuse", "must be an object"),
        ({}, "needs an action"),
        ({"action": {"kind": "earthquake"}}, "must be one of rate_limited"),
        ({"action": {"kind": "refuse", "seconds": 3}}, "knows no 'seconds'"),
        ({"action": {"kind": "slow", "seconds": "3"}}, "seconds of Slow has the wrong type"),
        ({"action": {"kind": "slow", "seconds": True}}, "seconds of Slow has the wrong type"),
        ({"action": {"kind": "refuse"}, "moon": "full"}, "knows no 'moon'"),
        ({"action": {"kind": "refuse"}, "times": 1.5}, "times of Rule has the wrong type"),
    ],
)
def test_a_wrong_description_is_refused_in_words(described: Any, complaint: str) -> None:
    with pytest.raises(BadFault, match=complaint):
        read_rule(described)


def test_a_list_with_one_wrong_rule_changes_nothing() -> None:
    faults = plan()
    with pytest.raises(BadFault):
        faults.load([describe(Rule(RateLimited(5))), {"action": {"kind": "earthquake"}}])
    assert faults.rules == []
