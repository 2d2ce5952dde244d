"""The operators' commands: what they ask of Telegram, what they say, and how they end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import unused_port

from bot.channels.telegram.admin import run
from bot.channels.telegram.commands import COMMANDS
from tests.channels.harness import BASE
from tests.channels.telegram.harness import SECRET, TOKEN
from tests.channels.telegram.stub import Stub, ok, page, refusal

ROOT = Path(__file__).resolve().parents[3]
URL = f"{BASE}/webhooks/telegram/webhook"


def variables(stub: Stub, **changes: str) -> dict[str, str]:
    return {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_SECRET": SECRET,
        "TELEGRAM_API_URL": stub.url,
        "PUBLIC_URL": BASE + "/",
        **changes,
    }


class Screen:
    def __init__(self) -> None:
        self.text = ""

    def write(self, words: str) -> None:
        self.text += words


@pytest.fixture
def screen() -> Screen:
    return Screen()


def webhook(url: str, **values: Any) -> Any:
    return ok({"url": url, "has_custom_certificate": False, "pending_update_count": 0, **values})


async def test_webhook_is_set_with_all_that_it_needs(stub: Stub, screen: Screen) -> None:
    assert await run(["set-webhook"], variables(stub), screen.write) == 0
    assert stub.of("setWebhook") == [
        {
            "url": URL,
            "secret_token": SECRET,
            "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
            "max_connections": 40,
        }
    ]
    assert len(stub.of("setMyCommands")[0]["commands"]) == len(COMMANDS)
    assert screen.text == f"default: webhook set: {URL}\ndefault: commands set\n"


async def test_waiting_updates_survive_the_deletion(stub: Stub, screen: Screen) -> None:
    assert await run(["delete-webhook"], variables(stub), screen.write) == 0
    assert stub.of("deleteWebhook") == [{"drop_pending_updates": False}]


@pytest.mark.parametrize(
    ("mode", "info", "code", "words"),
    [
        ("webhook", webhook(URL), 0, "all is well"),
        ("polling", webhook(""), 0, "all is well"),
        ("webhook", webhook(""), 1, "set-webhook"),
        ("webhook", webhook("https://lain.example.id/x"), 1, "PUBLIC_URL"),
        ("polling", webhook(URL), 1, "delete-webhook"),
        ("webhook", webhook(URL, pending_update_count=9, last_error_date=4_000_000_000), 1, "cannot deliver"),
    ],
)
async def test_info_says_what_to_do(stub: Stub, screen: Screen, mode: str, info: Any, code: int, words: str) -> None:
    stub.line_up("getWebhookInfo", info)
    assert await run(["info"], variables(stub, TELEGRAM_MODE=mode), screen.write) == code
    assert words in screen.text
    assert "bot: @kawan_bot (id 123456789)" in screen.text
    assert f"mode: {mode}" in screen.text


async def test_info_tells_the_last_error_in_jakartas_time(stub: Stub, screen: Screen) -> None:
    error = {"last_error_date": 1_760_000_000, "last_error_message": "Connection refused", "pending_update_count": 4}
    stub.line_up("getWebhookInfo", webhook(URL, **error))
    await run(["info"], variables(stub), screen.write)
    assert "last error: 2025-10-09 15:53:20 WIB: Connection refused" in screen.text
    assert "pending updates: 4" in screen.text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal(401, "Unauthorized"), "@BotFather"),
        (refusal(429, "Too Many Requests", retry_after=3), "pause"),
        (refusal(400, "Bad Request: bad webhook: HTTPS url must be provided"), "Bad webhook: https url"),
        (page(502), "trouble of its own"),
        (page(200, "[]"), "TELEGRAM_API_URL"),
    ],
)
async def test_refusal_is_told_in_plain_words(stub: Stub, screen: Screen, answer: Any, words: str) -> None:
    stub.line_up("setWebhook", answer)
    assert await run(["set-webhook"], variables(stub), screen.write) == 1
    assert words in screen.text


async def test_server_that_is_not_there(stub: Stub, screen: Screen) -> None:
    address = f"http://127.0.0.1:{unused_port()}"
    assert await run(["info"], variables(stub, TELEGRAM_API_URL=address), screen.write) == 1
    assert "cannot be reached" in screen.text


async def test_neither_token_nor_secret_is_ever_shown(stub: Stub, screen: Screen) -> None:
    leaky = f"https://lain.example.id/{TOKEN}/{SECRET}"
    stub.line_up("getWebhookInfo", webhook(leaky, last_error_date=1_760_000_000, last_error_message=f"at {leaky}"))
    await run(["info"], variables(stub), screen.write)
    stub.line_up("setWebhook", refusal(400, f"Bad Request: {TOKEN}"))
    await run(["set-webhook"], variables(stub), screen.write)
    assert "***" in screen.text
    assert TOKEN.lower() not in screen.text.lower()
    assert SECRET.lower() not in screen.text.lower()


@pytest.mark.parametrize(
    ("command", "changes", "named"),
    [
        ("info", {"TELEGRAM_TOKEN": ""}, "TELEGRAM_TOKEN"),
        ("info", {"TELEGRAM_TOKEN": "a b"}, "TELEGRAM_TOKEN"),
        ("info", {"TELEGRAM_SECRET": ""}, "TELEGRAM_SECRET"),
        ("info", {"PUBLIC_URL": "bot.example.id"}, "PUBLIC_URL"),
        ("set-webhook", {"TELEGRAM_MODE": "polling"}, "TELEGRAM_MODE"),
        ("set-webhook", {"TELEGRAM_MODE": "webhook", "PUBLIC_URL": ""}, "PUBLIC_URL"),
    ],
)
async def test_wrong_settings_end_before_anything_is_asked(
    stub: Stub, screen: Screen, command: str, changes: dict[str, str], named: str
) -> None:
    assert await run([command], variables(stub, **changes), screen.write) == 2
    assert named in screen.text
    assert stub.calls == []


class TestSeveralBots:
    async def test_each_one_is_served_unless_one_is_named(self, stub: Stub, screen: Screen) -> None:
        second = {
            "TELEGRAM_ACCOUNTS": "kedua",
            "TELEGRAM_KEDUA_TOKEN": "2:tidak-dikenal",
            "TELEGRAM_KEDUA_SECRET": "lain",
        }
        # The stub knows the first token only, as Telegram would not know the second.
        assert await run(["delete-webhook"], variables(stub, **second), screen.write) == 1
        assert "kedua: Telegram does not accept the token" in screen.text
        assert await run(["delete-webhook", "--account", "default"], variables(stub, **second), screen.write) == 0

    async def test_unknown_name_is_a_wrong_setting(self, stub: Stub, screen: Screen) -> None:
        assert await run(["info", "--account", "ketiga"], variables(stub), screen.write) == 2
        assert "use one of default" in screen.text


def test_program_ends_with_its_code() -> None:
    program = [sys.executable, "-m", "bot.channels.telegram.admin", "info"]
    ended = subprocess.run(program, cwd=ROOT, env={}, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (2, "")
    assert "TELEGRAM_TOKEN is not set" in ended.stdout
