"""Wakes whoever waits for a conversation's transcript to grow, across gateway processes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.contract.keys import BELL
from bot.contract.logs import fields

RECONNECT_SECONDS = 0.5
POLL_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Doorbell:
    """Listens to Redis and sets events. A ring can be lost while Redis is away, so after each (re)connection
    everybody is woken; readers look at the transcript, which is durable, and never trust the bell alone.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def listen(self, conversation: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the conversation rings; clear it before looking."""
        event = asyncio.Event()
        self._waiting.setdefault(conversation, set()).add(event)
        try:
            yield event
        finally:
            waiting = self._waiting[conversation]
            waiting.discard(event)
            if not waiting:
                del self._waiting[conversation]

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(BELL)
                    while True:
                        message = await pubsub.get_message(timeout=POLL_SECONDS)
                        if message and message["type"] == "message":
                            self._wake(message["data"].decode())
                        elif message:
                            # Subscribed: the first time, or again after the client reconnected by itself.
                            self._wake_all()
            except (RedisError, OSError) as error:
                logger.debug("bell is away", extra=fields(reason=type(error).__name__))
                await asyncio.sleep(RECONNECT_SECONDS)

    def _wake(self, conversation: str) -> None:
        for event in self._waiting.get(conversation, ()):
            event.set()

    def _wake_all(self) -> None:
        for events in self._waiting.values():
            for event in events:
                event.set()
