"""The roll call: which workers live, and what they say of themselves, in Redis."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bot.contract.keys import WORKERS
from bot.contract.scripts import Client, redis_errors

ALIVE_SECONDS = 15.0
FORGOTTEN_SECONDS = 3600.0


class RollCall:
    """The list of workers. Every call raises MailroomUnavailable while Redis is away."""

    def __init__(self, redis: Client, clock: Callable[[], float]) -> None:
        self._redis: Any = redis
        self._clock = clock

    async def heartbeat(self, worker: str, about: dict[str, Any]) -> None:
        """Say that a worker lives; `about` is shown to operators."""
        with redis_errors():
            await self._redis.hset(WORKERS, worker, json.dumps({**about, "at": self._clock()}))

    async def farewell(self, worker: str) -> None:
        """Take a stopping worker off the list."""
        with redis_errors():
            await self._redis.hdel(WORKERS, worker)

    async def alive(self) -> dict[str, dict[str, Any]]:
        """The living workers and what they said of themselves. Also checks that Redis answers."""
        with redis_errors():
            listed = await self._redis.hgetall(WORKERS)
            alive: dict[str, dict[str, Any]] = {}
            gone: list[bytes] = []
            for name, raw in listed.items():
                about = json.loads(raw)
                silent = self._clock() - about["at"]
                if silent <= ALIVE_SECONDS:
                    alive[name.decode()] = about
                elif silent > FORGOTTEN_SECONDS:
                    gone.append(name)
            if gone:
                await self._redis.hdel(WORKERS, *gone)
        return alive
