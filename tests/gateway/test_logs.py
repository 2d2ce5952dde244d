"""Logs: one JSON object a line, without anybody's words, numbers or tokens."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot.contract.logs import JsonFormatter, Pseudonyms, fields, set_up_logs

PHONE = "081234567890"
TOKEN = "123456:ABC-rahasia"
WORDS = "insentif saya belum cair"
CONVERSATION = f"whatsapp:main:{PHONE}"


class Diary:
    """What was written to the log."""

    def __init__(self) -> None:
        self.out = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]

    def text(self) -> str:
        return self.out.getvalue()


@pytest.fixture
def diary() -> Iterator[Diary]:
    """Everything from DEBUG on, formatted as in production."""
    diary = Diary()
    handler = logging.StreamHandler(diary.out)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield diary
    root.removeHandler(handler)
    root.setLevel(before)


def test_event_is_one_json_object_on_one_line(diary: Diary) -> None:
    logging.getLogger("bot.gateway").info("two\nlines", extra=fields(ms=12, conversation="ab12"))
    (line,) = diary.lines()
    assert (line["event"], line["level"], line["logger"]) == ("two\nlines", "info", "bot.gateway")
    assert (line["ms"], line["conversation"]) == (12, "ab12")
    assert line["at"].endswith("+00:00")


def test_exception_keeps_its_type_and_place_but_not_its_values(diary: Diary) -> None:
    try:
        try:
            raise KeyError(PHONE)
        except KeyError as error:
            raise ValueError(f"cannot send {WORDS!r} with {TOKEN}") from error
    except ValueError:
        logging.getLogger("bot.gateway.sender").exception("sending failed")
    (line,) = diary.lines()
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["trace"][-1]
    for secret in (PHONE, TOKEN, WORDS):
        assert secret not in diary.text()


def test_library_keeps_its_pattern_but_not_its_values(diary: Diary) -> None:
    logging.getLogger("aiohttp.server").error("Error handling request from %s", "203.0.113.9")
    (line,) = diary.lines()
    assert line["event"] == "Error handling request from %s"
    assert "203.0.113.9" not in diary.text()


async def test_forgotten_task_does_not_print_what_it_worked_on(diary: Diary) -> None:
    # asyncio writes the exception of a task that nobody awaited into the log's own text.
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": ValueError(WORDS), "future": WORDS}
    )
    (line,) = [line for line in diary.lines() if line["logger"] == "asyncio" and line["level"] == "error"]
    assert line["event"] == "Task exception was never retrieved"
    assert line["error"] == "ValueError"
    assert WORDS not in diary.text()


def test_values_that_json_does_not_know_are_written_as_text(diary: Diary) -> None:
    logging.getLogger("bot").info("odd", extra=fields(value={1}, lone="\ud83d"))
    (line,) = diary.lines()
    assert line["value"] == "{1}"


def test_pseudonym_joins_lines_and_hides_the_address() -> None:
    name = Pseudonyms("kunci-satu")(CONVERSATION)
    assert name == Pseudonyms("kunci-satu")(CONVERSATION)
    assert name != Pseudonyms("kunci-dua")(CONVERSATION)
    assert name != Pseudonyms("kunci-satu")(CONVERSATION + "1")
    assert len(name) == 12
    assert PHONE not in name


def test_set_up_quietens_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        set_up_logs("info")
        logging.getLogger("bot.gateway").debug("too much")
        logging.getLogger("bot.gateway").info("gateway starts")
        logging.getLogger("aiohttp.access").info("GET /chat/events?rahasia")
        logging.getLogger("asyncio").info("chatter")
        written = capsys.readouterr().err.splitlines()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    assert [json.loads(line)["event"] for line in written] == ["gateway starts"]
