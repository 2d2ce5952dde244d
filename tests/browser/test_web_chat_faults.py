"""The web chat page on a bad line: nothing is lost, nothing is shown twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .fake_chat import FakeChat, Refusal
from .guard import Guard
from .screen import bot, bubbles, own, strip, type_and_send, typing

OFFLINE = "Sambungan terputus, mencoba lagi…"
# Past the first four waits, yet short of the time limit of the request that follows one.
LONGEST_EARLY_WAIT_MS = 11_000


@pytest.fixture(autouse=True)
def _expected_network_errors(guard: Guard) -> None:
    guard.allow("Failed to load resource")


def test_message_is_sent_again_after_503(page: Page, chat: FakeChat) -> None:
    chat.refusals = [Refusal(503), Refusal(503)]
    type_and_send(page, "halo")

    expect(own(page, "halo")).to_contain_text("gagal. Layanan sedang sibuk.")
    expect(bubbles(page)).to_have_text(["halo", "Jawaban: halo"])
    assert len({post["id"] for post in chat.posts}) == 1
    assert len(chat.posts) == 3


def test_cut_line_is_retried(page: Page, chat: FakeChat) -> None:
    chat.refusals = [Refusal(0)]
    type_and_send(page, "halo")

    expect(own(page, "halo")).to_contain_text("gagal. Akan dikirim lagi otomatis.")
    expect(bubbles(page)).to_have_text(["halo", "Jawaban: halo"])


def test_lost_receipt_makes_no_second_message(page: Page, chat: FakeChat) -> None:
    chat.lose_receipts = 1
    type_and_send(page, "halo")

    expect(bubbles(page)).to_have_text(["halo", "Jawaban: halo"])
    expect(own(page, "halo")).not_to_contain_text("gagal")
    assert page.evaluate("sessionStorage.getItem('kawan.unsent')") == "[]"
    assert chat.accepted() == 1


def test_later_messages_wait_behind_a_failed_one(page: Page, chat: FakeChat) -> None:
    chat.refusals = [Refusal(503)]
    type_and_send(page, "satu")
    expect(own(page, "satu")).to_contain_text("gagal")
    type_and_send(page, "dua")

    expect(bubbles(page)).to_have_text(["satu", "Jawaban: satu", "dua", "Jawaban: dua"])


def test_wait_named_by_the_server_is_kept(page: Page, chat: FakeChat) -> None:
    page.clock.install()
    chat.refusals = [Refusal(429, "full", "Pesan Kakak banyak sekali, tunggu sebentar ya.", retry_after=20)]
    type_and_send(page, "halo")
    page.clock.run_for(1000)
    expect(own(page, "halo")).to_contain_text("gagal. Pesan Kakak banyak sekali, tunggu sebentar ya.")
    chat.drop_streams()
    chat.push(text="Tersambung lagi")
    expect(bot(page, "Tersambung lagi")).to_be_visible()
    page.clock.run_for(17000)
    assert len(chat.posts) == 1

    page.clock.run_for(5000)
    expect(bot(page, "Jawaban: halo")).to_be_visible()


def test_try_again_button_does_not_wait(page: Page, chat: FakeChat) -> None:
    chat.refusals = [Refusal(503, retry_after=600)]
    type_and_send(page, "halo")
    page.get_by_role("button", name="Coba lagi").click()

    expect(bot(page, "Jawaban: halo")).to_be_visible()
    expect(page.get_by_role("button", name="Coba lagi")).to_have_count(0)


@pytest.mark.parametrize("status", [400, 413])
def test_refused_message_can_be_edited_and_does_not_block_others(page: Page, chat: FakeChat, status: int) -> None:
    chat.refusals = [Refusal(status, "too_long", "Pesan terlalu panjang, Kak.")]
    type_and_send(page, "panjang sekali")
    expect(own(page, "panjang sekali")).to_contain_text("gagal. Pesan terlalu panjang, Kak.")
    type_and_send(page, "halo")
    expect(bot(page, "Jawaban: halo")).to_be_visible()

    page.get_by_role("button", name="Ubah").click()
    expect(page.get_by_role("textbox")).to_have_value("panjang sekali")
    expect(page.get_by_role("textbox")).to_be_focused()
    expect(own(page, "panjang sekali")).to_have_count(0)
    assert len(chat.posts) == 2


def test_refused_message_survives_a_reload(page: Page, chat: FakeChat) -> None:
    chat.refusals = [Refusal(413, "too_long", "Pesan terlalu panjang, Kak.")]
    type_and_send(page, "panjang sekali")
    expect(page.get_by_role("button", name="Ubah")).to_be_visible()
    page.reload()

    expect(own(page, "panjang sekali")).to_contain_text("gagal. Pesan terlalu panjang, Kak.")
    assert len(chat.posts) == 1


def test_refused_choice_can_be_pressed_again(page: Page, chat: FakeChat) -> None:
    chat.push(text="Yang mana?", choices=[{"id": "pilih-1", "title": "Cara daftar"}])
    chat.refusals = [Refusal(400, "bad_request", "Pilihan ini sudah tidak berlaku.")]
    choice = page.get_by_role("button", name="Cara daftar")
    choice.click()

    expect(own(page, "Cara daftar")).to_contain_text("gagal. Pilihan ini sudah tidak berlaku.")
    expect(page.get_by_role("button", name="Ubah")).to_have_count(0)
    page.wait_for_timeout(1000)  # a second press within a second counts as a slip of the finger
    choice.click()
    expect(bot(page, "Jawaban: Cara daftar")).to_be_visible()


def test_broken_message_does_not_block_the_next_forever(page: Page, chat: FakeChat) -> None:
    page.clock.install()
    chat.refusals = [Refusal(500, "internal", "Ada gangguan.") for _ in range(5)]
    type_and_send(page, "rusak")
    type_and_send(page, "sehat")
    for count in range(1, 6):
        _until(page, chat, posts=count)
        expect(own(page, "rusak")).to_contain_text("gagal")
        page.clock.run_for(LONGEST_EARLY_WAIT_MS)

    expect(bot(page, "Jawaban: sehat")).to_be_visible()
    expect(own(page, "rusak")).to_contain_text("gagal. Ada gangguan.")


def test_pending_message_survives_a_reload_below_the_history(page: Page, chat: FakeChat) -> None:
    type_and_send(page, "satu")
    expect(bubbles(page)).to_have_count(2)
    chat.refusals = [Refusal(503, retry_after=600), Refusal(503)]
    type_and_send(page, "dua")
    expect(own(page, "dua")).to_contain_text("gagal")
    page.reload()

    expect(bubbles(page)).to_have_text(["satu", "Jawaban: satu", "dua", "Jawaban: dua"])
    assert len({post["id"] for post in chat.posts}) == 2


def test_accepted_message_is_not_shown_twice_after_a_reload(page: Page, chat: FakeChat) -> None:
    chat.refuse_streams = 1000
    chat.drop_streams()
    chat.lose_receipts = 1
    type_and_send(page, "halo")
    expect(own(page, "halo")).to_contain_text("gagal")
    chat.refuse_streams = 0
    page.reload()

    expect(bubbles(page)).to_have_text(["halo", "Jawaban: halo"])
    expect(own(page, "halo")).not_to_contain_text("gagal")
    assert chat.accepted() == 1


def test_dropped_stream_resumes_without_loss_or_duplicates(page: Page, chat: FakeChat) -> None:
    type_and_send(page, "satu")
    expect(bubbles(page)).to_have_count(2)
    chat.drop_streams()
    chat.push(text="Selagi terputus")

    expect(bubbles(page)).to_have_text(["satu", "Jawaban: satu", "Selagi terputus"])
    assert chat.resumed_from == [None, "2"]


def test_refused_stream_is_opened_again_by_the_page(page: Page, chat: FakeChat) -> None:
    type_and_send(page, "satu")
    expect(bubbles(page)).to_have_count(2)
    chat.refuse_streams = 1000
    chat.drop_streams()
    chat.push(text="Selagi terputus")
    expect(strip(page)).to_have_text(OFFLINE)
    chat.refuse_streams = 0

    expect(bubbles(page)).to_have_text(["satu", "Jawaban: satu", "Selagi terputus"])
    expect(strip(page)).to_be_empty()


def test_short_interruption_is_not_mentioned(page: Page, chat: FakeChat) -> None:
    page.evaluate(
        "window.seen = []; new MutationObserver(() => seen.push(document.getElementById('strip').textContent))"
        ".observe(document.getElementById('strip'), {childList: true})"
    )
    chat.drop_streams()
    chat.push(text="Kembali")
    expect(bot(page, "Kembali")).to_be_visible()
    assert page.evaluate("window.seen") == []


def test_message_typed_while_offline_goes_out_when_the_line_is_back(
    page: Page, context: BrowserContext, chat: FakeChat
) -> None:
    context.set_offline(True)
    type_and_send(page, "halo")
    expect(own(page, "halo")).to_contain_text("gagal")
    context.set_offline(False)

    expect(bubbles(page)).to_have_text(["halo", "Jawaban: halo"])
    expect(own(page, "halo")).not_to_contain_text("gagal")


def test_dead_stream_is_noticed_by_the_missing_echo(page: Page, chat: FakeChat) -> None:
    page.clock.install()
    chat.deafen()
    type_and_send(page, "halo")
    expect(own(page, "halo")).to_contain_text("terkirim")
    page.clock.run_for(9000)

    expect(bubbles(page)).to_have_text(["halo", "Jawaban: halo"])
    expect(typing(page)).to_be_hidden()


def test_lost_session_is_renewed(page: Page, context: BrowserContext, chat: FakeChat) -> None:
    context.clear_cookies()
    chat.drop_streams()
    type_and_send(page, "halo")

    expect(bubbles(page)).to_have_text(["halo", "Jawaban: halo"])
    assert chat.sessions() >= 2


def test_storage_that_is_forbidden_does_not_stop_the_chat(context: BrowserContext, chat: FakeChat) -> None:
    context.add_init_script(
        "for (const name of ['sessionStorage', 'localStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('denied'); } });"
    )
    page = context.new_page()
    page.goto(chat.url)
    type_and_send(page, "halo")
    expect(bot(page, "Jawaban: halo")).to_be_visible()


def _until(page: Page, chat: FakeChat, posts: int) -> None:
    for _ in range(100):
        if len(chat.posts) >= posts:
            return
        page.wait_for_timeout(20)
    pytest.fail(f"{len(chat.posts)} requests arrived, {posts} expected")
