"""Turns a stored record into the Status of docs/account-api.yml: dated, masked, and no more than the level allows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

JAKARTA = timezone(timedelta(hours=7))
SHOWN_DIGITS = 3
NEXT_WAVE = 99  # clearly none of the real ones

# Stored as days from today, so that a deadline that is near stays near on every day one tries this.
_DAYS = {
    "announced_on",
    "balance_until",
    "bought_on",
    "certificate_on",
    "first_purchase_until",
    "on",
    "since",
    "until",
}


def status(name: str, situation: Mapping[str, Any], level: str, now: float) -> dict[str, Any]:
    """The Status of an account at this moment."""
    head = {"level": level, "as_of": rfc3339(now), "stage": situation["stage"]}
    if level != "full":
        return head
    full: dict[str, Any] = head | {"name": masked_name(name)} | _dated(situation, today(now))
    if full["destination"] is not None:
        full["destination"] = full["destination"] | {"number": masked_number(full["destination"]["number"])}
    return full


def waves(mode: str, now: float) -> dict[str, Any]:
    """The Waves while the next one is `none`, `announced` or `open`."""
    made: list[dict[str, Any]] = []
    if mode != "none":
        opens = _midnight(today(now) + timedelta(days=2 if mode == "announced" else -1))
        made.append(
            {
                "number": NEXT_WAVE,
                "state": mode,
                "opens_at": rfc3339(opens),
                "closes_at": rfc3339(opens + 4 * 86400),
            }
        )
    return {"as_of": rfc3339(now), "waves": made}


def masked_name(name: str) -> str:
    """Siti Rohimah -> Si** R******: two letters of the first word, one of the others, and never a whole word."""
    first, *others = name.split() or [""]
    return " ".join([_masked(first, 2 if len(first) > 3 else 1), *(_masked(word, 1) for word in others)])


def masked_number(number: str) -> str:
    """The last three digits."""
    return "•••" + number[-SHOWN_DIGITS:]


def rfc3339(moment: float) -> str:
    """A time as the API writes it."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def today(now: float) -> date:
    """The day in Jakarta."""
    return datetime.fromtimestamp(now, JAKARTA).date()


def _masked(word: str, shown: int) -> str:
    kept = word[:shown] if len(word) > shown else ""
    return kept + "*" * (len(word) - len(kept))


def _dated(value: Any, day: date, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _dated(inner, day, key) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_dated(inner, day) for inner in value]
    if name in _DAYS:
        return (day + timedelta(days=value)).isoformat()
    return value


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=JAKARTA).timestamp()
