"""The ready streams: tells a consumer which conversations are its own to work on.

One stream for each lane and partition, each with one consumer group. Everything that changes a
conversation goes through the scripts; here is only reading, which Redis does atomically by itself.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.exceptions import ResponseError

from bot.contract.errors import MailroomMismatch, MailroomUnavailable
from bot.contract.keys import PARTITIONS, Keys, Lane
from bot.contract.scripts import Client, Scripts, redis_errors

GROUP = "kawan"
SWEEP_SECONDS = 0.05  # between looks, where one blocking read cannot span the partitions
LONGEST_WAIT_SECONDS = 5.0  # well below the connection's limit for an answer

# What a group command says when the stream was not there, or went away while it waited.
_EMPTIED = ("NOGROUP", "UNBLOCKED")

Entry = tuple[str, str]  # the id on a ready stream, and the conversation that it stands for
Read = Callable[[str, str, int], Awaitable[list[Entry]]]


class ReadyStreams:
    """Reads the ready streams of all partitions for any consumer; keeps no state of its own."""

    def __init__(self, redis: Client, scripts: Scripts, keys: Keys, *, lease_seconds: float, cluster: bool) -> None:
        self._redis: Any = redis
        self._scripts = scripts
        self._keys = keys
        self._lease_ms = int(lease_seconds * 1000)
        # A cluster's partitions are on several nodes; elsewhere COUNT would hold for each of them.
        self._sweeps = cluster or keys.partitions > 1

    async def prepare(self) -> None:
        """Create the groups; harmless when repeated. Raises MailroomMismatch and MailroomUnavailable."""
        with redis_errors():
            await self._redis.setnx(PARTITIONS, self._keys.partitions)
            stored = int(await self._redis.get(PARTITIONS))
        if stored != self._keys.partitions:
            raise MailroomMismatch(
                f"Redis holds a mailroom of {stored} partitions, but MAILROOM_PARTITIONS is "
                f"{self._keys.partitions}. Set it to {stored}, or use an empty Redis."
            )
        for lane in Lane:
            for partition in range(self._keys.partitions):
                await self._scripts.run("create", (self._keys.ready(lane, partition),), (GROUP,))

    async def fresh(self, lane: Lane, consumer: str, limit: int, wait_seconds: float) -> list[Entry]:
        """Up to `limit` entries that nobody holds; waits up to `wait_seconds` (at most 5) for the first."""
        if limit < 1:
            return []
        wait = min(wait_seconds, LONGEST_WAIT_SECONDS)
        if not self._sweeps:
            block = int(wait * 1000) if wait >= 0.001 else None  # 0 would wait for ever
            return await self._read_fresh(self._keys.ready(lane, 0), consumer, limit, block)
        deadline = time.monotonic() + wait
        while True:
            found = await self._collect(self._read_fresh, lane, consumer, limit)
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            await asyncio.sleep(min(SWEEP_SECONDS, left))

    async def expired(self, lane: Lane, consumer: str, limit: int) -> list[Entry]:
        """Up to `limit` entries whose holder let the lease run out."""
        return await self._collect(self._read_expired, lane, consumer, limit)

    async def claimed(self, stream: str) -> int:
        """How many entries of one stream are held."""
        answer = await self._read(self._redis.xpending(stream, GROUP))
        return int(answer["pending"]) if answer else 0

    async def _collect(self, read: Read, lane: Lane, consumer: str, limit: int) -> list[Entry]:
        found: list[Entry] = []
        # In random order, so that no partition is always last.
        for partition in random.sample(range(self._keys.partitions), k=self._keys.partitions):
            if len(found) >= limit:
                break
            try:
                found += await read(self._keys.ready(lane, partition), consumer, limit - len(found))
            except MailroomUnavailable:
                if not found:
                    raise
                break  # what was found is this consumer's now: one node that is away must not waste it
        return found

    async def _read_fresh(self, stream: str, consumer: str, limit: int, block: int | None = None) -> list[Entry]:
        answer = await self._read(self._redis.xreadgroup(GROUP, consumer, {stream: ">"}, count=limit, block=block))
        return _rows_of_streams(answer)

    async def _read_expired(self, stream: str, consumer: str, limit: int) -> list[Entry]:
        found: list[Entry] = []
        cursor: Any = "0-0"
        # One call looks at a bounded number of claims; living ones in front must not hide expired ones.
        while len(found) < limit:
            answer = await self._read(
                self._redis.xautoclaim(stream, GROUP, consumer, self._lease_ms, cursor, count=limit - len(found))
            )
            if not answer:
                break
            cursor, rows = answer[0], answer[1]
            found += _entries(rows)
            if cursor == b"0-0":
                break
        return found

    async def _read(self, command: Awaitable[Any]) -> Any:
        """The answer of a group command; None when someone emptied this Redis, which is put right."""
        with redis_errors():
            try:
                return await command
            except ResponseError as error:
                if not str(error).startswith(_EMPTIED):
                    raise
        await self.prepare()
        return None


def _entries(rows: Sequence[Any]) -> list[Entry]:
    """Rows that were deleted meanwhile have no fields (Redis 6.2)."""
    return [(row[0].decode(), row[1][b"c"].decode()) for row in rows if row[0] and row[1]]


def _rows_of_streams(answer: Any) -> list[Entry]:
    """The rows of an XREADGROUP answer, which is a list (RESP2) or a mapping (RESP3) by stream."""
    if not answer:
        return []
    if isinstance(answer, dict):
        # RESP3 wraps the rows of a stream in one more list.
        return [entry for rows in answer.values() for part in rows for entry in _entries(part)]
    return [entry for _, rows in answer for entry in _entries(rows)]
