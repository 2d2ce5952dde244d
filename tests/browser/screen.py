"""What a person does on the chat page and where they look: the words the browser tests are written in."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


def type_and_send(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Tulis pertanyaan")
    box.fill(text)
    box.press("Enter")


def bubbles(page: Page) -> Locator:
    """Every message of the conversation, without the fixed welcome."""
    return page.locator("#log .msg[data-day] .text")


def own(page: Page, text: str) -> Locator:
    return page.locator("#log .msg.person").filter(has_text=text)


def bot(page: Page, text: str) -> Locator:
    return page.locator("#log .msg.bot").filter(has_text=text)


def typing(page: Page) -> Locator:
    return page.locator("#typing")


def strip(page: Page) -> Locator:
    """The line under the header that tells about the connection."""
    return page.locator("#strip")
