"""Fixtures of the gateway's tests: Redis, a gateway with chosen settings, an echo for an assistant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.contract.scripts import Client
from bot.gateway.app import build_app
from bot.gateway.settings import read_settings
from tests.gateway.echo_worker import EchoWorker
from tests.redis_server import RedisServer

Http = TestClient[web.Request, web.Application]
Start = Callable[..., Awaitable[Http]]


@pytest.fixture(autouse=True)
def no_waiting(quick_stops: None) -> None:
    """All tests of this room start and stop gateways."""


@pytest_asyncio.fixture
async def start(redis_server: RedisServer) -> AsyncIterator[Start]:
    """Starts gateways with the given variables and stops them after the test."""
    async with AsyncExitStack() as stack:

        async def begin(**variables: str) -> Http:
            settings = read_settings({"REDIS_URL": redis_server.url, "DRAIN_SECONDS": "1", **variables})
            return await stack.enter_async_context(TestClient(TestServer(build_app(settings))))

        yield begin


@pytest_asyncio.fixture
async def http(redis: Client, start: Start) -> Http:
    """A gateway as in development, on an empty Redis."""
    return await start()


@pytest_asyncio.fixture
async def worker(redis: Client, redis_server: RedisServer) -> AsyncIterator[EchoWorker]:
    """An assistant that echoes."""
    async with EchoWorker(redis_server.url) as worker:
        yield worker
