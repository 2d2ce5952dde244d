"""Ends background tasks for certain."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Any

from bot.contract.logs import fields

PATIENCE_SECONDS = 0.5
TRIES = 6

logger = logging.getLogger(__name__)


async def end_tasks(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end; cancels again where that was not enough.

    redis-py can swallow a cancellation that arrives while an answer does (its own timeout handling
    catches it), and a loop that was told once to end would then go on for ever.
    """
    pending = {task for task in tasks if not task.done()}
    for _ in range(TRIES):
        if not pending:
            return
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=PATIENCE_SECONDS)
    if pending:
        logger.warning("tasks would not end", extra=fields(tasks=len(pending)))
