"""The gateway as a program: says in one line why it cannot run, stops cleanly, gives up rather than half work."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.contract.connection import connect, disconnect
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.scripts import Client
from tests.contract.samples import PATIENCE_SECONDS
from tests.redis_server import RedisServer, free_port

ROOT = Path(__file__).resolve().parents[2]


def gateway(**variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot.gateway"],
        cwd=ROOT,
        env={**os.environ, "DRAIN_SECONDS": "1", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, err


def until_it_listens(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "the gateway does not listen"
            time.sleep(0.02)


def test_busy_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = finish(gateway(PORT=str(port)))
    assert code == 1
    assert f"cannot listen on HOST 127.0.0.1, PORT {port}: " in err
    assert "Traceback" not in err


def test_impossible_host_is_named() -> None:
    code, _, err = finish(gateway(HOST="bukan host", PORT=str(free_port())))
    assert code == 1
    assert "cannot listen on HOST bukan host" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told(redis_server: RedisServer, number: int) -> None:
    port = free_port()
    process = gateway(PORT=str(port), REDIS_URL=redis_server.url)
    until_it_listens(port)
    process.send_signal(number)
    code, out, err = finish(process)
    assert (code, out) == (0, "")
    assert err.splitlines()[-1].count("gateway stopped") == 1
    assert "Traceback" not in err
    assert "warning" not in err


def test_it_stops_although_redis_is_away() -> None:
    port = free_port()
    process = gateway(PORT=str(port), REDIS_URL="redis://127.0.0.1:1/0")
    until_it_listens(port)
    process.send_signal(signal.SIGTERM)
    code, _, err = finish(process)
    assert code == 0
    assert "Traceback" not in err


async def test_it_gives_up_when_redis_holds_another_mailroom(redis: Client, redis_server: RedisServer) -> None:
    client = connect(redis_server.url)
    await Mailroom(client, MailroomRules(partitions=4)).prepare()
    await disconnect(client)
    code, _, err = finish(gateway(PORT=str(free_port()), REDIS_URL=redis_server.url))
    assert code == 1
    assert "Set it to 4" in err
    assert "Traceback" not in err
