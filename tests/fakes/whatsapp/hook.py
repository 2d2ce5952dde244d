"""A webhook that keeps what it gets, for tests of what the fakes deliver."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs

from aiohttp import web
from aiohttp.test_utils import TestServer

WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass
class Hook:
    """`async with Hook() as hook:` gives `hook.url`. `answers`: statuses of the next requests; then 200."""

    got: list[Request] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    async def take(self, count: int) -> list[Request]:
        """The requests, once there are at least so many. Raises TimeoutError."""
        async with asyncio.timeout(WAIT_SECONDS):
            while len(self.got) < count:
                await asyncio.sleep(0.005)
        return self.got

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._keep)
        self._server = TestServer(app)
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    async def _keep(self, request: web.Request) -> web.StreamResponse:
        self.got.append(Request(request.path_qs, request.headers, await request.read()))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)
