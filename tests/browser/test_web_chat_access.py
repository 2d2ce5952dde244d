"""The web chat page for everyone: small screens, keyboard, screen readers, contrast, old browsers, size."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .conftest import PHONE
from .fake_chat import STATIC, Answer, FakeChat
from .screen import bot, bubbles, own, type_and_send

MOST_BYTES = 32_000
SMALLEST_TARGET = 44
LONG = Answer(
    "Buka https://www.prakerja.go.id/" + "alamat-yang-panjang-sekali/" * 6 + " " + "a" * 120,
    [("1", "Cara menyambungkan rekening atau dompet digital"), ("2", "x" * 60)],
)
# Newer than ES2017, or newer than Chrome 70.
TOO_NEW = re.compile(r"\?\.(?!\d)|\?\?|\{ *\.\.\.|catch \{|replaceAll|randomUUID|\.at\(|\.flat\(|matchAll|\(\?<[=!]")
# WCAG 2 contrast of every visible text with what is painted behind it.
WEAKEST_CONTRAST = """() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = color.map((part) => part / 255).map((part) =>
      part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = parse(getComputedStyle(node).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let weakest = { ratio: 21, text: '' };
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest('noscript, .unseen')) continue;
    const pair = [light(parse(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < weakest.ratio) weakest = { ratio, text: walker.currentNode.data };
  }
  return weakest;
}"""


@pytest.mark.parametrize(("width", "height"), [(360, 740), (320, 568), (180, 370), (640, 400), (1280, 800)])
def test_no_width_scrolls_sideways(page: Page, chat: FakeChat, width: int, height: int) -> None:
    chat.answer = lambda text: LONG
    type_and_send(page, "b" * 200)
    expect(bubbles(page)).to_have_count(2)
    page.set_viewport_size({"width": width, "height": height})

    assert page.evaluate("document.documentElement.scrollWidth") == width
    expect(page.get_by_role("textbox")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Kirim")).to_be_in_viewport(ratio=1)


def test_everything_to_press_is_large_enough(page: Page, chat: FakeChat) -> None:
    starters = page.get_by_role("button").all()
    sizes = [button.bounding_box() for button in starters]
    chat.push(text="Yang mana?", choices=[{"id": "1", "title": "A"}])
    choice = page.get_by_role("button", name="1 A")
    expect(choice).to_be_visible()

    for box in [*sizes, choice.bounding_box()]:
        assert box is not None
        assert box["height"] >= SMALLEST_TARGET
        assert box["width"] >= SMALLEST_TARGET


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough(page: Page, chat: FakeChat, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    chat.push(text="Yang mana?", choices=[{"id": "1", "title": "Lama"}])
    chat.push(**{"from": "staff", "text": "Halo, lihat prakerja.go.id"})
    chat.answer = lambda text: Answer("Baru", [("2", "Baru")])
    type_and_send(page, "halo")
    expect(bot(page, "Baru")).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    page.mouse.move(0, 0)

    weakest = page.evaluate(WEAKEST_CONTRAST)
    assert weakest["ratio"] >= 4.5, weakest


def test_keyboard_alone_is_enough(page: Page, chat: FakeChat) -> None:
    chat.answer = lambda text: Answer("Yang mana?", [("1", "Cara daftar"), ("2", "Jadwal")])
    box = page.get_by_role("textbox", name="Tulis pertanyaan")
    expect(box).to_be_focused()
    page.keyboard.type("baris satu")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("baris dua")
    page.keyboard.press("Enter")

    expect(own(page, "baris satu").locator(".text")).to_have_text("baris satu\nbaris dua", use_inner_text=True)
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    expect(page.get_by_role("button", name="Jadwal")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Jadwal")).to_be_focused()
    page.keyboard.press("Enter")
    expect(own(page, "Jadwal")).to_be_visible()


def test_menu_works_by_keyboard(page: Page) -> None:
    menu = page.get_by_role("button", name="Menu")
    item = page.get_by_role("button", name="Mulai percakapan baru")
    menu.focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(item).to_be_focused()
    page.keyboard.press("Escape")

    expect(item).to_be_hidden()
    expect(menu).to_be_focused()
    expect(menu).to_have_attribute("aria-expanded", "false")


def test_send_button_leaves_the_focus_in_the_box(page: Page) -> None:
    page.get_by_role("textbox").fill("halo")
    page.get_by_role("button", name="Kirim").click()
    expect(page.get_by_role("textbox")).to_be_focused()
    expect(bot(page, "Jawaban: halo")).to_be_visible()


def test_box_grows_with_its_text_and_shrinks_again(page: Page) -> None:
    box = page.get_by_role("textbox")
    before = box.evaluate("node => node.offsetHeight")
    box.fill("satu\ndua\ntiga")
    assert box.evaluate("node => node.offsetHeight") > before
    box.press("Enter")
    assert box.evaluate("node => node.offsetHeight") == before


def test_focus_is_visible(page: Page) -> None:
    page.get_by_role("textbox").focus()
    page.keyboard.press("Shift+Tab")
    style = "getComputedStyle(document.activeElement)"
    assert page.evaluate(f"{style}.outlineStyle + ' ' + {style}.outlineWidth") == "solid 3px"


def test_screen_reader_hears_roles_and_speakers(page: Page, chat: FakeChat) -> None:
    type_and_send(page, "halo")
    expect(bot(page, "Jawaban: halo")).to_be_visible()
    log = page.get_by_role("log", name="Percakapan")

    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_contain_text("Anda: halo")
    expect(log).to_contain_text("Kawan: Jawaban: halo")
    expect(page.get_by_role("banner")).to_contain_text("Jangan kirim NIK, KK, OTP, atau kata sandi.")
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kawan Prakerja")
    expect(page).to_have_title("Kawan Prakerja")
    assert page.evaluate("document.documentElement.lang") == "id"


def test_history_is_not_read_out_as_news(page: Page, chat: FakeChat) -> None:
    chat.push(text="Pesan lama")
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => new MutationObserver((changes) => { window.busy ="
        " changes[0].target.getAttribute('aria-busy'); }).observe(document.getElementById('log'), {childList: true}))"
    )
    page.reload()
    expect(bot(page, "Pesan lama")).to_be_visible()
    assert page.evaluate("window.busy") == "true"
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")


def test_still_picture_for_those_who_want_no_motion(page: Page, chat: FakeChat) -> None:
    page.emulate_media(reduced_motion="reduce")
    chat.answer = lambda text: None
    type_and_send(page, "halo")
    expect(page.locator("#typing")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0


def test_touch_keyboard_gets_a_send_key_and_is_not_opened_unasked(browser: Browser, chat: FakeChat) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(chat.url)
    box = page.get_by_role("textbox")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    expect(box).not_to_be_focused()
    expect(box).to_have_attribute("enterkeyhint", "send")
    box.tap()
    page.keyboard.type("halo")
    page.keyboard.press("Enter")
    expect(bot(page, "Jawaban: halo")).to_be_visible()
    expect(box).to_be_focused()
    context.close()


def test_enter_stays_a_new_line_where_the_keyboard_has_no_send_key(context: BrowserContext, chat: FakeChat) -> None:
    context.add_init_script(
        "delete HTMLElement.prototype.enterKeyHint; window.matchMedia = () => ({ matches: false });"
    )
    page = context.new_page()
    page.goto(chat.url)
    page.get_by_role("textbox").click()
    page.keyboard.type("satu")
    page.keyboard.press("Enter")
    page.keyboard.type("dua")
    page.get_by_role("button", name="Kirim").click()
    expect(own(page, "satu").locator(".text")).to_have_text("satu\ndua", use_inner_text=True)


def test_without_scripts_the_page_says_what_is_needed(browser: Browser, chat: FakeChat) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(chat.url)
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.get_by_role("textbox")).to_be_hidden()
    context.close()


def test_page_is_small() -> None:
    assert sum(file.stat().st_size for file in STATIC.iterdir()) < MOST_BYTES


def test_scripts_use_nothing_that_old_phones_lack() -> None:
    found = {file.name: TOO_NEW.findall(file.read_text(encoding="utf-8")) for file in STATIC.glob("*.js")}
    assert set(found) == {"chat.js", "list.js", "outbox.js", "words.js"}
    assert not any(found.values()), found


def test_page_has_no_inline_code_and_no_markup_writing() -> None:
    html = (STATIC / "index.html").read_text(encoding="utf-8")
    assert re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", html) is None
    scripts = "".join(file.read_text(encoding="utf-8") for file in STATIC.glob("*.js"))
    assert re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", scripts) is None
