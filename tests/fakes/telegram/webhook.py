"""Delivery to the bot's webhook as Telegram does it: one update of a queue at a time, until it is taken.

A first failure is tried again at once, further ones after 2, 4, 8 ... up to a random 60 to 120 seconds (TDLib's
bot server, WebhookActor.cpp); a Retry-After header of the bot is honoured. All these waits scale with `second`.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp

from tests.fakes.faults import Clock
from tests.fakes.telegram.updates import Update, Updates

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
ANSWER_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 60
LONGEST_RETRY_AFTER_SECONDS = 3600.0
ANSWER_LIMIT = 1024 * 1024
DEFAULT_CONNECTIONS = 40

Call = Callable[[str, dict[str, Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Attempt:
    """One try to deliver an update. `status` 0: no answer came, and `error` says why."""

    update_id: int
    kind: str
    person: str
    attempt: int
    at: float
    status: int
    error: str = ""


@dataclass(frozen=True)
class Hook:
    """What setWebhook asked for."""

    url: str = ""
    secret: str = ""
    connections: int = DEFAULT_CONNECTIONS


class Deliverer:
    """Sends what waits to the webhook, while one is set."""

    def __init__(
        self,
        updates: Updates,
        clock: Clock,
        call: Call,
        *,
        second: float = 1.0,
        answer_seconds: float = ANSWER_SECONDS,
        seed: int = 0,
    ) -> None:
        self._updates = updates
        self._clock = clock
        self._call = call
        self._second = second
        self._timeout = aiohttp.ClientTimeout(total=answer_seconds)
        self._random = random.Random(seed)
        self._lanes: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(DEFAULT_CONNECTIONS)
        self.hook = Hook()
        self.attempts: list[Attempt] = []
        self.last_error: tuple[float, str] | None = None

    async def open(self) -> None:
        """Get ready; deliveries start with the first `set`."""
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self._updates.on_added = lambda update: self._serve(update.lane)

    async def close(self) -> None:
        """Stop delivering."""
        await self._pause()
        if self._session:
            await self._session.close()

    async def set(self, hook: Hook) -> None:
        """Deliver to another address from now on, or (with an empty one) to none."""
        await self._pause()
        self.hook = hook
        self.last_error = None
        self._slots = asyncio.Semaphore(hook.connections)
        for lane in self._updates.lanes():
            self._serve(lane)

    async def _pause(self) -> None:
        tasks = list(self._lanes.values())
        self._lanes.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _serve(self, lane: tuple[str, int]) -> None:
        if self.hook.url and lane not in self._lanes:
            self._lanes[lane] = asyncio.create_task(self._drain(lane))

    async def _drain(self, lane: tuple[str, int]) -> None:
        while update := self._updates.first(lane):
            await self._until_taken(update, lane)
        self._lanes.pop(lane, None)

    async def _until_taken(self, update: Update, lane: tuple[str, int]) -> None:
        delay = 1
        number = 1
        while self._updates.first(lane) is update:
            async with self._slots:
                status, retry_after = await self._post(update, number)
            if 200 <= status <= 299:
                # Somebody may have dropped everything while this was on its way.
                if self._updates.first(lane) is update:
                    self._updates.take(update)
                return
            wait = min(retry_after, LONGEST_RETRY_AFTER_SECONDS)
            if not wait and number > 1:
                wait = delay = min(delay * 2, self._random.randint(LONGEST_WAIT_SECONDS, 2 * LONGEST_WAIT_SECONDS))
            number += 1
            await asyncio.sleep(wait * self._second)

    async def _post(self, update: Update, number: int) -> tuple[int, float]:
        assert self._session is not None
        headers = {SECRET_HEADER: self.hook.secret} if self.hook.secret else {}
        at, hook = self._clock(), self.hook
        try:
            async with self._session.post(
                hook.url, json=update.body, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                body = await response.content.read(ANSWER_LIMIT)
                status, retry_after = response.status, _seconds(response.headers.get("Retry-After", ""))
                taken = 200 <= status <= 299
                error = "" if taken else f"Wrong response from the webhook: {status} {response.reason}"
        except (aiohttp.ClientError, TimeoutError) as problem:
            body, status, retry_after, error = b"", 0, 0.0, _reason(problem)
        self.attempts.append(Attempt(update.id, update.kind, str(update.chat), number, at, status, error))
        if error:
            self.last_error = (at, error)
        else:
            await self._answered(body)
        return status, retry_after

    async def _answered(self, body: bytes) -> None:
        """The bot may put one call into its answer; nobody hears what becomes of it."""
        try:
            call = json.loads(body)
        except ValueError:
            return
        if isinstance(call, dict) and isinstance(call.get("method"), str):
            await self._call(call.pop("method"), call)

    def described(self) -> list[dict[str, Any]]:
        """All attempts as JSON objects."""
        return [asdict(attempt) for attempt in self.attempts]


def _reason(problem: Exception) -> str:
    if isinstance(problem, aiohttp.ClientConnectorError):
        return "Connection refused"
    return "Read timeout expired" if isinstance(problem, TimeoutError) else "Webhook connection closed"


def _seconds(text: str) -> float:
    try:
        return max(float(text), 0.0)
    except ValueError:
        return 0.0
