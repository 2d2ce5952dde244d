"""The web chat page when all goes well: sending, answers, choices, history, a new conversation."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from .fake_chat import COOKIE, Answer, FakeChat
from .guard import Guard
from .screen import bot, bubbles, own, strip, type_and_send, typing

CHOICES = Answer("Kakak mau tahu yang mana?", [("pilih-1", "Cara daftar"), ("pilih-2", "Jadwal gelombang")])


def test_question_gets_its_answer(page: Page, chat: FakeChat) -> None:
    type_and_send(page, "insentif saya kok belum cair ya min")

    expect(bubbles(page)).to_have_text(
        ["insentif saya kok belum cair ya min", "Jawaban: insentif saya kok belum cair ya min"]
    )
    (post,) = chat.posts
    assert post["text"] == "insentif saya kok belum cair ya min"
    assert len(post["id"]) == 36


def test_message_states_follow_delivery(page: Page, chat: FakeChat) -> None:
    chat.accept_seconds = chat.answer_seconds = 0.6
    type_and_send(page, "halo")

    expect(own(page, "halo")).to_contain_text("mengirim…")
    expect(own(page, "halo")).to_contain_text("terkirim")
    expect(bot(page, "Jawaban: halo")).to_be_visible()
    expect(own(page, "halo").locator(".state")).to_be_empty()


def test_typing_indicator_lasts_from_acceptance_to_answer(page: Page, chat: FakeChat) -> None:
    chat.answer_seconds = 0.6
    expect(typing(page)).to_be_hidden()
    type_and_send(page, "halo")

    expect(typing(page)).to_be_visible()
    expect(page.get_by_text("Kawan sedang mengetik…")).to_have_attribute("role", "status")
    expect(bot(page, "Jawaban: halo")).to_be_visible()
    expect(typing(page)).to_be_hidden()


def test_quick_messages_arrive_in_order(page: Page, chat: FakeChat) -> None:
    chat.accept_seconds = 0.1
    chat.answer = lambda text: Answer("Dua jawaban sekaligus.") if text == "tiga" else None
    for text in ("satu", "dua", "tiga"):
        type_and_send(page, text)

    expect(bubbles(page)).to_have_text(["satu", "dua", "tiga", "Dua jawaban sekaligus."])
    assert [post["text"] for post in chat.posts] == ["satu", "dua", "tiga"]


def test_one_answer_to_several_messages_ends_the_typing_indicator(page: Page, chat: FakeChat) -> None:
    chat.answer = lambda text: None
    type_and_send(page, "satu")
    type_and_send(page, "dua")
    expect(own(page, "dua")).to_contain_text("terkirim")
    expect(typing(page)).to_be_visible()

    chat.push(text="Jawaban untuk dua-duanya", answers=[post["id"] for post in chat.posts])
    expect(typing(page)).to_be_hidden()


def test_own_message_takes_the_masked_form_of_the_server(page: Page, chat: FakeChat) -> None:
    chat.answer = lambda text: Answer("Jangan kirim NIK ya, Kak.")
    type_and_send(page, "NIK saya 3174012345678901 ya")

    expect(own(page, "NIK saya").locator(".text")).to_have_text("NIK saya [nomor disamarkan] ya")
    expect(page.get_by_text("3174012345678901")).to_have_count(0)
    assert "3174012345678901" not in page.evaluate("JSON.stringify([sessionStorage, localStorage])")


def test_empty_message_is_not_sent(page: Page, chat: FakeChat) -> None:
    type_and_send(page, "  \n ")
    type_and_send(page, "halo")

    expect(bot(page, "Jawaban: halo")).to_be_visible()
    assert len(chat.posts) == 1


def test_choice_press_sends_the_choice_and_shows_its_title(page: Page, chat: FakeChat) -> None:
    chat.answer = lambda text: CHOICES if text == "halo" else Answer("Buka dashboard.")
    type_and_send(page, "halo")
    page.get_by_role("group", name="Pilihan").get_by_role("button", name="2 Jadwal gelombang").click()

    expect(bubbles(page)).to_have_text(["halo", CHOICES.text, "Jadwal gelombang", "Buka dashboard."])
    assert chat.posts[1] == {"id": chat.posts[1]["id"], "choice": "pilih-2", "title": "Jadwal gelombang"}


def test_old_choices_stay_usable_but_quieter(page: Page, chat: FakeChat) -> None:
    chat.answer = lambda text: CHOICES if text == "halo" else Answer("Siap, Kak.")
    type_and_send(page, "halo")
    choices = page.get_by_role("group", name="Pilihan")
    page.get_by_role("button", name="Cara daftar").click()
    expect(bubbles(page)).to_have_count(4)
    expect(choices).to_contain_class("old")

    page.get_by_role("button", name="Jadwal gelombang").click()
    expect(own(page, "Jadwal gelombang")).to_be_visible()


def test_double_press_sends_a_choice_once(page: Page, chat: FakeChat) -> None:
    chat.answer = lambda text: CHOICES if text == "halo" else Answer("Siap, Kak.")
    type_and_send(page, "halo")
    page.get_by_role("button", name="Cara daftar").dblclick()

    expect(bot(page, "Siap, Kak.")).to_be_visible()
    assert [post.get("choice") for post in chat.posts] == [None, "pilih-1"]


def test_starter_question_is_sent_and_starters_leave(page: Page, chat: FakeChat) -> None:
    starters = page.get_by_role("group", name="Contoh pertanyaan")
    expect(starters.get_by_role("button")).to_have_count(4)
    starters.get_by_role("button", name="Lupa kata sandi").click()

    expect(bot(page, "Jawaban: Lupa kata sandi")).to_be_visible()
    expect(starters).to_be_hidden()
    page.reload()
    expect(bubbles(page)).to_have_count(2)
    expect(starters).to_be_hidden()


def test_reload_shows_the_history_once(page: Page, chat: FakeChat) -> None:
    chat.answer = lambda text: CHOICES
    type_and_send(page, "halo")
    expect(bubbles(page)).to_have_count(2)
    page.reload()

    expect(bubbles(page)).to_have_text(["halo", CHOICES.text])
    expect(page.get_by_role("button", name="Cara daftar")).to_be_visible()
    expect(typing(page)).to_be_hidden()
    assert len(chat.posts) == 1


def test_days_are_divided_and_times_are_those_of_jakarta(page: Page, chat: FakeChat) -> None:
    chat.push(text="Larut malam", at="2026-01-30T16:59:00+00:00")
    chat.push(text="Lewat tengah malam", at="2026-01-30T17:00:00+00:00")
    chat.push(text="Pagi", at="2026-01-31T03:04:05+00:00")

    expect(bot(page, "Pagi").locator("time")).to_have_text("10.04")
    days = page.locator(".day:not([hidden])")
    expect(days).to_have_text(["Jumat, 30 Januari 2026", "Sabtu, 31 Januari 2026"])


def test_today_is_called_today(page: Page) -> None:
    type_and_send(page, "halo")
    expect(page.locator(".day:not([hidden])")).to_have_text(["Hari ini"])


def test_staff_message_is_marked_and_ends_the_typing_indicator(page: Page, chat: FakeChat) -> None:
    chat.answer = lambda text: None
    type_and_send(page, "mau bicara dengan petugas")
    expect(typing(page)).to_be_visible()
    chat.push(**{"from": "staff", "text": "Halo, saya Rina."})

    expect(page.locator(".msg.staff")).to_contain_text("Petugas")
    expect(typing(page)).to_be_hidden()
    type_and_send(page, "terima kasih")
    expect(own(page, "terima kasih")).to_contain_text("terkirim")
    expect(typing(page)).to_be_hidden()


def test_two_tabs_show_the_same_conversation(page: Page, context: BrowserContext, chat: FakeChat) -> None:
    second = context.new_page()
    second.goto(chat.url)
    type_and_send(page, "dari tab satu")

    for tab in (page, second):
        expect(bubbles(tab)).to_have_text(["dari tab satu", "Jawaban: dari tab satu"])


def test_new_conversation_forgets_the_old_one_in_every_tab(page: Page, context: BrowserContext, chat: FakeChat) -> None:
    second = context.new_page()
    second.goto(chat.url)
    type_and_send(page, "rahasia")
    expect(bubbles(second)).to_have_count(2)
    (before,) = context.cookies()

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Mulai percakapan baru").click()
    for tab in (page, second):
        expect(bubbles(tab)).to_have_count(0)
        expect(tab.get_by_role("group", name="Contoh pertanyaan")).to_be_visible()
    expect(page.get_by_role("textbox")).to_be_focused()
    (after,) = context.cookies()
    assert after.get("name") == COOKIE
    assert after.get("value") != before.get("value")

    type_and_send(page, "awal baru")
    expect(bubbles(page)).to_have_text(["awal baru", "Jawaban: awal baru"])


def test_failed_new_conversation_keeps_the_old_one(page: Page, chat: FakeChat, guard: Guard) -> None:
    guard.allow("503")
    chat.refuse_forget = True
    type_and_send(page, "halo")
    expect(bubbles(page)).to_have_count(2)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Mulai percakapan baru").click()

    expect(strip(page)).to_have_text("Percakapan baru belum bisa dimulai. Coba sebentar lagi.")
    expect(bubbles(page)).to_have_count(2)


def test_reader_of_older_messages_is_not_pulled_away(page: Page, chat: FakeChat) -> None:
    for number in range(20):
        chat.push(text=f"Pesan lama {number}")
    expect(bubbles(page)).to_have_count(20)
    page.evaluate("scrollTo(0, 0)")
    newer = page.get_by_role("button", name="Pesan baru di bawah")
    expect(newer).to_be_hidden()
    page.wait_for_function("scrollY === 0")
    page.evaluate("new Promise(requestAnimationFrame)")
    chat.push(text="Pengumuman")

    expect(newer).to_be_visible()
    assert page.evaluate("scrollY") == 0
    newer.click()
    expect(bot(page, "Pengumuman")).to_be_in_viewport()
    expect(newer).to_be_hidden()


def test_long_answer_is_shown_from_its_first_line(page: Page, chat: FakeChat) -> None:
    chat.answer = lambda text: Answer("Baris pertama\n" + "Langkah berikutnya\n" * 60)
    type_and_send(page, "bagaimana caranya?")
    expect(bubbles(page)).to_have_count(2)

    top = bubbles(page).nth(1).evaluate("node => node.getBoundingClientRect().top")
    header = page.get_by_role("banner").evaluate("node => node.getBoundingClientRect().bottom")
    assert header <= top < header + 60
