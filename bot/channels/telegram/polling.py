"""Fetches updates by long polling: each one is stored before Telegram may forget it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telegram import Bot, Update
from telegram.constants import UpdateType
from telegram.error import Conflict, InvalidToken, RetryAfter

from bot.channels.platform import Event, Take
from bot.channels.telegram.client import RAW
from bot.channels.telegram.errors import seconds_of
from bot.contract.errors import BadMessage, MailboxFull, MailroomUnavailable
from bot.contract.logs import fields

ALLOWED_UPDATES = (
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.MY_CHAT_MEMBER,
)

Parse = Callable[[Mapping[str, Any]], Sequence[Event]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pauses:
    """In seconds. `poll` is how long Telegram keeps a question open; `idle` is the shortest time between two
    questions to a server that answers at once although it has nothing."""

    poll: int = 30
    idle: float = 1.0
    mailroom: float = 2.0
    conflict: float = 30.0
    token: float = 60.0
    backoff: tuple[float, ...] = (1.0, 2.0, 5.0, 15.0, 30.0)


class Poller:
    """One bot's loop. `trouble` is the code of what keeps it from fetching, empty when nothing does."""

    def __init__(
        self,
        bot: Bot,
        parse: Parse,
        take: Take,
        reached: Callable[[], Awaitable[None]],
        *,
        account: str,
        pauses: Pauses | None = None,
    ) -> None:
        self.trouble = ""
        self._bot = bot
        self._parse = parse
        self._take = take
        self._reached = reached
        self._account = account
        self._pauses = pauses or Pauses()
        self._offset: int | None = None
        self._failures = 0

    async def run(self) -> None:
        """Fetch until cancelled. `reached` is called once, after the first answer."""
        reached = False
        while True:
            asked = time.monotonic()
            try:
                updates = await self._bot.get_updates(
                    offset=self._offset,
                    timeout=self._pauses.poll if reached else 0,
                    allowed_updates=ALLOWED_UPDATES,
                )
            except Exception as error:
                await self._wait_out(error)
                continue
            self.trouble, self._failures = "", 0
            if not reached:
                reached = True
                await self._reached()
            elif not updates and time.monotonic() - asked < self._pauses.idle:
                await asyncio.sleep(self._pauses.idle)
            await self._store(updates)

    async def _store(self, updates: Sequence[Update]) -> None:
        """Store updates in order; asking for the next ones confirms those that are stored, and only those."""
        for update in updates:
            try:
                for event in self._parse(update.api_kwargs.get(RAW, {})):
                    await self._take(event)
            except MailroomUnavailable:
                logger.warning("fetching waits for redis", extra=fields(channel="telegram", account=self._account))
                await asyncio.sleep(self._pauses.mailroom)
                return
            except MailboxFull:
                # Telegram keeps one queue for everybody: one person who writes too much must not close it.
                self._skip("mailbox_full")
            except BadMessage as error:
                self._skip(error.code)
            except Exception:
                logger.exception("update skipped", extra=fields(channel="telegram", code="adapter_failed"))
            self._offset = update.update_id + 1

    def _skip(self, code: str) -> None:
        logger.warning("update skipped", extra=fields(channel="telegram", account=self._account, code=code))

    async def _wait_out(self, error: Exception) -> None:
        match error:
            case Conflict():
                self.trouble, pause = "conflict", self._pauses.conflict
                event = "a webhook is set for this bot, or another program fetches its updates"
            case InvalidToken():
                self.trouble, pause = "invalid_token", self._pauses.token
                event = "telegram does not accept the bot's token"
            case RetryAfter():
                self.trouble, pause = "flood", seconds_of(error.retry_after)
                event = "telegram asks for a pause"
            case _:
                self.trouble = "unreachable"
                pause = self._pauses.backoff[min(self._failures, len(self._pauses.backoff) - 1)]
                event = "telegram does not answer"
        self._failures += 1
        named = fields(
            channel="telegram",
            account=self._account,
            code=self.trouble,
            error=type(error).__name__,
            wait_seconds=pause,
        )
        logger.warning(event, extra=named)
        await asyncio.sleep(pause)
