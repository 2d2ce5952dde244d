"""What platforms report becomes mail, cards and receipts: one way in for webhooks and polling alike."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from bot.channels.deliveries import Deliveries
from bot.channels.people import People
from bot.channels.platform import (
    Account,
    AccountNews,
    Delivery,
    Event,
    IdentityChanged,
    Ignored,
    Moved,
    Reachability,
    Revoked,
)
from bot.channels.port import Arrival, Door, Fate
from bot.contract.errors import MailboxFull, MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.logs import Pseudonyms, fields
from bot.contract.mailroom import Mailroom
from bot.contract.outcomes import Trouble
from bot.contract.tasks import end_tasks

TYPING_AFTER_SECONDS = 0.5  # most answers are quicker, and every sign is a call to the platform
TYPING_SECONDS = 4.0  # Telegram shows it for five
MOST_TYPING = 8
MOST_GESTURES = 500  # at one moment; beyond, people do without a typing sign

Count = Callable[[str, str], None]
News = Callable[[Account, AccountNews], None]

logger = logging.getLogger(__name__)


class Intake:
    """Stores events. `take` returns when nothing of the event can get lost any more."""

    def __init__(
        self,
        mailroom: Mailroom,
        door: Door,
        people: People,
        deliveries: Deliveries,
        pseudonyms: Pseudonyms,
        *,
        count: Count,
        news: News,
    ) -> None:
        self._mailroom = mailroom
        self._door = door
        self._people = people
        self._deliveries = deliveries
        self._pseudonyms = pseudonyms
        self._count = count
        self._news = news
        self._gestures: set[asyncio.Task[None]] = set()

    async def take(self, account: Account, event: Event) -> None:
        """Store one event. Raises MailroomUnavailable, MailboxFull and BadMessage; taking it again is harmless."""
        match event:
            case Arrival():
                name = await self._arrival(account, event)
            case Delivery():
                name = await self._delivery(account, event)
            case Reachability():
                name = await self._reachability(event)
            case Revoked():
                name = await self._revoked(account, event)
            case IdentityChanged():
                name = await self._identity(event)
            case Moved():
                await self._people.move(event.old.key, event.new.person)
                name = "moved"
            case AccountNews():
                self._news(account, event)
                name = "account"
            case Ignored(reason=reason):
                name = f"ignored_{reason}"
        self._count(account.platform, name)

    async def close(self) -> None:
        """End what is shown in the background."""
        await end_tasks(list(self._gestures))

    async def _arrival(self, account: Account, arrival: Arrival) -> str:
        conversation = arrival.address.key
        if arrival.edited and (await self._people.card(conversation)).position >= arrival.position:
            return "edited"  # the first version was answered, or is about to be
        if arrival.album and not arrival.text:
            # All pictures of an album share one id here, so that they get one answer.
            arrival = replace(arrival, id=f"album.{arrival.album}"[:128])
        receipt = await self._door.take(_with_proof(account, arrival))
        if receipt.fate is Fate.FULL:
            raise MailboxFull("too many messages of this person are waiting")
        if receipt.fate is Fate.ACCEPTED:
            self._show(self._gesture(account, arrival))
        elif arrival.kind == "choice":
            self._show(_calmly(account.noticed(arrival), account))
        # Also after a duplicate: the first try may have ended between the two steps.
        await self._people.heard(conversation, sent_at=arrival.sent_at, position=arrival.position)
        if arrival.album and arrival.text:
            await self._mailroom.mark_seen(Lane.INBOX, conversation, f"album.{arrival.album}"[:128])
        if account.capabilities.window_hours:
            await self._mailroom.hasten(Lane.OUTBOX, conversation)
        return str(receipt.fate.value)

    async def _delivery(self, account: Account, news: Delivery) -> str:
        fresh = await self._deliveries.report(account.platform, account.name, news)
        if fresh and news.status == "failed":
            logger.warning("not delivered", extra=fields(channel=account.platform, code=news.code))
            await self._learn(news)
        return f"delivery_{news.status}"

    async def _learn(self, news: Delivery) -> None:
        """What a late failure says about the person; the message itself has left the outbox."""
        if news.address and news.trouble is Trouble.BLOCKED:
            await self._people.block(news.address.key)
        if news.address and news.trouble is Trouble.WINDOW_CLOSED:
            await self._people.close_window(news.address.key)

    async def _reachability(self, event: Reachability) -> str:
        if event.reachable:
            await self._people.unblock(event.address.key)
            return "unblocked"
        await self._people.block(event.address.key)
        return "blocked"

    async def _revoked(self, account: Account, event: Revoked) -> str:
        arrival = Arrival(f"revoke.{event.message_id}"[:128], event.address, "revoked", revokes=event.message_id)
        receipt = await self._door.take(arrival)
        if receipt.fate is Fate.FULL:
            raise MailboxFull("too many messages of this person are waiting")
        return "revoked"

    async def _identity(self, event: IdentityChanged) -> str:
        for address in event.addresses:
            await self._mailroom.forget(address.key)
            logger.info("identity changed", extra=fields(conversation=self._pseudonyms(address.key), kind=event.kind))
        return "identity_changed"

    def _show(self, gesture: Coroutine[Any, Any, None]) -> None:
        """Gestures are for show: they run in the background and none of them is waited for."""
        if len(self._gestures) >= MOST_GESTURES:
            gesture.close()
            return
        task = asyncio.create_task(gesture)
        self._gestures.add(task)
        task.add_done_callback(self._gestures.discard)

    async def _gesture(self, account: Account, arrival: Arrival) -> None:
        await _calmly(account.noticed(arrival), account)
        await asyncio.sleep(TYPING_AFTER_SECONDS)
        try:
            for _ in range(MOST_TYPING):
                if not await self._mailroom.busy(arrival.address.key) or not await account.typing(arrival):
                    return
                await asyncio.sleep(TYPING_SECONDS)
        except MailroomUnavailable:
            return
        except Exception as error:
            logger.debug("no typing sign", extra=fields(channel=account.platform, error=type(error).__name__))


def _with_proof(account: Account, arrival: Arrival) -> Arrival:
    """The arrival with what the platform vouches for: the number behind every message, or a card of their own."""
    own = arrival.contact.phone if arrival.contact and arrival.contact.own else ""
    return replace(
        arrival,
        phone=own or account.vouched_phone(arrival.address.person),
        can_share=account.capabilities.request_contact,
    )


async def _calmly(gesture: Coroutine[Any, Any, None], account: Account) -> None:
    """A gesture that fails must not keep the next one from being made."""
    try:
        await gesture
    except Exception as error:
        logger.debug("gesture failed", extra=fields(channel=account.platform, error=type(error).__name__))
