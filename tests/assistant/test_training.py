"""The model is trained anew when, and only when, what it learns from has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.assistant.training import fingerprint
from nlu.components.classifier import QuestionClassifier
from nlu.components.normaliser import ChatNormaliser
from nlu.components.sources import digest
from nlu.content.errors import ContentError
from tests.assistant.content_folder import ContentFolder

FAQ = "faq/insentif.yml"
LEARNT_FROM = (
    "config.yml",
    "domain.yml",
    "nlu/lexicon.yml",
    "nlu/normalising/normaliser.py",
    "nlu/normalising/clitics.py",
    "nlu/words.txt",
    "nlu/importer.py",
    "nlu/components/linear.py",
    "nlu/data/smalltalk.yml",
    "nlu/rules/rules.yml",
)


@pytest.fixture
def root(content: ContentFolder, project: Path) -> Path:
    """A project whose content is the small one."""
    for name in LEARNT_FROM:
        (content.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project / name, content.root / name)
    return content.root


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (FAQ, "Cairnya 7 hari", "Biasanya cair 7 hari"),
        (FAQ, "title: Jadwal insentif", "title: Jadwal cair"),
        (FAQ, "review_by: 2026-01-31", "review_by: 2027-01-31"),
        ("programme.yml", "satu kali", "sekali"),
        ("notices.yml", "Pemberitahuan media", "Maaf, belum bisa"),
    ],
)
def test_changed_answer_needs_no_training(content: ContentFolder, root: Path, name: str, old: str, new: str) -> None:
    before = fingerprint(root)
    content.change(name, old, new)
    assert fingerprint(root) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dua a", "duaa a"),
        ("dua h]", "dua h, dua i]"),
        ("question: Kapan insentif cair?", "question: Kapan cairnya?"),
        ("jadwal-insentif\n    title", "jadwal-cair\n    title"),
    ],
)
def test_changed_example_question_or_entry_needs_training(
    content: ContentFolder, root: Path, old: str, new: str
) -> None:
    before = fingerprint(root)
    content.change(FAQ, "    related: [jadwal-insentif]\n", "")
    assert fingerprint(root) == before
    content.change(FAQ, old, new)
    assert fingerprint(root) != before


@pytest.mark.parametrize("name", LEARNT_FROM)
def test_changed_pipeline_lexicon_or_rule_needs_training(root: Path, name: str) -> None:
    before = fingerprint(root)
    with (root / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert fingerprint(root) != before


def test_place_of_the_project_does_not_matter(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(root, elsewhere, ignore=shutil.ignore_patterns("elsewhere"))
    assert fingerprint(elsewhere) == fingerprint(root)


def test_broken_content_has_no_fingerprint(content: ContentFolder, root: Path) -> None:
    content.write(FAQ, "entries: [")
    with pytest.raises(ContentError):
        fingerprint(root)


def test_rasas_own_cache_notices_an_edited_lexicon_and_a_changed_model(tmp_path: Path) -> None:
    assert ChatNormaliser.fingerprint_addon({}) != QuestionClassifier.fingerprint_addon({})
    file = tmp_path / "lexicon.yml"
    file.write_text("slang: {}\n", encoding="utf-8")
    before = digest(file)
    file.write_text("slang: {gw: saya}\n", encoding="utf-8")
    assert digest(file) != before
