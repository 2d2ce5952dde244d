"""The real processes of the project on one stage, started again whenever they die, as the launcher does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType

import aiohttp

from bot.contract.connection import connect, disconnect
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.scripts import Client
from tests.redis_server import RedisServer, free_port

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.05
RESTART_SECONDS = 0.2


def assistant_python() -> str:
    """The assistant's interpreter: the one that KAWAN_ASSISTANT_PYTHON names, else the launcher's."""
    return os.environ.get("KAWAN_ASSISTANT_PYTHON") or str(PROJECT / ".kawan/envs/assistant/bin/python")


class Stage:
    """Redis, a gateway and a worker. `crash` kills one with SIGKILL; it comes back by itself."""

    def __init__(self, logs: Path, *, fsync: str) -> None:
        self.redis_server = RedisServer(fsync=fsync)
        self.url = f"http://127.0.0.1:{free_port()}"
        self._logs = logs
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._leaving = False
        self.crashes: dict[str, int] = {}

    async def __aenter__(self) -> Stage:
        await asyncio.to_thread(self.redis_server.start)
        self.client: Client = connect(self.redis_server.url)
        self.mailroom = Mailroom(self.client, MailroomRules())
        environment = {
            **os.environ,
            "REDIS_URL": self.redis_server.url,
            "PORT": self.url.rsplit(":", 1)[1],
            "PYTHONPATH": str(PROJECT),
            # Short, so that a killed worker's turns are taken over while the test watches.
            "LEASE_SECONDS": "2",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        commands = {
            "gateway": [sys.executable, "-m", "bot.gateway"],
            "worker": [assistant_python(), "-m", "bot.assistant"],
        }
        for name, command in commands.items():
            self._keepers.append(asyncio.create_task(self._keep(name, command, environment)))
        await self.until_ready()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        done, late = await asyncio.wait(self._keepers, timeout=30)
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(*done, *late)
        await disconnect(self.client)
        await asyncio.to_thread(self.redis_server.__exit__, None, None, None)

    async def _keep(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        while not self._leaving:
            with (self._logs / f"{name}.log").open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *command, cwd=PROJECT, env=environment, stdout=log, stderr=log
                )
            self._processes[name] = process
            await process.wait()
            await asyncio.sleep(RESTART_SECONDS)

    async def crash(self, name: str) -> None:
        """Kill -9, without a warning."""
        self.crashes[name] = self.crashes.get(name, 0) + 1
        self._processes[name].kill()

    async def restart_redis(self, *, gently: bool) -> None:
        """Stop Redis as an operator does, or kill it, and start it with the same data."""
        self.crashes["redis"] = self.crashes.get("redis", 0) + 1
        await asyncio.to_thread(self.redis_server.stop if gently else self.redis_server.kill)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.redis_server.start)

    async def until_ready(self) -> None:
        """Until the gateway says that messages would be answered."""
        async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE_SECONDS):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{self.url}/readyz") as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(LOOK_SECONDS)


@contextlib.asynccontextmanager
async def staged(logs: Path, *, fsync: str) -> AsyncIterator[Stage]:
    """A stage that shows the ends of its logs when the test on it fails."""
    stage = Stage(logs, fsync=fsync)
    try:
        async with stage:
            yield stage
    except BaseException:
        _show_ends(logs)
        raise


def _show_ends(logs: Path) -> None:
    for file in sorted(logs.glob("*.log")):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        sys.stderr.write("\n".join([f"--- {file.name}", *lines[-25:], ""]))
