"""The editor's program on a real Redis, as `./kawan review` starts it."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable

import pytest

from bot.assistant import review as program
from bot.contract.connection import connect, disconnect
from bot.contract.reviews import Review, Reviews
from tests.assistant.content_folder import ContentFolder
from tests.redis_server import RedisServer

Run = Callable[..., tuple[int, str, str]]
TEXT = "kok ga cair2 ya: insentifnya"


@pytest.fixture
def filled(redis_server: RedisServer) -> RedisServer:
    """A Redis with one message in it."""

    async def fill() -> None:
        client = connect(redis_server.url)
        await client.flushall()
        reviews = Reviews(client, 30)
        await reviews.add(Review("r1", "unanswered", 2e9, TEXT, (("faq/jadwal-insentif", 0.2),)))
        await reviews.add(Review("r2", "upvoted", 2e9, answered=("jadwal-insentif",)))
        await disconnect(client)

    asyncio.run(fill())
    return redis_server


@pytest.fixture
def run(
    filled: RedisServer,
    content: ContentFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs the program with these words; `typed` is what the editor types."""

    def start(*words: str, typed: str = "", **variables: str) -> tuple[int, str, str]:
        for name, value in {"REDIS_URL": filled.url, **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(program, "PROJECT", content.root)
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = program.main(words)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return start


def test_what_waits_is_counted_and_listed(run: Run) -> None:
    assert run("--count") == (0, "1\n", "")
    code, out, _ = run("--list")
    assert (code, json.loads(out)["text"]) == (0, TEXT)


def test_editor_adds_an_example_and_the_message_is_gone(run: Run, content: ContentFolder) -> None:
    code, out, _ = run(typed="1\nsemua\n")
    assert code == 0
    assert "👍 1, 👎 0." in out
    assert content.load().entries["jadwal-insentif"].examples[-1] == TEXT
    assert run("--count") == (0, "0\n", "")


def test_redis_that_does_not_answer_is_said_so(run: Run) -> None:
    code, out, err = run("--count", REDIS_URL="unix:///nowhere/redis.sock")
    assert (code, out) == (1, "")
    assert "Redis tidak menjawab" in err


def test_wrong_setting_is_named(run: Run) -> None:
    code, _, err = run("--count", REVIEW_DAYS="selamanya")
    assert code == 2
    assert "REVIEW_DAYS" in err


def test_review_that_is_turned_off_is_said_so(run: Run) -> None:
    code, out, err = run("--count", REVIEW_DAYS="0")
    assert (code, out) == (0, "0\n")
    assert "REVIEW_DAYS" in err
