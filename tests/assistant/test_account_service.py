"""The account service: what it asks the backend, what it keeps for a moment, and what it counts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from actions.accounts.outcomes import Refused, Trouble
from actions.accounts.service import Accounts, channel_of
from actions.accounts.status import Status, Wave
from actions.accounts.tallies import FAILED_LINKS, LOOK_UPS
from bot.contract.breaker import THRESHOLD, Breaker
from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Keys
from bot.contract.scripts import Client
from tests.assistant.accounts_world import make_accounts
from tests.assistant.backend_stub import (
    REFERENCE,
    TOKEN,
    Backend,
    Contract,
    client_settings,
    full_status,
    grant,
    in_turn,
    refuses,
    says,
    sends,
    stage_status,
    waves,
)
from tests.redis_server import RedisServer

ANI, BUDI, CICI = "telegram:default:ani", "whatsapp-meta:default:628120", "web:main:cici"
KEYS = Keys(1)


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    async with Backend(Contract()) as backend:
        yield backend
    assert backend.faults == []


@pytest_asyncio.fixture
async def accounts(redis: Client, backend: Backend) -> AsyncIterator[Accounts]:
    """The service, on a scripted backend."""
    accounts = make_accounts(redis, client_settings(backend.url), Breaker(lambda: 0.0))
    yield accounts
    await accounts.close()


async def link(accounts: Accounts, backend: Backend, conversation: str = ANI, token: str = TOKEN, **more: Any) -> None:
    """Link a chat; what the backend has done for it is forgotten."""
    backend.will(says(grant(**more)))
    await accounts.redeem(conversation, token)
    backend.calls.clear()


async def name_of_link(accounts: Accounts, conversation: str) -> str:
    found = await accounts.link_of(conversation)
    assert found
    name = accounts._links.name_of_link(found)
    assert found.reference not in name
    return name


class TestCache:
    async def test_status_is_asked_once_and_again_when_it_has_grown_old(
        self, accounts: Accounts, backend: Backend, redis: Client
    ) -> None:
        await link(accounts, backend)
        backend.will(says(full_status()), says(full_status(name="Baru")))
        first, second = await accounts.status(ANI), await accounts.status(ANI)
        assert first == second
        assert len(backend.calls) == 1
        assert 0 < await redis.ttl(KEYS.status(ANI)) <= accounts.settings.cache_seconds
        await redis.expire(KEYS.status(ANI), 0)
        third = await accounts.status(ANI)
        assert isinstance(third, Status)
        assert third.name == "Baru"

    async def test_cache_is_of_the_link_that_made_it(self, accounts: Accounts, backend: Backend, redis: Client) -> None:
        await link(accounts, backend)
        backend.will(says(full_status(name="Lama")))
        await accounts.status(ANI)
        kept = await redis.get(KEYS.status(ANI))
        await link(accounts, backend, token=TOKEN + "x", reference="B" * 22)
        await redis.set(KEYS.status(ANI), kept)  # written late, by a look-up of the old link
        backend.will(says(full_status(name="Baru")))
        answer = await accounts.status(ANI)
        assert isinstance(answer, Status)
        assert answer.name == "Baru"

    async def test_cache_of_one_conversation_is_nobody_elses(self, accounts: Accounts, backend: Backend) -> None:
        await link(accounts, backend, ANI)
        await link(accounts, backend, BUDI)
        backend.will(says(full_status(name="Ani")), says(full_status(name="Budi")))
        names = [await accounts.status(one) for one in (ANI, BUDI, ANI, BUDI)]
        assert [one.name for one in names if isinstance(one, Status)] == ["Ani", "Budi", "Ani", "Budi"]

    @pytest.mark.parametrize("raw", ["", "{", "[]", "7", '{"reference": "x"}', '{"reference": "%s", "status": {}}'])
    async def test_garbled_cache_is_asked_anew(
        self, accounts: Accounts, backend: Backend, redis: Client, raw: str
    ) -> None:
        await link(accounts, backend)
        await redis.set(KEYS.status(ANI), raw.replace("%s", REFERENCE))
        backend.will(says(full_status()))
        assert isinstance(await accounts.status(ANI), Status)

    async def test_full_status_for_a_stage_link_is_neither_shown_nor_kept(
        self, accounts: Accounts, backend: Backend, redis: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        backend.will(says(grant("stage")))
        await accounts.use_number(ANI, "+6281200000010")
        backend.will(says(full_status()))
        assert await accounts.status(ANI) == Refused(Trouble.DOWN)
        assert await redis.exists(KEYS.status(ANI)) == 0
        assert "account api shows more than was granted" in caplog.text


class TestService:
    async def test_chat_without_a_link_asks_nothing(self, accounts: Accounts, backend: Backend) -> None:
        assert await accounts.status(ANI) == Refused(Trouble.NOT_LINKED)
        assert await accounts.unlink(ANI) == Refused(Trouble.NOT_LINKED)
        assert await accounts.dispute(ANI) == Refused(Trouble.NOT_LINKED)
        assert backend.calls == []

    async def test_link_is_known_by_its_token_and_the_token_is_not_kept(
        self, accounts: Accounts, backend: Backend, redis: Client
    ) -> None:
        await link(accounts, backend)
        found = await accounts.link_of(ANI)
        assert found
        assert accounts.is_of(found, TOKEN)
        assert not accounts.is_of(found, TOKEN + "x")
        assert not accounts.is_of(replace(found, token=""), "")
        values = [await redis.get(key) for key in await redis.keys("*")]
        assert values
        assert not any(TOKEN.encode() in value for value in values)

    async def test_sixth_look_up_of_a_minute_is_refused_without_a_call(
        self, accounts: Accounts, backend: Backend, redis: Client
    ) -> None:
        await link(accounts, backend)
        backend.will(says(full_status()))
        for _ in range(LOOK_UPS.most):
            assert isinstance(await accounts.status(ANI), Status)
            await redis.delete(KEYS.status(ANI))
        refused = await accounts.status(ANI)
        assert isinstance(refused, Refused)
        assert refused.trouble is Trouble.LIMITED
        assert 1 <= refused.retry_after <= LOOK_UPS.seconds
        number = await accounts.use_number(ANI, "+6281200000010")
        assert isinstance(number, Refused)
        assert number.trouble is Trouble.LIMITED
        assert len(backend.calls) == LOOK_UPS.most

    async def test_nothing_is_counted_while_nothing_is_asked(
        self, accounts: Accounts, backend: Backend, redis: Client
    ) -> None:
        await link(accounts, backend)
        backend.will(refuses("unavailable", 503, Retry_After="1"))
        for _ in range(THRESHOLD):
            await accounts.waves()
        before = len(backend.calls)
        for _ in range(2 * LOOK_UPS.most):
            refused = await accounts.status(ANI)
            assert isinstance(refused, Refused)
            assert refused.trouble is Trouble.DOWN
        assert await redis.exists(KEYS.tally(LOOK_UPS.name, ANI)) == 0
        assert len(backend.calls) == before

    @pytest.mark.parametrize(("kind", "status"), [("link-unknown", 404), ("link-used", 409), ("link-expired", 410)])
    async def test_ten_links_that_were_none_and_no_eleventh_is_tried(
        self, accounts: Accounts, backend: Backend, redis: Client, kind: str, status: int
    ) -> None:
        backend.will(refuses(kind, status))
        for _ in range(FAILED_LINKS.most):
            await accounts.redeem(ANI, TOKEN)
        backend.will(says(grant()))
        assert await accounts.redeem(ANI, TOKEN) == Refused(Trouble.TOO_MANY_FAILURES)
        assert len(backend.calls) == FAILED_LINKS.most
        await redis.expire(KEYS.tally(FAILED_LINKS.name, ANI), 0)
        assert not isinstance(await accounts.redeem(ANI, TOKEN), Refused)

    @pytest.mark.parametrize("answer", [refuses("too-many", 429, Retry_After="7"), refuses("unauthorized", 401)])
    async def test_what_is_not_the_persons_fault_is_not_counted(
        self, accounts: Accounts, backend: Backend, redis: Client, answer: Any
    ) -> None:
        backend.will(answer)
        await accounts.redeem(ANI, TOKEN)
        assert await redis.exists(KEYS.tally(FAILED_LINKS.name, ANI)) == 0

    @pytest.mark.parametrize(("kind", "status"), [("grant-unknown", 404), ("grant-ended", 410)])
    async def test_link_that_the_backend_has_ended_is_dropped(
        self, accounts: Accounts, backend: Backend, kind: str, status: int
    ) -> None:
        await link(accounts, backend)
        backend.will(refuses(kind, status))
        assert await accounts.status(ANI) == Refused(Trouble.ENDED)
        assert await accounts.status(ANI) == Refused(Trouble.NOT_LINKED)

    @pytest.mark.parametrize("answer", [refuses("unavailable", 503, Retry_After="1"), refuses("too-many", 429)])
    async def test_link_survives_trouble_of_the_backend(
        self, accounts: Accounts, backend: Backend, answer: Any
    ) -> None:
        await link(accounts, backend)
        backend.will(answer)
        await accounts.status(ANI)
        assert await accounts.link_of(ANI)

    async def test_unlinked_chat_sees_nothing_even_if_the_backend_never_hears_of_it(
        self, accounts: Accounts, backend: Backend, redis: Client
    ) -> None:
        await link(accounts, backend)
        backend.will(says(full_status()))
        await accounts.status(ANI)
        seen: list[bool] = []
        backend.will(in_turn(lambda: seen.append(True), then=refuses("unavailable", 503, Retry_After="1")))
        refused = await accounts.unlink(ANI)
        assert seen
        assert isinstance(refused, Refused)
        assert refused.trouble is Trouble.DOWN
        assert await accounts.link_of(ANI) is None
        assert await redis.exists(KEYS.status(ANI)) == 0

    async def test_unlinking_ends_the_grant(self, accounts: Accounts, backend: Backend) -> None:
        await link(accounts, backend)
        backend.will(sends(b"", 204))
        assert await accounts.unlink(ANI) is None
        assert [(call.method, call.path) for call in backend.calls] == [("DELETE", f"/v1/accounts/{REFERENCE}/link")]

    async def test_waves_are_none_when_nobody_can_tell(self, accounts: Accounts, backend: Backend) -> None:
        backend.will(says(waves({"number": 72, "state": "open"})))
        assert await accounts.waves() == (Wave(72, "open"),)
        backend.will(refuses("unavailable", 503, Retry_After="1"))
        assert await accounts.waves() == ()

    @pytest.mark.parametrize(
        ("conversation", "channel"),
        [(ANI, "telegram"), (BUDI, "whatsapp"), (CICI, "web"), ("rest:main:x", "rest"), ("sms:main:x", "rest")],
    )
    def test_kind_of_chat_is_one_of_the_contract(self, conversation: str, channel: str) -> None:
        assert channel_of(conversation) == channel
        assert channel in Contract().schemas["Channel"]["enum"]

    async def test_logs_name_the_conversation_by_a_pseudonym_only(
        self, accounts: Accounts, backend: Backend, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, logger="actions")
        await link(accounts, backend)
        backend.will(says(full_status()))
        await accounts.status(ANI)
        said = " ".join(str(vars(record)) for record in caplog.records)
        assert "linked_full" in said
        for private in (ANI, "ani'", TOKEN, REFERENCE, "Si** R******"):
            assert private not in said


class TestOthers:
    async def test_other_chats_are_known_by_their_conversations(self, accounts: Accounts, backend: Backend) -> None:
        await link(accounts, backend, BUDI)
        names = {one: accounts._links.name_of(one) for one in (ANI, BUDI, CICI)}
        others = [{"chat": name, "channel": "telegram", "ended": one == BUDI} for one, name in names.items()]
        backend.will(says(grant(others=others)))
        linked = await accounts.redeem(ANI, TOKEN)
        assert not isinstance(linked, Refused)
        # Neither this chat itself, nor one that nobody knows any more.
        assert [(one.conversation, one.ended) for one in linked.others] == [(BUDI, True)]
        assert linked.others[0].link == await name_of_link(accounts, BUDI)

    async def test_number_tells_nobody_and_opens_the_stage_whatever_the_backend_says(
        self, accounts: Accounts, backend: Backend
    ) -> None:
        await link(accounts, backend, BUDI)
        others = [{"chat": accounts._links.name_of(BUDI), "channel": "whatsapp", "ended": True}]
        backend.will(says(grant("full", others=others)))
        linked = await accounts.use_number(ANI, "+6281200000010")
        assert not isinstance(linked, Refused)
        assert (linked.link.level, linked.link.label, linked.others) == ("stage", "", ())

    async def test_chat_that_lost_its_link_may_still_object(self, accounts: Accounts, backend: Backend) -> None:
        await link(accounts, backend)
        assert await accounts.linked_elsewhere(ANI, await name_of_link(accounts, ANI), ended=True)
        assert await accounts.link_of(ANI) is None
        assert await accounts.status(ANI) == Refused(Trouble.NOT_LINKED)
        assert await accounts.unlink(ANI) == Refused(Trouble.NOT_LINKED)
        assert await accounts.may_dispute(ANI)
        backend.will(says({"ended": [accounts._links.name_of(BUDI)]}))
        assert await accounts.dispute(ANI) == ()
        assert [call.path for call in backend.calls] == [f"/v1/accounts/{REFERENCE}/dispute"]
        assert not await accounts.may_dispute(ANI)

    async def test_chat_that_keeps_its_link_stays_linked(self, accounts: Accounts, backend: Backend) -> None:
        await link(accounts, backend)
        assert await accounts.linked_elsewhere(ANI, await name_of_link(accounts, ANI), ended=False)
        assert await accounts.link_of(ANI)

    async def test_chat_with_another_link_by_now_is_not_concerned(self, accounts: Accounts, backend: Backend) -> None:
        await link(accounts, backend)
        old = await name_of_link(accounts, ANI)
        await link(accounts, backend, token=TOKEN + "x", reference="B" * 22)
        assert await accounts.linked_elsewhere(ANI, old, ended=True) is None
        assert await accounts.link_of(ANI)
        assert await accounts.linked_elsewhere(BUDI, old, ended=True) is None

    async def test_objection_ends_all_links_of_the_account(self, accounts: Accounts, backend: Backend) -> None:
        for conversation in (ANI, BUDI, CICI):
            await link(accounts, backend, conversation)
        backend.will(says({"ended": [accounts._links.name_of(one) for one in (ANI, BUDI)] + ["f" * 32]}))
        assert await accounts.dispute(ANI) == (BUDI,)
        assert [bool(await accounts.link_of(one)) for one in (ANI, BUDI, CICI)] == [False, False, True]

    async def test_objection_stands_until_the_backend_has_heard_it(self, accounts: Accounts, backend: Backend) -> None:
        await link(accounts, backend)
        backend.will(refuses("unavailable", 503, Retry_After="1"))
        refused = await accounts.dispute(ANI)
        assert isinstance(refused, Refused)
        assert refused.trouble is Trouble.DOWN
        assert await accounts.may_dispute(ANI)
        backend.will(refuses("grant-ended", 410))
        assert await accounts.dispute(ANI) == Refused(Trouble.ENDED)
        assert not await accounts.may_dispute(ANI)

    async def test_number_cannot_object(self, accounts: Accounts, backend: Backend) -> None:
        backend.will(says(grant("stage")))
        await accounts.use_number(ANI, "+6281200000010")
        backend.calls.clear()
        assert not await accounts.may_dispute(ANI)
        assert await accounts.dispute(ANI) == Refused(Trouble.NOT_LINKED)
        backend.will(says(stage_status()))
        assert isinstance(await accounts.status(ANI), Status)
        assert len(backend.calls) == 1


async def test_redis_that_is_away_is_said_by_its_name(own_redis: RedisServer, backend: Backend) -> None:
    redis = connect(own_redis.url)
    accounts = make_accounts(redis, client_settings(backend.url))
    backend.will(says(grant()))
    await accounts.redeem(ANI, TOKEN)
    backend.calls.clear()
    own_redis.stop()
    for call in (accounts.status, accounts.link_of, accounts.unlink, accounts.dispute, accounts.may_dispute):
        with pytest.raises(MailroomUnavailable):
            await call(ANI)
    with pytest.raises(MailroomUnavailable):
        await accounts.redeem(ANI, TOKEN)
    assert backend.calls == []
    await accounts.close()
    await disconnect(redis)
