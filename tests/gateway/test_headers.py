"""Security headers stand on every response, whatever went wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.channels.rest import RestChannel
from bot.contract.mailroom import Mailroom
from bot.contract.scripts import Client
from tests.gateway.conftest import Http, Start
from tests.gateway.test_web_chat import open_page, session
from tests.redis_server import RedisServer

HOOK = "/webhooks/rest/webhook"
REQUESTS: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/", {}, 200),
    ("HEAD", "/", {}, 200),
    ("GET", "/static/chat.js", {}, 200),
    ("GET", "/static/chat.js", {"headers": {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}}, 304),
    ("GET", "/static/", {}, 403),
    ("GET", "/static/../settings.py", {}, 404),
    ("GET", "/static/%2e%2e/channel.py", {}, 404),
    ("GET", "/healthz", {}, 200),
    ("GET", "/readyz", {}, 503),
    ("GET", "/metrics", {}, 200),
    ("GET", "/tidak-ada", {}, 404),
    ("DELETE", "/chat/messages", {}, 405),
    ("POST", "/chat/messages", {"json": {}}, 401),
    ("POST", "/chat/messages", {"json": {}, "headers": {"Origin": "https://jahat.example"}}, 403),
    ("GET", "/chat/events", {}, 401),
    ("POST", HOOK, {"data": b"{"}, 400),
    ("POST", HOOK, {"data": b"x" * 300_000}, 413),
]


def check_headers(headers: Any) -> None:
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] in ("no-cache", "no-store")


@pytest.mark.parametrize(("method", "path", "more", "status"), REQUESTS)
async def test_headers_are_on_every_response(
    http: Http, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    async with http.request(method, path, **more) as response:
        assert response.status == status
        check_headers(response.headers)


async def test_headers_are_on_the_event_stream(http: Http) -> None:
    async with http.get("/chat/events", headers=session(await open_page(http))) as response:
        assert response.status == 200
        check_headers(response.headers)


async def test_headers_are_on_the_503_of_an_absent_redis(start: Start, own_redis: RedisServer) -> None:
    http = await start(REDIS_URL=own_redis.url)
    own_redis.stop()
    async with http.post(HOOK, json={"message": "halo"}) as response:
        assert response.status == 503
        check_headers(response.headers)
    own_redis.start()


async def test_fault_of_ours_is_a_500_without_any_detail(
    http: Http, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def breaks(*_: Any) -> Any:
        raise RuntimeError("rahasia dalam")

    monkeypatch.setattr(Mailroom, "accept", breaks)
    async with http.post(HOOK, json={"message": "halo"}) as response:
        body = await response.text()
        assert (response.status, json.loads(body)["error"]["code"]) == (500, "internal")
        check_headers(response.headers)
    assert "rahasia" not in body
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == ["request failed"]


@pytest.mark.parametrize(("method", "path", "more", "status"), [one for one in REQUESTS if one[3] >= 400])
async def test_errors_have_one_shape(http: Http, method: str, path: str, more: dict[str, Any], status: int) -> None:
    async with http.request(method, path, **more) as response:
        body = await response.json()
    assert path == "/readyz" or {"code", "message"} <= set(body["error"]) <= {"code", "message", "detail"}


async def test_headers_survive_a_channel_that_refuses_by_itself(
    start: Start, redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    http = await start(MAILBOX_LIMIT="1")
    monkeypatch.setattr(RestChannel, "_replies", _none)
    for status in (504, 429):
        async with http.post(HOOK, json={"sender": "ani", "message": "halo"}) as response:
            assert response.status == status
            check_headers(response.headers)


async def _none(*_: Any) -> None:
    return None
