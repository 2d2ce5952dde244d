"""Which phrasings may become examples, and that a file that would not load gets its old bytes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.content.errors import ContentError
from nlu.review.examples import Examples
from tests.assistant.content_folder import ContentFolder

EVALUATION = """\
version: "3.1"
nlu:
  - intent: faq/besaran-insentif
    examples: |
      - dapet insentifnya tuh brp rupiah ya kak
"""
SMALL_TALK = """\
version: "3.1"
nlu:
  - intent: out_of_scope
    examples: |
      - cuaca besok gimana
"""


@pytest.fixture
def folder(content: ContentFolder) -> ContentFolder:
    for name, text in (("evaluation", EVALUATION), ("data", SMALL_TALK)):
        (content.root / "nlu" / name).mkdir(parents=True)
        (content.root / "nlu" / name / "insentif.yml").write_text(text, encoding="utf-8")
    return content


@pytest.mark.parametrize(
    ("phrasing", "reason"),
    [
        ("dua  A", "sudah ada di jadwal-insentif"),
        ("Cuaca besok gimana", "sudah jadi contoh untuk out_of_scope (nlu/data/insentif.yml)"),
        ("dapet insentifnya tuh berapa rupiah ya kak", "terlalu mirip kalimat uji di nlu/evaluation/insentif.yml"),
        ("nik saya 3171012345678901 ditolak", "nomor panjang"),
        ("/start insentif", "garis miring"),
        ("👍 123", "tidak berisi kata"),
    ],
)
def test_phrasing_is_refused_with_the_reason(folder: ContentFolder, phrasing: str, reason: str) -> None:
    assert reason in Examples(folder.root).fault(phrasing)


@pytest.mark.parametrize(
    "phrasing", ["insentif berapa duit", "nomor hp saya [nomor HP] ga aktif", "cuaca besok gimana ya"]
)
def test_new_phrasing_is_welcome(folder: ContentFolder, phrasing: str) -> None:
    assert Examples(folder.root).fault(phrasing) == ""


def test_example_is_in_the_file_and_counts_for_the_next_one(folder: ContentFolder) -> None:
    file = folder.path("faq/insentif.yml")
    file.chmod(0o640)
    before = file.read_text(encoding="utf-8")
    examples = Examples(folder.root)
    examples.add("jadwal-insentif", ["kapan: cair\nnya"])
    assert file.read_text(encoding="utf-8") == before.replace("dua h]", 'dua h, "kapan: cair nya"]')
    assert "sudah ada di jadwal-insentif" in examples.fault("Kapan: cair nya")
    assert folder.load().entries["jadwal-insentif"].examples[-1] == "kapan: cair nya"
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(one.name for one in file.parent.iterdir()) == ["insentif.yml"]


def test_file_that_would_not_load_gets_its_old_bytes_back(folder: ContentFolder) -> None:
    file = folder.path("faq/insentif.yml")
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    before = file.read_bytes()
    examples = Examples(folder.root)
    with pytest.raises(ContentError, match="is also in"):
        examples.add("besaran-insentif", ["dua a"])
    assert file.read_bytes() == before
    # Nobody has to have asked for the reason first.
    examples.add("besaran-insentif", ["satu i"])
    assert file.read_bytes() == before.replace(b"satu h]", b"satu h, satu i]")


def test_faulty_content_is_said_before_anything_else(folder: ContentFolder) -> None:
    folder.change("faq/insentif.yml", "title: Insentif\n", "")
    with pytest.raises(ContentError, match="title"):
        Examples(folder.root)


def test_real_content_takes_a_new_phrasing_and_refuses_its_own(project: Path) -> None:
    examples = Examples(project)
    entry = examples.catalogue.entries["lupa-sandi"]
    assert "sudah ada di lupa-sandi" in examples.fault(entry.examples[0])
    assert examples.fault("kata kunci prakerja punyaku raib dari kepala") == ""
