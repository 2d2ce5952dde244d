"""A platform goes down amid a crowd and comes back: everybody is answered once, in order, within the limits."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict

import pytest

from bot.channels.deliveries import Deliveries
from bot.channels.people import People
from bot.channels.platform import AccountState, Bubble, Limit, Limits
from bot.channels.rates import Rates
from bot.contract import breaker
from bot.contract.keys import Lane
from bot.contract.logs import Pseudonyms
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.messages import Outbound
from bot.contract.outcomes import Fate, Outcome, Trouble
from bot.contract.scripts import Client
from bot.gateway.courier import Courier, Stores
from bot.gateway.sender import Sender
from tests.contract.samples import until
from tests.gateway.merpati import OK, Merpati

PEOPLE = 60
EACH = 5
PER_SECOND = 200
GONE = Outcome(Fate.RETRY, code="unreachable", trouble=Trouble.TRANSIENT)


class Fragile(Merpati):
    """Refuses everything between two moments, and notes when what was taken."""

    def __init__(self) -> None:
        super().__init__(limits=Limits(account=Limit(PER_SECOND, 1), person=Limit(1000, 1, burst=100)))
        self.begun = time.monotonic()
        self.away = (0.4, 1.6)
        self.taken: list[tuple[float, str, str]] = []
        self.refused = 0

    @property
    def _down(self) -> bool:
        return self.away[0] <= time.monotonic() - self.begun < self.away[1]

    async def send(self, bubble: Bubble) -> Outcome:
        await asyncio.sleep(0.005)
        if self._down:
            self.refused += 1
            return GONE
        self.taken.append((time.monotonic(), bubble.to, bubble.text))
        return OK

    async def check(self) -> AccountState:
        return AccountState(not self._down)


async def test_crowd_is_answered_once_and_in_order_through_an_outage(
    redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "PAUSES_SECONDS", (0.2, 0.3, 0.5))
    mailroom = Mailroom(redis, MailroomRules())
    await mailroom.prepare()
    for number in range(EACH):
        for person in range(PEOPLE):
            name = f"merpati:default:p{person}"
            await mailroom.post(Outbound(f"{person}-{number}", name, time.time(), text=str(number)))
    account = Fragile()
    stores = Stores(mailroom, People(redis, mailroom.keys), Rates(redis), Deliveries(redis))
    couriers = {("merpati", "default"): Courier(account, stores)}
    senders = [
        Sender(mailroom, {}, Pseudonyms("kunci"), drain_seconds=5, couriers=couriers)
        for _ in range(2)  # two gateways
    ]
    tasks = [asyncio.create_task(sender.run()) for sender in senders]

    async def all_taken() -> bool:
        return len(account.taken) >= PEOPLE * EACH

    await until(all_taken)

    async def nothing_left() -> bool:
        return (await mailroom.stats(Lane.OUTBOX)).waiting == 0

    await until(nothing_left)
    for sender in senders:
        sender.stop()
    await asyncio.gather(*tasks)

    assert account.refused > 0
    by_person: dict[str, list[str]] = defaultdict(list)
    for _, person, text in account.taken:
        by_person[person].append(text)
    assert by_person == {f"p{person}": [str(number) for number in range(EACH)] for person in range(PEOPLE)}
    assert await mailroom.dead_letters() == 0
    times = [at for at, _, _ in account.taken]
    assert max(sum(1 for other in times if at <= other < at + 1) for at in times) <= PER_SECOND
