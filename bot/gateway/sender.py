"""The sender: takes replies from the outbox to their channels and decides what each outcome means."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.channels.port import Channel
from bot.contract.claim_loop import ClaimLoop
from bot.contract.errors import BadMessage, MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.logs import Pseudonyms, fields
from bot.contract.mailroom import Claim, Mailroom
from bot.contract.messages import Address, DeadLetter, Outbound
from bot.contract.outcomes import Fate, Outcome, Trouble
from bot.gateway.courier import Courier

BATCH = 64
IN_FLIGHT = 256
MAX_FAILS = 8
MIN_FAILING_SECONDS = 900.0  # a quick series of failures is no reason yet to give up a reply
MAX_AGE_SECONDS = 7 * 86400.0
MAX_UNSURE_STARTS = 2  # the first attempt, and one more when nobody knows what became of it
BACKOFF_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
THROTTLED_SECONDS = (1.0, 4.0, 16.0, 64.0)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """What to do after an attempt.

    `done`: the message leaves the outbox, as a dead letter if there is a `dead_code`, and with it all that waits
    behind it if `all_of_it`. Otherwise it is tried again after `wait_seconds`, and the attempt counts as a
    `failure`, as `unsure`, or not at all.
    """

    done: bool
    dead_code: str = ""
    wait_seconds: float = 0.0
    failure: bool = False
    unsure: bool = False
    all_of_it: bool = False


def judge(outcome: Outcome, claim: Claim, age_seconds: float = 0.0) -> Verdict:
    """The rules of the outbox, without any I/O. `age_seconds`: since the message was written."""
    match outcome.fate:
        case Fate.ACCEPTED:
            verdict = Verdict(done=True)
        case Fate.DROPPED:
            verdict = Verdict(done=True, all_of_it=True)
        case Fate.REJECTED:
            verdict = Verdict(done=True, dead_code=outcome.code or "rejected")
        case _ if age_seconds > MAX_AGE_SECONDS:
            verdict = Verdict(done=True, dead_code="expired")
        case Fate.WAIT:
            verdict = Verdict(done=False, wait_seconds=outcome.retry_after)
        case Fate.UNKNOWN:
            verdict = _when_unsure(outcome, claim)
        case Fate.RETRY:
            verdict = _when_refused(outcome, claim, age_seconds)
    return verdict


def _when_unsure(outcome: Outcome, claim: Claim) -> Verdict:
    """A broadcast twice is worse than a broadcast lost; a reply gets one more try."""
    if claim.lane is Lane.BULK or claim.unsure > 0 or claim.starts > 1:
        return Verdict(done=True, dead_code="unknown")
    return Verdict(done=False, wait_seconds=max(BACKOFF_SECONDS[0], outcome.retry_after), unsure=True)


def _when_refused(outcome: Outcome, claim: Claim, age_seconds: float) -> Verdict:
    if outcome.trouble is Trouble.MOVED:
        return Verdict(done=False, failure=True)
    if outcome.trouble is Trouble.THROTTLED_PERSON:
        pause = THROTTLED_SECONDS[min(claim.fails, len(THROTTLED_SECONDS) - 1)]
        return Verdict(done=False, wait_seconds=max(pause, outcome.retry_after), failure=True)
    if claim.fails + 1 >= MAX_FAILS and age_seconds >= MIN_FAILING_SECONDS:
        return Verdict(done=True, dead_code=outcome.code or "too_many_failures")
    backoff = BACKOFF_SECONDS[min(claim.fails, len(BACKOFF_SECONDS) - 1)]
    return Verdict(done=False, wait_seconds=max(backoff, outcome.retry_after), failure=True)


class Sender:
    """Any number of them may run, in any number of gateways; a conversation is with one at a time."""

    def __init__(
        self,
        mailroom: Mailroom,
        channels: Mapping[str, Channel],
        pseudonyms: Pseudonyms,
        *,
        drain_seconds: float,
        couriers: Mapping[tuple[str, str], Courier] | None = None,
        count: Callable[[str, Outcome], None] = lambda channel, outcome: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._mailroom = mailroom
        self._channels = channels
        self._couriers = couriers or {}
        self._count = count
        self._pseudonyms = pseudonyms
        self._clock = clock
        self._loop = ClaimLoop(
            mailroom,
            [Lane.OUTBOX, Lane.BULK],
            "sender",
            self._handle,
            batch=BATCH,
            in_flight=IN_FLIGHT,
            drain_seconds=drain_seconds,
        )

    def stop(self) -> None:
        """Begin to drain."""
        self._loop.stop()

    async def run(self) -> None:
        """Send until `stop`."""
        await self._loop.run()

    async def _handle(self, claims: Sequence[Claim], done: Callable[[Claim], None]) -> None:
        await asyncio.gather(*(self._deliver(claim, done) for claim in claims))

    async def _deliver(self, claim: Claim, done: Callable[[Claim], None]) -> None:
        try:
            sent, outcome = await self._send(claim)
            verdict = judge(outcome, claim, self._age(claim))
            if verdict.all_of_it:
                await self._commit(claim, len(claim.messages))
            elif sent or (verdict.done and not verdict.dead_code):
                # A message that failed behind others is tried again as the head of a claim of its own.
                await self._commit(claim, sent)
            elif verdict.done:
                await self._bury(claim, verdict.dead_code)
            else:
                await self._loop.patiently(
                    lambda: self._mailroom.retry_later(
                        claim, verdict.wait_seconds, failure=verdict.failure, unsure=verdict.unsure
                    )
                )
        except MailroomUnavailable as error:
            # The channel itself needs Redis and has sent nothing: no reason to wait for the lease to end.
            logger.warning("sending waits for redis", extra=fields(reason=str(error)))
            await self._loop.patiently(lambda: self._mailroom.retry_later(claim, 0, failure=False))
        finally:
            done(claim)

    async def _send(self, claim: Claim) -> tuple[int, Outcome]:
        """How many messages went out, and the last outcome.

        Where repeating is harmless, everything that waits goes out under one commit; elsewhere one message,
        so that at most this one can ever be in doubt.
        """
        try:
            address = Address.parse(claim.conversation)
        except BadMessage:
            return 0, Outcome(Fate.REJECTED, code="no_channel")
        courier = self._couriers.get((address.channel, address.account))
        if courier:
            outcome = await self._through(courier, claim)
            self._count(address.channel, outcome)
            return int(outcome.fate is Fate.ACCEPTED), outcome
        channel = self._channels.get(address.channel)
        if channel is None:
            return 0, Outcome(Fate.REJECTED, code="no_channel")
        return await self._into(channel, claim)

    async def _through(self, courier: Courier, claim: Claim) -> Outcome:
        """One message by a platform."""
        if claim.starts + claim.unsure > (1 if claim.lane is Lane.BULK else MAX_UNSURE_STARTS):
            return Outcome(Fate.UNKNOWN)
        try:
            return await courier.deliver(claim, Outbound.from_json(claim.messages[0]))
        except BadMessage as error:
            return Outcome(Fate.REJECTED, code=error.code)

    async def _into(self, channel: Channel, claim: Claim) -> tuple[int, Outcome]:
        """Everything that waits into a transcript, or one message where repeating is not harmless."""
        repeatable = channel.capabilities.repeatable
        starts = 1 if claim.lane is Lane.BULK else MAX_UNSURE_STARTS
        if not repeatable and claim.starts > starts:
            return 0, Outcome(Fate.UNKNOWN)
        sent, outcome = 0, Outcome(Fate.ACCEPTED)
        for body in claim.messages if repeatable else claim.messages[:1]:
            outcome = await self._attempt(channel, body)
            if outcome.fate is not Fate.ACCEPTED:
                break
            sent += 1
        return sent, outcome

    def _age(self, claim: Claim) -> float:
        """Seconds since the head message was written."""
        try:
            return self._clock() - Outbound.from_json(claim.messages[0]).created_at
        except (BadMessage, IndexError):
            return 0.0

    async def _attempt(self, channel: Channel, body: bytes) -> Outcome:
        try:
            return await channel.send(Outbound.from_json(body))
        except BadMessage as error:
            return Outcome(Fate.REJECTED, code=error.code)
        except MailroomUnavailable:
            raise
        except Exception:
            # A channel's own mistake must not hold up its neighbours in the batch, nor this person for ever.
            logger.exception("channel failed", extra=fields(channel=channel.name))
            return Outcome(Fate.UNKNOWN, code="channel_failed")

    async def _commit(self, claim: Claim, handled: int, dead: Sequence[DeadLetter] = ()) -> None:
        await self._loop.patiently(lambda: self._mailroom.commit(claim, handled=handled, dead=dead))

    async def _bury(self, claim: Claim, code: str) -> None:
        letter = DeadLetter(
            claim.conversation,
            claim.lane.value,
            code,
            max(claim.starts, claim.fails),
            self._clock(),
            claim.messages[0].decode(errors="replace"),
        )
        logger.error("dead letter", extra=fields(conversation=self._pseudonyms(claim.conversation), code=code))
        await self._commit(claim, 1, [letter])
