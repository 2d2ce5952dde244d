"""Delivers the messages of one account: limits before the call, an honest outcome after it, a pause when it is down."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.channels.deliveries import Deliveries
from bot.channels.people import Card, People
from bot.channels.platform import Account, AccountNews, AccountState, Bubble
from bot.channels.rates import Rates
from bot.channels.render import render
from bot.contract.breaker import Breaker
from bot.contract.logs import fields
from bot.contract.mailroom import Claim, Mailroom
from bot.contract.messages import Address, Outbound
from bot.contract.outcomes import Fate, Outcome, Trouble

STOPPED_SECONDS = 60.0  # between looks at an account that the platform does not let in
STOPPED_RETRY_SECONDS = 5.0  # the platform may say any moment that it works again
ACCOUNT_PAUSE_SECONDS = 5.0  # when a platform asks for a pause and does not say how long
CLOSED_WINDOW_SECONDS = 3600.0  # the person's next message wakes the conversation before that
HOUR = 3600.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stores:
    """Where couriers look things up and note them, shared by all of them."""

    mailroom: Mailroom
    people: People
    rates: Rates
    deliveries: Deliveries


class Courier:
    """One account's way out. Any number of messages may be under way; each conversation's go one after another."""

    def __init__(
        self,
        account: Account,
        stores: Stores,
        *,
        clock: Callable[[], float] = time.time,
        breaker: Breaker | None = None,
    ) -> None:
        self.account = account
        self._stores = stores
        self._clock = clock
        self._breaker = breaker or Breaker()
        self._stopped = ""
        self._stopped_until = 0.0
        self._looking = asyncio.Lock()
        self._seen = AccountState(True)

    @property
    def state(self) -> AccountState:
        """How this account is doing, as far as is known without asking: what stops it, else what was seen last."""
        if self._stopped:
            return AccountState(False, self._stopped)
        return AccountState(False, "unreachable") if self._breaker.down else self._seen

    async def look(self) -> None:
        """Ask the platform how the account is doing, for `state`: a wrong token shows before anybody writes."""
        before, self._seen = self._seen, await self.account.check()
        if self._seen != before:
            named = fields(channel=self.account.platform, account=self.account.name, detail=self._seen.detail)
            logger.warning("account works" if self._seen.up else "account does not work", extra=named)

    def hear(self, news: AccountNews) -> None:
        """Take note of what the platform says of the account."""
        level = logging.INFO if news.up else logging.WARNING
        logger.log(level, "account news", extra=fields(channel=self.account.platform, kind=news.kind))
        if news.up is True:
            self._stopped = ""
        elif news.up is False:
            self._stop(news.kind)

    async def deliver(self, claim: Claim, message: Outbound) -> Outcome:
        """Try to send what is left of one message. Raises MailroomUnavailable, then nothing was sent."""
        address = Address.parse(message.conversation)
        card = await self._stores.people.card(message.conversation)
        if card.blocked:
            return Outcome(Fate.DROPPED, code="blocked")
        wait = await self._pause()
        if wait:
            wait = min(wait, STOPPED_RETRY_SECONDS) if self._stopped else wait
            return Outcome(Fate.WAIT, retry_after=wait, code=self._stopped or "unreachable")
        if self._window_closed(card):
            return await self._reopen(claim, message, address, card)
        bubbles = render(message, self.account.capabilities, person=card.moved_to or address.person)
        outcome = Outcome(Fate.ACCEPTED)
        for index in range(min(claim.part, len(bubbles)), len(bubbles)):
            outcome = await self._one(claim, bubbles[index], address, first=index == claim.part)
            if outcome.fate is not Fate.ACCEPTED:
                break
            if index + 1 < len(bubbles):
                await self._stores.mailroom.note_part(claim, index + 1)
        return outcome

    async def _one(self, claim: Claim, bubble: Bubble, address: Address, *, first: bool) -> Outcome:
        """One bubble: a place in the queue, the call, what follows from its outcome."""
        in_doubt = first and (claim.unsure > 0 or claim.starts > 1)
        if in_doubt and await self._stores.deliveries.status(address.channel, address.account, bubble.id):
            return Outcome(Fate.ACCEPTED)  # the earlier attempt got through after all
        group = self.account.is_group(bubble.to)
        turn = await self._stores.rates.take(address, self.account.limits, group=group)
        if not turn.granted:
            return Outcome(Fate.WAIT, retry_after=turn.wait_seconds, code="paced")
        await asyncio.sleep(turn.wait_seconds)
        wait = self._breaker.wait_seconds
        if wait:
            return Outcome(Fate.WAIT, retry_after=wait, code="unreachable")
        try:
            outcome = await self.account.send(bubble)
        except Exception:
            # An adapter's own mistake must not hold up its neighbours in the batch, nor this person for ever.
            logger.exception("adapter failed", extra=fields(channel=self.account.platform))
            outcome = Outcome(Fate.UNKNOWN, code="adapter_failed")
        return await self._conclude(outcome, bubble, address)

    async def _conclude(self, outcome: Outcome, bubble: Bubble, address: Address) -> Outcome:
        if outcome.trouble is Trouble.TRANSIENT:
            return await self._note_silence(outcome, address)
        if outcome.fate is not Fate.UNKNOWN:
            self._breaker.worked()
        if outcome.fate is Fate.ACCEPTED:
            await self._stores.deliveries.sent(address.channel, address.account, bubble.id, outcome.receipt)
        match outcome.trouble:
            case Trouble.AUTH:
                self._stop(outcome.code or "auth")
                return Outcome(Fate.WAIT, retry_after=STOPPED_SECONDS, code=outcome.code)
            case Trouble.THROTTLED_ACCOUNT:
                pause = outcome.retry_after or ACCOUNT_PAUSE_SECONDS
                await self._stores.rates.hold_account(address, pause)
                return Outcome(Fate.WAIT, retry_after=pause, code=outcome.code)
            case Trouble.THROTTLED_PERSON:
                await self._stores.rates.hold_person(address, outcome.retry_after)
            case Trouble.BLOCKED:
                await self._stores.people.block(address.key)
                return Outcome(Fate.DROPPED, code=outcome.code or "blocked")
            case Trouble.MOVED:
                await self._stores.people.move(address.key, outcome.moved_to)
            case Trouble.WINDOW_CLOSED if not bubble.reopen:
                await self._stores.people.close_window(address.key)
                return Outcome(Fate.WAIT, retry_after=1.0, code=outcome.code)
        return outcome

    async def _note_silence(self, outcome: Outcome, address: Address) -> Outcome:
        self._breaker.failed()
        if not self._breaker.down or outcome.fate is Fate.REJECTED:
            return outcome
        wait = self._breaker.wait_seconds
        await self._stores.rates.hold_account(address, wait)
        if outcome.fate is Fate.UNKNOWN:
            return replace(outcome, retry_after=wait)
        # While everybody's messages fail, this is no failure of this one.
        return Outcome(Fate.WAIT, retry_after=wait, code=outcome.code)

    def _window_closed(self, card: Card) -> bool:
        hours = self.account.capabilities.window_hours
        return bool(hours and card.heard_at and self._clock() - card.heard_at > hours * HOUR)

    async def _reopen(self, claim: Claim, message: Outbound, address: Address, card: Card) -> Outcome:
        """Outside the window: one approved template, then patience until the person writes."""
        if card.reopened_at <= card.heard_at:
            person = card.moved_to or address.person
            bubble = render(message, self.account.capabilities, person=person, reopen=True)[0]
            outcome = await self._one(claim, replace(bubble, id=f"{bubble.id}.reopen"), address, first=True)
            if outcome.fate is not Fate.ACCEPTED and outcome.trouble is not Trouble.WINDOW_CLOSED:
                return outcome
            await self._stores.people.reopen(address.key)
        return Outcome(Fate.WAIT, retry_after=CLOSED_WINDOW_SECONDS, code="window_closed")

    def _stop(self, code: str) -> None:
        if not self._stopped:
            logger.critical(
                "account stopped",
                extra=fields(channel=self.account.platform, account=self.account.name, code=code),
            )
        self._stopped = code
        self._stopped_until = self._clock() + STOPPED_SECONDS

    async def _pause(self) -> float:
        """Seconds to wait before anything may be tried. After a pause the platform is asked, without a message."""
        wait = max(self._breaker.wait_seconds, self._stopped_until - self._clock() if self._stopped else 0.0)
        if wait > 0 or not (self._stopped or self._breaker.down):
            return max(wait, 0.0)
        if self._looking.locked():
            return 1.0  # somebody is asking
        async with self._looking:
            state = await self.account.check()
        if state.up:
            logger.info("account works again", extra=fields(channel=self.account.platform, account=self.account.name))
            self._stopped = ""
            self._breaker.worked()
            return 0.0
        if self._stopped:
            self._stop(self._stopped)
            return STOPPED_SECONDS
        self._breaker.failed()
        return self._breaker.wait_seconds
