"""A bot that talks to the stub."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.polling import Pauses
from tests.channels.telegram.harness import profile
from tests.channels.telegram.stub import Stub

QUICK = Pauses(poll=1, idle=0.01, mailroom=0.01, conflict=0.01, token=0.01, backoff=(0.01,))


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[Stub]:
    stub = Stub()
    async with stub.server:
        yield stub


@pytest_asyncio.fixture
async def bot(stub: Stub) -> AsyncIterator[TelegramAccount]:
    """A bot by polling, with a secret."""
    account = TelegramAccount(profile(api_url=stub.url, mode="polling"), pauses=QUICK)
    await account.open()
    yield account
    await account.close()
