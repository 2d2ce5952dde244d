"""Fixtures that every room's tests share: a real Redis, for all of them or for one alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot.contract import claim_loop
from bot.contract.connection import connect, disconnect
from bot.contract.scripts import Client
from tests.redis_server import RedisServer


@pytest.fixture
def quick_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that stops finishes its waiting claim first; here that shall not cost a second each time."""
    monkeypatch.setattr(claim_loop, "CLAIM_WAIT_SECONDS", 0.05)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A running redis-server; tests that take it away use `own_redis`. Fails where there is none."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A redis-server for one test alone, which may stop, freeze or kill it."""
    with RedisServer() as server:
        yield server
        server.revive()


@pytest_asyncio.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Client]:
    """A connection to an empty database."""
    client = connect(redis_server.url)
    await client.flushall()
    yield client
    await disconnect(client)
