"""A person's status as the account API tells it, in frozen objects. What a newer API adds becomes `unknown`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

FULL, STAGE = "full", "stage"
# What is longer or more than this is not meant for people, whoever sent it.
NAME_LENGTH, TITLE_LENGTH, WORD_LENGTH, NUMBER_LENGTH = 40, 54, 24, 12
MOST_COURSES, MOST_PAYMENTS = 4, 6
MOST_RUPIAH = 10**12
UNKNOWN = "unknown"

Json = Mapping[str, Any]

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})")


class BadAnswer(Exception):
    """An answer that the contract does not allow. Holds no value of it."""


@dataclass(frozen=True)
class Registration:
    """incomplete, checking, verified or failed."""

    state: str
    reason: str = ""


@dataclass(frozen=True)
class Selection:
    """not_joined, joined, being_processed, accepted or not_selected; `wave` 0 when none is named."""

    state: str
    wave: int = 0
    announced_on: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class Membership:
    """none, active, completed, revoked or blocked."""

    state: str
    since: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class Course:
    """One training that was bought."""

    title: str
    platform: str
    state: str
    certificate: str
    reviewed: bool
    certificate_on: date | None = None


@dataclass(frozen=True)
class Training:
    """Balance in rupiah; days in Jakarta. `first_purchase_until` is gone once the first training was bought."""

    balance: int
    courses: tuple[Course, ...]
    balance_until: date | None = None
    first_purchase_until: date | None = None


@dataclass(frozen=True)
class Incentive:
    """One payment, in rupiah."""

    kind: str
    amount: int
    state: str
    number: int = 0
    on: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class Survey:
    """One survey."""

    number: int
    state: str
    until: date | None = None


@dataclass(frozen=True)
class Destination:
    """Where incentives go; `number` is masked."""

    kind: str
    provider: str
    number: str
    state: str
    reason: str = ""


@dataclass(frozen=True)
class Status:
    """All of it; at the level `stage` only `stage` is known."""

    level: str
    as_of: datetime
    stage: str
    name: str = ""
    registration: Registration = Registration(UNKNOWN)
    selection: Selection = Selection(UNKNOWN)
    membership: Membership = Membership(UNKNOWN)
    training: Training = Training(0, ())
    incentives: tuple[Incentive, ...] = ()
    surveys: tuple[Survey, ...] = ()
    destination: Destination | None = None

    @property
    def full(self) -> bool:
        """Whether more than the stage is known."""
        return self.level == FULL


@dataclass(frozen=True)
class Wave:
    """A wave that is announced or open."""

    number: int
    state: str
    closes_at: datetime | None = None


def read_status(body: Json) -> Status:
    """The status of an answer. Raises BadAnswer."""
    try:
        level, as_of, stage = _text(body, "level"), moment(body, "as_of"), _text(body, "stage")
        if level != FULL:
            return Status(STAGE, as_of, stage)
        return Status(
            level,
            as_of,
            stage,
            name=shown(_text(body, "name"), NAME_LENGTH),
            registration=_registration(body["registration"]),
            selection=_selection(body["selection"]),
            membership=_membership(body["membership"]),
            training=_training(body["training"]),
            incentives=tuple(_incentive(one) for one in _rows(body, "incentives", MOST_PAYMENTS)),
            surveys=tuple(_survey(one) for one in _rows(body, "surveys", MOST_PAYMENTS)),
            destination=_destination(body["destination"]) if body["destination"] else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadAnswer(f"a status lacks or garbles something ({type(error).__name__})") from None


def read_waves(body: Json) -> tuple[Wave, ...]:
    """The waves of an answer. Raises BadAnswer."""
    try:
        return tuple(
            Wave(_number(one, "number"), _text(one, "state"), moment(one, "closes_at") if "closes_at" in one else None)
            for one in body["waves"]
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadAnswer(f"a list of waves lacks or garbles something ({type(error).__name__})") from None


def moment(body: Json, name: str) -> datetime:
    """An RFC 3339 time with its zone. Python 3.10 knows neither the letter Z nor fractions of any length."""
    found = _MOMENT.fullmatch(str(body[name]))
    if found is None:
        raise ValueError(name)
    zone = "+00:00" if found[3] in "Zz" else found[3]
    return datetime.fromisoformat(f"{found[1].replace('t', 'T').replace(' ', 'T')}.{(found[2] or '')[:6]:0<6}{zone}")


def shown(text: str, most: int) -> str:
    """A text of the backend's as people may see it: one line, nothing invisible, at most so many signs."""
    seen = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * most]).split())
    return seen if len(seen) <= most else f"{seen[: most - 1].rstrip()}…"


def _registration(body: Json) -> Registration:
    return Registration(_text(body, "state"), _maybe(body, "reason"))


def _selection(body: Json) -> Selection:
    wave = _number(body, "wave") if "wave" in body else 0
    return Selection(_text(body, "state"), wave, _day(body, "announced_on"), _maybe(body, "reason"))


def _membership(body: Json) -> Membership:
    return Membership(_text(body, "state"), _day(body, "since"), _maybe(body, "reason"))


def _training(body: Json) -> Training:
    return Training(
        balance=_number(body, "balance"),
        courses=tuple(_course(one) for one in _rows(body, "courses", MOST_COURSES)),
        balance_until=_day(body, "balance_until"),
        first_purchase_until=_day(body, "first_purchase_until"),
    )


def _course(body: Json) -> Course:
    if not isinstance(body["reviewed"], bool):
        raise TypeError("reviewed")
    return Course(
        title=shown(_text(body, "title"), TITLE_LENGTH),
        platform=shown(_text(body, "platform"), WORD_LENGTH),
        state=_text(body, "state"),
        certificate=_text(body, "certificate"),
        reviewed=body["reviewed"],
        certificate_on=_day(body, "certificate_on"),
    )


def _incentive(body: Json) -> Incentive:
    return Incentive(
        kind=_text(body, "kind"),
        amount=_number(body, "amount"),
        state=_text(body, "state"),
        number=_number(body, "number") if "number" in body else 0,
        on=_day(body, "on"),
        reason=_maybe(body, "reason"),
    )


def _survey(body: Json) -> Survey:
    return Survey(_number(body, "number"), _text(body, "state"), _day(body, "until"))


def _destination(body: Json) -> Destination:
    return Destination(
        _text(body, "kind"),
        shown(_text(body, "provider"), WORD_LENGTH),
        shown(_text(body, "number"), NUMBER_LENGTH),
        _text(body, "state"),
        _maybe(body, "reason"),
    )


def _text(body: Json, name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _maybe(body: Json, name: str) -> str:
    return _text(body, name) if name in body else ""


def _number(body: Json, name: str) -> int:
    value = body[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(name)
    if not 0 <= value <= MOST_RUPIAH:
        raise ValueError(name)
    return value


def _rows(body: Json, name: str, most: int) -> Sequence[Json]:
    """The first rows of a list; a person reads no more of them in a chat."""
    rows = body[name]
    if not isinstance(rows, list):
        raise TypeError(name)
    return rows[:most]


def _day(body: Json, name: str) -> date | None:
    return date.fromisoformat(_text(body, name)) if name in body else None
