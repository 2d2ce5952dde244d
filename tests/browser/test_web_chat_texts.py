"""Texts on the web chat page: never markup, links only where they are safe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from .fake_chat import Answer, FakeChat
from .screen import bot, bubbles, own, type_and_send

MARKUP = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "&lt;b&gt; & <b>tebal</b>",
    "javascript:alert(1) data:text/html,<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_shown_as_text(page: Page, chat: FakeChat, text: str) -> None:
    chat.answer = lambda asked: Answer(asked, [("pilih", asked)])
    type_and_send(page, text)

    expect(bubbles(page)).to_have_text([text, text])
    expect(page.get_by_role("group", name="Pilihan").get_by_role("button")).to_have_text(f"1 {text}")
    assert page.locator("#log :is(script, b, svg, img, [onerror], [onload])").count() == 0
    assert page.locator("#log .msg[data-day] a").count() == 0


LINKS = {
    "Buka https://www.prakerja.go.id/tanya-jawab.": "https://www.prakerja.go.id/tanya-jawab",
    "Buka prakerja.go.id, Kak": "https://prakerja.go.id/",
    "(dashboard.prakerja.go.id)": "https://dashboard.prakerja.go.id/",
    "Sumber:bantuan.prakerja.go.id/hc/id?x=1!": "https://bantuan.prakerja.go.id/hc/id?x=1",
    "*siapkerja.kemnaker.go.id*": "https://siapkerja.kemnaker.go.id/",
    "Sudah cek Prakerja.go.id?": "https://prakerja.go.id/",
    "http://contoh.test/a_(b)": "http://contoh.test/a_(b)",
    "baris\nhttps://contoh.test/a?b=1&c=%20d\nbaris": "https://contoh.test/a?b=1&c=%20d",
}
NOT_LINKS = [
    "prakerja.go.id.hadiah.test",
    "daftar-prakerja.go.id",
    "prakerja.go.id-hadiah.test",
    "admin@prakerja.go.id",
    "http://prakerja.go.id@hadiah.test/",
    "https://prakerjа.go.id/ (huruf Kiril)",
    "prakerja-bansos.test",
    "ftp://prakerja.test",
    "https://",
]


def test_known_forms_become_links_and_doubtful_ones_do_not(page: Page, chat: FakeChat) -> None:
    texts = [*LINKS, *NOT_LINKS]
    for text in texts:
        chat.push(text=text)
    expect(bubbles(page)).to_have_text(texts)

    found = {text: addresses(bubbles(page).nth(number)) for number, text in enumerate(texts)}
    assert found == {text: [LINKS[text]] if text in LINKS else [] for text in texts}


def test_link_opens_elsewhere_and_tells_nothing(page: Page, chat: FakeChat) -> None:
    chat.push(text="Buka prakerja.go.id")
    link = page.locator("#log .msg[data-day] a")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_several_links_in_one_text(page: Page, chat: FakeChat) -> None:
    chat.push(text="https://a.test https://b.test\nprakerja.go.id")
    expect(page.locator("#log .msg[data-day] a")).to_have_text(["https://a.test", "https://b.test", "prakerja.go.id"])


def test_link_that_a_person_asks_about_cannot_be_opened_by_a_slip(page: Page) -> None:
    type_and_send(page, "apakah https://prakerja-bansos.test/daftar asli?")
    expect(bot(page, "Jawaban")).to_be_visible()
    assert own(page, "prakerja-bansos").locator("a").count() == 0


def test_line_breaks_are_kept(page: Page, chat: FakeChat) -> None:
    chat.push(text="Langkah:\n1. Buka\n\n2. Isi")
    assert bubbles(page).first.inner_text() == "Langkah:\n1. Buka\n\n2. Isi"


def addresses(bubble: Locator) -> list[str | None]:
    return [link.get_attribute("href") for link in bubble.locator("a").all()]
