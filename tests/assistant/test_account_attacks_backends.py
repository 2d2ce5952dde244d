"""A backend that is hostile or broken: it gets no secret, shows no more than was granted, and breaks no dialogue."""

from __future__ import annotations

import asyncio
import copy
import gzip
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from actions.accounts.client import LARGEST_ANSWER
from actions.tools import Tools
from bot.assistant.engine import Engine
from bot.contract.breaker import Breaker
from bot.contract.keys import Keys
from bot.contract.scripts import Client
from nlu.content.live import LiveCatalogue
from tests.assistant.account_server import TOKEN
from tests.assistant.accounts_world import Town, account_settings, make_accounts
from tests.assistant.talk import Clock, Talk, turn_taker

LINK = "kp1_" + "aB3dE" * 10
NUMBER = "+6281200000001"
LONGEST_REPLY = 4 * 1500  # four bubbles
GRANT: dict[str, Any] = {
    "reference": "R" * 43,
    "level": "full",
    "label": "Si** R******",
    "linked_at": "2026-01-01T00:00:00Z",
    "expires_at": "2027-01-01T00:00:00Z",
    "others": [],
}
STATUS: dict[str, Any] = {
    "level": "full",
    "as_of": "2026-01-01T00:00:00Z",
    "stage": "incentive_failed",
    "name": "Si** R******",
    "registration": {"state": "verified"},
    "selection": {"state": "accepted", "wave": 70, "announced_on": "2025-11-01"},
    "membership": {"state": "active", "since": "2025-11-01"},
    "training": {
        "balance": 3_500_000,
        "balance_until": "2026-12-01",
        "first_purchase_until": "2026-02-01",
        "courses": [
            {
                "title": "Dasar Desain Grafis",
                "platform": "Kelas Cakap",
                "state": "finished",
                "certificate": "issued",
                "certificate_on": "2025-12-01",
                "reviewed": True,
            }
        ],
    },
    "incentives": [
        {"kind": "training", "amount": 600_000, "state": "failed", "on": "2025-12-20", "reason": "balance_limit"}
    ],
    "surveys": [{"number": 1, "state": "open", "until": "2026-03-01"}],
    "destination": {"kind": "ewallet", "provider": "OVO", "number": "•••123", "state": "connected"},
}
STAGE = {"level": "stage", "as_of": "2026-01-01T00:00:00Z", "stage": "incentive_failed"}
DETAILS = ("Si**", "Rp", "OVO", "•••", "Desain", "2025", "karena")
DOWN, BROKEN = "sedang tidak bisa dihubungi", "ada gangguan di sisi kami"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Backend:
    """Answers what a test wants it to, by the last part of the path; notes who called and with which secret."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {
            "redeem": says(GRANT),
            "find": says({**GRANT, "level": "stage", "label": ""}),
            "status": says(STATUS),
            "current": says({"as_of": "2026-01-01T00:00:00Z", "waves": []}),
        }
        self.calls: list[tuple[str, str]] = []
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self.server.make_url("")).rstrip("/")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.calls.append((request.raw_path, request.headers.get("Authorization", "")))
        return await self.answers[request.path.rpartition("/")[2]](request)


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer of JSON, or of these very bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=raw, status=status, headers={"Content-Type": "application/json", **headers})

    return answer


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    backend = Backend()
    async with backend.server:
        yield backend


@pytest_asyncio.fixture
async def stranger() -> AsyncIterator[Backend]:
    """Another host, to which nothing of ours may go."""
    stranger = Backend()
    async with stranger.server:
        yield stranger


@asynccontextmanager
async def open_den(backend: Backend, redis: Client, engine: Engine, catalogue: LiveCatalogue) -> AsyncIterator[Town]:
    """A town that has this backend."""
    async with AsyncExitStack() as stack:
        breaker, clock = Breaker(), Clock(time.time())
        accounts = make_accounts(redis, account_settings(backend.url, seconds=1.0), breaker)
        stack.push_async_callback(accounts.close)
        engine.equip(Tools(catalogue, accounts, clock))
        stack.callback(engine.equip, Tools(catalogue, None))
        nowhere: Any = None
        yield Town(turn_taker(engine, catalogue, clock), clock, nowhere, accounts, redis, breaker)


@pytest_asyncio.fixture
async def den(backend: Backend, redis: Client, engine: Engine, catalogue: LiveCatalogue) -> AsyncIterator[Town]:
    async with open_den(backend, redis, engine, catalogue) as town:
        yield town


async def linked(den: Town) -> Talk:
    """Siti, who has linked her account; nothing is kept of it."""
    siti = den.telegram("siti")
    await siti.opens(LINK)
    siti.sees("sudah terhubung")
    await forget_answers(den)
    return siti


async def forget_answers(den: Town) -> None:
    """The next question goes to the backend, however many there were before."""
    await den.cache_expires()
    for conversation in den.talks:
        await den.redis.delete(Keys(1).tally("lookup", conversation))
    den.breaker.worked()


def is_sensible(talk: Talk) -> None:
    """The last reply is words for a person, of a length for a person, and can be stored and sent."""
    assert talk.posts, "silence"
    assert BROKEN not in talk.reply
    assert len(talk.reply) <= LONGEST_REPLY, len(talk.reply)
    for sign in ("None", "Traceback", "<class", "object at 0x"):
        assert sign not in talk.reply
    for post in talk.posts:
        post.to_json().encode("utf-8")


def with_value(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The same JSON with another value in one place."""
    changed = copy.deepcopy(body)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON where a value stands."""
    steps = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for step, value in steps:
        yield (*path, step)
        yield from places(value, (*path, step))


class TestSecret:
    @pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
    @pytest.mark.parametrize("call", ["redeem", "find", "status"])
    async def test_redirect_carries_the_secret_nowhere(
        self, den: Town, backend: Backend, stranger: Backend, call: str, status: int
    ) -> None:
        siti = await linked(den) if call == "status" else den.whatsapp(NUMBER)
        where = f"{stranger.url}/v1/links/{call}"
        backend.answers[call] = says(b"", status, Location=where, Refresh=f"0; url={where}")
        if call == "redeem":
            await siti.says(f"HUBUNGKAN {LINK}")
        else:
            await siti.says("cek status saya")
        if call == "find":
            await siti.presses("Pakai nomor ini")
        siti.sees(DOWN)
        assert stranger.calls == []

    async def test_secret_goes_in_its_header_and_token_and_number_in_no_address(
        self, den: Town, backend: Backend
    ) -> None:
        siti = den.whatsapp(NUMBER)
        await siti.says("cek status saya")
        await siti.presses("Pakai nomor ini")
        await siti.says(f"HUBUNGKAN {LINK}")
        assert len(backend.calls) >= 4
        assert {secret for _, secret in backend.calls} == {f"Bearer {TOKEN}"}
        assert not [path for path, _ in backend.calls if LINK in path or NUMBER.lstrip("+") in path or TOKEN in path]

    async def test_cookie_of_the_backend_is_not_sent_back(self, den: Town, backend: Backend) -> None:
        cookies: list[str] = []

        async def answer(request: web.Request) -> web.StreamResponse:
            cookies.append(request.headers.get("Cookie", ""))
            return web.json_response(STATUS, headers={"Set-Cookie": "who=siti"})

        backend.answers["status"] = answer
        siti = await linked(den)
        await siti.says("cek status saya")
        assert cookies == ["", ""]


class TestMoreThanWasGranted:
    async def test_full_status_for_a_number_is_not_believed(self, den: Town) -> None:
        siti = den.whatsapp(NUMBER)
        await siti.says("cek status saya")
        await siti.presses("Pakai nomor ini")
        siti.misses(*DETAILS)
        await forget_answers(den)
        for words in ("cek status saya", "cek status insentif saya dong", "min insentif gw kok blm cair y"):
            await siti.says(words)
            siti.sees(DOWN)
            siti.misses("Si**", "OVO", "•••", "Desain", "gagal cair (")
            await forget_answers(den)
        assert not await den.redis.exists(Keys(1).status(siti.conversation))

    async def test_full_grant_for_a_number_is_not_believed(self, den: Town, backend: Backend) -> None:
        backend.answers["find"] = says(GRANT)
        siti = den.whatsapp(NUMBER)
        await siti.says("cek status saya")
        await siti.presses("Pakai nomor ini")
        siti.misses(*DETAILS)
        await siti.says("cek status saya")
        siti.misses(*DETAILS)

    @pytest.mark.parametrize("level", ["", "FULL", "Full", "full ", "admin", "f\u0443ll"])
    async def test_level_that_is_none_shows_the_stage_at_most(self, den: Town, backend: Backend, level: str) -> None:
        backend.answers["status"] = says({**STATUS, "level": level})
        siti = await linked(den)
        await siti.says("cek status saya")
        siti.sees("Tahap: insentif gagal cair")
        siti.misses("Rp", "OVO", "•••", "Desain")

    async def test_stage_status_shows_nothing_that_stands_beside_it(self, den: Town, backend: Backend) -> None:
        backend.answers["status"] = says({**STATUS, "level": "stage"})
        siti = den.whatsapp(NUMBER)
        await siti.says("cek status saya")
        await siti.presses("Pakai nomor ini")
        siti.sees("Tahap: insentif gagal cair")
        siti.misses(*DETAILS)

    @pytest.mark.parametrize(
        "others",
        [
            [{"chat": "0" * 32, "channel": "telegram", "ended": True}],
            [{"chat": "telegram:default:budi", "channel": "telegram", "ended": True}],
            [{"chat": "*", "channel": "telegram", "ended": True}],
            [{"chat": "", "channel": "", "ended": False}],
        ],
    )
    async def test_chats_that_are_not_ours_to_tell_hear_nothing(
        self, den: Town, backend: Backend, others: list[Any]
    ) -> None:
        budi = den.telegram("budi")
        await budi.opens(LINK)
        backend.answers["redeem"] = says({**GRANT, "others": others})
        await den.telegram("siti").opens("kp1_" + "b" * 50)
        assert await den.post() == []
        await budi.says("cek status saya")
        budi.sees("Akun Si**")


class TestBrokenAnswers:
    @pytest.mark.parametrize(
        "raw",
        {
            "nothing": b"",
            "null": b"null",
            "list": b"[]",
            "text": b'"full"',
            "number": b"1",
            "half": json.dumps(STATUS).encode()[:-1],
            "page": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
            "page that calls itself JSON": b"<html>{}</html>",
            "no UTF-8": b'{"level": "\xff\xfe"}',
            "deep": b"[" * 100_000,
            "deep object": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
            "long number": b'{"level": "full", "training": {"balance": ' + b"9" * 100_000 + b"}}",
            "empty object": b"{}",
            "not a number": json.dumps(STATUS).replace("3500000", "NaN").encode(),
            "infinity": json.dumps(STATUS).replace("3500000", "Infinity").encode(),
            "too large": json.dumps({**STATUS, "more": "x" * (LARGEST_ANSWER + 1)}).encode(),
            "spaces": b" " * (20 * LARGEST_ANSWER) + json.dumps(STATUS).encode(),
        }.items(),
        ids=lambda case: case[0],
    )
    async def test_what_is_no_status_is_a_backend_that_is_down(
        self, den: Town, backend: Backend, raw: tuple[str, bytes]
    ) -> None:
        siti = await linked(den)
        backend.answers["status"] = says(raw[1])
        await siti.says("cek status saya")
        siti.sees(DOWN)
        is_sensible(siti)
        backend.answers["status"] = says(STATUS)
        await forget_answers(den)
        await siti.says("cek status saya")
        siti.sees("Akun Si** R******")

    async def test_small_answer_that_unpacks_to_a_giant_is_not_taken(self, den: Town, backend: Backend) -> None:
        siti = await linked(den)
        bomb = gzip.compress(b" " * (64 * 1024 * 1024))
        assert len(bomb) < LARGEST_ANSWER
        backend.answers["status"] = says(bomb, **{"Content-Encoding": "gzip"})
        await siti.says("cek status saya")
        siti.sees(DOWN)

    @pytest.mark.parametrize("status", [201, 204, 206, 304, 400, 401, 403, 404, 405, 409, 410, 418, 500, 502, 503, 599])
    async def test_other_statuses_are_a_backend_that_is_down(self, den: Town, backend: Backend, status: int) -> None:
        siti = await linked(den)
        backend.answers["status"] = says(b"" if status in (204, 304) else STATUS, status)
        await siti.says("cek status saya")
        siti.sees(DOWN)
        siti.misses("Akun Si**")
        is_sensible(siti)

    async def test_answer_that_drips_is_not_waited_for(self, den: Town, backend: Backend) -> None:
        siti = await linked(den)

        async def drips(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            while True:  # ends when nobody listens any more
                await response.write(b" ")
                await asyncio.sleep(0.05)

        backend.answers["status"] = drips
        await siti.says("cek status saya")
        siti.sees(DOWN)

    @pytest.mark.parametrize("value", [None, [], {}, "", "x", -1, 1.5, True, 10**30, ["x"], [None], [[]], {"state": 1}])
    async def test_wrong_value_anywhere_in_a_status_breaks_nothing(
        self, den: Town, backend: Backend, value: Any
    ) -> None:
        siti = await linked(den)
        for path in places(STATUS):
            backend.answers["status"] = says(with_value(STATUS, path, value))
            await forget_answers(den)
            await siti.says("cek status saya")
            is_sensible(siti)

    @pytest.mark.parametrize("value", [None, [], {}, "", 5, True, [None], [{}], ["x"]])
    async def test_wrong_value_anywhere_in_a_grant_breaks_nothing(
        self, den: Town, backend: Backend, value: Any
    ) -> None:
        for number, path in enumerate(places({**GRANT, "others": [{"chat": "a", "channel": "b", "ended": True}]})):
            body = {**GRANT, "others": [{"chat": "0" * 32, "channel": "web", "ended": True}]}
            backend.answers["redeem"] = says(with_value(body, path, value))
            talk = den.telegram(f"orang{number}")
            await talk.opens(LINK)
            is_sensible(talk)
            den.breaker.worked()

    @pytest.mark.parametrize(
        "wait", ["0", "-5", "abc", "1e9", "9" * 400, "\u00b2", "7.5", " 7", "Wed, 21 Oct 2026 07:28:00 GMT"]
    )
    async def test_odd_waits_are_named_as_a_wait_for_people(self, den: Town, backend: Backend, wait: str) -> None:
        siti = await linked(den)
        backend.answers["status"] = says({}, 429, **{"Retry-After": wait})
        await siti.says("cek status saya")
        siti.sees("detik lagi")
        seconds = int(siti.reply.rpartition(" detik lagi")[0].rpartition(" ")[2])
        assert 0 < seconds <= 3600
