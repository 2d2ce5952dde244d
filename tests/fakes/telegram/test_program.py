"""`python -m tests.fakes.telegram` says where it is, and ends at once on Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path

import aiohttp

from tests.contract.samples import PATIENCE_SECONDS

ROOT = Path(__file__).parents[3]


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fakes.telegram",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_says_what_the_gateway_needs_and_ends_cleanly() -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        program = await start("--port", "0", "--token", "1:" + "x" * 30)
        assert program.stdout is not None
        lines = [(await program.stdout.readline()).decode().strip() for _ in range(5)]
        url = lines[0].removeprefix("ready ")
        assert lines[2:4] == ["TELEGRAM_TOKEN=1:" + "x" * 30, f"TELEGRAM_API_URL={url}"]
        async with aiohttp.ClientSession() as session, session.get(f"{url}/_control/people") as response:
            assert [person["name"] for person in (await response.json())["people"]] == ["Siti", "Budi", "Wulan"]
        program.send_signal(signal.SIGINT)
        _, errors = await program.communicate()
        assert (program.returncode, errors) == (0, b"")


async def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with asyncio.timeout(PATIENCE_SECONDS):
            program = await start("--port", str(port))
            _, errors = await program.communicate()
    assert program.returncode == 1
    assert errors.decode().startswith(f"cannot listen on port {port}")
    assert errors.count(b"\n") == 1
