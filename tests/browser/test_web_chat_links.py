"""A link from the dashboard in the web chat page: it waits for its person, and leaves no trace on the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .fake_chat import FakeChat
from .screen import bubbles, strip

TOKEN = "kp1_-7Z1FeTN6auZXtu-V92r_QBrBqXU0gT2aeC0YJMaOzm0uXZL-w"


@pytest.mark.parametrize("open_before", [True, False])
def test_link_is_put_into_the_text_box_and_sent_by_the_person(page: Page, chat: FakeChat, open_before: bool) -> None:
    if not open_before:
        page.goto("about:blank")
    page.goto(f"{chat.url}/#hubungkan={TOKEN}")
    expect(page.locator("#input")).to_have_value(f"HUBUNGKAN {TOKEN}")
    expect(strip(page)).to_have_text("Tekan kirim untuk menghubungkan akun Prakerja ke chat ini.")
    assert TOKEN not in page.url
    assert chat.posts == []

    page.locator("#input").press("Enter")
    expect(bubbles(page).first).to_have_text("HUBUNGKAN [tautan]")
    expect(strip(page)).to_have_text("")
    assert [post["text"] for post in chat.posts] == [f"HUBUNGKAN {TOKEN}"]


@pytest.mark.parametrize("fragment", ["hubungkan=", "hubungkan=a b", f"hubungkan={'a' * 65}", "lain=kp1_abcdefghij"])
def test_any_other_fragment_does_nothing(page: Page, chat: FakeChat, fragment: str) -> None:
    page.goto(f"{chat.url}/#{fragment}")
    expect(page.locator("#input")).to_have_value("")
