"""What the gateway must remember of a person to reach them: last heard, blocked, moved. Never what they said."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.contract.keys import Keys
from bot.contract.scripts import Client, redis_errors

CARD_SECONDS = 30 * 86400


@dataclass(frozen=True)
class Card:
    """`heard_at`: seconds UTC, 0 when never. `position`: the highest message number seen from this person.

    `reopened_at`: when a template last asked the person to write, so that free text may be sent again.
    """

    heard_at: float = 0.0
    position: int = 0
    blocked: bool = False
    moved_to: str = field(default="", repr=False)
    reopened_at: float = 0.0


class People:
    """The cards of all people on all platforms. Raises MailroomUnavailable."""

    def __init__(self, redis: Client, keys: Keys, *, clock: Callable[[], float] = time.time) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._clock = clock

    async def card(self, conversation: str) -> Card:
        """What is known; an empty card for a stranger."""
        with redis_errors():
            raw = await self._redis.hgetall(self._keys.card(conversation))
        return Card(
            heard_at=float(raw.get(b"heard_at", 0)),
            position=int(raw.get(b"position", 0)),
            blocked=raw.get(b"blocked") == b"1",
            moved_to=raw.get(b"moved_to", b"").decode(),
            reopened_at=float(raw.get(b"reopened_at", 0)),
        )

    async def heard(self, conversation: str, *, sent_at: float | None, position: int = 0) -> None:
        """A message came: the person can be reached, and the platform's window is open from `sent_at` on."""
        now = self._clock()
        values: dict[str, Any] = {"heard_at": min(sent_at or now, now), "blocked": 0}
        if position:
            values["position"] = position
        await self._note(conversation, values)

    async def block(self, conversation: str) -> None:
        """Nothing can be sent to this person until they write or come back."""
        await self._note(conversation, {"blocked": 1})

    async def unblock(self, conversation: str) -> None:
        """The person can be reached again."""
        await self._note(conversation, {"blocked": 0})

    async def close_window(self, conversation: str) -> None:
        """The platform says that the person was silent for too long, whatever we think."""
        await self._note(conversation, {"heard_at": 1})

    async def reopen(self, conversation: str) -> None:
        """A template asked the person to write."""
        await self._note(conversation, {"reopened_at": self._clock()})

    async def move(self, conversation: str, person: str) -> None:
        """What is sent to this conversation goes to another id of the platform from now on."""
        await self._note(conversation, {"moved_to": person})

    async def _note(self, conversation: str, values: dict[str, Any]) -> None:
        key = self._keys.card(conversation)
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.hset(key, mapping=values)
            pipeline.expire(key, CARD_SECONDS)
            await pipeline.execute()
