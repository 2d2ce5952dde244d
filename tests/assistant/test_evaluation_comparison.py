"""The comparison with Rasa's default pipeline: what is trained is really the default, what is shown is what was run."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import rasa.shared.utils.io as rasa_io
from rasa.engine.recipes.default_recipe import DefaultV1Recipe

from nlu.evaluation.compare import digest_of_data
from nlu.evaluation.comparison import Comparison, Row, as_markdown, keep, kept, shown
from nlu.evaluation.contestants import (
    CONTESTANTS,
    DEFAULT_PIPELINE,
    Contestant,
    Settings,
    config_with_epochs,
    neutral,
    our_settings,
    stock_verdict,
)
from nlu.evaluation.figures import Verdict

SHARES = {
    "question_accuracy": 0.91,
    "top3": 0.98,
    "out_of_scope_recall": 0.975,
    "in_scope_rejected": 0.02,
    "calibration_error": 0.1,
}
COMPARISON = Comparison(
    "2026-01-02", "./kawan evaluate --compare", 2, 1000, "abc", 90.0, (Row("ours", SHARES, 0.5, 20),)
)


def _names(text: str) -> list[str]:
    return [line.split("name:")[1].strip() for line in text.splitlines() if "name:" in line]


def test_default_pipeline_is_what_rasa_fills_in_when_a_config_names_none() -> None:
    ours = rasa_io.read_model_configuration(str(DEFAULT_PIPELINE))
    theirs = files("rasa.engine.recipes") / "config_files" / "default_config.yml"
    assert ours["pipeline"] == rasa_io.read_yaml(theirs.read_text(encoding="utf-8"))["pipeline"]


def test_default_pipeline_has_the_components_that_rasa_init_writes_down_in_comments() -> None:
    text = (files("rasa.cli") / "initial_project" / "config.yml").read_text(encoding="utf-8")
    written = _names(text.split("pipeline:")[1].split("policies:")[0])
    assert [one["name"] for one in rasa_io.read_model_configuration(str(DEFAULT_PIPELINE))["pipeline"]] == written


def test_rasa_makes_a_graph_of_the_default_pipeline() -> None:
    from rasa.shared.data import TrainingType

    config = rasa_io.read_model_configuration(str(DEFAULT_PIPELINE))
    graph = DefaultV1Recipe().graph_config_for_recipe(config, {}, training_type=TrainingType.NLU)
    assert any("DIETClassifier" in name for name in graph.train_schema.nodes)


def test_fewer_epochs_are_all_that_a_short_comparison_changes() -> None:
    text = DEFAULT_PIPELINE.read_text(encoding="utf-8")
    short = config_with_epochs(text, 5)
    assert short.count("epochs: 5\n") == text.count("epochs: 100\n") == 2
    assert short.replace("epochs: 5\n", "epochs: 100\n") == text


@pytest.mark.parametrize("contestant", [one for one in CONTESTANTS if not one.pipeline], ids=lambda one: one.name)
def test_every_preparation_can_be_loaded_and_prepares(contestant: Contestant) -> None:
    assert contestant.prepare()("Insentifku!").startswith("insentif")


def test_kept_comparison_is_shown_with_its_date_and_command(tmp_path: Path) -> None:
    file = tmp_path / "comparison.json"
    assert kept(file) is None
    keep(COMPARISON, file)
    assert kept(file) == COMPARISON
    page = shown(COMPARISON, "abc")
    assert page.startswith(
        "compared on 2026-01-02 by `./kawan evaluate --compare` (1000 phrasings, 2 cores, 1.5 minutes)"
    )
    assert page.splitlines()[-1].split() == ["ours", "91.0%", "98.0%", "97.5%", "2.0%", "10.0%", "0.50", "20"]


def test_figures_of_other_examples_are_shown_as_such() -> None:
    assert "have changed since" in shown(COMPARISON, "def")
    assert "have changed since" not in shown(COMPARISON, "abc")


def test_a_row_with_few_epochs_is_said_to_be_no_verdict() -> None:
    short = replace(COMPARISON, rows=(Row("theirs, 5 of 100 epochs", SHARES, 9.0, 300),))
    assert "no verdict" in shown(short, "abc")
    assert "no verdict" not in shown(COMPARISON, "abc")


def test_table_for_the_docs_has_a_row_for_each_contestant() -> None:
    two = replace(COMPARISON, rows=(*COMPARISON.rows, Row("theirs", SHARES, 9.0, 300)))
    lines = as_markdown(two)
    assert len(lines) == 4
    assert {line.count("|") for line in lines} == {9}


def test_committed_comparison_holds_every_contestant_in_under_ten_minutes() -> None:
    last = kept()
    assert last is not None
    short = [one for one in CONTESTANTS if not one.embeddings]
    assert len(last.rows) == len(short)
    assert all(row.title.startswith(one.title) for row, one in zip(last.rows, short))
    assert last.seconds < 600


def test_docs_show_the_committed_comparison(project: Path) -> None:
    last = kept()
    assert last is not None
    page = (project / "docs" / "understanding.md").read_text(encoding="utf-8")
    assert "\n".join(as_markdown(last)) in page
    assert last.date in page


def test_digest_changes_with_the_phrasings_and_not_with_the_limits(project: Path, tmp_path: Path) -> None:
    for part in ("data", "nlu/data", "nlu/evaluation"):
        for file in (project / part).rglob("*.yml"):
            copy = tmp_path / file.relative_to(project)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    before = digest_of_data(tmp_path)
    assert before == digest_of_data(project)
    (tmp_path / "nlu/evaluation/thresholds.yml").write_text("at_least: {}\n", encoding="utf-8")
    assert digest_of_data(tmp_path) == before
    with (tmp_path / "nlu/evaluation/akun.yml").open("a", encoding="utf-8") as file_:
        file_.write("      - satu lagi\n")
    assert digest_of_data(tmp_path) != before


def stock(intent: str, ranking: list[tuple[str, float]], entries: list[tuple[str, float]]) -> dict[str, Any]:
    return {
        "intent": {"name": intent},
        "intent_ranking": [{"name": name, "confidence": share} for name, share in ranking],
        "response_selector": {
            "all_retrieval_intents": ["faq"],
            "default": {"ranking": [{"intent_response_key": name, "confidence": share} for name, share in entries]},
        },
    }


def test_entries_of_rasas_selector_stand_where_its_classifier_puts_the_faq() -> None:
    entries = [("faq/a", 0.5), ("faq/b", 0.25)]
    found = stock_verdict(stock("faq", [("faq", 0.6), ("greet", 0.4)], entries))
    assert found == Verdict(("faq/a", "faq/b", "greet"), "faq/a", 0.3)
    found = stock_verdict(stock("greet", [("greet", 0.8), ("faq", 0.2)], entries))
    assert found == Verdict(("greet", "faq/a", "faq/b"), "greet", 0.8)


def test_rasas_fallback_is_unsure_and_no_guess() -> None:
    parse = stock("nlu_fallback", [("nlu_fallback", 0.7), ("faq", 0.2)], [("faq/a", 0.5)])
    assert stock_verdict(parse) == Verdict(("faq/a",), "nlu_fallback", 0.1)


@pytest.mark.parametrize(
    ("plain", "left"),
    [
        ("apa itu kartu prakerja", "apa itu"),
        ("program prakerja kapan dibuka", "kapan dibuka"),
        ("prakerja", "prakerja"),
        ("kartu debit", "kartu debit"),
    ],
)
def test_programme_name_is_taken_out_unless_it_is_all(plain: str, left: str) -> None:
    assert neutral(plain) == left


def test_linear_variants_are_judged_with_the_settings_of_the_pipeline(tmp_path: Path) -> None:
    file = tmp_path / "config.yml"
    file.write_text(
        "pipeline:\n- name: nlu.components.classifier.QuestionClassifier\n  sharpness: 2\n"
        "- name: nlu.components.decision.SureOrAsk\n  sure: 0.5\n  margin: 0.125\n",
        encoding="utf-8",
    )
    assert our_settings(file) == Settings(2.0, 0.5, 0.125)
    assert 0 < our_settings().margin < our_settings().sure < 1
