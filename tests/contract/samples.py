"""Messages, a clock and other small things that the mailroom's tests share."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom
from bot.contract.messages import DeadLetter, Inbound, Outbound
from bot.contract.ready import GROUP
from bot.contract.scripts import Client

T = TypeVar("T")

ANI = "web:main:ani"
BUDI = "web:main:budi"
START = 1_800_000_000.0
PATIENCE_SECONDS = 60.0  # reached only by what fails; a busy machine must not fail anything


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = START

    def __call__(self) -> float:
        return self.now


def inbound(number: int | str, conversation: str = ANI) -> Inbound:
    """A message of a person; its id and text tell its number."""
    return Inbound(f"m{number}", conversation, "text", START, text=f"pesan {number}")


def outbound(number: int | str, conversation: str = ANI) -> Outbound:
    """A reply; its id and text tell its number."""
    return Outbound(f"r{number}", conversation, START, text=f"balasan {number}")


def dead_letter(number: int | str, conversation: str = ANI) -> DeadLetter:
    """What becomes of a message that was given up on."""
    return DeadLetter(conversation, Lane.INBOX.value, "turn_failed", 3, START, inbound(number).to_json())


def ids(claim: Claim) -> list[str]:
    """The ids of the messages that a claim holds, in order."""
    return [json.loads(body)["id"] for body in claim.messages]


async def claim_one(mailroom: Mailroom, consumer: str = "w1", lane: Lane = Lane.INBOX) -> Claim:
    """The claim that must be there now."""
    claims = await mailroom.claim(lane, consumer, 1, 0)
    assert len(claims) == 1, "no conversation was ready"
    return claims[0]


async def nothing_ready(mailroom: Mailroom, lane: Lane = Lane.INBOX) -> bool:
    """Whether another consumer finds nothing to claim and nothing to take over."""
    return await mailroom.claim(lane, "other", 10, 0) == [] and await mailroom.take_over(lane, "other", 10) == []


async def run_out(client: Client, mailroom: Mailroom, claim: Claim) -> None:
    """Let the lease of a claim end now: Redis shall believe that its holder has been silent for long."""
    redis: Any = client
    stream = mailroom.keys.ready(claim.lane, mailroom.keys.partition(claim.conversation))
    silence = int(mailroom.rules.lease_seconds * 2000)
    await redis.xclaim(stream, GROUP, claim.consumer, 0, [claim.entry], idle=silence, justid=True)


async def taken_over(client: Client, mailroom: Mailroom, claim: Claim, consumer: str = "w2") -> Claim:
    """The claim that `consumer` gets when the lease of `claim` has ended."""
    await run_out(client, mailroom, claim)
    claims = await mailroom.take_over(claim.lane, consumer, 1)
    assert len(claims) == 1, "no lease had ended"
    return claims[0]


async def snapshot(client: Client) -> dict[bytes, bytes]:
    """Everything that Redis holds, to compare."""
    redis: Any = client
    return {key: await redis.dump(key) for key in await redis.keys("*")}


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    """The first true answer of `condition`, asked again and again for a limited time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = await condition()
        if answer:
            return answer
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")
