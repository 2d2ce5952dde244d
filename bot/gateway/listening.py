"""Fetches the messages of accounts without a webhook, in one process of all gateways at a time."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Awaitable, Callable

from bot.channels.platform import Account, Event
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import poller
from bot.contract.logs import fields
from bot.contract.scripts import Client, Scripts
from bot.contract.tasks import end_tasks

LEASE_SECONDS = 20.0
LOOK_SECONDS = 5.0

Store = Callable[[Account, Event], Awaitable[None]]

logger = logging.getLogger(__name__)


async def listen(account: Account, store: Store, redis: Client) -> None:
    """Listen for as long as the lease is ours; when it is another gateway's, wait for its end. Until cancelled.

    Platforms let only one process fetch: a second one would be refused, and take turns with the first.
    """
    if type(account).listen is Account.listen:
        return
    scripts = Scripts(redis)
    holder = f"{os.getpid()}-{secrets.token_hex(4)}"

    async def ours() -> bool | None:
        key = poller(account.platform, account.name)
        try:
            return bool(await scripts.run("lease", (key,), (holder, int(LEASE_SECONDS * 1000))) == 1)
        except MailroomUnavailable:
            return None  # nothing can be stored now either, so nothing is confirmed

    async def take(event: Event) -> None:
        await store(account, event)

    listening: asyncio.Task[None] | None = None
    try:
        while True:
            answer = await ours()
            if answer and (listening is None or listening.done()):
                _report(listening, account)
                listening = asyncio.create_task(account.listen(take))
            elif answer is False and listening is not None:
                logger.warning("another gateway fetches", extra=fields(channel=account.platform))
                await end_tasks([listening])
                listening = None
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        if listening is not None:
            await end_tasks([listening])


def _report(ended: asyncio.Task[None] | None, account: Account) -> None:
    """An adapter that gave up is started again; why it did must be seen."""
    error = ended.exception() if ended is not None and not ended.cancelled() else None
    if error is not None:
        logger.error("listening failed", extra=fields(channel=account.platform), exc_info=error)
