"""Fixtures of the contract's tests: one redis-server for all of them, an empty database for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot.contract.connection import connect, disconnect
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.scripts import Client
from tests.contract.samples import Clock
from tests.redis_server import RedisServer


@pytest.fixture
def client(redis: Client) -> Client:
    """A connection to an empty database."""
    return redis


@pytest.fixture
def clock() -> Clock:
    """The mailroom's clock."""
    return Clock()


@pytest_asyncio.fixture
async def mailroom(client: Client, clock: Clock) -> Mailroom:
    """A mailroom with a long lease, small mailboxes and a clock that stands still."""
    mailroom = Mailroom(client, MailroomRules(lease_seconds=600, mailbox_limit=5, open_limit=3), clock=clock)
    await mailroom.prepare()
    return mailroom


@pytest.fixture(scope="session")
def own_server(redis_server: RedisServer) -> Iterator[RedisServer]:
    """A redis-server that tests may kill. `always`: a slow disk must not widen the second that may be lost."""
    with RedisServer(fsync="always") as server:
        yield server


@pytest_asyncio.fixture
async def private(own_server: RedisServer) -> AsyncIterator[RedisServer]:
    """The redis-server that tests may kill, running and empty."""
    client = connect(own_server.url)
    await client.flushall()
    await disconnect(client)
    yield own_server
    own_server.revive()
