"""Transcripts: what a pull channel (web chat, REST) shows, and the bell that wakes its readers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.contract.errors import BadMessage
from bot.contract.keys import BELL, Keys
from bot.contract.scripts import Client, Scripts, redis_errors

REMEMBER_SECONDS = 3600

_POSITION = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")


@dataclass(frozen=True)
class Line:
    """One line of a transcript: its position (a Redis stream id) and its JSON body."""

    position: str
    body: bytes


class Transcripts:
    """Durable lines for conversations whose people fetch their replies instead of being sent them."""

    def __init__(self, redis: Client, keys: Keys) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._scripts = Scripts(redis)

    async def append(self, conversation: str, line_id: str, body: str, *, keep_lines: int, keep_seconds: int) -> bool:
        """Add a line unless its id is there already, and ring the bell. Raises MailroomUnavailable."""
        answer = await self._scripts.run(
            "show",
            (self._keys.transcript(conversation), self._keys.shown(conversation, line_id)),
            (body, keep_lines, keep_seconds, REMEMBER_SECONDS, BELL, conversation),
        )
        return bool(answer == 1)

    async def after(self, conversation: str, position: str = "", limit: int = 100) -> list[Line]:
        """Lines after `position`, oldest first; without one, the newest `limit`.

        Positions come back from browsers: raises BadMessage for what never was one, and MailroomUnavailable.
        """
        if position and not _POSITION.fullmatch(position):
            raise BadMessage("bad_position", "a position is a line's `position`")
        name = self._keys.transcript(conversation)
        with redis_errors():
            if position:
                rows = await self._redis.xrange(name, min=f"({position}", count=limit)
            else:
                rows = list(reversed(await self._redis.xrevrange(name, count=limit)))
        return [Line(row[0].decode(), row[1][b"m"]) for row in rows]
