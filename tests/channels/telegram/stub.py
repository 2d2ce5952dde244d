"""A small Bot API: notes every call and gives the answers that a test has lined up."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.channels.telegram.harness import TOKEN
from tests.contract.samples import PATIENCE_SECONDS

Answer = Callable[[web.Request], Any]


@dataclass(frozen=True)
class Call:
    """One request as the library sent it; nested values are decoded."""

    method: str
    values: dict[str, Any] = field(default_factory=dict)


def ok(result: Any) -> Answer:
    """Telegram's form of success."""
    return lambda request: web.json_response({"ok": True, "result": result})


def refusal(status: int, description: str, **parameters: Any) -> Answer:
    """Telegram's form of failure."""
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return lambda request: web.json_response(body, status=status)


def page(status: int, text: str = "<html>proxy</html>") -> Answer:
    """What a proxy in between would say."""
    return lambda request: web.Response(status=status, text=text, content_type="text/html")


def hang_up(request: web.Request) -> web.Response:
    """Take the request and close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


SENT = {"message_id": 77, "date": 1_760_000_009, "chat": {"id": 42, "type": "private"}, "text": "ok"}
RESULTS: dict[str, Any] = {
    "sendMessage": SENT,
    "getMe": {"id": 123_456_789, "is_bot": True, "first_name": "Kawan", "username": "kawan_bot"},
    "getWebhookInfo": {"url": "", "has_custom_certificate": False, "pending_update_count": 0},
}


class Stub:
    """Answers `True` to everything that nothing else was lined up for; getUpdates serves `updates` by offset."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.updates: list[dict[str, Any]] = []
        self.answers: dict[str, deque[Answer]] = defaultdict(deque)
        self.changed = asyncio.Condition()
        app = web.Application()
        app.router.add_post(f"/bot{TOKEN}/{{method}}", self._answer)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def line_up(self, method: str, *answers: Answer) -> None:
        self.answers[method].extend(answers)

    def of(self, method: str) -> list[dict[str, Any]]:
        return [call.values for call in self.calls if call.method == method]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the calls so far satisfy a condition."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.changed:
            await self.changed.wait_for(condition)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        values = {name: _decoded(str(value)) for name, value in (await request.post()).items()}
        async with self.changed:
            self.calls.append(Call(method, values))
            self.changed.notify_all()
        if self.answers[method]:
            response: web.StreamResponse = self.answers[method].popleft()(request)
            return response
        result = self._updates(values) if method == "getUpdates" else RESULTS.get(method, True)
        if method == "getUpdates" and not result and values.get("timeout"):
            await asyncio.sleep(0.05)  # a long poll, shortened
        return web.json_response({"ok": True, "result": result})

    def _updates(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        offset = values.get("offset", 0)
        return [update for update in self.updates if update["update_id"] >= offset][:100]


def _decoded(value: str) -> Any:
    """Numbers and nested objects as they were; text stays text."""
    try:
        return json.loads(value)
    except ValueError:
        return value
