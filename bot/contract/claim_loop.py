"""The loop that both programs work by: claim, renew leases, take over the dead's work, wake what is due, drain."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.logs import fields
from bot.contract.mailroom import Claim, Mailroom
from bot.contract.tasks import end_tasks

CLAIM_WAIT_SECONDS = 1.0
CROWDED_WAIT_SECONDS = 0.05
PROMOTE_SECONDS = 0.5
TIDY_SECONDS = 600.0
AWAY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
LATER_LANES_SHARE = 0.5  # of the hands: the first lane never waits for a hand behind slow work of later ones

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """What is done with claims. It calls `done` for each claim when it was committed or put aside."""

    async def __call__(self, claims: Sequence[Claim], done: Callable[[Claim], None]) -> None: ...


class ClaimLoop:
    """One process's hands in the mailroom. Earlier lanes come before later ones."""

    def __init__(
        self,
        mailroom: Mailroom,
        lanes: Sequence[Lane],
        name: str,
        handle: Handler,
        *,
        batch: int,
        in_flight: int,
        drain_seconds: float,
    ) -> None:
        self._mailroom = mailroom
        self._lanes = tuple(lanes)
        self._handle = handle
        self._batch = batch
        self._in_flight = in_flight
        self._drain_seconds = drain_seconds
        # Unique for each life: a restarted process must not look like the holder of its old claims.
        self.name = f"{name}-{os.getpid()}-{secrets.token_hex(3)}"
        self._stopping = asyncio.Event()
        self._held: dict[tuple[Lane, str], Claim] = {}
        self._released = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def held(self) -> int:
        """How many conversations are being worked on."""
        return len(self._held)

    def stop(self) -> None:
        """Begin to drain: no new claims."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until `stop`, then finish what is in hand. Survives Redis going away and coming back."""
        await self.when_redis_answers(self._mailroom.prepare)
        lease = self._mailroom.rules.lease_seconds
        chores = [
            asyncio.create_task(self.every(lease / 4, self._renew)),
            asyncio.create_task(self.every(lease / 3, self._take_over)),
            asyncio.create_task(self.every(PROMOTE_SECONDS, self._promote)),
            asyncio.create_task(self.every(TIDY_SECONDS, self._tidy)),
        ]
        try:
            await self._claim_until_stopped()
        finally:
            # Leases are renewed while the last work ends, so the chores stop after it.
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=self._drain_seconds)
            if self._held:
                logger.warning("left to others", extra=fields(claims=len(self._held)))
            await end_tasks([*chores, *self._tasks])

    async def patiently(self, call: Callable[[], Awaitable[bool]]) -> bool:
        """Repeat a call for as long as Redis is away: what was worked out, or sent, must not be done again.

        Meanwhile nothing else could be done anyway. A commit whose answer got lost may be repeated.
        """
        failures = 0
        while True:
            try:
                return await call()
            except MailroomUnavailable as error:
                failures += 1
                if failures == len(AWAY_SECONDS):
                    logger.warning("cannot write to redis", extra=fields(reason=str(error)))
                await asyncio.sleep(_pause(failures))

    async def when_redis_answers(self, call: Callable[[], Awaitable[None]]) -> None:
        """Repeat a call until it succeeds or the loop is stopped."""
        failures = 0
        while not self._stopping.is_set():
            try:
                await call()
                return
            except MailroomUnavailable as error:
                failures = await self._wait_out(error, failures)

    async def every(self, seconds: float, chore: Callable[[], Awaitable[None]]) -> None:
        """Run a chore again and again until cancelled; its failures are logged, not raised."""
        while True:
            try:
                await chore()
            except MailroomUnavailable as error:
                logger.debug("chore put off", extra=fields(reason=str(error)))
            except Exception:
                logger.exception("chore failed")
            await asyncio.sleep(seconds)

    async def _claim_until_stopped(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            free = self._in_flight - len(self._held)
            if free <= 0:
                self._released.clear()
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._released.wait(), CLAIM_WAIT_SECONDS)
                continue
            try:
                claims = await self._claim(min(free, self._batch))
                failures = 0
            except MailroomUnavailable as error:
                failures = await self._wait_out(error, failures)
                continue
            if claims:
                self._start(claims)
                # Lets this batch begin before more is claimed than can be worked on.
                await asyncio.sleep(0)

    async def _claim(self, limit: int) -> list[Claim]:
        first, *later = self._lanes
        room = self._room_for_later_lanes() if later else 0
        for lane in later:
            claims = await self._mailroom.claim(first, self.name, limit, 0)
            if claims:
                return claims
            claims = await self._mailroom.claim(lane, self.name, min(limit, room), 0)
            if claims:
                return claims
        wait = CROWDED_WAIT_SECONDS if later and room <= 0 else CLAIM_WAIT_SECONDS
        return await self._mailroom.claim(first, self.name, limit, wait)

    def _room_for_later_lanes(self) -> int:
        held = sum(lane is not self._lanes[0] for lane, _ in self._held)
        return max(1, int(self._in_flight * LATER_LANES_SHARE)) - held

    def _start(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            self._held[claim.lane, claim.conversation] = claim
        task = asyncio.create_task(self._work(claims))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, claims: Sequence[Claim]) -> None:
        try:
            await self._handle(claims, self._release)
        except MailroomUnavailable as error:
            # Nothing was committed; the leases run out and the work is taken again.
            logger.warning("work not committed", extra=fields(reason=str(error)))
        except Exception:
            logger.exception("work failed")
        finally:
            for claim in claims:
                self._release(claim)

    def _release(self, claim: Claim) -> None:
        if self._held.get((claim.lane, claim.conversation)) is claim:
            del self._held[claim.lane, claim.conversation]
            self._released.set()

    async def _renew(self) -> None:
        claims = list(self._held.values())
        for claim, kept in zip(claims, await self._mailroom.renew(claims)):
            if not kept and self._held.get((claim.lane, claim.conversation)) is claim:
                logger.warning("lease lost", extra=fields(lane=claim.lane.value))

    async def _take_over(self) -> None:
        # When Redis was away for longer than a lease, our own work must not be taken for a dead process's.
        await self._renew()
        for lane in self._lanes:
            free = self._in_flight - len(self._held)
            if free <= 0 or self._stopping.is_set():
                return
            claims = await self._mailroom.take_over(lane, self.name, min(free, self._batch))
            if claims:
                logger.info("took over", extra=fields(lane=lane.value, claims=len(claims)))
                self._start(claims)

    async def _promote(self) -> None:
        for lane in self._lanes:
            await self._mailroom.promote(lane)

    async def _tidy(self) -> None:
        for lane in self._lanes:
            await self._mailroom.forget_idle_consumers(lane)

    async def _wait_out(self, error: MailroomUnavailable, failures: int) -> int:
        if failures == 0:
            logger.warning("redis is away", extra=fields(reason=str(error)))
        await asyncio.sleep(_pause(failures + 1))
        return failures + 1


def _pause(failures: int) -> float:
    return AWAY_SECONDS[min(failures, len(AWAY_SECONDS)) - 1]
