"""The event stream: everything once and in order, across reconnections, restarts and shutdown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import pytest

from bot.channels.doorbell import Doorbell
from bot.channels.web import channel as web_channel
from bot.contract.scripts import Client
from tests.contract.samples import until
from tests.gateway.conftest import Http, Start
from tests.gateway.echo_worker import EchoWorker
from tests.gateway.stream import Event, Stream
from tests.gateway.test_web_chat import open_page, say, session
from tests.redis_server import RedisServer

EVENTS = "/chat/events"


@pytest.fixture
def bell_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that comes in this test's lifetime was rung for, not found by the next look."""
    monkeypatch.setattr(web_channel, "HEARTBEAT_SECONDS", 3600.0)


async def connect(http: Http, secret: str, after: str = "") -> Stream:
    """An open stream, resumed behind a position; closed together with its gateway's client."""
    headers = session(secret) | ({"Last-Event-ID": after} if after else {})
    response = await http.get(EVENTS, headers=headers)
    assert response.status == 200
    return Stream(response)


def texts(events: list[Event]) -> list[str]:
    return [event.body["text"] for event in events]


async def test_stream_is_what_browsers_and_proxies_expect(http: Http) -> None:
    stream = await connect(http, await open_page(http))
    headers = stream.response.headers
    assert headers["Content-Type"] == "text/event-stream"
    assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-store", "no")
    assert await stream.line() == f"retry: {web_channel.RECONNECT_MILLISECONDS}\n"


async def test_event_tells_all_that_the_page_draws(http: Http, worker: EchoWorker) -> None:
    secret = await open_page(http)
    await say(http, secret, id="pesan-01", text="tombol")
    own, reply = await (await connect(http, secret)).take(2)
    assert own.body == {
        "id": "pesan-01",
        "from": "person",
        "text": "tombol",
        "choices": [],
        "answers": [],
        "last": True,
        "at": own.body["at"],
    }
    assert reply.body["from"] == "bot"
    assert reply.body["answers"] == ["pesan-01"]
    assert reply.body["choices"] == [
        {"id": "pilih:a1", "title": "Cara daftar"},
        {"id": "pilih:b2", "title": "Jadwal"},
    ]
    assert reply.body["at"].endswith("+00:00")


async def test_new_lines_come_while_the_stream_is_open(http: Http, worker: EchoWorker, bell_only: None) -> None:
    secret = await open_page(http)
    stream = await connect(http, secret)
    for number in range(3):
        await say(http, secret, id=f"pesan-0{number}", text=f"soal {number}")
        assert texts(await stream.take(2)) == [f"soal {number}", f"gema: soal {number}"]


async def test_two_tabs_see_the_same(http: Http, worker: EchoWorker) -> None:
    secret = await open_page(http)
    tabs = [await connect(http, secret), await connect(http, secret)]
    await say(http, secret, id="pesan-01", text="halo")
    one, two = [texts(await tab.take(2)) for tab in tabs]
    assert one == two == ["halo", "gema: halo"]


async def test_resuming_at_every_place_leaves_no_gap_and_repeats_nothing(http: Http, worker: EchoWorker) -> None:
    secret = await open_page(http)
    stream = await connect(http, secret)
    for number in range(4):
        await say(http, secret, id=f"pesan-0{number}", text=f"soal {number}")
    everything = await stream.take(8)
    for place, event in enumerate(everything[:-1]):
        resumed = await connect(http, secret, event.position)
        assert await resumed.take(7 - place) == everything[place + 1 :]
        resumed.response.close()


async def test_resumed_stream_goes_on_with_what_is_new(http: Http, worker: EchoWorker) -> None:
    secret = await open_page(http)
    await say(http, secret, id="pesan-01", text="satu")
    last = (await (await connect(http, secret)).take(2))[-1]
    resumed = await connect(http, secret, last.position)
    await say(http, secret, id="pesan-02", text="dua")
    assert texts(await resumed.take(3)) == ["dua", "gema: dua", "dan lagi"]


async def test_long_absence_is_caught_up_completely(http: Http, worker: EchoWorker) -> None:
    secret = await open_page(http)
    await say(http, secret, id="pesan-000", text="awal")
    start = (await (await connect(http, secret)).take(2))[-1]
    for number in range(1, 71):
        await say(http, secret, id=f"pesan-{number:03}", text=f"soal {number}")
    events = await (await connect(http, secret, start.position)).take(140)
    assert [text for text in texts(events) if text.startswith("soal")] == [f"soal {number}" for number in range(1, 71)]
    assert len({event.position for event in events}) == 140


@pytest.mark.parametrize("position", ["", "x", "0", "1-1-1", "-", "(1-1", "9" * 20 + "-1", "1-" + "9" * 20, "\u0661-1"])
async def test_impossible_position_means_from_the_beginning(http: Http, worker: EchoWorker, position: str) -> None:
    secret = await open_page(http)
    await say(http, secret, id="pesan-01", text="halo")
    stream = await connect(http, secret, position)
    assert texts(await stream.take(2)) == ["halo", "gema: halo"]


async def test_quiet_stream_shows_signs_of_life(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_channel, "HEARTBEAT_SECONDS", 0.05)
    stream = await connect(http, await open_page(http))
    seen = [await stream.line() for _ in range(6)]
    assert [line for line in seen if line.startswith(":")] == [": masih tersambung\n"] * 2


async def test_stream_ends_when_the_gateway_stops(http: Http, bell_only: None) -> None:
    stream = await connect(http, await open_page(http))
    await http.server.close()
    assert await stream.ended()


async def test_closed_tabs_are_forgotten(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    listeners: list[str] = []
    listen = Doorbell.listen

    @contextmanager
    def counted(self: Doorbell, conversation: str) -> Iterator[asyncio.Event]:
        with listen(self, conversation) as rung:
            listeners.append(conversation)
            try:
                yield rung
            finally:
                listeners.pop()

    monkeypatch.setattr(Doorbell, "listen", counted)
    monkeypatch.setattr(web_channel, "HEARTBEAT_SECONDS", 0.02)
    streams = [await connect(http, await open_page(http)) for _ in range(5)]

    async def all_listen() -> bool:
        return len(listeners) == 5

    async def nobody_listens() -> bool:
        return not listeners

    await until(all_listen)
    for stream in streams:
        stream.response.close()
    await until(nobody_listens)


async def test_second_gateway_continues_where_the_first_one_stopped(
    start: Start, redis: Client, worker: EchoWorker
) -> None:
    first, second = await start(), await start()
    secret = await open_page(first)
    await say(first, secret, id="pesan-01", text="satu")
    last = (await (await connect(first, secret)).take(2))[-1]
    resumed = await connect(second, secret, last.position)
    await say(first, secret, id="pesan-02", text="halo")
    assert texts(await resumed.take(2)) == ["halo", "gema: halo"]
    assert await say(second, secret, id="pesan-02", text="halo") == (202, {"id": "pesan-02"})
    await say(second, secret, id="pesan-03", text="akhir")
    assert texts(await resumed.take(2)) == ["akhir", "gema: akhir"]


async def test_stream_survives_or_ends_but_never_lies_when_redis_restarts(start: Start, own_redis: RedisServer) -> None:
    http = await start(REDIS_URL=own_redis.url)
    secret = await open_page(http)
    async with EchoWorker(own_redis.url):
        stream = await connect(http, secret)
        await say(http, secret, id="pesan-01", text="satu")
        seen = await stream.take(2)
        own_redis.stop()
        own_redis.start()
        await say(http, secret, id="pesan-02", text="akhir")
        while len(seen) < 4:
            try:
                seen.append(await stream.next())
            except (AssertionError, aiohttp.ClientPayloadError):
                stream = await connect(http, secret, seen[-1].position)
    assert texts(seen) == ["satu", "gema: satu", "akhir", "gema: akhir"]


async def test_bell_is_heard_again_right_after_redis_restarted(
    start: Start, own_redis: RedisServer, bell_only: None
) -> None:
    http = await start(REDIS_URL=own_redis.url)
    secret = await open_page(http)
    stream = await connect(http, secret)
    own_redis.stop()
    own_redis.start()
    async with EchoWorker(own_redis.url):
        await say(http, secret, id="pesan-01", text="halo")
        assert texts(await stream.take(2)) == ["halo", "gema: halo"]
