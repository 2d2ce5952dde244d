"""Brings what happened to the bot's webhook: again until it is taken, and as badly as the plan says."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.fakes.faults import Batch, Clock, Duplicate, FaultPlan, NoPhoneNumber, Reorder
from tests.fakes.whatsapp.happenings import Happening

SIDE_BY_SIDE = 50


@dataclass(frozen=True)
class Retries:
    """The pauses between tries, in seconds. `for_ever`: the last one again and again; else it is given up."""

    pauses: tuple[float, ...] = ()
    for_ever: bool = False
    answer_seconds: float = 30.0

    def __iter__(self) -> Iterator[float]:
        yield from self.pauses
        while self.for_ever:
            yield self.pauses[-1]


@dataclass(frozen=True)
class Call:
    """One webhook request in a gateway's own words. `path`: below the webhook's address, or an address of its own."""

    path: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Attempt:
    """One try to deliver. `status` 0: no answer came, and `error` says why."""

    at: float
    person: str
    kind: str
    status: int
    error: str
    attempt: int


@dataclass(frozen=True)
class _Ready:
    """A happening on its way; once it is taken, it comes again after `again` seconds."""

    what: Happening
    again: float | None = None


class Deliverer:
    """Delivers any number of requests side by side, each until it is taken or given up.

    - `encode`: a request for happenings; None when the gateway has no word for them.
    - `batches`: several happenings may share a request.
    - `second`: how long a second of pauses is.
    """

    def __init__(
        self,
        webhook: str,
        encode: Callable[[Sequence[Happening]], Call | None],
        faults: FaultPlan,
        clock: Clock,
        *,
        batches: bool,
        retries: Retries,
        second: float,
    ) -> None:
        self.webhook = webhook
        self.attempts: list[Attempt] = []
        self.given_up: list[Attempt] = []
        self._encode = encode
        self._faults = faults
        self._clock = clock
        self._batches = batches
        self._retries = retries
        self._second = second
        self._http: aiohttp.ClientSession | None = None
        self._free = asyncio.Semaphore(SIDE_BY_SIDE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[type, list[_Ready]] = {Reorder: [], Batch: []}
        self._newest: Happening | None = None

    @property
    def pending(self) -> int:
        """Requests that were not taken yet, and what is held back."""
        return len(self._tasks) + sum(map(len, self._held.values()))

    async def open(self) -> None:
        timeout = aiohttp.ClientTimeout(total=self._retries.answer_seconds)
        connector = aiohttp.TCPConnector(limit=SIDE_BY_SIDE)
        self._http = aiohttp.ClientSession(timeout=timeout, connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http:
            await self._http.close()

    def put(self, what: Happening) -> None:
        """Takes what happened, and whatever the plan has for it."""
        actions = self._faults.on_delivery(what.kind, what.person) if self._is_meant(what) else []
        if any(isinstance(action, NoPhoneNumber) for action in actions):
            what = what.without_number()
        ready = _Ready(what, next((action.after for action in actions if isinstance(action, Duplicate)), None))
        holding = next((action for action in actions if isinstance(action, Reorder | Batch)), None)
        if holding is None:
            self.later(self._deliver([ready]))
        else:
            self._hold(ready, holding)

    def post(self, call: Call, person: str, kind: str) -> None:
        """A request that is ready as it is."""
        self.later(self._until_taken(call, person, kind))

    async def now(self, what: Happening) -> None:
        """Delivers one thing before anything else goes on."""
        await self._deliver([_Ready(what)])

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that runs until it ends or the server does."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _is_meant(self, what: Happening) -> bool:
        """Whether rules may be about it: reports are only meant by rules that name their kind."""
        return not what.aside or any(rule.method.lower() == what.kind for rule in self._faults.rules)

    def _hold(self, ready: _Ready, how: Reorder | Batch) -> None:
        held = self._held[type(how)]
        held.append(ready)
        if len(held) >= (how.window if isinstance(how, Reorder) else how.size):
            self._release(type(how), held)
        elif len(held) == 1:
            asyncio.get_running_loop().call_later(how.seconds * self._second, self._release, type(how), held)

    def _release(self, how: type, held: list[_Ready]) -> None:
        if held is not self._held[how]:
            return  # they went when there were enough of them
        self._held[how] = []
        if how is Batch:
            self.later(self._deliver(held))
        else:
            self.later(self._one_after_another(held[::-1]))

    async def _one_after_another(self, held: Sequence[_Ready]) -> None:
        for ready in held:
            await self._deliver([ready])

    async def _deliver(self, together: Sequence[_Ready]) -> None:
        for group in [together] if self._batches else [[ready] for ready in together]:
            call = self._encode([ready.what for ready in group])
            first = group[0].what
            if call:
                await self._until_taken(call, first.person, first.kind)
            for ready in group:
                if ready.again is not None:
                    self.later(self._again(ready.what, ready.again, self._newest))
                self._newest = ready.what

    async def _again(self, what: Happening, after: float, other: Happening | None) -> None:
        """A second delivery is put together differently from the first: no digest of a body tells that it is one."""
        await asyncio.sleep(after * self._second)
        company = [other] if self._batches and other is not None and other is not what else []
        await self._deliver([_Ready(one) for one in (*company, what)])

    async def _until_taken(self, call: Call, person: str, kind: str) -> None:
        if not self.webhook:
            return
        for number, pause in enumerate(itertools.chain(self._retries, [None]), start=1):
            async with self._free:
                status, error = await self._once(call)
            attempt = Attempt(self._clock(), person, kind, status, error, number)
            self.attempts.append(attempt)
            if 200 <= status < 300:
                return
            if pause is None:
                self.given_up.append(attempt)
                return
            await asyncio.sleep(pause * self._second)

    async def _once(self, call: Call) -> tuple[int, str]:
        assert self._http is not None
        url = call.path if "://" in call.path else self.webhook + call.path
        try:
            async with self._http.post(url, data=call.body, headers=call.headers, allow_redirects=False) as response:
                await response.read()
                return response.status, "" if response.ok else response.reason or ""
        except TimeoutError:
            return 0, "timeout"
        except aiohttp.ClientError as problem:
            return 0, type(problem).__name__
