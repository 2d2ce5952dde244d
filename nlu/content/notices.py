"""Notices: what is said around a dialogue turn, read from data/notices.yml and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nlu.content.checks import MAX_TITLE, Field, check_fields
from nlu.content.errors import Problem

NAMES = (
    "apology",
    "given_up",
    "media",
    "no_words",
    "unknown_command",
    "expired_choice",
    "privacy",
    "truncated",
)
_FIELDS: Mapping[str, Field] = {
    "text": Field((str,), "a text"),
    "buttons": Field((list,), "a list of buttons", required=False),
}
_BUTTON_FIELDS: Mapping[str, Field] = {
    "title": Field((str,), f"a text of at most {MAX_TITLE} characters"),
    "intent": Field((str,), "an intent's name"),
}


@dataclass(frozen=True)
class Button:
    """Something to pick: a label, and the full name of the intent that it stands for."""

    title: str
    intent: str


@dataclass(frozen=True)
class Answer:
    """One bubble: plain text and at most three buttons."""

    text: str
    buttons: tuple[Button, ...] = ()


def read_notices(body: Any, file: str, problems: list[Problem]) -> dict[str, Answer]:
    """The notices of a parsed YAML file; faults are added to `problems`."""
    rows = body.get("notices") if isinstance(body, dict) else None
    if not isinstance(rows, dict):
        problems.append(Problem(file, "", "notices", "must be a mapping of names to notices"))
        return {}
    problems += [Problem(file, name, "", "is missing") for name in NAMES if name not in rows]
    problems += [Problem(file, str(name), "", "is not a known notice") for name in rows if name not in NAMES]
    notices: dict[str, Answer] = {}
    for name, row in rows.items():
        found = check_fields(row, file, str(name), _FIELDS)
        for button in [] if found else row.get("buttons", []):
            found += check_fields(button, file, str(name), _BUTTON_FIELDS)
        problems += found
        if not found:
            buttons = tuple(Button(one["title"], one["intent"]) for one in row.get("buttons", []))
            notices[name] = Answer(row["text"], buttons)
    return notices
