"""A sender on the stub."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.channels.whatsapp.twilio import TwilioAccount
from tests.channels.gateway_stub import Stub
from tests.channels.twilio.harness import settings


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[Stub]:
    stub = Stub()
    async with stub.server:
        yield stub


@pytest_asyncio.fixture
async def account(stub: Stub) -> AsyncIterator[TwilioAccount]:
    account = TwilioAccount("default", settings(api_url=stub.url, messaging_url=stub.url))
    await account.open()
    yield account
    await account.close()
