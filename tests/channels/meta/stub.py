"""A small HTTP server that answers as a test says, notes what it was asked, and can be silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.platform import Account


@dataclass
class Stub:
    """`answers` are (status, body, headers), one for each request; the last one is repeated. None: no answer."""

    answers: list[tuple[int, Any, dict[str, str]] | None]
    asked: list[tuple[str, str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    url: str = ""

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [body for _, _, body, _ in self.asked]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.content_type == "application/json" and request.can_read_body:
            body = await request.json()
        else:
            body = dict(await request.post())
        self.asked.append((request.method, request.path_qs, body, dict(request.headers)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await asyncio.sleep(30)
            raise web.HTTPGatewayTimeout
        status, content, headers = answer
        if isinstance(content, str):
            return web.Response(status=status, text=content, content_type="text/html", headers=headers)
        return web.json_response(content, status=status, headers=headers)


@asynccontextmanager
async def answering(*answers: tuple[int, Any] | tuple[int, Any, dict[str, str]] | None) -> AsyncIterator[Stub]:
    """A running stub."""
    whole = [None if one is None else (one[0], one[1], one[2] if len(one) == 3 else {}) for one in answers]
    stub = Stub(list(whole))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", stub.handle)
    async with TestServer(app, shutdown_timeout=0.1) as server:
        stub.url = str(server.make_url("")).rstrip("/")
        yield stub


@asynccontextmanager
async def opened(account: Account) -> AsyncIterator[Account]:
    """The account with its connections."""
    await account.open()
    try:
        yield account
    finally:
        await account.close()
