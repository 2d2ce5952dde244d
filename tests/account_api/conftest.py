"""Fixtures: the contract, a clock that tests set, and a server with a caller in the test's own loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from bot.account_api.app import build_app
from tests.account_api.contract import Contract
from tests.account_api.serving import Caller, Clock, server_settings


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def naps() -> list[float]:
    """How long the server would have slept."""
    return []


@pytest_asyncio.fixture
async def api(tmp_path: Path, contract: Contract, clock: Clock, naps: list[float]) -> AsyncIterator[Caller]:
    async def nap(seconds: float) -> None:
        naps.append(seconds)

    app = build_app(server_settings(tmp_path), clock=clock, sleep=nap)
    async with TestClient(TestServer(app)) as client:
        yield Caller(client, contract)
