"""A worker at work on a real Redis, what it sends, and what people say to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from actions.accounts.settings import read_account_settings
from bot.assistant import worker as worker_module
from bot.assistant.settings import AssistantSettings
from bot.assistant.worker import Worker
from bot.contract import claim_loop
from bot.contract.environment import Environment
from bot.contract.keys import Lane
from bot.contract.logs import Pseudonyms
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.messages import Inbound, Outbound
from bot.contract.scripts import Client
from bot.contract.settings import read_shared
from nlu.content.live import LiveCatalogue
from tests.assistant.talk import START, turn_taker
from tests.contract.samples import until

ANI = "web:main:ani"
LEASE = 2.0


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same waits, shorter."""
    monkeypatch.setattr(worker_module, "RETRY_SECONDS", (0.01, 0.02, 0.03))
    monkeypatch.setattr(worker_module, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(worker_module, "PROMISE_SECONDS", 0.02)
    monkeypatch.setattr(claim_loop, "PROMOTE_SECONDS", 0.02)
    monkeypatch.setattr(claim_loop, "AWAY_SECONDS", (0.02, 0.05))


async def open_mailroom(redis: Client) -> Mailroom:
    """A mailroom whose leases are short."""
    mailroom = Mailroom(redis, MailroomRules(lease_seconds=LEASE))
    await mailroom.prepare()
    return mailroom


def make_worker(
    mailroom: Mailroom,
    engine: object,
    catalogue: LiveCatalogue,
    *,
    drain_seconds: float = 5.0,
    turn_seconds: float = 5.0,
) -> Worker:
    """A worker that is not running yet."""
    settings = AssistantSettings(
        shared=read_shared(Environment({})),
        accounts=read_account_settings(Environment({}), production=False),
        model_path=Path("unused"),
        name="worker",
        batch=8,
        in_flight=32,
        action_seconds=1.0,
        turn_seconds=turn_seconds,
        drain_seconds=drain_seconds,
    )
    turns = turn_taker(engine, catalogue, turn_seconds=turn_seconds)
    return Worker(mailroom, turns, settings, Pseudonyms("test"), model="fake")


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    """The worker at work; it is stopped and waited for at the end."""
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        worker.stop()
        await task


class Outbox:
    """What the sender would get, as it comes."""

    def __init__(self, mailroom: Mailroom) -> None:
        self._mailroom = mailroom
        self.posts: list[Outbound] = []

    async def has(self, count: int) -> list[str]:
        """The texts of all posts, when there are at least `count`; nothing before."""
        for claim in await self._mailroom.claim(Lane.OUTBOX, "sender", 100, 0.01):
            self.posts += [Outbound.from_json(body) for body in claim.messages]
            await self._mailroom.commit(claim, handled=len(claim.messages))
        return [post.text for post in self.posts] if len(self.posts) >= count else []

    async def wait_for(self, count: int) -> list[str]:
        """The texts of all posts, as soon as there are `count`."""
        texts: list[str] = await until(lambda: self.has(count))
        return texts


async def says(mailroom: Mailroom, number: int, text: str, conversation: str = ANI) -> None:
    """A person writes; the messages of one test have a number each."""
    # Ten seconds apart: no burst.
    message = Inbound(f"m{number}", conversation, "text", START + 10 * number, text)
    assert await mailroom.accept(message) == "accepted"
