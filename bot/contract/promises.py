"""Promises: what the assistant will say in a conversation later, kept through the death of any process.

A promise is a `wake` message with a time. When it is due, any worker puts it into the conversation's inbox; from
then on the mailroom's guarantees hold. Keeping it twice is harmless: the inbox knows the message's id.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.contract.errors import BadMessage
from bot.contract.mailroom import Mailroom
from bot.contract.messages import Inbound
from bot.contract.scripts import Scripts, redis_errors


class Promises:
    """One for each conversation at most. Raises MailroomUnavailable when Redis is away."""

    def __init__(self, mailroom: Mailroom, clock: Callable[[], float] = time.time) -> None:
        self._redis = mailroom.client
        self._mailroom = mailroom
        self._clock = clock
        self._scripts = Scripts(mailroom.client)
        self._keys = mailroom.keys

    async def make(self, message: Inbound, due: float) -> None:
        """Have `message` arrive at `due` (seconds UTC), instead of what was promised there before."""
        await self._scripts.run(
            "promise", self._lists(message.conversation), (message.conversation, int(due * 1000), message.to_json())
        )

    async def forget(self, conversation: str) -> None:
        """Take back what was promised in a conversation."""
        promised, promises = self._lists(conversation)
        with redis_errors():
            await self._redis.zrem(promised, conversation)
            await self._redis.hdel(promises, conversation)

    async def keep(self, limit: int = 100) -> int:
        """Put the promises that are due into their inboxes; how many this call put there."""
        now = int(self._clock() * 1000)
        kept = 0
        for partition in range(self._mailroom.rules.partitions):
            with redis_errors():
                due = await self._redis.zrangebyscore(self._keys.promised(partition), 0, now, start=0, num=limit)
                bodies = await self._redis.hmget(self._keys.promises(partition), due) if due else []
            for conversation, body in zip(due, bodies):
                kept += await self._keep(conversation.decode(), body or b"")
        return kept

    async def waiting(self) -> int:
        """How many promises are still to be kept."""
        with redis_errors():
            counts = [
                await self._redis.zcard(self._keys.promised(part)) for part in range(self._mailroom.rules.partitions)
            ]
        return sum(counts)

    async def _keep(self, conversation: str, body: bytes) -> int:
        try:
            answer = await self._mailroom.accept(Inbound.from_json(body))
        except BadMessage:
            answer = "garbled"
        if answer == "full":
            return 0  # the person is busy with us anyway; the next round tries again
        await self._scripts.run("kept", self._lists(conversation), (conversation, body))
        return int(answer == "accepted")

    def _lists(self, conversation: str) -> tuple[str, str]:
        partition = self._keys.partition(conversation)
        return self._keys.promised(partition), self._keys.promises(partition)
