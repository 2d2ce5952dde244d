"""What one can switch while trying: a backend that is away, slow or strict, and a wave that is announced or open."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.account_api.problems import Refusal

FAULTS = ("ok", "down", "slow", "limited")
WAVE_MODES = ("none", "announced", "open")
SLOW_SECONDS = 10.0
LIMITED_SECONDS = 7
FAILURES_A_MINUTE = 300
MINUTE = 60.0

Sleep = Callable[[float], Awaitable[object]]


class Scenario:
    """Forgotten at a restart, which is when everything is as usual again."""

    def __init__(self) -> None:
        self.fault = "ok"
        self.waves = "none"

    def middleware(self, prefix: str, sleep: Sleep = asyncio.sleep) -> Middleware:
        """Puts the fault before every call whose path begins with `prefix`."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(prefix):
                if self.fault == "down":
                    raise Refusal("unavailable")
                if self.fault == "limited":
                    raise Refusal("too-many", retry_after=LIMITED_SECONDS)
                if self.fault == "slow":
                    await sleep(SLOW_SECONDS)
            return await handler(request)

        return middleware


class Failures:
    """Failed redemptions of the last minute, over the whole service: so many are somebody who guesses."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._recent: deque[float] = deque(maxlen=limit)

    def check(self) -> None:
        """Raises Refusal where there were too many."""
        if len(self._recent) == self._recent.maxlen:
            wait = self._recent[0] + MINUTE - self._clock()
            if wait > 0:
                raise Refusal("too-many", retry_after=int(wait) + 1)

    def note(self) -> None:
        """One more."""
        self._recent.append(self._clock())
