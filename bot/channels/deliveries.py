"""What became of sent messages: receipts of sending and the platform's reports, in whatever order they come."""

from __future__ import annotations

from typing import Any

from bot.channels.platform import Delivery
from bot.contract.keys import delivery
from bot.contract.scripts import Client, Scripts, redis_errors

KEEP_SECONDS = 3 * 86400
# A message that was delivered cannot fail any more; one that was only sent can.
RANKS = {"accepted": 0, "sent": 1, "failed": 2, "delivered": 3, "read": 4}


class Deliveries:
    """Reports by the platform's message id and, where the platform repeats it, by ours. Raises MailroomUnavailable."""

    def __init__(self, redis: Client) -> None:
        self._redis: Any = redis
        self._scripts = Scripts(redis)

    async def sent(self, channel: str, account: str, outbound: str, receipt: str) -> None:
        """The platform took our message `outbound` and calls it `receipt`."""
        for reference in filter(None, (outbound, receipt)):
            await self._note(channel, account, reference, "accepted", "")

    async def report(self, channel: str, account: str, news: Delivery) -> bool:
        """Note a report; False when as much was known already."""
        fresh = False
        for reference in filter(None, (news.receipt, news.outbound)):
            fresh = await self._note(channel, account, reference, news.status, news.code) or fresh
        return fresh

    async def status(self, channel: str, account: str, reference: str) -> str:
        """How far a message has come, by either id; empty when nothing is known of it."""
        with redis_errors():
            raw = await self._redis.hget(delivery(channel, account, reference), "status")
        return raw.decode() if raw else ""

    async def _note(self, channel: str, account: str, reference: str, status: str, code: str) -> bool:
        answer = await self._scripts.run(
            "report", (delivery(channel, account, reference),), (RANKS[status], status, code, KEEP_SECONDS)
        )
        return bool(answer == 1)
