"""The load generator, a process of its own: people who ask, wait for the answer, and ask again.

Reads one JSON plan from stdin. Prints `begin` when the warm-up is over, `end` when the measured time is, and
then one line of JSON with everything that was answered in between.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp

ANSWER_SECONDS = 60.0
PAUSE_SECONDS = 0.05  # after an error, so that a broken server is not asked in a tight loop


@dataclass(frozen=True)
class Plan:
    """`seconds` 0 means: until all talks have ended, everything measured."""

    url: str
    name: str
    people: int
    warm_seconds: float
    seconds: float
    talks: list[list[str]]


@dataclass
class Record:
    """Latencies in order of completion and errors by kind, both of the measured time; answers of all messages."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)


class Crowd:
    """`people` persons at a time take the next talk of the plan, each with one message under way."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._talks: Iterator[tuple[int, list[str]]] = iter(enumerate(plan.talks))
        self._record = Record()
        self._measuring = plan.seconds == 0
        self._over = False

    async def run(self) -> Record:
        """Everything from the first message to the last answer that counts."""
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            people = [asyncio.create_task(self._person(http)) for _ in range(self._plan.people)]
            if self._plan.seconds:
                await asyncio.sleep(self._plan.warm_seconds)
                self._measuring = True
            started = time.perf_counter()
            print("begin", flush=True)
            if self._plan.seconds:
                await asyncio.wait(people, timeout=self._plan.seconds)
                self._over = True
            else:
                await asyncio.wait(people)
            self._record.seconds = time.perf_counter() - started
            self._measuring = False
            print("end", flush=True)
            await asyncio.gather(*people)
        return self._record

    async def _person(self, http: aiohttp.ClientSession) -> None:
        for number, talk in self._talks:
            for turn, text in enumerate(talk):
                if self._over:
                    return
                await self._ask(http, number, turn, text)

    async def _ask(self, http: aiohttp.ClientSession, number: int, turn: int, text: str) -> None:
        body = {"sender": f"{self._plan.name}-{number}", "message": text}
        started = time.perf_counter()
        try:
            async with http.post(self._plan.url, json=body) as response:
                replies: Any = await response.json(content_type=None)
                problem = "" if response.status == 200 else f"HTTP {response.status}"
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            replies, problem = [], type(error).__name__
        took = time.perf_counter() - started
        if not problem and not (replies and replies[0].get("text")):
            problem = "empty answer"
        if self._measuring and problem:
            self._record.errors[problem] = self._record.errors.get(problem, 0) + 1
        elif self._measuring:
            self._record.latencies.append(took)
        if problem:
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            self._record.answers[f"{number}/{turn}"] = _fingerprint(replies)


def _fingerprint(replies: list[dict[str, Any]]) -> str:
    """What was said, without ids of conversations and buttons, which differ by design."""
    said = "\n".join(reply.get("text", "") for reply in replies)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def main() -> None:
    """One plan in, one record out."""
    plan = Plan(**json.load(sys.stdin))
    print(json.dumps(asdict(asyncio.run(Crowd(plan).run()))), flush=True)


if __name__ == "__main__":
    main()
