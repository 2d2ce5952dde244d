"""Lists what may have changed since it was written, oldest first: `python -m nlu.content.ageing` (`./kawan facts`)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nlu.content.catalogue import Catalogue, load_catalogue
from nlu.content.dates import today
from nlu.content.errors import ContentError

PROJECT = Path(__file__).resolve().parent.parent.parent
TEXT_WIDTH = 70


@dataclass(frozen=True)
class Ageing:
    """One changeable statement. `day` is the first day of what `as_of` may mean, in Jakarta."""

    file: str
    id: str
    as_of: str
    day: date
    review_by: date
    text: str

    def is_past(self, now: date) -> bool:
        """Whether it is shown only as what was last known."""
        return now > self.review_by


def ageing(catalogue: Catalogue) -> list[Ageing]:
    """Everything with a review date, the oldest knowledge first."""
    facts = [
        Ageing("programme.yml", one.key, one.as_of, first_day(one.as_of), one.review_by, one.text)
        for one in catalogue.programme.values()
    ]
    answers = [
        Ageing(f"faq/{one.topic}.yml", one.id, one.as_of, first_day(one.as_of), one.review_by, one.question)
        for one in catalogue.entries.values()
        if one.review_by
    ]
    return sorted([*facts, *answers], key=lambda one: (one.day, one.file, one.id))


def first_day(as_of: str) -> date:
    """2023-10 -> 1 October 2023: what is known only roughly is taken for older rather than newer."""
    year, month, day = ([int(part) for part in as_of.split("-")] + [1, 1])[:3]
    return date(year, month, day)


def report(rows: Sequence[Ageing], now: date) -> str:
    """One line for each, and how many are past their review."""
    lines = [f"{'age in days':>11}  {'review by':<10}  {'':<4}  {'file':<20}  id: text"]
    for one in rows:
        mark = "PAST" if one.is_past(now) else ""
        text = one.text if len(one.text) <= TEXT_WIDTH else one.text[: TEXT_WIDTH - 1] + "…"
        lines.append(f"{(now - one.day).days:>11}  {one.review_by}  {mark:<4}  {one.file:<20}  {one.id}: {text}")
    past = sum(one.is_past(now) for one in rows)
    lines += ["", f"{len(rows)} statements can change; {past} are past their review and are shown as last known."]
    if past:
        lines.append("Check them at the source, then correct text, as_of and review_by; no training, no restart.")
    return "\n".join(lines)


def main() -> int:
    """0; 1 with --strict when something is past its review; 2 when the content cannot be read."""
    parser = argparse.ArgumentParser(prog="./kawan facts", description="What may have changed, oldest first.")
    parser.add_argument("--past", action="store_true", help="only what is past its review")
    parser.add_argument("--strict", action="store_true", help="exit code 1 when anything is past its review")
    chosen = parser.parse_args()
    try:
        rows = ageing(load_catalogue(PROJECT))
    except ContentError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    now = today()
    past = [one for one in rows if one.is_past(now)]
    sys.stdout.write(report(past if chosen.past else rows, now) + "\n")
    return 1 if chosen.strict and past else 0


if __name__ == "__main__":
    sys.exit(main())
