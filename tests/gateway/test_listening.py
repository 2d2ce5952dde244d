"""Fetching accounts: one gateway at a time, again after a failure, and not at all where there is a webhook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.channels.platform import Account, Event, Ignored, Take
from bot.contract.keys import poller
from bot.contract.scripts import Client
from bot.contract.tasks import end_tasks
from bot.gateway import listening
from tests.contract.samples import until
from tests.gateway.merpati import FetchingMerpati, Merpati


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(listening, "LEASE_SECONDS", 0.5)


@asynccontextmanager
async def fetching(account: Account, redis: Client) -> AsyncIterator[list[Event]]:
    taken: list[Event] = []

    async def store(_: Account, event: Event) -> None:
        taken.append(event)

    task = asyncio.create_task(listening.listen(account, store, redis))
    yield taken
    await end_tasks([task])


async def test_events_are_fetched_and_stored(redis: Client) -> None:
    account = FetchingMerpati()
    account.script = [Ignored("a"), Ignored("b")]
    async with fetching(account, redis) as taken:

        async def both() -> bool:
            return taken == [Ignored("a"), Ignored("b")]

        await until(both)


async def test_second_gateway_waits_until_the_first_is_gone(redis: Client) -> None:
    first, second = FetchingMerpati(), FetchingMerpati()
    first.script, second.script = [Ignored("a")], [Ignored("b")]

    async def first_fetched() -> bool:
        return not first.script

    async def second_fetched() -> bool:
        return not second.script

    async with fetching(first, redis):
        await until(first_fetched)
        async with fetching(second, redis):
            await asyncio.sleep(0.2)
            assert second.script
    async with fetching(second, redis):
        await until(second_fetched)


async def test_adapter_that_fails_is_started_again(redis: Client, caplog: pytest.LogCaptureFixture) -> None:
    class Failing(FetchingMerpati):
        tries = 0

        async def listen(self, take: Take) -> None:
            self.tries += 1
            if self.tries == 1:
                raise ValueError("rahasia")
            await super().listen(take)

    account = Failing()
    account.script = [Ignored("a")]
    async with fetching(account, redis) as taken:

        async def fetched() -> bool:
            return len(taken) == 1

        await until(fetched)
    assert "listening failed" in [record.getMessage() for record in caplog.records]


async def test_account_with_a_webhook_takes_no_lease(redis: Client) -> None:
    await listening.listen(Merpati(), lambda account, event: asyncio.sleep(0), redis)
    assert await redis.exists(poller("merpati", "default")) == 0  # type: ignore[misc]
