"""Limits of one person: so many look-ups a minute, so many failed links an hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.contract.keys import Keys
from bot.contract.scripts import Client, Scripts, redis_errors


@dataclass(frozen=True)
class Tally:
    """At most `most` in `seconds`, counted from the first."""

    name: str
    most: int
    seconds: int


LOOK_UPS = Tally("lookup", 5, 60)
FAILED_LINKS = Tally("faillink", 10, 3600)


class Tallies:
    """Counts in Redis, so that they hold over all workers. Raises MailroomUnavailable."""

    def __init__(self, redis: Client, keys: Keys) -> None:
        self._redis: Any = redis
        self._scripts = Scripts(redis)
        self._keys = keys

    async def spend(self, tally: Tally, conversation: str) -> float:
        """Count one; 0 when it is within the limit, else the seconds until the period is over."""
        count, left = await self._scripts.run("tally", (self._keys.tally(tally.name, conversation),), (tally.seconds,))
        return 0.0 if count <= tally.most else float(max(1, left))

    async def is_spent(self, tally: Tally, conversation: str) -> bool:
        """Whether the limit is reached already; counts nothing."""
        with redis_errors():
            count = await self._redis.get(self._keys.tally(tally.name, conversation))
        return int(count or 0) >= tally.most
