"""How answers read: the status first, and no volatile fact stated as current past its review."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from nlu.content.dates import in_words, is_partial_date
from nlu.wording import MAX_OFFERED, answer_entry, offer_entries, programme_line
from tests.assistant.content_folder import ContentFolder

REVIEW = date(2026, 1, 31)
LEAD_REVIEW = date(2026, 3, 31)
DAY = timedelta(days=1)


def said(content: ContentFolder, name: str, day: date) -> list[str]:
    catalogue = content.load()
    return answer_entry(catalogue, catalogue.entries[name], day).text.split("\n\n")


def test_status_line_stands_before_the_answer(content: ContentFolder) -> None:
    lead, answer, _ = said(content, "jadwal-insentif", REVIEW)
    assert lead == "Insentif dibayarkan satu kali. (per 31 Desember 2025)"
    assert answer.startswith("Cairnya 7 hari kerja")


def test_age_and_publisher_of_the_first_source_stand_last(content: ContentFolder) -> None:
    assert said(content, "besaran-insentif", REVIEW)[-1] == "Per Oktober 2023. Sumber: Kompas.com."


def test_answer_is_current_up_to_and_on_its_review_day(content: ContentFolder) -> None:
    for day in (REVIEW - DAY, REVIEW):
        assert said(content, "jadwal-insentif", day)[-1] == "Per 5 Oktober 2023. Sumber: prakerja.go.id."


def test_answer_past_its_review_is_only_what_was_last_known(content: ContentFolder) -> None:
    last = said(content, "jadwal-insentif", REVIEW + DAY)[-1]
    assert last == "Terakhir diketahui per 5 Oktober 2023. Sumber: prakerja.go.id."


def test_answer_of_another_publisher_past_its_review_names_the_official_site(content: ContentFolder) -> None:
    content.change("faq/insentif.yml", "[in-jadwal, in-besaran]", "[in-besaran, in-jadwal]")
    last = said(content, "jadwal-insentif", REVIEW + DAY)[-1]
    assert last == "Terakhir diketahui per 5 Oktober 2023. Sumber: Kompas.com. Pastikan lagi di prakerja.go.id, ya Kak."


def test_answer_without_a_review_stays_as_it_is(content: ContentFolder) -> None:
    assert said(content, "besaran-insentif", date(2050, 1, 1))[-1] == "Per Oktober 2023. Sumber: Kompas.com."


def test_changeable_fact_past_its_review_is_only_what_was_last_known(content: ContentFolder) -> None:
    fact = content.load().programme["status"]
    assert not programme_line(fact, LEAD_REVIEW).startswith("Terakhir diketahui")
    assert (
        programme_line(fact, LEAD_REVIEW + DAY)
        == "Terakhir diketahui per 31 Desember 2025: Insentif dibayarkan satu kali."
    )


def test_related_questions_are_buttons(content: ContentFolder) -> None:
    catalogue = content.load()
    buttons = answer_entry(catalogue, catalogue.entries["besaran-insentif"], REVIEW).buttons
    assert [(button.title, button.intent) for button in buttons] == [("Jadwal insentif", "faq/jadwal-insentif")]


def test_offer_numbers_the_questions_and_has_a_button_for_each(content: ContentFolder) -> None:
    offer = offer_entries(content.load(), ["faq/jadwal-insentif", "faq/besaran-insentif"], "Yang mana?")
    assert offer is not None
    assert offer.text == "Yang mana?\n\n1. Kapan insentif cair?\n2. Berapa besar insentifnya?\n3. Bukan itu semua"
    assert [button.intent for button in offer.buttons] == ["faq/jadwal-insentif", "faq/besaran-insentif", "deny"]


def test_offer_passes_over_withdrawn_questions_and_is_none_without_any(content: ContentFolder) -> None:
    catalogue = content.load()
    offer = offer_entries(catalogue, ["faq/hilang", "faq/jadwal-insentif"], "Yang mana?")
    assert offer is not None
    assert "1. Kapan insentif cair?" in offer.text
    assert offer_entries(catalogue, ["faq/hilang"], "Yang mana?") is None
    assert MAX_OFFERED == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2023-10-05", "5 Oktober 2023"),
        ("2024-08", "Agustus 2024"),
        ("2025", "2025"),
        ("2024-02-29", "29 Februari 2024"),
    ],
)
def test_dates_read_as_exact_as_they_are(text: str, words: str) -> None:
    assert is_partial_date(text)
    assert in_words(text) == words


@pytest.mark.parametrize("text", ["2023-02-29", "2023-13", "23-10-05", "2023/10/05", "0000", "kemarin", ""])
def test_dates_in_no_calendar_are_refused(text: str) -> None:
    assert not is_partial_date(text)
