"""A small HTTP server in the place of a gateway: notes every call and gives the answers that a test has lined up."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDictProxy

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Call:
    """One request. `values`: the fields of its JSON object or form."""

    method: str
    path: str
    values: dict[str, Any]
    headers: CIMultiDictProxy[str]


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status, headers=headers)

    return answer


def page(status: int, text: str = "<html>proxy</html>") -> Answer:
    """What a proxy in between would say."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, content_type="text/html")

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Take the request and close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def silence(request: web.Request) -> web.StreamResponse:
    """Take the request and say nothing until the caller has gone."""
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(0.01)
    return web.Response()


class Stub:
    """Answers `{}` where nothing is lined up."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: deque[Answer] = deque()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def line_up(self, *answers: Answer) -> None:
        self.answers.extend(answers)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.text()
        form = request.content_type == "application/x-www-form-urlencoded"
        values = dict(parse_qsl(raw, keep_blank_values=True)) if form else json.loads(raw or "{}")
        self.calls.append(Call(request.method, request.path, values, request.headers))
        return await (self.answers.popleft() if self.answers else says({}))(request)
