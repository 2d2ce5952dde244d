"""Measures questions about one's own status: `./kawan bench status`, with the reference account server beside ours."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path

import aiohttp
from redis.asyncio import Redis

from bench.options import BenchProblem, Tools, find_tools
from bench.processes import Program, describe_machine
from bench.sides import answers, environment, free_port, start_ours
from bot.account_api.people import PEOPLE

SECRET = "rahasia-layanan-untuk-mengukur"  # noqa: S105 - of a server that lives for a minute
QUESTIONS = (
    "cek status saya",
    "saldo pelatihan saya sisa berapa",
    "status insentif saya gimana",
    "cek sertifikat saya",
)
GENERAL = "kapan gelombang 72 dibuka"
GOAL_MILLISECONDS = 150.0
ANSWER_SECONDS = 30.0


class People:
    """The invented people, each linked in a chat of their own, who ask through the REST channel."""

    def __init__(self, http: aiohttp.ClientSession, chat: str, dashboard: str, at_once: int) -> None:
        self._http = http
        self._chat = chat
        self._dashboard = dashboard
        self._turns = asyncio.Semaphore(at_once)

    async def link(self) -> None:
        """Press everybody's button and send what it gives. Raises BenchProblem."""
        for person in PEOPLE:
            address = f"{self._dashboard}/dashboard/people/{person.id}/links"
            async with self._http.post(address, json={"channel": "rest"}) as answer:
                token = (await answer.json())["token"]
            _, said = await self._ask(person.id, f"HUBUNGKAN {token}")
            if "sudah terhubung" not in said:
                raise BenchProblem(f"{person.id} could not be linked: {said[:200]}")

    async def ask_all(self, question: str) -> list[float]:
        """Everybody asks, some at once; seconds until the answer. Raises BenchProblem for an answer that is none."""
        done = await asyncio.gather(*(self._ask(person.id, question) for person in PEOPLE))
        for _, said in done:
            if "Data akun per" not in said and question != GENERAL:
                raise BenchProblem(f"no status in: {said[:200]}")
        return [took for took, _ in done]

    async def _ask(self, sender: str, message: str) -> tuple[float, str]:
        async with self._turns:
            started = time.perf_counter()
            async with self._http.post(self._chat, json={"sender": sender, "message": message}) as answer:
                replies = await answer.json()
            return time.perf_counter() - started, "\n".join(reply.get("text", "") for reply in replies)


async def forget_looks(redis_socket: Path) -> None:
    """As if half a minute had passed: nothing is in the cache, and nobody is near a limit."""
    redis = Redis(unix_socket_path=str(redis_socket))
    for pattern in ("kawan:*:status:*", "kawan:*:tally:*"):
        async for key in redis.scan_iter(pattern, count=1000):
            await redis.delete(key)
    await redis.aclose()


async def measure(chat: str, dashboard: str, redis_socket: Path, rounds: int, at_once: int) -> dict[str, list[float]]:
    """Seconds of every answer, by kind."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    found: dict[str, list[float]] = {
        "general question": [],
        "status, asked of the backend": [],
        "status, from cache": [],
    }
    async with aiohttp.ClientSession(timeout=timeout) as http:
        people = People(http, chat, dashboard, at_once)
        await people.link()
        await people.ask_all(QUESTIONS[0])  # warm
        for question in itertools.islice(itertools.cycle(QUESTIONS), rounds):
            await forget_looks(redis_socket)
            found["status, asked of the backend"] += await people.ask_all(question)
            found["status, from cache"] += await people.ask_all(question)
            found["general question"] += await people.ask_all(GENERAL)
    return found


def run(tools: Tools, rounds: int, at_once: int) -> dict[str, list[float]]:
    """Start everything, measure, stop everything. Raises BenchProblem."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="kawan-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        port = free_port()
        server = Program(
            "account server",
            [
                tools.gateway_python,
                "-m",
                "bot.account_api",
                "--port",
                str(port),
                "--database",
                str(folder / "a.sqlite3"),
            ],
            {**environment(), "ACCOUNT_API_TOKEN": SECRET},
            folder / "account-api.log",
        )
        stack.callback(server.stop)
        server.wait_until(lambda: answers(port, "/healthz"))
        dashboard = f"http://127.0.0.1:{port}"
        ours = start_ours(tools, folder / "ours", 1, {"ACCOUNT_API_URL": dashboard, "ACCOUNT_API_TOKEN": SECRET})
        stack.callback(ours.stop)
        return asyncio.run(measure(ours.url, dashboard, folder / "ours" / "r.sock", rounds, at_once))


def as_markdown(found: Mapping[str, Sequence[float]], command: str, at_once: int) -> str:
    """The table for docs/performance.md."""
    day = datetime.now(timezone.utc).date().isoformat()
    lines = [
        f"`{command}`, {day}, {describe_machine()}. {len(PEOPLE)} linked people,"
        f" {at_once} at a time, one worker, the reference account server on the same machine.",
        "",
        "| question | p50, ms | p95, ms | p99, ms | answers |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind, seconds in found.items():
        figures = " | ".join(f"{percentile(seconds, share) * 1000:.0f}" for share in (0.5, 0.95, 0.99))
        lines.append(f"| {kind} | {figures} | {len(seconds)} |")
    return "\n".join(lines)


def percentile(seconds: Sequence[float], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(seconds)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def main(arguments: Sequence[str]) -> int:
    """0 after a run, whatever it measured; 1 when it could not be run."""
    parser = argparse.ArgumentParser(prog="./kawan bench status", description="Measures status questions.")
    parser.add_argument("--rounds", type=int, default=20, help="how often everybody asks (default 20)")
    parser.add_argument("--at-once", type=int, default=8, help="people who wait for an answer at a time (default 8)")
    given = parser.parse_args(arguments)
    try:
        found = run(find_tools(os.environ), given.rounds, given.at_once)
    except BenchProblem as problem:
        sys.stderr.write(f"bench: {problem}\n")
        return 1
    print(as_markdown(found, " ".join(["./kawan bench status", *arguments]), given.at_once))
    reached = percentile(found["status, asked of the backend"], 0.95) * 1000
    print(f"\np95 {reached:.0f} ms; the aim is below {GOAL_MILLISECONDS:.0f} ms")
    return 0
