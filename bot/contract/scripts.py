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
Call = tuple[str, Sequence[str], Sequence[Argument]]  # a script's name, its keys and its arguments

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
        self._waiting: list[tuple[Call, asyncio.Future[Any]]] = []
        self._sending: set[asyncio.Task[None]] = set()  # the event loop itself holds tasks only weakly
        self._source = {path.stem: path.read_text(encoding="utf-8") for path in _FOLDER.glob("*.lua")}
        # Redis names scripts by their SHA-1; nothing here depends on its strength.
        self._sha = {
            name: hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
            for name, source in self._source.items()
        }

    async def run(self, name: str, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """Run one script. Calls of one moment share a round trip. Raises MailroomUnavailable."""
        if isinstance(self._redis, RedisCluster):
            return await self._run_alone(name, keys, args)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._send_waiting)
        self._waiting.append(((name, keys, args), answer))
        return await answer

    def _send_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        task = asyncio.create_task(self._run_waiting(waiting))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _run_waiting(self, waiting: Sequence[tuple[Call, asyncio.Future[Any]]]) -> None:
        """Every caller gets its own script's answer or error, and all of them hear of a broken connection."""
        answers: Sequence[Any]
        try:
            if len(waiting) == 1:
                answers = [await self._run_alone(*waiting[0][0])]
            else:
                answers = await self._run_together([call for call, _ in waiting])
        except Exception as error:
            answers = [error] * len(waiting)
        for (_, future), answer in zip(waiting, answers):
            if future.done():
                continue  # its caller was cancelled meanwhile
            if isinstance(answer, MailroomUnavailable):
                future.set_exception(MailroomUnavailable(str(answer)))
            elif isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    async def _run_alone(self, name: str, keys: Sequence[str], args: Sequence[Argument]) -> Any:
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
            return list(await asyncio.gather(*(self._run_alone(name, keys, args) for keys, args in calls)))
        answers = await self._run_together([(name, keys, args) for keys, args in calls])
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def _run_together(self, calls: Sequence[Call]) -> list[Any]:
        """The answers in one round trip; a script that Redis refused answers with a MailroomUnavailable."""
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for name, keys, args in calls:
                pipeline.evalsha(self._sha[name], len(keys), *keys, *args)
            answers = await pipeline.execute(raise_on_error=False)
        for index, answer in enumerate(answers):
            if isinstance(answer, NoScriptError):
                answers[index] = await self._run_alone(*calls[index])
            elif isinstance(answer, Exception):
                answers[index] = MailroomUnavailable(f"{type(answer).__name__}: {answer}")
        return list(answers)
