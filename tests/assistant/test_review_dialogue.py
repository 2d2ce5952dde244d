"""An editor at work: groups of messages, what is typed, and what becomes of content and list."""

from __future__ import annotations

import argparse
import io
import json
import os
from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from bot.contract.reviews import Review
from nlu.content.dates import today
from nlu.content.strict_yaml import parse_yaml
from nlu.review.run import arguments, run
from nlu.review.wishes import FILE
from tests.assistant.content_folder import ContentFolder

EARLIER = (("faq/jadwal-insentif", 0.24), ("out_of_scope", 0.2), ("faq/besaran-insentif", 0.1))
LATE = ["kok ga cair2 ya: insentifnya", "kok ga cair2 ya: insentif", "kok ga cair2 ya insentif gw"]
ALONE = "sapi ternak dapat apa"


class Shelf:
    """Messages in memory, as the store hands them out."""

    def __init__(self, *messages: Review, totals: Mapping[str, int] | None = None) -> None:
        self.messages = list(messages)
        self._totals = dict(totals or {})

    def all(self) -> Sequence[Review]:
        return list(self.messages)

    def remove(self, ids: Sequence[str]) -> None:
        self.messages = [one for one in self.messages if one.id not in ids]

    def totals(self) -> Mapping[str, int]:
        return self._totals

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.messages]


@pytest.fixture
def shelf() -> Shelf:
    late = [Review(f"r{number}", "unanswered", 0.0, text, EARLIER) for number, text in enumerate(LATE)]
    picked = Review("r3", "picked", 0.0, LATE[0], EARLIER, ("besaran-insentif",))
    return Shelf(*late, picked, Review("r4", "downvoted", 0.0, ALONE, EARLIER, ("besaran-insentif",)))


class Editor:
    """Sits down with a list of what they will type, and remembers what was shown."""

    def __init__(self, content: ContentFolder, shelf: Shelf) -> None:
        self._content = content
        self._shelf = shelf
        self.shown = ""

    def types(self, *lines: str, chosen: argparse.Namespace | None = None) -> int:
        shown = io.StringIO()
        typed = io.StringIO("".join(f"{line}\n" for line in lines))
        code = run(self._content.root, self._shelf, chosen or arguments([]), typed, shown)
        self.shown = shown.getvalue()
        return code


@pytest.fixture
def editor(content: ContentFolder, shelf: Shelf) -> Editor:
    return Editor(content, shelf)


def examples(content: ContentFolder, entry: str) -> tuple[str, ...]:
    return content.load().entries[entry].examples


def test_biggest_group_comes_first_with_samples_and_guesses(editor: Editor) -> None:
    assert editor.types("q") == 0
    assert "5 pesan menunggu ditinjau" in editor.shown
    assert "Kelompok 1 dari 2: 4 pesan (3 belum dipahami, 1 dipilih dari tebakan)" in editor.shown
    assert f"1) {LATE[0]}" in editor.shown
    assert "1. Berapa besar insentifnya? (besaran-insentif) — 10%, dipilih 1 orang" in editor.shown
    assert "2. Kapan insentif cair? (jadwal-insentif) — 24%" in editor.shown
    assert "Kelompok 2" not in editor.shown


def test_all_samples_become_examples_and_the_group_leaves_the_list(
    editor: Editor, content: ContentFolder, shelf: Shelf
) -> None:
    before = content.path("faq/insentif.yml").read_text(encoding="utf-8")
    editor.types("2", "semua", "q")
    assert set(examples(content, "jadwal-insentif")) >= set(LATE)
    assert examples(content, "besaran-insentif")[-1] == "satu h"
    assert shelf.texts == [ALONE]
    assert "3 contoh baru untuk jadwal-insentif." in editor.shown
    assert "./kawan train" in editor.shown
    assert "Sisa 1 pesan." in editor.shown
    after = content.path("faq/insentif.yml").read_text(encoding="utf-8")
    start = before.index("dua h]") + len("dua h")
    assert (after[:start], after[-2:]) == (before[:start], before[-2:])


def test_chosen_samples_only(editor: Editor, content: ContentFolder) -> None:
    editor.types("1", "2, 2", "q")
    (new,) = set(examples(content, "besaran-insentif")) - {f"satu {letter}" for letter in "abcdefgh"}
    assert new in LATE


def test_number_that_is_no_sample_is_asked_again_and_nothing_is_a_way_back(editor: Editor, shelf: Shelf) -> None:
    editor.types("1", "9", "1 x", "0", "", "l", "l")
    assert editor.shown.count("Tulis nomor 1 sampai 3, atau semua.") == 3
    assert "Tidak ada yang ditambahkan." in editor.shown
    assert len(shelf.messages) == 5


def test_entry_is_found_by_words(editor: Editor, content: ContentFolder, shelf: Shelf) -> None:
    editor.types("l", "/Besar insentifnya", "1", "1", "q")
    assert examples(content, "besaran-insentif")[-1] == ALONE
    assert ALONE not in shelf.texts


def test_words_that_no_entry_has(editor: Editor) -> None:
    editor.types("/zebra", "1", "q")
    assert "Tidak ada pertanyaan yang cocok" in editor.shown
    assert "Pilihan itu tidak dikenal." in editor.shown


def test_answer_that_did_not_help_is_named(editor: Editor) -> None:
    editor.types("l", "q")
    assert "tidak membantu: jawaban besaran-insentif (1 kali)" in editor.shown


def test_group_without_an_entry_is_put_down_as_a_wish(editor: Editor, content: ContentFolder, shelf: Shelf) -> None:
    editor.types("b", "b")
    file = content.root / FILE
    wishes = parse_yaml(file.read_text(encoding="utf-8"))
    assert [one["messages"] for one in wishes] == [4, 1]
    assert wishes[0]["added"] == today()
    assert isinstance(wishes[0]["added"], date)
    assert sorted(wishes[0]["phrasings"]) == sorted(LATE)
    assert wishes[1]["phrasings"] == [ALONE]
    assert file.read_text(encoding="utf-8").count("#") == 1
    assert file.stat().st_mode & 0o777 == 0o600
    assert shelf.messages == []
    assert f"Dicatat di {FILE}." in editor.shown


def test_deleted_group_leaves_list_and_content_alone(editor: Editor, content: ContentFolder, shelf: Shelf) -> None:
    before = content.path("faq/insentif.yml").read_bytes()
    editor.types("h", "l")
    assert shelf.texts == [ALONE]
    assert content.path("faq/insentif.yml").read_bytes() == before


def test_refused_phrasing_is_said_with_its_reason_and_the_others_are_taken(
    editor: Editor, content: ContentFolder, shelf: Shelf
) -> None:
    content.change("faq/insentif.yml", "satu a", f'"{LATE[0]}"')
    editor.types("2", "s", "q")
    assert f"ditolak: {LATE[0]!r} sudah ada di besaran-insentif." in editor.shown
    assert set(examples(content, "jadwal-insentif")) >= set(LATE[1:])
    assert shelf.texts == [ALONE]


def test_group_of_which_everything_was_refused_stays(editor: Editor, content: ContentFolder, shelf: Shelf) -> None:
    content.change("faq/insentif.yml", "satu a", ALONE)
    editor.types("l", "1", "1", "l")
    assert "Tidak ada yang ditambahkan." in editor.shown
    assert ALONE in shelf.texts


def test_file_that_cannot_be_changed_is_said_so_and_the_group_stays(
    editor: Editor, content: ContentFolder, shelf: Shelf
) -> None:
    # The last example is written elsewhere in the file.
    content.change("faq/insentif.yml", "title: Besaran insentif", "title: &judul Besaran insentif")
    content.change("faq/insentif.yml", "dua h]", "dua h, *judul]")
    before = content.path("faq/insentif.yml").read_bytes()
    editor.types("2", "1", "l", "l")
    assert "Tidak jadi ditambahkan; berkasnya tetap seperti semula. jadwal-insentif" in editor.shown
    assert content.path("faq/insentif.yml").read_bytes() == before
    assert len(shelf.messages) == 5


def test_end_of_input_is_the_end_of_the_sitting(editor: Editor, shelf: Shelf) -> None:
    assert editor.types("1") == 0
    assert editor.types() == 0
    assert len(shelf.messages) == 5


def test_nothing_to_do_is_said_so(content: ContentFolder) -> None:
    editor = Editor(content, Shelf(totals={"upvoted": 3, "upvoted:a": 3, "downvoted": 2, "downvoted:b": 2}))
    assert editor.types() == 0
    assert "👍 3, 👎 2. Paling sering 👎: b (2)." in editor.shown
    assert "Tidak ada pesan yang menunggu ditinjau." in editor.shown


def test_faulty_content_has_to_be_mended_first(editor: Editor, content: ContentFolder) -> None:
    content.change("faq/insentif.yml", "as_of: 2023-10\n", "as_of: kapan-kapan\n")
    assert editor.types("1") == 2
    assert "insentif.yml > besaran-insentif > as_of" in editor.shown


def test_other_programs_get_a_count_and_json_lines(editor: Editor, shelf: Shelf) -> None:
    assert editor.types(chosen=arguments(["--count"])) == 0
    assert editor.shown == "5\n"
    shelf.messages[0] = Review("r0", "unanswered", 3600.0, "dua\nbaris \x1b[2J", EARLIER)
    assert editor.types(chosen=arguments(["--list"])) == 0
    lines = [json.loads(line) for line in editor.shown.splitlines()]
    assert len(lines) == 5
    assert lines[0] == {
        "id": "r0",
        "kind": "unanswered",
        "at": "1970-01-01T01:00:00+00:00",
        "text": "dua baris [2J",
        "ranking": [list(one) for one in EARLIER],
        "answered": [],
    }


def test_list_and_count_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(["--list", "--count"])
    assert "not allowed with" in capsys.readouterr().err


def test_folder_of_wishes_is_made_when_it_is_missing(editor: Editor, content: ContentFolder) -> None:
    assert not os.path.lexists(content.root / FILE.parts[0])
    editor.types("b", "q")
    assert (content.root / FILE).is_file()
