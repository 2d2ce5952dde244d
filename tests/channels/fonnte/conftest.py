"""A device on the stub."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.channels.whatsapp.fonnte import FonnteAccount
from tests.channels.fonnte.harness import settings
from tests.channels.gateway_stub import Stub


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[Stub]:
    stub = Stub()
    async with stub.server:
        yield stub


@pytest_asyncio.fixture
async def account(stub: Stub) -> AsyncIterator[FonnteAccount]:
    account = FonnteAccount("default", settings(api_url=stub.url))
    await account.open()
    yield account
    await account.close()
