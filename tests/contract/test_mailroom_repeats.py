"""Asking twice does it once: repeated calls, and answers that got lost on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.contract.connection import connect, disconnect
from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.scripts import Client
from tests.contract.lossy_proxy import LossyProxy
from tests.contract.samples import (
    Clock,
    claim_one,
    ids,
    inbound,
    outbound,
    snapshot,
    until,
)
from tests.redis_server import RedisServer


class TestRepeating:
    """Finishing a claim may be asked twice: the answer is the same, the effect is not doubled."""

    async def test_repeated_commit(self, client: Client, mailroom: Mailroom) -> None:
        for number in (1, 2):
            await mailroom.accept(inbound(number))
        claim = await claim_one(mailroom)
        assert await mailroom.commit(claim, handled=1, posts=[outbound(1)])
        before = await snapshot(client)
        assert await mailroom.commit(claim, handled=1, posts=[outbound(1)])
        assert await snapshot(client) == before

    async def test_repeated_commit_when_the_conversation_has_gone_on(self, client: Client, mailroom: Mailroom) -> None:
        for number in range(5):
            await mailroom.accept(inbound(number))
        first = await claim_one(mailroom)
        await mailroom.commit(first, handled=1)
        await mailroom.commit(await claim_one(mailroom, "w2"), handled=1)
        await claim_one(mailroom, "w3")
        before = await snapshot(client)
        assert await mailroom.commit(first, handled=1)
        assert await snapshot(client) == before

    async def test_repeated_retry(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        assert await mailroom.retry_later(claim, 5, failure=True)
        before = await snapshot(client)
        assert await mailroom.retry_later(claim, 5, failure=True)
        assert await snapshot(client) == before

    async def test_retry_of_a_committed_claim_is_refused(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        await mailroom.commit(claim, handled=1)
        assert not await mailroom.retry_later(claim, 5, failure=True)


class TestLostAnswers:
    """Redis did it, but the answer never arrived; the connection's silent retry asks again."""

    async def test_accept_is_told_accepted(self, proxy: LossyProxy, lossy: Mailroom, mailroom: Mailroom) -> None:
        proxy.lose(b":seen:")
        assert await lossy.accept(inbound(1)) == "accepted"
        assert proxy.lost == 1
        assert await lossy.accept(inbound(1)) == "duplicate"
        assert ids(await claim_one(mailroom)) == ["m1"]

    async def test_commit_is_told_committed(self, proxy: LossyProxy, lossy: Mailroom, mailroom: Mailroom) -> None:
        for number in (1, 2):
            await mailroom.accept(inbound(number))
        proxy.lose(b":receipt:")
        assert await lossy.commit(await claim_one(mailroom), handled=1, posts=[outbound(1)])
        assert proxy.lost == 1
        assert ids(await claim_one(mailroom)) == ["m2"]
        assert ids(await claim_one(mailroom, "s1", Lane.OUTBOX)) == ["r1"]

    async def test_retry_is_told_put_aside(self, proxy: LossyProxy, lossy: Mailroom, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        proxy.lose(b":receipt:")
        assert await lossy.retry_later(await claim_one(mailroom), 0, failure=True)
        assert proxy.lost == 1
        await mailroom.promote(Lane.INBOX)
        assert (await claim_one(mailroom)).fails == 1

    async def test_attempt_is_counted_once(self, proxy: LossyProxy, lossy: Mailroom) -> None:
        await lossy.accept(inbound(1))
        proxy.lose(b":tries:")
        claim = await claim_one(lossy)
        assert proxy.lost == 1
        assert claim.starts == 1

    async def test_lost_claim_comes_back_after_the_lease(self, proxy: LossyProxy, client: Client, clock: Clock) -> None:
        lossy_client = connect(proxy.url)
        lossy = Mailroom(lossy_client, MailroomRules(lease_seconds=0.05), clock=clock)
        await lossy.prepare()
        await lossy.accept(inbound(1))
        proxy.lose(b"XREADGROUP")
        assert await lossy.claim(Lane.INBOX, "w1", 1, 0) == []
        assert proxy.lost == 1
        (claim,) = await until(lambda: lossy.take_over(Lane.INBOX, "w1", 1))
        assert (ids(claim), claim.starts) == (["m1"], 1)
        await disconnect(lossy_client)


@pytest_asyncio.fixture
async def proxy(redis_server: RedisServer) -> AsyncIterator[LossyProxy]:
    """A proxy before the tests' Redis that can lose answers."""
    async with LossyProxy(redis_server.socket) as proxy:
        yield proxy


@pytest_asyncio.fixture
async def lossy(proxy: LossyProxy, mailroom: Mailroom, clock: Clock) -> AsyncIterator[Mailroom]:
    """The same mailroom as `mailroom`, seen through the proxy."""
    client = connect(proxy.url)
    yield Mailroom(client, mailroom.rules, clock=clock)
    await disconnect(client)
