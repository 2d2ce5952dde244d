"""Scripts of one moment share a round trip, and still each caller hears only of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.scripts import Client, Scripts
from tests.redis_server import RedisServer


@pytest.fixture
def scripts(client: Client) -> Scripts:
    """Scripts in an empty Redis."""
    return Scripts(client)


async def test_calls_of_one_moment_share_a_round_trip(
    client: Client, scripts: Scripts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _show(scripts, 0)  # Redis has to know the script
    made: list[str] = []
    for name in ("pipeline", "evalsha"):
        monkeypatch.setattr(client, name, _noting(made, name, getattr(client, name)))
    await asyncio.gather(*(_show(scripts, number) for number in range(5)))
    await _show(scripts, 5)
    assert made == ["pipeline", "evalsha"]


async def test_every_caller_gets_its_own_answer(scripts: Scripts) -> None:
    await _show(scripts, 2)
    assert await asyncio.gather(*(_show(scripts, number) for number in range(4))) == [1, 1, 0, 1]


async def test_refused_script_fails_alone(client: Client, scripts: Scripts) -> None:
    redis: Any = client
    await redis.set("lines:1", "no stream")
    first, refused, last = await asyncio.gather(
        *(_show(scripts, number) for number in range(3)), return_exceptions=True
    )
    assert (first, last) == (1, 1)
    assert isinstance(refused, MailroomUnavailable)
    assert "WRONGTYPE" in str(refused)


async def test_forgotten_scripts_are_loaded_again(client: Client, scripts: Scripts) -> None:
    redis: Any = client
    await redis.script_flush()
    assert await asyncio.gather(*(_show(scripts, number) for number in range(3))) == [1, 1, 1]


async def test_cancelled_caller_leaves_the_others_alone(scripts: Scripts) -> None:
    calls = [asyncio.ensure_future(_show(scripts, number)) for number in range(3)]
    await asyncio.sleep(0)
    calls[1].cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert (answers[0], answers[2]) == (1, 1)
    assert isinstance(answers[1], asyncio.CancelledError)


async def test_everybody_hears_that_redis_is_away(private: RedisServer) -> None:
    client = connect(private.url)
    scripts = Scripts(client)
    await asyncio.gather(*(_show(scripts, number) for number in range(3)))
    private.kill()
    answers = await asyncio.gather(*(_show(scripts, number) for number in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [MailroomUnavailable] * 3
    await disconnect(client)


def _noting(made: list[str], name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*arguments: Any, **more: Any) -> Any:
        made.append(name)
        return method(*arguments, **more)

    return noted


def _show(scripts: Scripts, number: int) -> Awaitable[Any]:
    """Appends a line to a transcript of its own: 1, or 0 when it is there already."""
    keys = (f"lines:{number}", f"shown:{number}")
    return scripts.run("show", keys, ("baris", 10, 60, 60, "bell", "percakapan"))
