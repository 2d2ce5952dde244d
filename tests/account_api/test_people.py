"""The invented people: every member of every enum is lived by somebody, and what is shown is dated and masked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from bot.account_api import words
from bot.account_api.people import PEOPLE
from bot.account_api.statuses import masked_name, masked_number, status, today, waves
from tests.account_api.contract import Contract
from tests.account_api.serving import NOW

Json = dict[str, Any]
TODAY = today(NOW)
STATUSES = [status(person.name, person.situation, "full", NOW) for person in PEOPLE]


def _each(*path: str) -> Callable[[], Iterable[Any]]:
    """Every value at this path of every status, through lists and past what is absent."""

    def walk(node: Any, rest: tuple[str, ...]) -> Iterable[Any]:
        if isinstance(node, list):
            for inner in node:
                yield from walk(inner, rest)
        elif not rest:
            yield node
        elif isinstance(node, dict) and rest[0] in node:
            yield from walk(node[rest[0]], rest[1:])

    return lambda: (value for each in STATUSES for value in walk(each, path))


ENUMS = [
    (("Stage",), ("stage",), words.STAGES),
    (("Registration", "state"), ("registration", "state"), words.REGISTRATION),
    (("Registration", "reason"), ("registration", "reason"), words.REASONS),
    (("Selection", "state"), ("selection", "state"), words.SELECTION),
    (("Selection", "reason"), ("selection", "reason"), words.REASONS),
    (("Membership", "state"), ("membership", "state"), words.MEMBERSHIP),
    (("Membership", "reason"), ("membership", "reason"), words.REASONS),
    (("Course", "state"), ("training", "courses", "state"), words.COURSE),
    (("Course", "certificate"), ("training", "courses", "certificate"), words.CERTIFICATE),
    (("Incentive", "kind"), ("incentives", "kind"), words.INCENTIVE_KIND),
    (("Incentive", "state"), ("incentives", "state"), words.INCENTIVE),
    (("Incentive", "reason"), ("incentives", "reason"), words.REASONS),
    (("Survey", "state"), ("surveys", "state"), words.SURVEY),
    (("Destination", "kind"), ("destination", "kind"), words.DESTINATION_KIND),
    (("Destination", "state"), ("destination", "state"), words.DESTINATION),
    (("Destination", "reason"), ("destination", "reason"), words.REASONS),
]


@pytest.mark.parametrize(("enum", "path", "said"), ENUMS, ids=[".".join(enum) for enum, _, _ in ENUMS])
def test_somebody_lives_every_member(
    contract: Contract, enum: tuple[str, ...], path: tuple[str, ...], said: dict[str, str]
) -> None:
    members = contract.enum(*enum)
    assert set(_each(*path)()) == members
    assert members <= said.keys()


def test_no_enum_of_a_status_is_left_out(contract: Contract) -> None:
    ours = {enum for enum, _, _ in ENUMS}
    parts = ("Registration", "Selection", "Membership", "Course", "Incentive", "Survey", "Destination")
    for part in parts:
        for name in ("state", "reason", "kind", "certificate"):
            try:
                contract.enum(part, name)
            except KeyError:
                continue
            assert (part, name) in ours


def test_providers_and_destinations() -> None:
    assert set(_each("destination", "provider")()) == {"BNI", "BCA", "OVO", "GoPay", "LinkAja", "DANA"}
    assert None in _each("destination")()


def test_every_status_is_of_the_contract_at_both_levels(contract: Contract) -> None:
    for person in PEOPLE:
        contract.check("Status", status(person.name, person.situation, "full", NOW))
        contract.check("StageStatus", status(person.name, person.situation, "stage", NOW))


def test_stage_level_has_nothing_but_the_stage() -> None:
    for person in PEOPLE:
        assert status(person.name, person.situation, "stage", NOW).keys() == {"level", "as_of", "stage"}


def test_amounts_are_the_programmes() -> None:
    for each in STATUSES:
        assert each["training"]["balance"] <= 3_500_000
        amounts = Counter((incentive["kind"], incentive["amount"]) for incentive in each["incentives"])
        assert amounts in (Counter(), Counter({("training", 600_000): 1, ("survey", 50_000): 2}))
    assert 3_500_000 in _each("training", "balance")()
    assert max(_each("selection", "wave")()) == 71


def test_deadlines_are_near_whenever_one_looks() -> None:
    for now in (NOW, NOW + 400 * 86400):
        shown = [status(person.name, person.situation, "full", now) for person in PEOPLE]
        days = {
            each["training"]["first_purchase_until"] for each in shown if "first_purchase_until" in each["training"]
        }
        assert days == {(today(now) + timedelta(days=days)).isoformat() for days in (0, 1, 10)}


def test_what_has_happened_is_past_and_in_order() -> None:
    for each in STATUSES:
        for course in each["training"]["courses"]:
            bought = date.fromisoformat(course["bought_on"])
            assert bought <= TODAY
            assert date.fromisoformat(each["membership"]["since"]) <= bought or each["stage"] in {
                "completed",
                "revoked",
            }
            if "certificate_on" in course:
                assert bought < date.fromisoformat(course["certificate_on"]) <= TODAY
        for incentive in each["incentives"]:
            if "on" in incentive:
                assert (date.fromisoformat(incentive["on"]) > TODAY) == (incentive["state"] == "scheduled")


def test_reasons_stand_where_the_contract_puts_them() -> None:
    with_reason = {
        "registration": {"failed", "incomplete"},
        "selection": {"not_selected"},
        "membership": {"revoked", "blocked"},
        "destination": {"rejected"},
    }
    for each in STATUSES:
        for part, states in with_reason.items():
            if each[part] is not None:
                assert ("reason" in each[part]) == (each[part]["state"] in states), (part, each)
        for incentive in each["incentives"]:
            assert "reason" in incentive or incentive["state"] != "failed"
            assert "reason" not in incentive or incentive["state"] in {"failed", "not_due"}


def test_people_are_clearly_invented_and_two_share_a_phone() -> None:
    assert all(re.fullmatch(r"[a-z]+", person.id) for person in PEOPLE)
    assert len({person.id for person in PEOPLE}) == len(PEOPLE)
    assert all(re.fullmatch(r"\+62812000000\d\d", person.phone) for person in PEOPLE)
    shared = [count for count in Counter(person.phone for person in PEOPLE).values() if count > 1]
    assert shared == [2]
    assert all(person.about and "\n" not in person.about for person in PEOPLE)


def test_days_are_days_in_jakarta() -> None:
    # 17.30 UTC is half past midnight of the next day there.
    assert today(1_790_000_000 // 86400 * 86400 + 17.5 * 3600) == today(1_790_000_000 // 86400 * 86400) + timedelta(1)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("Siti Rohimah", "Si** R******"),
        ("Eko Prasetyo", "E** P*******"),
        ("Li A", "L* *"),
        ("A", "*"),
        ("Ibnu  Al Fatih", "Ib** A* F****"),
        ("", ""),
    ],
)
def test_masked_names(name: str, masked: str) -> None:
    assert masked_name(name) == masked


def test_no_name_or_number_of_anybody_is_shown_whole() -> None:
    for person, each in zip(PEOPLE, STATUSES):
        shown = str(each)
        assert not any(word in shown for word in person.name.split())
        destination = person.situation["destination"]
        if destination is not None:
            assert destination["number"] not in shown
            assert each["destination"]["number"] == masked_number(destination["number"])


@pytest.mark.parametrize("mode", ["none", "announced", "open"])
def test_waves(contract: Contract, mode: str) -> None:
    said = waves(mode, NOW)
    contract.check("Waves", said)
    assert [wave["state"] for wave in said["waves"]] == ([] if mode == "none" else [mode])
    for wave in said["waves"]:
        assert wave["opens_at"] < wave["closes_at"]
        assert (wave["opens_at"] <= said["as_of"]) == (mode == "open")
        assert said["as_of"] < wave["closes_at"]
