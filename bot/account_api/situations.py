"""Of what invented people are made: situations in the shape of the contract's FullStatus, days as days from today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

TRAINING_BALANCE = 3_500_000
TRAINING_INCENTIVE = 600_000
SURVEY_INCENTIVE = 50_000
LAST_WAVE = 71


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist. `about` is their situation in one line, for the dashboard."""

    id: str
    name: str
    phone: str
    about: str
    situation: Json


def situation(
    stage: str,
    *,
    registration: Json | None = None,
    selection: Json | None = None,
    membership: Json | None = None,
    training: Json | None = None,
    incentives: list[Json] | None = None,
    surveys: list[Json] | None = None,
    destination: Json | None = None,
) -> Json:
    """A whole situation; what is not given is how it is before anything has happened, for a verified person."""
    return {
        "stage": stage,
        "registration": registration or {"state": "verified"},
        "selection": selection or {"state": "not_joined"},
        "membership": membership or {"state": "none"},
        "training": training or {"balance": 0, "courses": []},
        "incentives": incentives or [],
        "surveys": surveys or [],
        "destination": destination,
    }


def before(stage: str, state: str, reason: str = "") -> Json:
    """Somebody whose account is not verified."""
    return situation(stage, registration=reasoned(state, reason))


def not_selected(reason: str, *, wave: int = LAST_WAVE - 1, registration: Json | None = None) -> Json:
    """Somebody whom a wave did not take."""
    selection = {"state": "not_selected", "wave": wave, "announced_on": -12, "reason": reason}
    return situation("not_selected", selection=selection, registration=registration)


def accepted(stage: str, *, days_ago: int, **parts: Any) -> Json:
    """Somebody whom a wave took, `days_ago`, with the parts that differ."""
    wave = LAST_WAVE - 1 if days_ago < 60 else LAST_WAVE - 2
    return situation(
        stage,
        **{
            "selection": {"state": "accepted", "wave": wave, "announced_on": -days_ago},
            "membership": {"state": "active", "since": -days_ago},
            "incentives": incentives(),
            "surveys": surveys("not_yet", "not_yet"),
        }
        | parts,
    )


def unspent(first_purchase_until: int) -> Json:
    """A training balance of which nothing has been spent."""
    return {
        "balance": TRAINING_BALANCE,
        "balance_until": first_purchase_until + 135,
        "first_purchase_until": first_purchase_until,
        "courses": [],
    }


def spent(*courses: Json, price: int = 650_000, balance_until: int = 90) -> Json:
    """A training balance after these courses."""
    balance = TRAINING_BALANCE - price * len(courses)
    return {"balance": balance, "balance_until": balance_until, "courses": list(courses)}


def course(
    title: str,
    platform: str,
    bought_on: int,
    state: str,
    certificate: str = "none",
    certificate_on: int | None = None,
    *,
    reviewed: bool = False,
) -> Json:
    """One course of somebody."""
    made: Json = {"title": title, "platform": platform, "bought_on": bought_on, "state": state}
    made |= {"certificate": certificate, "reviewed": reviewed}
    return made if certificate_on is None else made | {"certificate_on": certificate_on}


def incentive(kind: str, state: str, reason: str = "", *, on: int | None = None, number: int = 1) -> Json:
    """One incentive of somebody."""
    amount = TRAINING_INCENTIVE if kind == "training" else SURVEY_INCENTIVE
    made: Json = {"kind": kind, "number": number, "amount": amount} | reasoned(state, reason)
    return made if on is None else made | {"on": on}


def incentives(
    training: Json | None = None, first_survey: Json | None = None, second_survey: Json | None = None
) -> list[Json]:
    """The three of a member; what is not given is not due."""
    return [
        training or incentive("training", "not_due", "certificate_missing"),
        first_survey or incentive("survey", "not_due"),
        second_survey or incentive("survey", "not_due", number=2),
    ]


def surveys(first: str, second: str, *, until: int | None = None, second_until: int | None = None) -> list[Json]:
    """The two surveys of a member."""
    made: list[Json] = [{"number": 1, "state": first}, {"number": 2, "state": second}]
    for survey, day in zip(made, (until, second_until)):
        if day is not None:
            survey["until"] = day
    return made


def bank(provider: str, number: str, state: str = "connected", reason: str = "") -> Json:
    """A bank account as the destination."""
    return {"kind": "bank", "provider": provider, "number": number} | reasoned(state, reason)


def ewallet(provider: str, number: str, state: str = "connected", reason: str = "") -> Json:
    """An e-wallet as the destination."""
    return {"kind": "ewallet", "provider": provider, "number": number} | reasoned(state, reason)


def reasoned(state: str, reason: str = "") -> Json:
    """A state, with a reason where there is one."""
    return {"state": state, "reason": reason} if reason else {"state": state}
