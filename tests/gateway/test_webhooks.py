"""Webhook addresses: who is let in, what is stored, what a platform hears, and that nothing is ever a 500."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from bot.channels.platform import Account, Event, RawRequest
from bot.channels.webhooks import BODY_LIMIT, Webhooks
from bot.contract.errors import BadMessage, MailboxFull, MailroomUnavailable
from bot.gateway import middlewares
from tests.gateway.merpati import SECRET, Merpati, body

HEADERS = {"X-Merpati": SECRET}
Http = TestClient[web.Request, web.Application]


class Shelf:
    """Where events end up; it fails on request."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Event]] = []
        self.refused: list[tuple[str, str]] = []
        self.error: Exception | None = None

    async def store(self, account: Account, event: Event) -> None:
        if self.error:
            raise self.error
        self.events.append((account.name, event))


class BrokenMerpati(Merpati):
    """An adapter with a mistake."""

    def parse(self, request: RawRequest) -> list[Event]:
        raise KeyError("rahasia")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest_asyncio.fixture
async def http(shelf: Shelf) -> AsyncIterator[Http]:
    async with serving(shelf, Merpati(), Merpati("kedua", secret="rahasia-kedua")) as client:
        yield client


def serving(shelf: Shelf, *accounts: Account, public_url: str = "") -> Http:
    app = web.Application(client_max_size=4096, middlewares=[middlewares.errors()])
    refused = lambda channel, reason: shelf.refused.append((channel, reason))  # noqa: E731
    app.add_routes(Webhooks(accounts, shelf.store, refused, public_url=public_url).routes())
    return TestClient(TestServer(app))


async def post(http: Http, data: bytes, headers: dict[str, str] | None = None) -> tuple[int, str]:
    response = await http.post(
        "/webhooks/merpati", data=io.BytesIO(data), headers=HEADERS if headers is None else headers
    )
    return response.status, await response.text()


async def test_message_is_stored_and_acknowledged_in_the_platforms_words(http: Http, shelf: Shelf) -> None:
    assert await post(http, body(("text", "ani", "m1", "halo"))) == (200, "terima kasih")
    assert [name for name, _ in shelf.events] == ["default"]


@pytest.mark.parametrize(
    "headers", [{}, {"X-Merpati": "salah"}, {"X-Merpati": ""}, {"X-Merpati": SECRET[:-1]}, {"X-Merpati": "rähasia"}]
)
async def test_forged_request_is_refused_unread(http: Http, shelf: Shelf, headers: dict[str, str]) -> None:
    status, _ = await post(http, body(("text", "ani", "m1", "halo")), headers)
    assert status == 403
    assert shelf.events == []
    assert shelf.refused == [("merpati", "forged")]


async def test_request_belongs_to_the_account_whose_secret_it_carries(http: Http, shelf: Shelf) -> None:
    await post(http, body(("text", "ani", "m1", "halo")), {"X-Merpati": "rahasia-kedua"})
    assert [name for name, _ in shelf.events] == ["kedua"]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 4000, b'{"rows": [[]]}', b'{"a": 1}'])
async def test_unreadable_body_is_put_aside_and_acknowledged(http: Http, shelf: Shelf, data: bytes) -> None:
    status, _ = await post(http, data)
    assert status == 200
    assert shelf.events == []
    assert len(shelf.refused) == 1


async def test_adapter_with_a_mistake_blocks_nobody(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(shelf, BrokenMerpati()) as http:
        assert (await post(http, b"{}"))[0] == 200
    assert "parser failed" in [record.getMessage() for record in caplog.records]


async def test_huge_body_is_refused(http: Http, shelf: Shelf) -> None:
    assert (await post(http, b"x" * (BODY_LIMIT + 1)))[0] == 413


async def test_batch_larger_than_any_other_body_is_taken(http: Http, shelf: Shelf) -> None:
    status, _ = await post(http, body(*(("text", "ani", f"m{number}", "x" * 100) for number in range(500))))
    assert status == 200
    assert len(shelf.events) == 500


async def test_redis_away_asks_the_platform_to_send_again(http: Http, shelf: Shelf) -> None:
    shelf.error = MailroomUnavailable("away")
    response = await http.post("/webhooks/merpati", data=body(("text", "ani", "m1", "halo")), headers=HEADERS)
    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0


async def test_full_mailbox_asks_the_platform_to_wait(http: Http, shelf: Shelf) -> None:
    shelf.error = MailboxFull("full")
    response = await http.post("/webhooks/merpati", data=body(("text", "ani", "m1", "halo")), headers=HEADERS)
    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0


async def test_event_that_cannot_be_a_message_does_not_lose_its_siblings(shelf: Shelf) -> None:
    class PickyShelf(Shelf):
        async def store(self, account: Account, event: Event) -> None:
            if not self.refused:
                raise BadMessage("bad_id", "no id")
            await super().store(account, event)

    picky = PickyShelf()
    async with serving(picky, Merpati()) as http:
        status, _ = await post(http, body(("text", "ani", "m1", "a"), ("text", "ani", "m2", "b")))
    assert status == 200
    assert len(picky.events) == 1
    assert picky.refused == [("merpati", "bad_id")]


async def test_handshake_is_answered_by_the_account_it_is_for(http: Http) -> None:
    response = await http.get("/webhooks/merpati?tantangan=123")
    assert (response.status, await response.text()) == (200, "123")
    assert (await http.get("/webhooks/merpati")).status == 403
    assert (await http.put("/webhooks/merpati")).status == 405


async def test_account_sees_the_address_that_the_platform_called(shelf: Shelf) -> None:
    seen: list[RawRequest] = []

    class Watching(Merpati):
        def parse(self, request: RawRequest) -> list[Event]:
            seen.append(request)
            return []

    async with serving(shelf, Watching(), public_url="https://bot.example.id") as http:
        await http.post(
            URL("/webhooks/merpati?kanal=1%202", encoded=True), data=b"{}", headers={**HEADERS, "Host": "jahat.example"}
        )
    assert seen[0].url == "https://bot.example.id/webhooks/merpati?kanal=1%202"


async def test_slow_body_does_not_hold_a_connection_for_ever(
    http: Http, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.webhooks.BODY_SECONDS", 0.1)

    async def dripping() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(2)
        yield b"}"

    response = await http.post("/webhooks/merpati", data=dripping(), headers=HEADERS)
    assert response.status == 408
