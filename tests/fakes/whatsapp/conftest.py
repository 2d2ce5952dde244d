"""A webhook and HTTP client for the tests of the fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio

from tests.fakes.whatsapp.hook import Hook


@pytest_asyncio.fixture
async def hook() -> AsyncIterator[Hook]:
    """A webhook that keeps what it gets."""
    async with Hook() as hook:
        yield hook


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client, as the bot is one."""
    async with aiohttp.ClientSession() as session:
        yield session
