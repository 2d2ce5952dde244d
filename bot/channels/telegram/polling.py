"""Long polling that stores an update before Telegram is told that we have it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.platform import Take
from bot.channels.telegram.errors import seconds_of
from bot.channels.telegram.parse import ALLOWED_UPDATES
from bot.contract.errors import BadMessage, MailboxFull, MailroomUnavailable
from bot.contract.logs import fields

if TYPE_CHECKING:
    from bot.channels.telegram.account import TelegramAccount

AWAY_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
CONFLICT_SECONDS = 30.0
TOKEN_SECONDS = 60.0
LIMIT = 100

logger = logging.getLogger(__name__)


async def poll(account: TelegramAccount, take: Take, *, wait_seconds: int) -> None:
    """Fetch and store until cancelled.

    Asking for a higher offset is what confirms an update, so the offset moves only behind what `take` stored.
    The library's own poller moves it when updates are in memory; a crash then loses them.
    """
    offset: int | None = None
    failures = 0
    while True:
        try:
            updates = await _fetch(account, offset, wait_seconds)
            failures = 0
        except TelegramError as error:
            failures += 1
            await asyncio.sleep(_pause(error, failures))
            continue
        for update in updates:
            if not await _store(account, take, update):
                await asyncio.sleep(AWAY_SECONDS[0])
                break  # asked for again, with this one in front
            offset = _number(update, offset or 0) + 1


async def _fetch(account: TelegramAccount, offset: int | None, wait_seconds: int) -> list[dict[str, Any]]:
    """Raw updates. Raises TelegramError.

    Not by Bot.get_updates: one update that the library cannot read would hide all others of the batch for ever.
    """
    data: dict[str, Any] = {"timeout": wait_seconds, "limit": LIMIT, "allowed_updates": list(ALLOWED_UPDATES)}
    if offset is not None:
        data["offset"] = offset
    answer = await account.bot.do_api_request("getUpdates", api_kwargs=data)
    return [update for update in answer if isinstance(update, dict)] if isinstance(answer, list) else []


async def _store(account: TelegramAccount, take: Take, update: dict[str, Any]) -> bool:
    """False when it could not be stored now. What cannot be understood is put aside and counts as stored."""
    try:
        for event in account.events_of(update, now=int(time.time())):
            await take(event)
    except BadMessage as error:
        logger.warning("update not readable", extra=fields(channel=account.platform, code=error.code))
    except (MailroomUnavailable, MailboxFull) as error:
        logger.warning("update waits", extra=fields(channel=account.platform, error=type(error).__name__))
        return False
    return True


def _number(update: dict[str, Any], otherwise: int) -> int:
    number = update.get("update_id")
    return number if isinstance(number, int) else otherwise


def _pause(error: TelegramError, failures: int) -> float:
    pause = AWAY_SECONDS[min(failures, len(AWAY_SECONDS)) - 1]
    if isinstance(error, RetryAfter):
        pause = seconds_of(error) + 0.5
    elif isinstance(error, Conflict):
        logger.error(
            "another program fetches this bot's messages, or it has a webhook (./kawan telegram info tells)",
            extra=fields(channel="telegram"),
        )
        pause = CONFLICT_SECONDS
    elif isinstance(error, InvalidToken):
        logger.critical("telegram does not know this token", extra=fields(channel="telegram"))
        pause = TOKEN_SECONDS
    elif failures in (1, 5):
        logger.warning("cannot fetch", extra=fields(channel="telegram", error=type(error).__name__))
    return pause
