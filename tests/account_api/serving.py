"""Ways to run the server in a test: inside the test's own loop, in a thread, or as the process that people start."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient

from bot.account_api.app import build_app
from bot.account_api.settings import ServerSettings, read_settings
from tests.account_api.contract import Contract

PROJECT = Path(__file__).resolve().parents[2]
SECRET = "rahasia-layanan-untuk-uji"
NOW = 1_790_000_000.0
READY_SECONDS = 30.0


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Answer:
    """What came back."""

    def __init__(self, status: int, headers: dict[str, str], body: str) -> None:
        self.status = status
        self.headers = headers
        self.text = body

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def problem(self) -> str:
        """The last part of a problem's type."""
        return str(self.json["type"]).removeprefix("urn:prakerja:problem:")


class Caller:
    """Calls the API as the assistant does, and holds every answer against the contract."""

    def __init__(self, client: TestClient[web.Request, web.Application], contract: Contract) -> None:
        self.client = client
        self._contract = contract

    async def call(
        self, method: str, path: str, *, reference: str = "", secret: str = SECRET, **options: Any
    ) -> Answer:
        """One call of an operation; `path` as in the contract."""
        headers = {"Authorization": f"Bearer {secret}"} | options.pop("headers", {})
        address = path.replace("{reference}", reference)
        async with self.client.request(method, address, headers=headers, **options) as response:
            answer = Answer(response.status, dict(response.headers), await response.text())
        self._contract.check_answer(
            method, path, answer.status, response.content_type, dict(response.headers), answer.text
        )
        return answer

    async def link(self, person: str, channel: str = "telegram") -> str:
        """A link token from the dashboard."""
        async with self.client.post(f"/dashboard/people/{person}/links", json={"channel": channel}) as response:
            assert response.status == 200, await response.text()
            return str((await response.json())["token"])

    async def redeem(self, token: str, chat: str, channel: str = "telegram") -> Answer:
        """redeemLink"""
        body = {"token": token, "chat": chat, "channel": channel}
        return await self.call("POST", "/v1/links/redeem", json=body)

    async def grant(self, person: str, chat: str, channel: str = "telegram") -> str:
        """The reference of a new grant of the level full."""
        answer = await self.redeem(await self.link(person), chat, channel)
        assert answer.status == 200, answer.text
        return str(answer.json["reference"])

    async def find(self, phone: str, chat: str, channel: str = "whatsapp") -> Answer:
        """findAccount"""
        return await self.call("POST", "/v1/accounts/find", json={"phone": phone, "chat": chat, "channel": channel})

    async def status(self, reference: str) -> Answer:
        """accountStatus"""
        return await self.call("GET", "/v1/accounts/{reference}/status", reference=reference)

    async def revoke(self, reference: str) -> Answer:
        """revokeLink"""
        return await self.call("DELETE", "/v1/accounts/{reference}/link", reference=reference)

    async def dispute(self, reference: str) -> Answer:
        """disputeLinks"""
        return await self.call("POST", "/v1/accounts/{reference}/dispute", reference=reference)


def chat(number: int) -> str:
    """An opaque chat."""
    return f"{number:032x}"


def server_settings(folder: Path, **options: str) -> ServerSettings:
    """Settings for a server whose files are in `folder`."""
    given = {"--database": str(folder / "account-api.sqlite3")} | options
    return read_settings(given, {"ACCOUNT_API_TOKEN": SECRET})


@contextmanager
def thread_server(settings: ServerSettings) -> Iterator[str]:
    """The address of a server that runs in a thread of its own, for clients that block."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(build_app(settings), access_log=None)

    async def start() -> str:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(READY_SECONDS)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(READY_SECONDS)
        asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result(READY_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class ProcessServer:
    """`python -m bot.account_api` as a process; its stderr goes into a file beside the database."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.log = folder / "stderr"
        with self.log.open("a") as stderr:
            self._process = subprocess.Popen(
                command("--port", "0", "--database", str(folder / "account-api.sqlite3"), *options),
                env=environment(ACCOUNT_API_TOKEN=SECRET),
                cwd=PROJECT,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert self._process.stdout is not None
        self.greeting = self._process.stdout.readline().strip()
        self.url = self.greeting.rpartition(" ")[2]

    def send(self, number: int) -> None:
        """A signal."""
        self._process.send_signal(number)

    def wait(self) -> tuple[int, str]:
        """The exit code, and what was said after the greeting."""
        rest, _ = self._process.communicate(timeout=READY_SECONDS)
        return self._process.returncode, rest

    def kill(self) -> None:
        """At once, and wait for the end."""
        self._process.kill()
        self.wait()


def command(*arguments: str) -> list[str]:
    """How the program is started."""
    return [sys.executable, "-m", "bot.account_api", *arguments]


def environment(**variables: str) -> dict[str, str]:
    """Ours without the settings that somebody's shell may have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACCOUNT_API_", "KAWAN_"))}
    return kept | {"PYTHONPATH": str(PROJECT)} | variables
