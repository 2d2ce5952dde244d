"""The project's own content: valid, and every button and rule in it leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.human_help import BUTTONS, CONTACT_FACT
from bot.assistant.reading import COMMANDS
from nlu.content.catalogue import Catalogue, load_catalogue
from nlu.content.dates import in_words
from nlu.content.notices import NAMES
from nlu.content.strict_yaml import parse_yaml
from nlu.wording import answer_entry

MAX_BUBBLE = 900
ASKS_FOR_SECRETS = re.compile(
    r"(?<!jangan )\b(?:kirim|sebut|tulis|balas)(?:kan)? (?:dengan )?(?:nik|kk|otp|kata sandi|password)", re.IGNORECASE
)
# Before any review is due, around the reviews of this content, and long after all of them.
DAYS = (date(2023, 1, 1), date(2025, 12, 31), date(2026, 4, 1), date(2040, 6, 15))
CATALOGUE = load_catalogue(Path(__file__).resolve().parents[2])


@pytest.fixture(scope="module")
def domain(project: Path) -> dict[str, Any]:
    body: dict[str, Any] = parse_yaml((project / "domain.yml").read_text(encoding="utf-8"))
    return body


def intent_names(domain: dict[str, Any]) -> set[str]:
    return {next(iter(one)) if isinstance(one, dict) else one for one in domain["intents"]}


def known_intents(catalogue: Catalogue, domain: dict[str, Any]) -> set[str]:
    return {*intent_names(domain), *(entry.intent for entry in catalogue.entries.values())}


def test_all_topics_are_there_with_the_most_asked_questions() -> None:
    assert len(CATALOGUE.topics) >= 8
    assert len(CATALOGUE.entries) >= 139
    assert set(CATALOGUE.notices) == set(NAMES)


@pytest.mark.parametrize("name", CATALOGUE.entries)
def test_answer_fits_one_bubble_with_its_date_and_source_on_any_day(name: str) -> None:
    entry = CATALOGUE.entries[name]
    reviews = [entry.review_by] if entry.review_by else []
    reviews += [CATALOGUE.programme[entry.lead].review_by] if entry.lead else []
    around = [day + timedelta(days=step) for day in reviews for step in (-1, 0, 1)]
    for day in (*DAYS, *around):
        text = answer_entry(CATALOGUE, entry, day).text
        assert len(text) <= MAX_BUBBLE
        assert entry.answer in text
        last = text.rsplit("\n\n", 1)[1]
        assert in_words(entry.as_of) in last
        assert f"Sumber: {CATALOGUE.facts[entry.sources[0]].publisher}" in last


@pytest.mark.parametrize("name", CATALOGUE.entries)
def test_answer_is_plain_text_that_asks_for_no_secret(name: str) -> None:
    answer = CATALOGUE.entries[name].answer
    assert not any(mark in answer for mark in ("**", "](", "<b", "</", "!!", "http://"))
    assert not ASKS_FOR_SECRETS.search(answer)


def test_every_button_leads_to_an_intent_or_a_question(domain: dict[str, Any]) -> None:
    intents = known_intents(CATALOGUE, domain)
    assert {payload for _, payload in BUTTONS} <= {f"/{intent}" for intent in intents}
    assert {button.intent for notice in CATALOGUE.notices.values() for button in notice.buttons} <= intents
    assert set(buttons_of(domain)) <= {f"/{intent}" for intent in intents}
    assert set(COMMANDS.values()) <= intents


def buttons_of(domain: dict[str, Any]) -> Iterator[str]:
    for variants in domain["responses"].values():
        for variant in variants:
            buttons = variant.get("buttons", [])
            assert len(buttons) <= 3
            for button in buttons:
                assert len(button["title"]) <= 20
                yield button["payload"]


def test_every_intent_has_a_rule_that_answers_it(domain: dict[str, Any], project: Path) -> None:
    files = sorted((project / "nlu" / "rules").glob("*.yml"))
    rules = [rule for file in files for rule in parse_yaml(file.read_text(encoding="utf-8"))["rules"]]
    steps = [step for rule in rules for step in rule["steps"]]
    assert {rule["steps"][0].get("intent") for rule in rules} - {None} == {*intent_names(domain), "faq"}
    said = {step["action"] for step in steps if "action" in step}
    ours = {*domain["responses"], *domain["actions"], *domain["forms"]}
    assert said <= {*ours, "utter_faq", "action_deactivate_loop"}


def test_contact_fact_of_the_human_help_is_there() -> None:
    assert CONTACT_FACT in CATALOGUE.programme
