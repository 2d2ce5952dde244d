"""Notices: what is said around a dialogue turn, read from data/notices.yml and checked."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from nlu.content.checks import MAX_RELATED, MAX_TITLE, Field, check_fields
from nlu.content.errors import Problem

NAMES = (
    "apology",
    "given_up",
    "media",
    "no_words",
    "not_understood",
    "unknown_command",
    "expired_choice",
    "privacy",
    "only_private",
    "truncated",
    "report",
    "about_privacy",
    "erased",
    "contact",
    "ask_opinion",
    "helpful",
    "unhelpful",
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
    """Something to pick: a label, and the full name of the intent that it stands for.

    `means` is "yes" or "no" where it answers a question.
    """

    title: str
    intent: str
    means: str = ""


@dataclass(frozen=True)
class Answer:
    """One bubble: plain text and at most three buttons."""

    text: str
    buttons: tuple[Button, ...] = ()


def read_notices(body: Any, file: str, problems: list[Problem]) -> dict[str, Answer]:
    """The notices of a parsed YAML file (None: unreadable); faults are added to `problems`."""
    if body is None:
        return {}
    rows = body.get("notices") if isinstance(body, dict) else None
    if not isinstance(rows, dict):
        problems.append(Problem(file, "", "notices", "must be a mapping of names to notices"))
        return {}
    problems += [Problem(file, name, "", "is missing") for name in NAMES if name not in rows]
    problems += [Problem(file, str(name), "", "is not a known notice") for name in rows if name not in NAMES]
    notices: dict[str, Answer] = {}
    for name, row in rows.items():
        found = check_fields(row, file, str(name), _FIELDS)
        if not found:
            found = _check_form(row.get("buttons", []), file, str(name))
        problems += found
        if not found:
            buttons = tuple(Button(one["title"], one["intent"]) for one in row.get("buttons", []))
            notices[name] = Answer(row["text"], buttons)
    return notices


def check_buttons(notices: Mapping[str, Answer], file: str, questions: Container[str]) -> list[Problem]:
    """Whether every button that stands for a question names one that exists."""
    return [
        Problem(file, name, "intent", f"{button.intent!r} is no question of data/faq/")
        for name, notice in notices.items()
        for button in notice.buttons
        if "/" in button.intent and button.intent not in questions
    ]


def _check_form(buttons: list[Any], file: str, notice: str) -> list[Problem]:
    problems: list[Problem] = []
    if len(buttons) > MAX_RELATED:
        problems.append(Problem(file, notice, "buttons", f"has {len(buttons)} buttons; {MAX_RELATED} at most"))
    for button in buttons:
        found = check_fields(button, file, notice, _BUTTON_FIELDS)
        if not found and len(button["title"]) > MAX_TITLE:
            found.append(Problem(file, notice, "title", f"{button['title']!r} is longer than {MAX_TITLE} characters"))
        problems += found
    return problems
