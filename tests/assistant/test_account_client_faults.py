"""The account client and a backend that is silent, drips or answers nonsense: nothing gets out of it but "down"."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from actions.accounts import client as client_module
from actions.accounts.client import LARGEST_ANSWER, AccountClient
from actions.accounts.outcomes import Refused, Trouble
from bot.contract.breaker import THRESHOLD, Breaker
from tests.assistant.backend_stub import (
    CALLS,
    CHAT,
    REFERENCE,
    SECONDS,
    SECRET,
    TOKEN,
    Backend,
    Call,
    Contract,
    breaks_off,
    client_settings,
    grant,
    in_turn,
    leads_to,
    never_ends,
    refuses,
    says,
    sends,
    waves,
)

DOWN = Refused(Trouble.DOWN)


class MovableLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock can be moved, so that what waits for a time has waited long enough."""

    skipped = 0.0

    def time(self) -> float:
        return super().time() + self.skipped

    def skip(self, seconds: float) -> Callable[[], None]:
        """Something to call when so many seconds shall be over."""

        def skip() -> None:
            self.skipped += seconds

        return skip


Skip = Callable[[float], Callable[[], None]]
Scenario = Callable[[Backend, AccountClient, Skip], Awaitable[None]]


def play(scenario: Scenario) -> None:
    """A scenario with a backend, its client, and a way to let time pass."""
    loop = MovableLoop()

    async def with_both() -> None:
        async with Backend(Contract()) as backend:
            client = AccountClient(client_settings(backend.url), Breaker(lambda: 0.0))
            try:
                await scenario(backend, client, loop.skip)
            finally:
                await client.close()
            assert backend.faults == []

    try:
        loop.run_until_complete(with_both())
    finally:
        loop.close()


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    async with Backend(Contract()) as backend:
        yield backend
    assert backend.faults == []


@pytest.fixture(autouse=True)
def no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client does not pause."""
    monkeypatch.setattr(client_module, "PAUSE_SECONDS", 0.0)


@pytest_asyncio.fixture
async def client(backend: Backend) -> AsyncIterator[AccountClient]:
    client = AccountClient(client_settings(backend.url), Breaker(lambda: 0.0))
    yield client
    await client.close()


class TestPatience:
    def test_silent_backend_is_down_and_not_asked_again(self) -> None:
        async def scenario(backend: Backend, client: AccountClient, skip: Skip) -> None:
            backend.will(backend.hang(skip(SECONDS)))
            assert await client.status(REFERENCE) == DOWN
            assert len(backend.calls) == 1

        play(scenario)

    def test_time_is_for_the_call_with_its_repetition(self) -> None:
        """Each attempt alone would have been quick enough."""

        async def scenario(backend: Backend, client: AccountClient, skip: Skip) -> None:
            most = SECONDS * 0.6
            backend.will(in_turn(skip(most), then=refuses("unavailable", 503)), in_turn(skip(most), then=_late))
            assert await client.waves() == DOWN
            assert len(backend.calls) == 2

        play(scenario)

    def test_call_goes_on_while_there_is_time(self) -> None:
        async def scenario(backend: Backend, client: AccountClient, skip: Skip) -> None:
            some = SECONDS * 0.3
            backend.will(in_turn(skip(some), then=refuses("unavailable", 503)), in_turn(skip(some), then=_late))
            assert await client.waves() == ()

        play(scenario)

    def test_answer_that_drips_is_cut(self) -> None:
        async def scenario(backend: Backend, client: AccountClient, skip: Skip) -> None:
            drip = skip(SECONDS / 4)

            async def drips(call: Call) -> web.StreamResponse:
                response = web.StreamResponse(headers={"Content-Type": "application/json"})
                await response.prepare(call.request)
                while True:
                    await response.write(b" ")
                    drip()
                    await asyncio.sleep(0)

            backend.will(drips)
            assert await client.waves() == DOWN
            assert len(backend.calls) == 1

        play(scenario)

    def test_silence_counts(self) -> None:
        async def scenario(backend: Backend, client: AccountClient, skip: Skip) -> None:
            backend.will(backend.hang(skip(SECONDS)))
            for _ in range(THRESHOLD):
                await client.waves()
            assert client.down_for > 0

        play(scenario)


async def _late(call: Call) -> web.StreamResponse:
    """Answers a little after the caller could have looked at its clock."""
    for _ in range(20):
        await asyncio.sleep(0)
    return await says(waves())(call)


def _long_after(step: Callable[[], None]) -> Callable[[], None]:
    """Does something when an answer has had all the time that it needs to be read."""

    def count(left: int) -> None:
        if left:
            asyncio.get_running_loop().call_soon(count, left - 1)
        else:
            step()

    return lambda: count(500)


def _padded(size: int) -> bytes:
    body = json.dumps(waves()).encode()
    return body + b" " * (size - len(body))


GARBAGE = {
    "HTML": sends(b"<html><body>Login</body></html>", kind="text/html"),
    "nothing": sends(b""),
    "no content": sends(b"", 204),
    "half of it": sends(b'{"reference": "'),
    "a list": says([grant()]),
    "a text": says("grant"),
    "null": says(None),
    "not UTF-8": sends(b'{"level": "\xff"}'),
    "deep nesting": sends(b"[" * 100_000),
    "a number that is no number": sends(b'{"number": ' + b"9" * 10_000 + b"}"),
    "another success": says(grant(), 201),
    "an empty object": says({}),
}


class TestGarbage:
    @pytest.mark.parametrize("what", GARBAGE)
    @pytest.mark.parametrize("name", ["redeem", "find", "status", "dispute", "waves"])
    async def test_answer_that_is_none_is_down(
        self, backend: Backend, client: AccountClient, name: str, what: str
    ) -> None:
        backend.will(GARBAGE[what])
        assert await CALLS[name](client) == DOWN
        assert len(backend.calls) == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"reference": ""},
            {"reference": 7},
            {"reference": None},
            {"reference": ".."},
            {"reference": "../../links/redeem/../x"},
            {"reference": "a" * 21},
            {"reference": "a" * 65},
            {"level": ["full"]},
            {"label": None},
            {"linked_at": "kemarin"},
            {"linked_at": "2026-11-25T08:20:00"},
            {"linked_at": 1_800_000_000},
            {"others": None},
            {"others": "semua"},
            {"others": [CHAT]},
            {"others": [{"chat": CHAT}]},
        ],
    )
    async def test_grant_of_another_shape_is_none(
        self, backend: Backend, client: AccountClient, caplog: pytest.LogCaptureFixture, wrong: dict[str, Any]
    ) -> None:
        backend.will(says(grant(**wrong)))
        assert await client.redeem(TOKEN, CHAT, "telegram") == DOWN
        assert [record.getMessage() for record in caplog.records] == ["account api answers outside its contract"]

    @pytest.mark.parametrize("body", [{"ended": None}, {"ended": 7}, {"others": []}])
    async def test_dispute_of_another_shape_is_none(
        self, backend: Backend, client: AccountClient, body: dict[str, Any]
    ) -> None:
        backend.will(says(body))
        assert await client.dispute(REFERENCE) == DOWN

    @pytest.mark.parametrize("body", [{"waves": {}}, {"waves": 7}, waves({"number": "71", "state": "open"}), waves({})])
    async def test_waves_of_another_shape_are_none_or_down(
        self, backend: Backend, client: AccountClient, body: dict[str, Any]
    ) -> None:
        backend.will(says(body))
        assert await client.waves() == (() if body == {"waves": {}} else DOWN)

    async def test_largest_answer_is_read_and_no_larger_one(self, backend: Backend, client: AccountClient) -> None:
        assert LARGEST_ANSWER == 256 * 1024
        backend.will(sends(_padded(LARGEST_ANSWER)))
        assert await client.waves() == ()
        backend.will(sends(_padded(LARGEST_ANSWER + 1)))
        assert await client.waves() == DOWN

    async def test_answer_without_end_is_cut(self, backend: Backend, client: AccountClient) -> None:
        backend.will(never_ends(b" " * 8192))
        assert await client.waves() == DOWN

    def test_packed_answer_counts_by_what_it_unpacks_to(self) -> None:
        async def scenario(backend: Backend, client: AccountClient, skip: Skip) -> None:
            backend.will(sends(gzip.compress(_padded(LARGEST_ANSWER)), Content_Encoding="gzip"))
            read = await client.waves() == ()
            assert read == ("gzip" in backend.calls[0].headers.get("Accept-Encoding", ""))
            large = sends(gzip.compress(_padded(40 * LARGEST_ANSWER)), Content_Encoding="gzip")
            backend.will(large, in_turn(skip(SECONDS), then=large))
            assert await client.waves() == DOWN

        play(scenario)

    @pytest.mark.parametrize("times", [2, 4, 40])
    def test_answer_that_was_too_large_does_not_keep_the_next_one_from_being_read(self, times: int) -> None:
        """What is left of it stays in a connection that may be used again."""

        async def scenario(backend: Backend, client: AccountClient, skip: Skip) -> None:
            large = sends(gzip.compress(_padded(times * LARGEST_ANSWER)), Content_Encoding="gzip")
            backend.will(large, in_turn(_long_after(skip(SECONDS)), then=says(waves())))
            answer = await client.waves()
            assert answer == (() if len(backend.calls) > 1 else DOWN)

        play(scenario)

    async def test_garbage_for_one_person_does_not_make_the_backend_down_for_all(
        self, backend: Backend, client: AccountClient
    ) -> None:
        backend.will(says({"level": "full"}))
        for _ in range(2 * THRESHOLD):
            assert await client.status(REFERENCE) == DOWN
        assert client.down_for == 0


class TestSecret:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("name", CALLS)
    async def test_redirect_is_not_followed(
        self, backend: Backend, client: AccountClient, name: str, status: int
    ) -> None:
        async with Backend(backend.contract) as elsewhere:
            elsewhere.will(says(grant()))
            backend.will(leads_to(f"{elsewhere.url}/v1/waves/current", status))
            assert await CALLS[name](client) == DOWN
            assert elsewhere.calls == []
        assert len(backend.calls) == 1

    async def test_logs_hold_neither_secret_nor_token_nor_reference(
        self, backend: Backend, client: AccountClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        for answer in (refuses("unauthorized", 401), says({"reference": 1}), breaks_off, says(grant())):
            backend.will(answer)
            for call in CALLS.values():
                await call(client)
        said = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
        assert "account api" in said
        for secret in (SECRET, TOKEN, REFERENCE, CHAT, "6281200000010", "Si** R******"):
            assert secret not in said
        assert SECRET not in repr(client_settings(backend.url))

    async def test_cookies_of_the_backend_are_not_kept(self, backend: Backend) -> None:
        backend.will(says(waves(), Set_Cookie="sesi=1; Path=/"))
        # By its name: nobody keeps cookies of a bare address.
        client = AccountClient(client_settings(backend.url.replace("127.0.0.1", "localhost")))
        assert await client.waves() == await client.waves() == ()
        assert "Cookie" not in backend.calls[1].headers
        await client.close()
