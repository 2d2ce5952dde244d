"""The web chat's requests: sessions, messages in, refusals, starting over."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from bot.contract.scripts import Client
from tests.contract.samples import PATIENCE_SECONDS, until
from tests.gateway.conftest import Http, Start
from tests.gateway.echo_worker import EchoWorker
from tests.gateway.stream import Stream
from tests.redis_server import RedisServer

COOKIE = "kawan_sesi"
MESSAGES = "/chat/messages"
PRODUCTION = {"KAWAN_ENV": "production", "LOG_KEY": "kunci-acak-yang-panjang"}


async def open_page(http: Http) -> str:
    """Loads the page as a new browser and returns its cookie; later requests give it by hand."""
    http.session.cookie_jar.clear()
    async with http.get("/") as response:
        assert response.status == 200
        secret = response.cookies[COOKIE].value
    http.session.cookie_jar.clear()
    return secret


def session(secret: str) -> dict[str, str]:
    """Headers of a browser that holds this cookie."""
    return {"Cookie": f"{COOKIE}={secret}"}


async def say(http: Http, secret: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """The status and JSON of one message."""
    async with http.post(MESSAGES, json=body, headers=session(secret)) as response:
        http.session.cookie_jar.clear()
        return response.status, await response.json()


async def lines(http: Http, secret: str, count: int) -> list[tuple[str, str]]:
    """The first lines that the page shows."""
    async with http.get("/chat/events", headers=session(secret)) as response:
        http.session.cookie_jar.clear()
        return [event.line for event in await Stream(response).take(count)]


class TestSession:
    async def test_page_gives_a_cookie_that_scripts_cannot_read(self, http: Http) -> None:
        async with http.get("/") as response:
            assert "Kawan Prakerja" in await response.text()
            cookie = response.cookies[COOKIE]
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", cookie.value)
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert int(cookie["max-age"]) == 30 * 86400
        assert not cookie["secure"]

    async def test_cookie_is_for_https_only_in_production(self, start: Start, redis: Client) -> None:
        http = await start(**PRODUCTION)
        async with http.get("/") as response:
            assert response.cookies[COOKIE]["secure"]

    async def test_known_browser_keeps_its_session(self, http: Http) -> None:
        async with http.get("/", headers=session(await open_page(http))) as response:
            assert COOKIE not in response.cookies

    @pytest.mark.parametrize("value", ["", "x", "x" * 44, "../../etc", '"%00"', "\u00e9" * 43, "a;b=" + "c" * 43])
    async def test_made_up_cookie_opens_nothing(self, http: Http, value: str) -> None:
        headers = {"Cookie": f"{COOKIE}={value}"}
        async with http.post(MESSAGES, json={"id": "pesan-01", "text": "halo"}, headers=headers) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (401, "no_session")
        async with http.get("/chat/events", headers=headers) as response:
            assert response.status == 401
        async with http.get("/", headers=headers) as response:
            assert response.cookies[COOKIE].value != value

    @pytest.mark.parametrize("header", ["", ";;;", "=", "[]@=1", "a=b; kawan_sesi", "kawan_sesi=" + "k" * 4000])
    async def test_broken_cookie_header_is_no_error_of_ours(self, http: Http, header: str) -> None:
        async with http.get("/", headers={"Cookie": header}) as response:
            assert response.status == 200

    async def test_sessions_do_not_see_each_other(self, http: Http, worker: EchoWorker) -> None:
        ani, budi = await open_page(http), await open_page(http)
        await say(http, ani, id="pesan-01", text="dari ani")
        await say(http, budi, id="pesan-01", text="dari budi")
        assert await lines(http, ani, 2) == [("person", "dari ani"), ("bot", "gema: dari ani")]
        assert await lines(http, budi, 2) == [("person", "dari budi"), ("bot", "gema: dari budi")]

    async def test_secret_is_nowhere_in_redis(self, http: Http, worker: EchoWorker, redis_server: RedisServer) -> None:
        secret = await open_page(http)
        await say(http, secret, id="pesan-01", text="halo")
        await lines(http, secret, 2)
        written = b"".join(path.read_bytes() for path in redis_server.socket.parent.rglob("*.aof"))
        assert secret.encode() not in written

    async def test_web_chat_can_be_switched_off(self, start: Start, redis: Client) -> None:
        http = await start(WEB_CHAT="off")
        for path in ("/", "/chat/events", "/static/chat.js"):
            async with http.get(path) as response:
                assert response.status == 404


class TestMessages:
    async def test_message_is_shown_and_answered(self, http: Http, worker: EchoWorker) -> None:
        secret = await open_page(http)
        assert await say(http, secret, id="pesan-01", text=" halo  ") == (202, {"id": "pesan-01"})
        assert await lines(http, secret, 2) == [("person", "halo"), ("bot", "gema: halo")]

    async def test_person_sees_what_was_stored_not_what_was_typed(self, http: Http, worker: EchoWorker) -> None:
        secret = await open_page(http)
        await say(http, secret, id="pesan-01", text="nik 3273051709930041")
        (line,) = await lines(http, secret, 1)
        assert "3273051709930041" not in line[1]

    async def test_choice_is_shown_by_its_label_and_works_by_its_id(self, http: Http, worker: EchoWorker) -> None:
        secret = await open_page(http)
        await say(http, secret, id="pesan-01", choice="pilih:a1", title="Cara daftar")
        assert await lines(http, secret, 2) == [("person", "Cara daftar"), ("bot", "gema: pilih:a1")]
        assert worker.heard[0].kind == "choice"

    async def test_label_cannot_smuggle_a_number_past_the_door(
        self, http: Http, worker: EchoWorker, redis_server: RedisServer
    ) -> None:
        secret = await open_page(http)
        nik = "3273051709930058"
        await say(http, secret, id="pesan-01", choice=f"pilih:{nik}", title=f"nik {nik}\x00")
        written = b"".join(path.read_bytes() for path in redis_server.socket.parent.rglob("*.aof"))
        assert nik.encode() not in written

    async def test_same_id_is_one_message(self, http: Http, worker: EchoWorker) -> None:
        secret = await open_page(http)
        again = [say(http, secret, id="pesan-01", text="halo") for _ in range(5)]
        assert await asyncio.gather(*again) == [(202, {"id": "pesan-01"})] * 5
        await say(http, secret, id="pesan-02", text="akhir")
        assert len(await lines(http, secret, 4)) == 4
        assert sorted(message.id for message in worker.heard) == ["pesan-01", "pesan-02"]

    async def test_full_mailbox_is_429_and_nothing_is_shown(self, start: Start, redis: Client) -> None:
        http = await start(MAILBOX_LIMIT="1")
        secret = await open_page(http)
        assert (await say(http, secret, id="pesan-01", text="satu"))[0] == 202
        body = {"id": "pesan-02", "text": "dua"}
        async with http.post(MESSAGES, json=body, headers=session(secret)) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "5")
            assert (await response.json())["error"]["code"] == "full"
        assert await lines(http, secret, 1) == [("person", "satu")]

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            {"text": "halo"},
            {"id": "pesan-01"},
            {"id": "pendek", "text": "halo"},
            {"id": "x" * 65, "text": "halo"},
            {"id": "pesan_01:x", "text": "halo"},
            {"id": "pesan-01\n", "text": "halo"},
            {"id": 12345678, "text": "halo"},
            {"id": "pesan-01", "text": 5},
            {"id": "pesan-01", "text": None},
            {"id": "pesan-01", "choice": ["a"]},
            {"id": "pesan-01", "choice": "pilih:a1", "title": 7},
        ],
    )
    async def test_what_is_no_message_is_refused_and_leaves_nothing(self, http: Http, redis: Client, body: Any) -> None:
        raw: Any = redis
        secret = await open_page(http)
        async with http.post(MESSAGES, json=body, headers=session(secret)) as response:
            assert response.status == 400
        assert [key for key in await raw.keys("*") if b":box:" in key or b":transcript:" in key] == []

    @pytest.mark.parametrize("title", ["\ud83d", "x" * 5000, "\x00", ""])
    async def test_odd_label_is_no_error_of_ours(self, http: Http, worker: EchoWorker, title: str) -> None:
        secret = await open_page(http)
        status, _ = await say(http, secret, id="pesan-01", choice="pilih:\ud800a1", title=title)
        assert status == 202
        assert len(await lines(http, secret, 2)) == 2


class TestOtherSites:
    @pytest.mark.parametrize("path", [MESSAGES, "/chat/forget"])
    @pytest.mark.parametrize(
        "origin", ["https://jahat.example", "null", "http://127.0.0.1", "http://[", "http://127.0.0.1:1@jahat.example"]
    )
    async def test_foreign_origin_is_refused(self, http: Http, path: str, origin: str) -> None:
        headers = {**session(await open_page(http)), "Origin": origin}
        async with http.post(path, json={"id": "pesan-01", "text": "halo"}, headers=headers) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (403, "other_site")
            assert COOKIE not in response.cookies

    async def test_own_origin_and_none_are_fine(self, http: Http) -> None:
        secret = await open_page(http)
        own = f"http://{http.host}:{http.port}"
        for number, more in enumerate([{}, {"Origin": own}]):
            body = {"id": f"pesan-0{number}", "text": "halo"}
            async with http.post(MESSAGES, json=body, headers={**session(secret), **more}) as response:
                assert response.status == 202

    async def test_no_other_site_may_read_anything(self, http: Http) -> None:
        headers = {"Origin": "https://jahat.example", "Access-Control-Request-Method": "POST"}
        async with http.options(MESSAGES, headers=headers) as response:
            assert response.status == 405
            assert not any(name.startswith("Access-Control") for name in response.headers)


class TestForget:
    async def test_starting_over_gives_an_empty_conversation(self, http: Http, worker: EchoWorker) -> None:
        old = await open_page(http)
        await say(http, old, id="pesan-01", text="lama")
        async with http.post("/chat/forget", headers=session(old)) as response:
            assert response.status == 204
            new = response.cookies[COOKIE].value
        assert new != old
        await say(http, new, id="pesan-01", text="baru")
        assert await lines(http, new, 2) == [("person", "baru"), ("bot", "gema: baru")]


class TestRedisAway:
    async def test_503_while_it_is_away_and_the_same_message_is_taken_later(
        self, start: Start, own_redis: RedisServer
    ) -> None:
        http = await start(REDIS_URL=own_redis.url)
        secret = await open_page(http)
        own_redis.stop()
        body = {"id": "pesan-01", "text": "halo"}
        async with http.post(MESSAGES, json=body, headers=session(secret)) as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "2")
            assert (await response.json())["error"]["code"] == "unavailable"
        async with http.get("/chat/events", headers=session(secret)) as response:
            assert response.status == 503
        async with http.get("/", headers=session(secret)) as response:
            assert response.status == 200
        own_redis.start()
        async with EchoWorker(own_redis.url):
            assert (await say(http, secret, **body))[0] == 202
            assert await lines(http, secret, 2) == [("person", "halo"), ("bot", "gema: halo")]

    async def test_hanging_redis_does_not_hold_the_page(self, start: Start, own_redis: RedisServer) -> None:
        http = await start(REDIS_URL=own_redis.url)
        own_redis.freeze()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), http.get("/") as response:
                assert response.status == 200
        finally:
            own_redis.thaw()


async def test_privacy_from_end_to_end(
    http: Http, worker: EchoWorker, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """What a person should not have typed is in no log, no metric and nothing that Redis ever wrote."""
    secret = await open_page(http)
    with caplog.at_level("DEBUG"):
        for _ in range(2):
            await say(http, secret, id="pesan-01", text="nik 3273051709930066 hp 081355667788 otp 998877")
        await http.post("/webhooks/rest/webhook", json={"sender": "081355667788x", "message": "hp 081355667788"})

        async def both_heard() -> bool:
            return len(worker.heard) == 2

        await until(both_heard)
    async with http.get("/metrics") as response:
        metrics = await response.text()
    written = b"".join(path.read_bytes() for path in redis_server.socket.parent.rglob("*.aof")).decode(errors="replace")
    for private in ("3273051709930066", "998877", secret):
        # Not as a part of a longer number: a moment in microseconds may hold any six digits.
        assert not re.search(rf"(?<!\d){private}(?!\d)", caplog.text + metrics + written)
    assert "081355667788" not in caplog.text + metrics
