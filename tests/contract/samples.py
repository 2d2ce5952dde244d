"""Messages, a clock and other small things that the mailroom's tests share."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom
from bot.contract.messages import Inbound, Outbound

ANI = "web:main:ani"
BUDI = "web:main:budi"
START = 1_800_000_000.0
PATIENCE_SECONDS = 10.0


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = START

    def __call__(self) -> float:
        return self.now


def inbound(number: int | str, conversation: str = ANI) -> Inbound:
    """A message of a person; its text tells its number."""
    return Inbound(f"m{number}", conversation, "text", START, text=f"pesan {number}")


def outbound(number: int | str, conversation: str = ANI) -> Outbound:
    """A reply; its text tells its number."""
    return Outbound(f"r{number}", conversation, START, text=f"balasan {number}")


def ids(claim: Claim) -> list[str]:
    """The ids of the messages that a claim holds, in order."""
    return [json.loads(body)["id"] for body in claim.messages]


async def claim_one(mailroom: Mailroom, consumer: str = "w1", lane: Lane = Lane.INBOX) -> Claim:
    """The claim that must be there now."""
    claims = await mailroom.claim(lane, consumer, 1, 0)
    assert len(claims) == 1, "no conversation was ready"
    return claims[0]


async def claim_none(mailroom: Mailroom, consumer: str = "w2", lane: Lane = Lane.INBOX) -> bool:
    """Whether nothing is there to claim."""
    return await mailroom.claim(lane, consumer, 10, 0) == []


async def take_over_one(mailroom: Mailroom, consumer: str = "w2", lane: Lane = Lane.INBOX) -> Claim:
    """The claim whose lease runs out; waits for that."""

    async def taken() -> Sequence[Claim]:
        return await mailroom.take_over(lane, consumer, 1)

    claims: Sequence[Claim] = await until(taken)
    return claims[0]


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    """The first true answer of `condition`, asked again and again for a limited time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = await condition()
        if answer:
            return answer
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")
