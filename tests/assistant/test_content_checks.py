"""What an editor hears about a mistake in a content file: file, entry, field, and what would be right."""

from __future__ import annotations

from datetime import date

import pytest

from nlu.content.errors import ContentError
from tests.assistant.content_folder import ContentFolder

FAQ = "faq/insentif.yml"
FACTS = "facts.yml"
PROGRAMME = "programme.yml"
NOTICES = "notices.yml"
LONG = "kata " * 140


def test_small_content_is_valid(content: ContentFolder) -> None:
    catalogue = content.load()
    assert list(catalogue.entries) == ["besaran-insentif", "jadwal-insentif"]
    assert catalogue.entries["jadwal-insentif"].review_by == date(2026, 1, 31)
    assert catalogue.entries["besaran-insentif"].intent == "faq/besaran-insentif"
    assert catalogue.facts["in-besaran"].publisher == "Kompas.com"
    assert catalogue.topics == {"insentif": "Insentif"}


RELATED = "    related: [jadwal-insentif]\n"
BROKEN = {
    "a missing field": (FAQ, "    question: Berapa besar insentifnya?\n", "", "question", "is missing"),
    "an unknown field": (FAQ, "    lead: status\n", "    led: status\n", "led", "is not a known field"),
    "a list where a text belongs": (FAQ, "Berapa besar insentifnya?", "[satu, dua]", "question", "must be a text"),
    "a blank text": (FAQ, "Berapa besar insentifnya?", '"  "', "question", "must be a text"),
    "an id with capitals": (FAQ, "id: jadwal-insentif", "id: Jadwal-Insentif", "id", "small letters"),
    "a title too long for a button": (FAQ, "title: Jadwal", "title: Jadwal lengkap semua", "title", "20 at most"),
    "a question too long": (FAQ, "Kapan insentif cair?", LONG[:75], "question", "70 at most"),
    "an answer too long": (FAQ, "Cairnya", LONG + "Cairnya", "answer", "650 at most"),
    "a source that does not exist": (FAQ, "[in-besaran]", "[in-besaran, in-mana]", "sources", "'in-mana' is not in"),
    "no source": (FAQ, "[in-besaran]", "[]", "sources", "one or more"),
    "a date that is none": (FAQ, "as_of: 2023-10\n", "as_of: kemarin\n", "as_of", "YYYY-MM-DD"),
    "a thirteenth month": (FAQ, "as_of: 2023-10\n", "as_of: 2023-13\n", "as_of", "YYYY-MM-DD"),
    "a volatile source without review": (FAQ, "    review_by: 2026-01-31\n", "", "review_by", "in-jadwal can change"),
    "a review that is no full date": (FAQ, "2026-01-31", "2026-01", "review_by", "a full date"),
    "a review with a time of day": (FAQ, "2026-01-31", "2026-01-31 10:00:00", "review_by", "a full date"),
    "a lead that does not exist": (FAQ, "lead: status", "lead: keadaan", "lead", "'keadaan' is not in"),
    "a related entry that does not exist": (FAQ, "[jadwal-insentif]", "[apa-saja]", "related", "'apa-saja' is not in"),
    "an unknown status to offer": (FAQ, RELATED, f"    offers_status: gaji\n{RELATED}", "offers_status", "not one of"),
    "a status offered twice": (
        FAQ,
        RELATED,
        f"    status: incentive\n    offers_status: incentive\n{RELATED}",
        "offers_status",
        "superfluous",
    ),
    "a person offered by a word": (FAQ, RELATED, f"    offers_human: ya\n{RELATED}", "offers_human", "must be true"),
    "an entry related to itself": (FAQ, "[jadwal-insentif]", "[besaran-insentif]", "related", "names the entry itself"),
    "a fourth related entry": (FAQ, "[jadwal-insentif]", "[a, b, c, d]", "related", "3 at most"),
    "an amount that no source holds": (FAQ, "Rp600.000, Kak", "Rp700.000, Kak", "answer", "'700.000'"),
    "part of an amount of a source": (FAQ, "Rp600.000, Kak", "Rp600, Kak", "answer", "'600'"),
    "an address that no source holds": (FAQ, "dashboard.prakerja.go.id.", "prakerja.com.", "answer", "prakerja.com"),
    "too few examples": (FAQ, "satu g, satu h", "satu g", "examples", "at least 8"),
    "an example twice": (FAQ, "satu h", "Satu  A", "examples", "is also in besaran-insentif"),
    "an example of two entries": (FAQ, "dua h", "satu a", "examples", "is also in besaran-insentif"),
    "an example with a long number": (FAQ, "satu h", "nik 3171 0112 3456 7890", "examples", "no person's data"),
    "an example with a short phone number": (FAQ, "satu h", "wa 0812345678", "examples", "no person's data"),
    "an example that is a command": (FAQ, "satu h", "/start", "examples", "starts with a slash"),
    "an example that YAML takes for a number": (FAQ, "satu h", "72", "examples", "number 8 is 72; quotes"),
    "an example that YAML takes for a no": (FAQ, "satu h", "no", "examples", "number 8 is False; quotes"),
    "a title twice": (FAQ, "title: Jadwal insentif", "title: Besaran insentif", "title", "also the title of besaran"),
    "an id twice": (FAQ, "id: jadwal-insentif", "id: besaran-insentif", "id", "is also in insentif.yml"),
    "a fact without a statement": (FACTS, "    statement: Insentif cair", "    note: cair", "statement", "missing"),
    "a fact whose volatility is a word": (FACTS, "volatile: true", "volatile: kadang", "volatile", "true or false"),
    "a fact twice": (FACTS, "id: in-jadwal", "id: in-besaran", "id", "stands twice"),
    "a changeable fact too long": (PROGRAMME, "Insentif dibayarkan", LONG, "text", "160 at most"),
    "a changeable fact without source": (PROGRAMME, "[in-besaran]", "[in-mana]", "sources", "'in-mana' is not in"),
    "a changeable fact with a new number": (PROGRAMME, "satu kali", "3 kali", "text", "the number '3'"),
    "a changeable fact with a time": (PROGRAMME, "2025-12-31", "2025-12-31 10:00:00", "as_of", "a full date"),
    "a review before the date": (PROGRAMME, "2026-03-31", "2024-03-31", "review_by", "is before as_of"),
    "a notice without text": (NOTICES, "    text: Pemberitahuan media.", "    buttons: []", "text", "is missing"),
    "a notice nobody knows": (NOTICES, "  media:", "  video:\n    text: Ya.\n  media:", "video", "not a known notice"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_mistake_is_named_with_file_entry_and_field(content: ContentFolder, case: str) -> None:
    file, old, new, field, message = BROKEN[case]
    content.change(file, old, new)
    problems = content.problems()
    matching = [line for line in problems if message in line]
    assert matching, problems
    assert matching[0].startswith(file.rpartition("/")[2] + " > "), problems
    assert f" > {field}: " in matching[0], problems


def test_missing_notice_is_named(content: ContentFolder) -> None:
    content.change("notices.yml", "  apology:\n    text: Pemberitahuan apology.\n", "")
    assert content.problems() == ["notices.yml > apology: is missing"]


@pytest.mark.parametrize(
    ("button", "message"),
    [
        ("{title: Bantuan}", "notices.yml > media > intent: is missing; it must be an intent's name"),
        ("{title: Judul yang terlalu panjang, intent: help}", "notices.yml > media > title: 'Judul yang terlalu"),
        ("{title: Hilang, intent: faq/tidak-ada}", "notices.yml > media > intent: 'faq/tidak-ada' is no question"),
        ("a, b, c, d", "notices.yml > media > buttons: has 4 buttons; 3 at most"),
    ],
)
def test_button_of_a_notice_must_be_short_and_lead_somewhere(content: ContentFolder, button: str, message: str) -> None:
    content.change("notices.yml", "Pemberitahuan media.\n", f"Pemberitahuan media.\n    buttons: [{button}]\n")
    assert any(line.startswith(message) for line in content.problems()), content.problems()


UNREADABLE = {
    "not YAML": ("title: [satu", "line "),
    "a name twice": ("topic: insentif\ntitle: A\ntitle: B\nentries: []\n", "line 3: not valid YAML: the name 'title'"),
    "a day in no calendar": ("topic: insentif\ntitle: 2023-02-31\nentries: []\n", "line 2: not valid YAML: '2023"),
    "a tag of Python's": ("title: !!python/name:os.system\n", "line 1: not valid YAML"),
    "a control character": ("title: \x07\n", "not valid YAML"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_file_that_is_not_yaml_is_named_with_its_line(content: ContentFolder, case: str) -> None:
    text, message = UNREADABLE[case]
    content.write(FAQ, text)
    assert [line for line in content.problems() if line.startswith("insentif.yml: ") and message in line]


def test_file_that_is_not_utf8_is_named(content: ContentFolder) -> None:
    content.path(FAQ).write_bytes(b"title: \xff\xfe\n")
    assert content.problems() == ["insentif.yml: is not UTF-8 text"]


@pytest.mark.parametrize("name", ["facts.yml", "programme.yml", "notices.yml", FAQ])
def test_empty_file_is_a_mistake(content: ContentFolder, name: str) -> None:
    content.write(name, "# nothing but a comment\n")
    assert any(line.startswith(name.rpartition("/")[2]) for line in content.problems())


def test_missing_file_is_named(content: ContentFolder) -> None:
    content.path("facts.yml").unlink()
    assert content.problems() == ["facts.yml: cannot be read (No such file or directory)"]


def test_no_topic_at_all_is_a_mistake(content: ContentFolder) -> None:
    content.path(FAQ).unlink()
    assert "data/faq: there is no topic file" in content.problems()


def test_topic_must_be_named_like_its_file(content: ContentFolder) -> None:
    content.change(FAQ, "topic: insentif", "topic: uang")
    assert content.problems() == ["insentif.yml > topic: must be the file's name, 'insentif'"]


def test_all_mistakes_are_told_at_once(content: ContentFolder) -> None:
    content.change(FAQ, "satu g, satu h", "satu g")
    content.change(FAQ, "    lead: status\n", "    led: status\n")
    content.change("programme.yml", "satu kali", "3 kali")
    content.change("notices.yml", "  media:", "  video:")
    with pytest.raises(ContentError) as caught:
        content.load()
    assert len(caught.value.problems) == 5
    assert str(caught.value).startswith("5 problem(s) in the content:\n  notices.yml > media: is missing\n")


def test_who_refers_to_a_broken_entry_or_fact_is_not_blamed(content: ContentFolder) -> None:
    content.change(FAQ, "    question: Kapan insentif cair?\n", "")
    content.change("facts.yml", "volatile: false", "volatile: kadang")
    assert content.problems() == [
        "facts.yml > in-besaran > volatile: must be true or false",
        "insentif.yml > jadwal-insentif > question: is missing; it must be a text",
    ]


def test_list_numbers_of_the_steps_need_no_source(content: ContentFolder) -> None:
    content.change(FAQ, "      2. Lihat menu insentif.", "      2. Lihat menu insentif.\n      3. Selesai.")
    assert content.problems() == []
