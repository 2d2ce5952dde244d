"""Runs the Lua scripts of `lua/` by their hash, on one Redis or on a cluster."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import NoScriptError, RedisClusterException, RedisError

from bot.contract.errors import MailroomUnavailable

Client = Redis | RedisCluster
Argument = str | bytes | int | float

_FOLDER = Path(__file__).with_name("lua")


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turn every Redis failure into MailroomUnavailable, so that callers know one name."""
    try:
        yield
    except (RedisError, RedisClusterException, OSError) as error:
        raise MailroomUnavailable(f"{type(error).__name__}: {error}") from error


class Scripts:
    """All scripts of the project, loaded from their files once."""

    def __init__(self, redis: Client) -> None:
        self._redis: Any = redis
        self._source = {path.stem: path.read_text(encoding="utf-8") for path in _FOLDER.glob("*.lua")}
        # Redis names scripts by their SHA-1; nothing here depends on its strength.
        self._sha = {
            name: hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
            for name, source in self._source.items()
        }

    async def run(self, name: str, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """Run one script. Raises MailroomUnavailable."""
        with redis_errors():
            try:
                return await self._redis.evalsha(self._sha[name], len(keys), *keys, *args)
            except NoScriptError:
                return await self._redis.eval(self._source[name], len(keys), *keys, *args)

    async def run_many(self, name: str, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]) -> list[Any]:
        """Run one script for many keys in one round trip (on a cluster: side by side)."""
        if not calls:
            return []
        if len(calls) == 1 or isinstance(self._redis, RedisCluster):
            return list(await asyncio.gather(*(self.run(name, keys, args) for keys, args in calls)))
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for keys, args in calls:
                pipeline.evalsha(self._sha[name], len(keys), *keys, *args)
            answers = await pipeline.execute(raise_on_error=False)
        for index, answer in enumerate(answers):
            if isinstance(answer, NoScriptError):
                answers[index] = await self.run(name, *calls[index])
            elif isinstance(answer, Exception):
                raise MailroomUnavailable(f"{type(answer).__name__}: {answer}") from answer
        return list(answers)
