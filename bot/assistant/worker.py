"""The worker: takes claimed mail through parsing and turns to a commit, and tells the world that it lives."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from bot.assistant.effects import Effects
from bot.assistant.parses import Parse
from bot.assistant.settings import AssistantSettings
from bot.assistant.turns import Mail, TurnTaker, open_mail
from bot.contract.claim_loop import ClaimLoop
from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.logs import Pseudonyms, fields
from bot.contract.mailroom import Claim, Mailroom
from bot.contract.promises import Promises
from bot.contract.reviews import Reviews
from bot.contract.tasks import end_tasks

HEARTBEAT_SECONDS = 3.0
PROMISE_SECONDS = 1.0
RETRY_SECONDS = (1.0, 5.0, 15.0)

logger = logging.getLogger(__name__)


class Worker:
    """One process's share of the inbox. `run` ends after `stop` when the turns in progress are done.

    `vitals` adds to what the heartbeat tells operators.
    """

    def __init__(
        self,
        mailroom: Mailroom,
        turns: TurnTaker,
        settings: AssistantSettings,
        pseudonyms: Pseudonyms,
        *,
        model: str,
        vitals: Callable[[], dict[str, Any]] = dict,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._mailroom = mailroom
        self._promises = Promises(mailroom, clock)
        self._reviews = Reviews(mailroom.client, settings.shared.review_days, clock=clock)
        self._turns = turns
        self._pseudonyms = pseudonyms
        self._model = model
        self._vitals = vitals
        self._clock = clock
        self._counts = {"turns": 0, "failures": 0, "lost_leases": 0}
        self._loop = ClaimLoop(
            mailroom,
            [Lane.INBOX],
            settings.name,
            self._handle,
            batch=settings.batch,
            in_flight=settings.in_flight,
            drain_seconds=settings.drain_seconds,
        )

    def stop(self) -> None:
        """Begin to drain."""
        self._loop.stop()

    async def run(self) -> None:
        """Work until `stop`."""
        name = self._loop.name
        await self._loop.when_redis_answers(self._heartbeat)
        logger.info("worker ready", extra=fields(worker=name, model=self._model))
        chores = [
            asyncio.create_task(self._loop.every(HEARTBEAT_SECONDS, self._heartbeat)),
            asyncio.create_task(self._loop.every(PROMISE_SECONDS, self._keep_promises)),
        ]
        try:
            await self._loop.run()
        finally:
            await end_tasks(chores)
            try:
                await self._mailroom.workers.farewell(name)
            except MailroomUnavailable:
                logger.warning("could not sign off", extra=fields(worker=name))
            logger.info("worker stopped", extra=fields(worker=name, **self._counts))

    async def _heartbeat(self) -> None:
        about = {"pid": os.getpid(), "model": self._model, "held": self._loop.held, **self._counts, **self._vitals()}
        await self._mailroom.workers.heartbeat(self._loop.name, about)

    async def _handle(self, claims: Sequence[Claim], done: Callable[[Claim], None]) -> None:
        mails = [open_mail(claim, self._clock()) for claim in claims]
        calm = [mail for mail in mails if not mail.suspect]
        if calm:
            await self._take_together(calm, done)
        # Suspects go one at a time: whatever they break, they break without company.
        for mail in mails:
            if mail.suspect:
                await self._take_together([mail], done)

    async def _take_together(self, mails: Sequence[Mail], done: Callable[[Claim], None]) -> None:
        try:
            parses = self._turns.parse(mails)
        except Exception:
            logger.exception("parsing failed", extra=fields(conversations=len(mails)))
            if len(mails) == 1:
                await self._retry(mails[0], done)
                return
            for mail in mails:
                await self._take_together([mail], done)
            return
        await asyncio.gather(*(self._take(mail, parse, done) for mail, parse in zip(mails, parses)))

    async def _take(self, mail: Mail, parses: Sequence[Parse | None], done: Callable[[Claim], None]) -> None:
        claim = mail.claim
        who = self._pseudonyms(claim.conversation)
        started = time.perf_counter()
        try:
            result = await self._turns.take(mail, parses)
            state = result.state.to_bytes()
        except Exception:
            logger.exception("turn failed", extra=fields(conversation=who))
            await self._retry(mail, done)
            return
        # Before the commit: a crash in between repeats the turn, and what was asked for twice is done once.
        await self._loop.patiently(lambda: self._do(result.effects, claim.conversation))
        committed = await self._loop.patiently(
            lambda: self._mailroom.commit(
                claim, handled=result.handled, state=state, posts=result.posts, dead=result.dead
            )
        )
        done(claim)
        self._counts["turns" if committed else "lost_leases"] += 1
        for letter in result.dead:
            logger.error("dead letter", extra=fields(conversation=who, code=letter.code))
        if logger.isEnabledFor(logging.DEBUG):
            took = round((time.perf_counter() - started) * 1000, 1)
            logger.debug("turn done", extra=fields(conversation=who, ms=took, committed=committed))

    async def _do(self, effects: Effects, conversation: str) -> bool:
        """Deliver messages to ourselves, put down promises and what editors should see; safe to repeat."""
        if effects.forget_promise:
            await self._promises.forget(conversation)
        for wake in effects.wakes:
            if wake.due:
                await self._promises.make(wake.message, wake.due)
            else:
                await self._mailroom.accept(wake.message)
        for review in effects.reviews:
            await self._reviews.add(review)
        await self._reviews.remove(effects.unreviewed)
        return True

    async def _keep_promises(self) -> None:
        kept = await self._promises.keep()
        if kept:
            logger.info("promises kept", extra=fields(promises=kept))

    async def _retry(self, mail: Mail, done: Callable[[Claim], None]) -> None:
        self._counts["failures"] += 1
        delay = RETRY_SECONDS[min(mail.claim.fails, len(RETRY_SECONDS) - 1)]
        await self._loop.patiently(lambda: self._mailroom.retry_later(mail.claim, delay, failure=True))
        done(mail.claim)
