"""A stand-in for the assistant: takes mail through the real mailroom and says everything back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType

from bot.contract.claim_loop import ClaimLoop
from bot.contract.connection import connect, disconnect
from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom, MailroomRules
from bot.contract.messages import Choice, Inbound, Outbound

CHOICES = (Choice("pilih:a1", "Cara daftar"), Choice("pilih:b2", "Jadwal"))


class EchoWorker:
    """Answers `dua` with two bubbles, `tombol` with choices, and nothing at all while it is not `awake`."""

    def __init__(self, url: str) -> None:
        self.heard: list[Inbound] = []
        self.awake = asyncio.Event()
        self.awake.set()
        self._redis = connect(url)
        self._mailroom = Mailroom(self._redis, MailroomRules())
        self._loop = ClaimLoop(
            self._mailroom, [Lane.INBOX], "echo", self._handle, batch=8, in_flight=64, drain_seconds=5
        )
        self._task: asyncio.Task[None] | None = None

    async def holding(self) -> int:
        """How many conversations it has in hand."""
        return self._loop.held

    async def __aenter__(self) -> EchoWorker:
        await self._mailroom.workers.heartbeat(self._loop.name, {"model": "echo"})
        self._task = asyncio.create_task(self._loop.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.awake.set()
        self._loop.stop()
        if self._task:
            await self._task
        await disconnect(self._redis)

    async def _handle(self, claims: Sequence[Claim], done: Callable[[Claim], None]) -> None:
        await self.awake.wait()
        await asyncio.gather(*(self._answer(claim, done) for claim in claims))

    async def _answer(self, claim: Claim, done: Callable[[Claim], None]) -> None:
        messages = [Inbound.from_json(body) for body in claim.messages]
        posts = [post for message in messages for post in _replies(message)]
        if await self._loop.patiently(lambda: self._mailroom.commit(claim, handled=len(messages), posts=posts)):
            self.heard += messages
        done(claim)


def _replies(message: Inbound) -> list[Outbound]:
    texts = [f"gema: {message.choice or message.text}"]
    if message.text == "dua":
        texts.append("dan lagi")
    return [
        Outbound(
            id=f"{message.id}>{number}",
            conversation=message.conversation,
            created_at=message.received_at,
            text=text,
            choices=CHOICES if message.text == "tombol" else (),
            answers=(message.id,),
            turn=1,
            last=number == len(texts),
        )
        for number, text in enumerate(texts, start=1)
    ]
