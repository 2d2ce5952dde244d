"""The page and the addresses behind it, in a real Chromium, with the fake Telegram on the other side."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from tests.contract.samples import PATIENCE_SECONDS
from tests.fakes.telegram import TelegramFake

PHONE: Any = {"width": 360, "height": 740}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) =>
    console.error('policy violation: ' + event.violatedDirective + ' ' + event.blockedURI));
"""


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[TelegramFake]:
    async with TelegramFake() as fake:
        fake.person(42, "Siti")
        fake.person(43, "Budi")
        yield fake


@pytest_asyncio.fixture
async def context(fake: TelegramFake) -> AsyncIterator[BrowserContext]:
    """Console errors, policy violations and requests to elsewhere fail the test."""
    executable = os.environ.get("KAWAN_CHROMIUM") or shutil.which("chromium")
    if executable is None:
        pytest.fail("The page's tests need Chromium: install it, or name its file in KAWAN_CHROMIUM.")
    problems: list[str] = []
    home = urlsplit(fake.url).netloc
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        context = await browser.new_context(viewport=PHONE, locale="id-ID")
        await context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        context.on("request", lambda one: problems.append(one.url) if urlsplit(one.url).netloc != home else None)
        yield context
        await browser.close()
    assert problems == []


@pytest_asyncio.fixture
async def page(fake: TelegramFake, context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.goto(fake.url)
    await expect(page.get_by_label("Sebagai")).to_have_value("42")
    return page


async def say(fake: TelegramFake, method: str = "sendMessage", **parameters: Any) -> Any:
    """A call of the bot."""
    url = f"{fake.url}/bot{fake.token}/{method}"
    async with aiohttp.ClientSession() as session, session.post(url, json=parameters) as response:
        body = await response.json()
        assert body["ok"], body
        return body["result"]


async def fetched(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(url) as response:
        return await response.json()


async def test_a_person_starts_writes_presses_and_reads(fake: TelegramFake, page: Page) -> None:
    await page.get_by_role("button", name="Mulai").click()
    log = page.get_by_role("log")
    await expect(log).to_contain_text("/start")
    keyboard = {"inline_keyboard": [[{"text": "Cara daftar", "callback_data": "a"}]]}
    await say(fake, chat_id=42, text="Halo, <b>Kak</b>!", parse_mode="HTML", reply_markup=keyboard)
    await expect(log.locator(".bot .bold")).to_have_text("Kak")
    await page.get_by_role("button", name="Cara daftar").click()
    await page.get_by_label("Pesan", exact=True).fill("Kapan insentif cair?")
    await page.get_by_label("Pesan", exact=True).press("Enter")
    await expect(log).to_contain_text("Kapan insentif cair?")
    updates = await say(fake, "getUpdates")
    assert updates[1]["callback_query"]["data"] == "a"
    assert updates[2]["message"]["text"] == "Kapan insentif cair?"
    await say(fake, "answerCallbackQuery", callback_query_id=updates[1]["callback_query"]["id"], text="Sebentar ya")
    await expect(page.get_by_role("status")).to_have_text("Sebentar ya")


async def test_markup_of_the_bot_cannot_become_markup_of_the_page(fake: TelegramFake, page: Page) -> None:
    fake.person(42).start()
    await say(
        fake, chat_id=42, text="&lt;img src=x onerror=alert(1)&gt; <a href='tg://user?id=1'>s</a>", parse_mode="HTML"
    )
    entities = [{"type": "text_link", "offset": 0, "length": 4, "url": "javascript:alert(1)"}]
    await say(fake, chat_id=42, text="klik di sini", entities=entities)
    await expect(page.get_by_role("log")).to_contain_text("<img src=x onerror=alert(1)> s")
    assert await page.locator("#log img, #log script, #log a[href^=javascript]").count() == 0


async def test_typing_contact_key_edits_and_deletions_are_shown(fake: TelegramFake, page: Page) -> None:
    siti = fake.person(42)
    theirs = siti.write("NIK saya 3201")
    await say(fake, "sendChatAction", chat_id=42, action="typing")
    await expect(page.locator("#state")).to_have_text("sedang mengetik…")
    keyboard = {"keyboard": [[{"text": "Bagikan nomor saya", "request_contact": True}]]}
    sent = await say(fake, chat_id=42, text="Nomornya?", reply_markup=keyboard)
    await expect(page.locator("#state")).to_have_text("Telegram tiruan")
    await page.get_by_role("button", name="Bagikan nomor saya").click()
    await expect(page.get_by_role("log")).to_contain_text("Kartu kontak")
    await say(fake, "editMessageText", chat_id=42, message_id=sent["message_id"], text="Terima kasih")
    await expect(page.get_by_role("log")).to_contain_text("diubah")
    await say(fake, "deleteMessage", chat_id=42, message_id=theirs)
    await expect(page.locator(f"[data-id='{theirs}']")).to_contain_text("Pesan ini dihapus")
    await expect(page.get_by_role("log")).not_to_contain_text("3201")


async def test_a_person_changes_a_message_sends_pictures_and_blocks(fake: TelegramFake, page: Page) -> None:
    fake.person(42).write("salah ketik")
    await page.get_by_role("button", name="Ubah").click()
    await page.get_by_label("Pesan", exact=True).fill("benar")
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_role("log")).to_contain_text("benar")
    await page.get_by_role("button", name="Lampiran").click()
    await page.get_by_role("button", name="Album 3 foto").click()
    await expect(page.locator(".msg .kind")).to_have_count(3)
    await page.get_by_role("button", name="Lampiran").click()
    await page.get_by_role("button", name="Blokir bot").click()
    await expect(page.get_by_role("button", name="Buka blokir")).to_be_visible()
    await expect(page.get_by_label("Pesan", exact=True)).to_be_hidden()
    kinds = [next(kind for kind in update if kind != "update_id") for update in await say(fake, "getUpdates")]
    assert kinds == ["message", "edited_message", *["message"] * 3, "my_chat_member"]


async def test_people_do_not_see_each_others_chats(fake: TelegramFake, page: Page) -> None:
    fake.person(42).write("dari Siti")
    fake.person(43).write("dari Budi")
    log = page.get_by_role("log")
    await expect(log).to_contain_text("dari Siti")
    await page.get_by_label("Sebagai").select_option("43")
    await expect(log).to_contain_text("dari Budi")
    await expect(log).not_to_contain_text("dari Siti")
    page.once("dialog", lambda dialog: dialog.accept("Wulan"))
    await page.get_by_role("button", name="Orang baru").click()
    await expect(page.get_by_label("Sebagai")).to_have_value("44")
    await expect(page.get_by_role("button", name="Mulai")).to_be_visible()


async def test_commands_of_the_bot_can_be_picked(fake: TelegramFake, page: Page) -> None:
    fake.person(42).start()
    await say(fake, "setMyCommands", commands=[{"command": "bantuan", "description": "Apa yang bisa saya bantu"}])
    await page.get_by_role("button", name="Perintah").click()
    await page.get_by_role("button", name="/bantuan").click()
    await expect(page.get_by_role("log")).to_contain_text("/bantuan")


async def test_faults_are_set_and_cleared_in_the_panel(fake: TelegramFake, page: Page) -> None:
    await page.get_by_role("button", name="Gangguan").click()
    await page.get_by_role("button", name="Putus 30 detik").click()
    await expect(page.locator("#rules")).to_contain_text(re.compile("Putus.*selama 30 detik"))
    assert [rule.seconds for rule in fake.faults.rules] == [30]
    await page.get_by_role("button", name="Hapus semua gangguan").click()
    await expect(page.locator("#rules")).to_contain_text("tidak ada")
    assert fake.faults.rules == []


@pytest.mark.parametrize("width", [320, 360, 900, 1280])
async def test_nothing_is_wider_than_the_screen(fake: TelegramFake, page: Page, width: int) -> None:
    fake.person(42).start()
    await page.set_viewport_size({"width": width, "height": 740})
    keyboard = {"inline_keyboard": [[{"text": "Tombol dengan judul panjang sekali", "callback_data": "a"}] * 3]}
    await say(fake, chat_id=42, text="a" * 500, reply_markup=keyboard)
    await expect(page.get_by_role("log")).to_contain_text("aaa")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.evaluate(
        "document.getElementById('log').scrollWidth <= document.getElementById('log').clientWidth"
    )
    await expect(page.get_by_role("button", name="Kirim")).to_be_in_viewport()


async def test_every_page_and_address_carries_the_policy(fake: TelegramFake) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/page/page.js", "/page/none.js", "/_control/about"):
            async with session.get(fake.url + path) as response:
                assert "script-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/page/..%2Fcontrol.py", None, 404),
        ("GET", "/page/README.md", None, 404),
        ("GET", "/_control/people/99/messages", None, 404),
        ("GET", "/_control/people/x/messages", None, 404),
        ("GET", "/_control/people/42/messages?after=-1", None, 400),
        ("POST", "/_control/people/42/press", {"id": "none"}, 404),
        ("POST", "/_control/people/42/press", {}, 400),
        ("POST", "/_control/people/42/write", {"text": 1}, 400),
        ("POST", "/_control/people/42/write", {"text": " "}, 400),
        ("POST", "/_control/people/42/revoke", {"message": "1"}, 400),
        ("POST", "/_control/people/42/edit", {"message": "x", "text": "y"}, 404),
        ("POST", "/_control/people/42/album", {"count": 99}, 400),
        ("POST", "/_control/people/42/write", [1], 400),
        ("POST", "/_control/faults", {"rules": [{"action": {"kind": "earthquake"}}]}, 400),
        ("POST", "/_control/faults", {"rules": 1}, 400),
    ],
)
async def test_what_cannot_be_done_is_said(fake: TelegramFake, method: str, path: str, body: Any, status: int) -> None:
    async with aiohttp.ClientSession() as session:
        url = fake.url + path
        async with session.request(method, url, json=body) as response:
            assert response.status == status
            if not path.startswith("/page/.."):
                assert (await response.json())["error"]


async def test_a_form_of_another_page_cannot_act(fake: TelegramFake) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"{fake.url}/_control/people/42/write"
        async with session.post(url, data=b'{"text": "x"}', headers={"Content-Type": "text/plain"}) as response:
            assert response.status == 400
    assert fake.person(42).seen == []


async def test_a_reader_is_told_what_changed_between_two_readings(fake: TelegramFake) -> None:
    fake.person(42).start()
    async with aiohttp.ClientSession() as session:
        url = f"{fake.url}/_control/people/42/messages"
        seen = await fetched(session, url)
        await say(fake, "sendChatAction", chat_id=42, action="typing")
        async with asyncio.timeout(PATIENCE_SECONDS):
            later = await fetched(session, f"{url}?after={seen['revision']}&wait=20&signs={seen['signs']}")
    assert (seen["typing"], later["typing"], later["messages"]) == (False, True, [])


async def test_a_waiting_reader_hears_of_a_change_at_once(fake: TelegramFake) -> None:
    fake.person(42).start()
    async with aiohttp.ClientSession() as session:
        url = f"{fake.url}/_control/people/42/messages"
        seen = await fetched(session, url)
        waiting = asyncio.create_task(fetched(session, f"{url}?after={seen['revision']}&wait=20"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        fake.person(42).write("Halo")
        async with asyncio.timeout(PATIENCE_SECONDS):
            later = await waiting
    assert [message["text"] for message in later["messages"]] == ["Halo"]
    assert later["revision"] > seen["revision"]
