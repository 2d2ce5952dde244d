"""The terminal client: one answer and an exit code, or a conversation; patient with restarts, quick to stop."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from bot.gateway.terminal import as_text
from tests.contract.samples import PATIENCE_SECONDS
from tests.gateway.conftest import Http, Start
from tests.gateway.echo_worker import EchoWorker
from tests.redis_server import RedisServer, free_port

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {"KAWAN_ENV": "production", "LOG_KEY": "kunci-acak-yang-panjang"}


async def terminal(url: str, *words: str, typed: str = "") -> tuple[int | None, str, str]:
    """The exit code and what was printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.gateway.terminal", "--url", url, *words),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(typed.encode()), PATIENCE_SECONDS)
    return process.returncode, out.decode(), err.decode()


def url_of(http: Http) -> str:
    return f"http://{http.host}:{http.port}"


@pytest_asyncio.fixture
async def url(http: Http, worker: EchoWorker) -> AsyncIterator[str]:
    """Where a gateway with an echo listens."""
    yield url_of(http)


async def test_question_gets_one_answer(url: str) -> None:
    assert await terminal(url, "insentif", "belum", "cair?") == (0, "gema: insentif belum cair?\n", "")


async def test_all_bubbles_are_printed(url: str) -> None:
    assert await terminal(url, "dua") == (0, "gema: dua\n\ndan lagi\n", "")


async def test_choices_are_numbered(url: str) -> None:
    _, out, _ = await terminal(url, "tombol")
    assert out == "gema: tombol\n\n  [1] Cara daftar\n  [2] Jadwal\n"


def test_bubble_without_choices_is_its_text() -> None:
    assert as_text({"text": "halo", "choices": []}) == "halo"


async def test_conversation_goes_on_until_the_input_ends(url: str) -> None:
    code, out, err = await terminal(url, typed="satu\n\n   \ndua\n")
    assert (code, err) == (0, "")
    assert [line for line in out.splitlines() if "gema" in line or "lagi" in line] == [
        "gema: satu",
        "gema: dua",
        "dan lagi",
    ]


async def test_nobody_there_is_said_in_one_line() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    code, out, err = await terminal(url, "halo")
    assert (code, out) == (1, "")
    assert err.startswith(f"cannot talk to {url}: ")
    assert len(err.splitlines()) == 1


async def test_refusal_is_said_in_one_line(start: Start, worker: EchoWorker) -> None:
    code, _, err = await terminal(url_of(await start(WEB_CHAT="off")), "halo")
    assert (code, len(err.splitlines())) == (1, 1)


async def test_it_talks_to_production_over_the_loopback_too(start: Start, worker: EchoWorker) -> None:
    code, out, _ = await terminal(url_of(await start(**PRODUCTION)), "halo")
    assert (code, out) == (0, "gema: halo\n")


async def test_answer_arrives_although_redis_restarts_meanwhile(start: Start, own_redis: RedisServer) -> None:
    http = await start(REDIS_URL=own_redis.url)
    async with EchoWorker(own_redis.url) as worker:
        worker.awake.clear()
        asking = asyncio.create_task(terminal(url_of(http), "halo"))
        while not await worker.holding():
            await asyncio.sleep(0.01)
        own_redis.stop()
        own_redis.start()
        worker.awake.set()
        assert await asking == (0, "gema: halo\n", "")


async def test_answer_arrives_although_the_gateway_restarts_meanwhile(
    start: Start, redis_server: RedisServer, worker: EchoWorker
) -> None:
    worker.awake.clear()
    port = str(free_port())
    environment = {**os.environ, "REDIS_URL": redis_server.url, "PORT": port, "DRAIN_SECONDS": "1"}

    def gateway() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "bot.gateway"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )

    first = gateway()
    await _listens(port)
    asking = asyncio.create_task(terminal(f"http://127.0.0.1:{port}", "halo"))
    while not await worker.holding():
        await asyncio.sleep(0.01)
    first.kill()
    first.wait()
    second = gateway()
    worker.awake.set()
    try:
        assert await asking == (0, "gema: halo\n", "")
    finally:
        second.terminate()
        assert await asyncio.to_thread(second.wait, PATIENCE_SECONDS) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_waiting_for_a_line_ends_at_once_when_told(url: str, number: int) -> None:
    """At a real terminal, where a thread that waits for input would wait until somebody presses Enter."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.gateway.terminal", "--url", url),
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        # A shell lets programs in the background ignore Ctrl-C, and so would what this test starts there.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    os.close(theirs)
    seen = ""
    try:
        while "\n> " not in seen:
            seen += await _read(ours)
        process.send_signal(number)
        code = await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
        seen += await _read(ours)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        os.close(ours)
    assert code in (130, -signal.SIGTERM)
    assert "Traceback" not in seen


async def _read(terminal_end: int) -> str:
    """What stands there next; nothing when the other end is closed."""
    readable, _, _ = await asyncio.to_thread(select.select, [terminal_end], [], [], PATIENCE_SECONDS)
    assert readable, "nothing was printed"
    try:
        return os.read(terminal_end, 4096).decode()
    except OSError:
        return ""


async def _listens(port: str) -> None:
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", int(port))
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise AssertionError("the gateway does not listen")
