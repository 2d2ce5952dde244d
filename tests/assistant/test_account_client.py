"""The account client: every answer of the contract has its outcome, and nothing that a backend does gets out of it."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import warnings
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from actions.accounts import client as client_module
from actions.accounts.client import PAUSE_SECONDS, AccountClient, Grant, OtherChat
from actions.accounts.outcomes import Refused, Trouble
from actions.accounts.status import Status, Wave
from bot.contract.breaker import THRESHOLD, Breaker
from tests.assistant.backend_stub import (
    CALLS,
    CHAT,
    REFERENCE,
    TOKEN,
    Answer,
    Backend,
    Contract,
    breaks_off,
    client_settings,
    full_status,
    grant,
    refuses,
    says,
    sends,
    stage_status,
    waves,
)
from tests.assistant.talk import Clock

DOWN = Refused(Trouble.DOWN)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract()


@pytest_asyncio.fixture
async def backend(contract: Contract) -> AsyncIterator[Backend]:
    """Every call that reaches it has to be one of the contract."""
    async with Backend(contract) as backend:
        yield backend
    assert backend.faults == []


@pytest.fixture
def clock() -> Clock:
    """Of the breaker."""
    return Clock()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client would have paused."""
    taken: list[float] = []

    async def nap(seconds: float) -> None:
        taken.append(seconds)

    fake = SimpleNamespace(sleep=nap, wait_for=asyncio.wait_for, TimeoutError=asyncio.TimeoutError)
    monkeypatch.setattr(client_module, "asyncio", fake)
    return taken


@pytest_asyncio.fixture
async def client(backend: Backend, clock: Clock, naps: list[float]) -> AsyncIterator[AccountClient]:
    client = AccountClient(client_settings(backend.url), Breaker(clock))
    yield client
    await client.close()


class TestAnswers:
    async def test_redeemed_link_is_a_grant_with_those_who_should_hear_of_it(
        self, backend: Backend, client: AccountClient, contract: Contract
    ) -> None:
        body = grant(others=[{"chat": CHAT, "channel": "telegram", "ended": True}])
        assert contract.faults_of(contract.named("Grant"), body) == []
        backend.will(says(body))
        answer = await client.redeem(TOKEN, CHAT, "telegram")
        assert isinstance(answer, Grant)
        assert (answer.reference, answer.level, answer.label) == (REFERENCE, "full", "Si** R******")
        assert answer.others == (OtherChat(CHAT, "telegram", True),)
        assert backend.calls[0].json == {"token": TOKEN, "chat": CHAT, "channel": "telegram"}

    async def test_number_that_is_known_is_a_grant_without_a_name(
        self, backend: Backend, client: AccountClient
    ) -> None:
        backend.will(says(grant("stage")))
        answer = await client.find("+6281200000010", CHAT, "whatsapp")
        assert isinstance(answer, Grant)
        assert (answer.level, answer.label, answer.others) == ("stage", "", ())
        assert backend.calls[0].json == {"phone": "+6281200000010", "chat": CHAT, "channel": "whatsapp"}

    @pytest.mark.parametrize("body", [full_status(), stage_status()], ids=["full", "stage"])
    async def test_status_comes_read_and_as_it_was(
        self, backend: Backend, client: AccountClient, contract: Contract, body: dict[str, Any]
    ) -> None:
        assert contract.faults_of(contract.named("Status"), body) == []
        backend.will(says(body))
        answer = await client.status(REFERENCE)
        assert isinstance(answer, tuple)
        assert isinstance(answer[0], Status)
        assert (answer[0].level, answer[1]) == (body["level"], body)

    async def test_ended_links(self, backend: Backend, client: AccountClient) -> None:
        backend.will(sends(b"", 204))
        assert await client.revoke(REFERENCE) is None
        backend.will(says({"ended": [CHAT]}))
        assert await client.dispute(REFERENCE) == (CHAT,)

    async def test_waves(self, backend: Backend, client: AccountClient, contract: Contract) -> None:
        body = waves({"number": 71, "state": "open"}, {"number": 72, "state": "announced"})
        assert contract.faults_of(contract.named("Waves"), body) == []
        backend.will(says(body))
        assert await client.waves() == (Wave(71, "open"), Wave(72, "announced"))

    async def test_every_operation_of_the_contract_is_called_as_it_says(
        self, backend: Backend, client: AccountClient
    ) -> None:
        backend.will(refuses("unavailable", 503, Retry_After="1"))
        for call in CALLS.values():
            await call(client)
            client._breaker.worked()
        assert [(one.method, one.path.replace(REFERENCE, "*")) for one in backend.calls] == [
            ("POST", "/v1/links/redeem"),
            ("POST", "/v1/accounts/find"),
            ("GET", "/v1/accounts/*/status"),
            ("DELETE", "/v1/accounts/*/link"),
            ("POST", "/v1/accounts/*/dispute"),
            ("GET", "/v1/waves/current"),
        ]

    async def test_what_a_newer_contract_adds_is_ignored(self, backend: Backend, client: AccountClient) -> None:
        backend.will(says(grant(colour="biru", others=[{"chat": CHAT, "channel": "fax", "ended": False, "x": 1}])))
        answer = await client.redeem(TOKEN, CHAT, "telegram")
        assert isinstance(answer, Grant)
        assert answer.others == (OtherChat(CHAT, "fax", False),)


REFUSALS = [
    ("redeem", "link-unknown", 404, Trouble.LINK_UNKNOWN),
    ("redeem", "link-used", 409, Trouble.LINK_USED),
    ("redeem", "link-expired", 410, Trouble.LINK_EXPIRED),
    ("find", "account-unknown", 404, Trouble.NOT_FOUND),
    ("status", "grant-unknown", 404, Trouble.ENDED),
    ("status", "grant-ended", 410, Trouble.ENDED),
    ("dispute", "grant-unknown", 404, Trouble.ENDED),
    ("dispute", "grant-ended", 410, Trouble.ENDED),
    ("dispute", "level-too-low", 403, Trouble.DOWN),
]
USELESS = [
    *[(name, "bad-request", 400) for name in CALLS],
    *[(name, "unauthorized", 401) for name in CALLS],
    ("redeem", "brand-new-problem", 404),
    ("redeem", "link-unknown", 400),
    ("waves", "not-found", 404),
    ("waves", "method-not-allowed", 405),
    ("redeem", "too-large", 413),
    ("redeem", "unsupported-type", 415),
]


class TestRefusals:
    @pytest.mark.parametrize(("name", "kind", "status", "trouble"), REFUSALS)
    async def test_each_problem_of_the_contract_has_its_outcome_and_is_not_asked_again(
        self, backend: Backend, client: AccountClient, name: str, kind: str, status: int, trouble: Trouble
    ) -> None:
        backend.will(refuses(kind, status))
        answer = await CALLS[name](client)
        assert answer == Refused(trouble)
        assert len(backend.calls) == 1

    @pytest.mark.parametrize("name", CALLS)
    async def test_limit_of_the_backend_says_how_long(self, backend: Backend, client: AccountClient, name: str) -> None:
        backend.will(refuses("too-many", 429, Retry_After="7"))
        assert await CALLS[name](client) == Refused(Trouble.LIMITED, 7.0)
        assert len(backend.calls) == 1

    @pytest.mark.parametrize(("said", "seconds"), [("7", 7.0), ("0", 0.0), ("86400", 3600.0), ("9" * 400, 3600.0)])
    async def test_waiting_time_is_believed_within_reason(
        self, backend: Backend, client: AccountClient, said: str, seconds: float
    ) -> None:
        backend.will(refuses("too-many", 429, Retry_After=said))
        assert await client.waves() == Refused(Trouble.LIMITED, seconds)

    @pytest.mark.parametrize("said", ["Wed, 25 Nov 2026 09:00:00 GMT", "-5", "1e9", "tujuh", "7.5"])
    async def test_waiting_time_that_is_no_whole_number_counts_as_not_said(
        self, backend: Backend, client: AccountClient, said: str
    ) -> None:
        backend.will(refuses("too-many", 429, Retry_After=said))
        assert await client.waves() == Refused(Trouble.LIMITED, 0.0)

    @pytest.mark.parametrize(("name", "kind", "status"), USELESS)
    async def test_what_people_cannot_help_is_as_good_as_down_and_operators_hear_of_it(
        self,
        backend: Backend,
        client: AccountClient,
        caplog: pytest.LogCaptureFixture,
        name: str,
        kind: str,
        status: int,
    ) -> None:
        backend.will(refuses(kind, status))
        assert await CALLS[name](client) == DOWN
        assert len(backend.calls) == 1
        errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert errors == ["account api refuses"]

    async def test_wrong_secret_opens_the_breaker(self, backend: Backend, client: AccountClient) -> None:
        backend.will(refuses("unauthorized", 401))
        for _ in range(THRESHOLD):
            assert client.down_for == 0
            await client.waves()
        assert client.down_for > 0


class TestRepeating:
    @pytest.mark.parametrize("name", CALLS)
    @pytest.mark.parametrize(
        "trouble", [refuses("internal", 500), refuses("unavailable", 503), sends(b"<html>", 502, "text/html")]
    )
    async def test_failing_backend_is_asked_once_more(
        self, backend: Backend, client: AccountClient, naps: list[float], name: str, trouble: Answer
    ) -> None:
        backend.will(trouble)
        assert await CALLS[name](client) == DOWN
        assert len(backend.calls) == 2
        assert naps == [PAUSE_SECONDS]

    @pytest.mark.parametrize("trouble", [refuses("unavailable", 503), breaks_off], ids=["503", "reset"])
    async def test_second_answer_counts(
        self, backend: Backend, client: AccountClient, naps: list[float], trouble: Answer
    ) -> None:
        backend.will(trouble, says(waves()))
        assert await client.waves() == ()
        assert len(backend.calls) == 2
        assert naps == [PAUSE_SECONDS]

    async def test_connection_that_is_reset_again_and_again(self, backend: Backend, client: AccountClient) -> None:
        backend.will(breaks_off)
        assert await client.redeem(TOKEN, CHAT, "telegram") == DOWN
        assert len(backend.calls) == 2
        assert backend.calls[0].body == backend.calls[1].body

    async def test_connection_that_is_refused_is_tried_again(
        self, backend: Backend, naps: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port
            client = AccountClient(client_settings(f"http://127.0.0.1:{closed.getsockname()[1]}"))
            assert await client.waves() == DOWN
            assert naps == [PAUSE_SECONDS]

            async def nap_until_it_is_back(seconds: float) -> None:
                client._settings = client_settings(backend.url)

            monkeypatch.setattr(client_module.asyncio, "sleep", nap_until_it_is_back)
            backend.will(says(waves()))
            assert await client.waves() == ()
            await client.close()

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429])
    async def test_what_was_understood_and_refused_is_not_asked_again(
        self, backend: Backend, client: AccountClient, naps: list[float], status: int
    ) -> None:
        backend.will(refuses("anything", status), says(waves()))
        assert isinstance(await client.waves(), Refused)
        assert len(backend.calls) == 1
        assert naps == []

    async def test_backend_that_asks_for_patience_gets_it(
        self, backend: Backend, client: AccountClient, naps: list[float]
    ) -> None:
        backend.will(refuses("unavailable", 503, Retry_After="20"), says(waves()))
        assert await client.waves() == Refused(Trouble.DOWN, 20.0)
        assert len(backend.calls) == 1
        assert naps == []


class TestBreaker:
    async def test_five_failed_calls_and_nothing_is_asked_for_a_while(
        self, backend: Backend, client: AccountClient, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        backend.will(refuses("unavailable", 503))
        for _ in range(THRESHOLD):
            assert await client.waves() == DOWN
        assert len(backend.calls) == 2 * THRESHOLD
        assert await client.redeem(TOKEN, CHAT, "telegram") == Refused(Trouble.DOWN, client.down_for)
        assert client.down_for == 2.0
        assert len(backend.calls) == 2 * THRESHOLD
        assert [record.getMessage() for record in caplog.records] == ["account api is down"]

    async def test_lets_through_again_and_closes_after_an_answer(
        self, backend: Backend, client: AccountClient, clock: Clock
    ) -> None:
        await _open_breaker(backend, client)
        clock.now += 2.1
        backend.will(says(waves()))
        assert await client.waves() == ()
        backend.will(refuses("unavailable", 503))
        for _ in range(THRESHOLD - 1):
            await client.waves()
        assert client.down_for == 0

    async def test_waits_longer_when_it_is_still_down(
        self, backend: Backend, client: AccountClient, clock: Clock
    ) -> None:
        await _open_breaker(backend, client)
        clock.now += 2.1
        before = len(backend.calls)
        assert await client.waves() == DOWN
        assert len(backend.calls) == before + 2
        assert client.down_for == 4.0

    @pytest.mark.parametrize("refusal", [refuses("grant-ended", 410), refuses("too-many", 429, Retry_After="7")])
    async def test_backend_that_refuses_is_not_down(
        self, backend: Backend, client: AccountClient, refusal: Answer
    ) -> None:
        backend.will(refusal)
        for _ in range(2 * THRESHOLD):
            await client.status(REFERENCE)
        assert client.down_for == 0


async def _open_breaker(backend: Backend, client: AccountClient) -> None:
    backend.will(refuses("unavailable", 503))
    for _ in range(THRESHOLD):
        await client.waves()
    assert client.down_for > 0


class TestClosing:
    @pytest.fixture
    def noticed(self) -> Iterator[list[warnings.WarningMessage]]:
        """Warnings, those of the garbage collector among them."""
        gc.collect()
        with warnings.catch_warnings(record=True) as noticed:
            warnings.simplefilter("always")
            yield noticed

    async def test_close_leaves_no_warning(self, backend: Backend, noticed: list[warnings.WarningMessage]) -> None:
        backend.will(says(waves()))
        client = AccountClient(client_settings(backend.url))
        await client.waves()
        await client.close()
        await client.close()
        del client
        gc.collect()
        assert noticed == []

    async def test_warning_would_be_seen(self, backend: Backend, noticed: list[warnings.WarningMessage]) -> None:
        backend.will(says(waves()))
        client = AccountClient(client_settings(backend.url))
        await client.waves()
        session = client._session
        assert session
        client._session = session.__class__()  # forgotten open
        await session.close()
        del client, session
        gc.collect()
        assert "Unclosed client session" in str(noticed[0].message)

    async def test_client_that_was_never_used_closes(self, backend: Backend) -> None:
        await AccountClient(client_settings(backend.url)).close()
        assert backend.calls == []

    async def test_closed_client_opens_again_when_it_is_used(self, backend: Backend) -> None:
        backend.will(says(waves()))
        client = AccountClient(client_settings(backend.url))
        await client.close()
        assert await client.waves() == ()
        await client.close()
