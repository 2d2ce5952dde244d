"""Reads server-sent events as a browser does, with a limit on every wait."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.contract.samples import PATIENCE_SECONDS


@dataclass(frozen=True)
class Event:
    """One event: the position to resume from, and what it says."""

    position: str
    body: dict[str, Any]

    @property
    def line(self) -> tuple[str, str]:
        """Who said what."""
        return self.body["from"], self.body["text"]


class Stream:
    """An open event stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def line(self) -> str:
        """The next raw line; empty at the end of the stream."""
        raw = await asyncio.wait_for(self.response.content.readline(), PATIENCE_SECONDS)
        return raw.decode()

    async def next(self) -> Event:
        """The next event; comments are skipped."""
        position = ""
        while raw := await self.line():
            name, _, value = raw.rstrip("\n").partition(": ")
            if name == "id":
                position = value
            elif name == "data":
                return Event(position, json.loads(value))
        raise AssertionError("the stream has ended")

    async def take(self, count: int) -> list[Event]:
        """The next events."""
        return [await self.next() for _ in range(count)]

    async def ended(self) -> bool:
        """Waits for the end, whatever comes before it."""
        while await self.line():
            pass
        return True
