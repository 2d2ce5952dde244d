"""Fixtures for the browser tests: one Chromium, a fresh fake server and a guarded page for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from .fake_chat import FakeChat
from .guard import Guard

PHONE: ViewportSize = {"width": 360, "height": 740}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    # Even a request that no test sees cannot leave this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

expect.set_options(timeout=8_000)


# One module long and not longer: its event loop must be gone before other modules start theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = os.environ.get("KAWAN_CHROMIUM") or shutil.which("chromium")
    if executable is None:
        pytest.fail("The browser tests need Chromium: install it, or name its file in KAWAN_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def chat() -> Iterator[FakeChat]:
    server = FakeChat()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def guard() -> Guard:
    return Guard()


@pytest.fixture
def context(browser: Browser, chat: FakeChat, guard: Guard) -> Iterator[BrowserContext]:
    """A phone-sized browser profile; console errors, policy violations and foreign requests fail the test."""
    context = browser.new_context(viewport=PHONE, locale="id-ID")
    guard.watch(context, urlsplit(chat.url).netloc)
    yield context
    context.close()
    assert guard.problems == []


@pytest.fixture
def page(context: BrowserContext, chat: FakeChat) -> Page:
    page = context.new_page()
    page.goto(chat.url)
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    return page
