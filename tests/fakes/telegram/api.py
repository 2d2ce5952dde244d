"""What the tests of the fake Telegram call it with: plain HTTP, and a clock that can be put ahead."""

from __future__ import annotations

import time
from typing import Any

import aiohttp

from tests.fakes.telegram import TelegramFake


class Clock:
    """Real time, and as much more as a test wants."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Api:
    """Calls the fake by plain HTTP and gives the status and the JSON."""

    def __init__(self, fake: TelegramFake, session: aiohttp.ClientSession) -> None:
        self._fake = fake
        self._session = session

    async def __call__(self, method: str, *, token: str = "", **parameters: Any) -> tuple[int, dict[str, Any]]:
        url = f"{self._fake.url}/bot{token or self._fake.token}/{method}"
        async with self._session.post(url, json=parameters) as response:
            return response.status, await response.json()

    async def updates(self, **parameters: Any) -> list[dict[str, Any]]:
        _, body = await self("getUpdates", **parameters)
        found: list[dict[str, Any]] = body["result"]
        return found

    async def complaint(self, method: str, **parameters: Any) -> str:
        status, body = await self(method, **parameters)
        assert (body["ok"], body["error_code"]) == (False, status)
        return str(body["description"])
