"""The fake Telegram, and the two ways to talk to it: plain HTTP and the library."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
import telegram

from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram.api import Api, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def fake(clock: Clock) -> AsyncIterator[TelegramFake]:
    async with TelegramFake(clock=clock, retry_second=0.01) as fake:
        yield fake


@pytest_asyncio.fixture
async def api(fake: TelegramFake) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(fake, session)


@pytest_asyncio.fixture
async def bot(fake: TelegramFake) -> AsyncIterator[telegram.Bot]:
    async with telegram.Bot(fake.token, base_url=f"{fake.url}/bot") as bot:
        yield bot
