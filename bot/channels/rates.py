"""How fast an account may send, shared by all gateways through Redis: tokens, pauses, and waiting without a crowd."""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.platform import Limit, Limits
from bot.contract.keys import bucket
from bot.contract.messages import Address
from bot.contract.scripts import Client, Scripts

PATIENCE_SECONDS = 1.5  # a wait that a claim sits out; for a longer one the conversation is put aside
# Calls reach the platform a little earlier or later than they were planned.
SAFETY = 0.9
MICRO = 1_000_000


@dataclass(frozen=True)
class Turn:
    """Whether a message may go, and in how many seconds; if not, when to ask again."""

    granted: bool
    wait_seconds: float


class Rates:
    """Token buckets of all accounts. Raises MailroomUnavailable. Times are of the Redis clock."""

    def __init__(self, redis: Client) -> None:
        self._scripts = Scripts(redis)

    async def take(self, address: Address, limits: Limits, *, group: bool = False) -> Turn:
        """One token of the account and one of the person (or group), both or none."""
        own = limits.group if group and limits.group else limits.person
        taken, wait = await self._scripts.run(
            "rate",
            (self._bucket(address, "parking"), self._bucket(address, "account"), self._person(address)),
            (int(PATIENCE_SECONDS * MICRO), *_figures(limits.account), *_figures(own)),
        )
        return Turn(taken == 1, wait / MICRO)

    async def hold_account(self, address: Address, seconds: float) -> None:
        """Nobody sends on this account for a while."""
        await self._scripts.run("hold", (self._bucket(address, "account"),), (int(seconds * MICRO),))

    async def hold_person(self, address: Address, seconds: float) -> None:
        """Nobody sends to this person for a while."""
        await self._scripts.run("hold", (self._person(address),), (int(seconds * MICRO),))

    @staticmethod
    def _bucket(address: Address, name: str) -> str:
        return bucket(address.channel, address.account, name)

    def _person(self, address: Address) -> str:
        return self._bucket(address, f"person:{address.person}")


def _figures(limit: Limit) -> tuple[int, int]:
    """Microseconds between tokens, and the burst."""
    return int(limit.seconds * MICRO / (limit.count * SAFETY)), limit.burst
