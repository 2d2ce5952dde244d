"""What is known of single waves, read from data/waves.yml and checked against the facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from nlu.content.checks import Field, check_fields, unsourced
from nlu.content.errors import Problem

if TYPE_CHECKING:
    from nlu.content.catalogue import Fact

_ROW: Mapping[str, Field] = {
    "text": Field((str,), "a text"),
    "sources": Field((list,), "a list of fact ids", of=str),
    "as_of": Field((date,), "a full date (YYYY-MM-DD)"),
}


@dataclass(frozen=True)
class Waves:
    """Lines by number; `last` is the last wave that was ever opened."""

    lines: Mapping[int, str] = field(default_factory=dict)
    last: int = 0
    not_yet: str = ""

    def line(self, number: int) -> str:
        """What to say of a wave first; empty when nothing is known of it."""
        return self.not_yet.format(number=number) if number > self.last else self.lines.get(number, "")


def read_waves(body: Any, file: str, facts: Mapping[str, Fact], problems: list[Problem]) -> Waves:
    """The waves of a parsed YAML file (None: unreadable); faults are added to `problems`."""
    rows = body.get("waves") if isinstance(body, dict) else None
    if not isinstance(rows, dict) or not isinstance(body.get("last"), int) or "not_yet" not in body:
        if body is not None:
            problems.append(
                Problem(file, "", "waves", "must be a mapping of numbers, with `last` and `not_yet` beside it")
            )
        return Waves()
    found: list[Problem] = []
    # Who refers to a broken fact is not blamed for it.
    sound = not problems
    for number, row in (*rows.items(), ("not_yet", body["not_yet"])):
        name = str(number)
        faults = check_fields(row, file, name, _ROW)
        if not faults and sound:
            faults = [
                Problem(file, name, "sources", f"{one!r} is no fact") for one in row["sources"] if one not in facts
            ]
            faults += unsourced(row["text"], row["sources"], facts, file, name, "text")
        if not isinstance(number, int) and number != "not_yet":
            faults.append(Problem(file, name, "", "must be a number"))
        found += faults
    problems += found
    if found:
        return Waves()
    return Waves({number: row["text"] for number, row in rows.items()}, body["last"], body["not_yet"]["text"])
