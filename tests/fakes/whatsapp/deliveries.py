"""Brings what people did to the bot's webhook: signed, again until it is taken, and as badly as the plan says."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from tests.fakes.faults import Batch, Clock, Duplicate, FaultPlan, NoPhoneNumber, Reorder
from tests.fakes.whatsapp.people import Incoming

RETRIES_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
HELD_SECONDS = 1.0  # what waits for company goes out alone after this


@dataclass(frozen=True)
class Call:
    """One webhook request in a gateway's own words."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Attempt:
    """One try to deliver. `status` 0: no answer came, and `error` says why."""

    at: float
    person: str
    kind: str
    status: int
    error: str
    attempt: int


class Deliverer:
    """Delivers any number of requests side by side, each until it is taken."""

    def __init__(
        self,
        webhook: str,
        encode: Callable[[Sequence[Incoming]], Call],
        faults: FaultPlan,
        clock: Clock,
        *,
        second: float,
    ) -> None:
        self.webhook = webhook
        self.attempts: list[Attempt] = []
        self._encode = encode
        self._faults = faults
        self._clock = clock
        self._second = second
        self._http: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[str, list[Incoming]] = {"reorder": [], "batch": []}

    @property
    def pending(self) -> int:
        """Requests that were not taken yet."""
        return len(self._tasks) + sum(map(len, self._held.values()))

    async def open(self) -> None:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http:
            await self._http.close()

    def put(self, incoming: Incoming) -> None:
        """Takes what a person did, and whatever the plan has for it."""
        actions = self._faults.on_delivery(incoming.kind, incoming.person)
        if any(isinstance(action, NoPhoneNumber) for action in actions):
            incoming = replace(incoming, hidden=True)
        again = next((action.after for action in actions if isinstance(action, Duplicate)), None)
        if again is not None:
            self._start(self._later(again, [incoming]))
        holding = next((action for action in actions if isinstance(action, Reorder | Batch)), None)
        if isinstance(holding, Reorder):
            self._hold("reorder", incoming, holding.window)
        elif isinstance(holding, Batch):
            self._hold("batch", incoming, holding.size)
        else:
            self._start(self._deliver([incoming]))

    def post(self, call: Call, person: str, kind: str) -> None:
        """A request that is ready, such as a status."""
        self._start(self._until_taken(call, person, kind))

    def _hold(self, how: str, incoming: Incoming, size: int) -> None:
        held = self._held[how]
        held.append(incoming)
        if len(held) >= size:
            self._release(how)
        elif len(held) == 1:
            asyncio.get_running_loop().call_later(HELD_SECONDS * self._second, self._release, how)

    def _release(self, how: str) -> None:
        held, self._held[how] = self._held[how], []
        if how == "batch" and held:
            self._start(self._deliver(held))
        for incoming in reversed(held) if how == "reorder" else ():
            self._start(self._deliver([incoming]))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Something else of the server's that runs until it ends or the server does."""
        self._start(work)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _later(self, seconds: float, incoming: Sequence[Incoming]) -> None:
        await asyncio.sleep(seconds * self._second)
        await self._deliver(incoming)

    async def _deliver(self, incoming: Sequence[Incoming]) -> None:
        await self._until_taken(self._encode(incoming), incoming[0].person, incoming[0].kind)

    async def _until_taken(self, call: Call, person: str, kind: str) -> None:
        for attempt in itertools.count(1):
            status, error = await self._once(call)
            self.attempts.append(Attempt(self._clock(), person, kind, status, error, attempt))
            if 200 <= status < 300:
                return
            pause = RETRIES_SECONDS[min(attempt, len(RETRIES_SECONDS)) - 1]
            await asyncio.sleep(pause * self._second)

    async def _once(self, call: Call) -> tuple[int, str]:
        assert self._http is not None
        with suppress(TimeoutError):
            try:
                url = self.webhook + call.path
                async with self._http.post(url, data=call.body, headers=call.headers) as response:
                    await response.read()
                    return response.status, "" if response.ok else response.reason or ""
            except aiohttp.ClientError as problem:
                return 0, type(problem).__name__
        return 0, "timeout"
