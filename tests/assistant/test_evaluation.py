"""The understanding stays as good as nlu/evaluation/thresholds.yml says, on phrasings nobody trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
from rapidfuzz import fuzz, process

from bot.assistant.engine import Engine
from nlu.content.catalogue import load_catalogue
from nlu.content.strict_yaml import parse_yaml
from nlu.evaluation.copies import NEAR
from nlu.evaluation.figures import Case, Confusion, Pair, Verdict, by_topic, confusions, measure, read_cases, to_verdict
from nlu.evaluation.run import FOLDER, beyond_limits, report

CASES = read_cases(FOLDER)
MADE_UP: list[Pair] = [
    (Case("akun", "lupa sandi", "faq/a"), Verdict(("faq/a", "faq/b"), "faq/a")),
    (Case("akun", "lupa email", "faq/b"), Verdict(("faq/a", "faq/b"), "faq/a")),
    (Case("akun", "lupa nomor", "faq/b"), Verdict(("faq/a", "greet", "faq/b"), "nlu_fallback")),
    (Case("akun", "lupa makan", "faq/c"), Verdict(("out_of_scope", "faq/c"), "out_of_scope")),
    (Case("umum", "cuaca", "out_of_scope"), Verdict(("out_of_scope",), "out_of_scope")),
    (Case("umum", "bpjs", "out_of_scope"), Verdict(("faq/a",), "faq/a")),
]


@pytest.fixture(scope="module")
def pairs(engine: Engine) -> list[Pair]:
    return list(zip(CASES, map(to_verdict, engine.parse([case.text for case in CASES]))))


def test_understanding_is_within_its_limits(pairs: list[Pair]) -> None:
    assert beyond_limits(measure(pairs)) == []


def test_report_names_every_topic_and_the_worst_confusions(pairs: list[Pair]) -> None:
    page = report(pairs)
    assert page.startswith(f"{len(CASES)} phrasings")
    assert all(f"  {case.topic} " in page for case in CASES)
    assert page.count(" -> ") == 16


def test_no_evaluation_phrase_is_trained_on(project: Path) -> None:
    trained = {example for entry in load_catalogue(project).entries.values() for example in entry.phrasings}
    for file in (project / "nlu" / "data").glob("*.yml"):
        for block in parse_yaml(file.read_text(encoding="utf-8"))["nlu"]:
            trained |= {line.strip().removeprefix("- ") for line in block["examples"].splitlines()}
    plain = {" ".join(example.lower().split()) for example in trained}
    assert [case for case in CASES if " ".join(case.text.lower().split()) in plain] == []


def test_no_phrasing_is_a_near_copy_of_a_training_example(project: Path) -> None:
    """A phrasing that was all but trained on measures memory, not understanding."""
    trained = [example for entry in load_catalogue(project).entries.values() for example in entry.phrasings]
    asked = [case.text for case in CASES if case.right.startswith("faq/")]
    alike = process.cdist(
        [text.lower() for text in asked], [text.lower() for text in trained], scorer=fuzz.ratio, score_cutoff=NEAR
    )
    assert [text for text, row in zip(asked, alike) if row.any()] == []


def test_every_right_answer_exists_and_every_question_is_evaluated(project: Path) -> None:
    questions = {entry.intent for entry in load_catalogue(project).entries.values()}
    listed = parse_yaml((project / "domain.yml").read_text(encoding="utf-8"))["intents"]
    intents = {next(iter(one)) if isinstance(one, dict) else one for one in listed}
    unspoken = {
        "nlu_fallback", "link_account", "use_number", "promise_status", "linked_elsewhere", "erase_data", "link_help",
        "replace_yes", "replace_no", "unlink_now", "dispute",
    }  # fmt: skip
    small_talk = intents - unspoken  # what is never learned from words
    assert {case.right for case in CASES} == questions | small_talk


def test_figures_count_what_they_say() -> None:
    assert measure(MADE_UP) == pytest.approx(
        {
            "accuracy": 2 / 6,
            "question_accuracy": 1 / 4,
            "top3": 4 / 4,
            "answered": 2 / 4,
            "right_when_answered": 1 / 2,
            "offered_when_unsure": 1.0,
            "out_of_scope_recall": 1 / 2,
            "out_of_scope_answered": 1 / 2,
            "in_scope_rejected": 1 / 4,
            "calibration_error": 2 / 6,  # none of these six has a probability, and two are right
        }
    )
    assert by_topic(MADE_UP) == {"akun": (4, 1 / 4), "umum": (2, 1 / 2)}
    assert confusions(MADE_UP, 1) == [Confusion("faq/b", "faq/a", 2, "lupa email")]


def test_broken_limit_is_named_with_both_figures(tmp_path: Path) -> None:
    file = tmp_path / "thresholds.yml"
    file.write_text("at_least: {accuracy: 0.5, top3: 0.9}\nat_most: {in_scope_rejected: 0.1}\n", encoding="utf-8")
    assert beyond_limits(measure(MADE_UP), file) == [
        "accuracy is 0.333, below 0.5",
        "in_scope_rejected is 0.250, above 0.1",
    ]
