"""The intake: what each kind of event leaves behind, and that taking it twice changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.channels.deliveries import Deliveries
from bot.channels.people import People
from bot.channels.platform import (
    AccountNews,
    Delivery,
    Event,
    IdentityChanged,
    Ignored,
    Moved,
    Reachability,
    Revoked,
)
from bot.channels.port import Arrival, Capabilities
from bot.contract.errors import MailboxFull
from bot.contract.keys import Lane
from bot.contract.logs import Pseudonyms
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.messages import Address, Inbound, Kind, Media, Outbound
from bot.contract.outcomes import Trouble
from bot.contract.scripts import Client
from bot.gateway import intake
from bot.gateway.door import MailroomDoor
from bot.gateway.intake import Intake
from tests.contract.samples import START, Clock, claim_one, until
from tests.gateway.merpati import Merpati

ANI = Address("merpati", "default", "ani")


class Desk:
    """An intake with everything that it writes to."""

    def __init__(self, redis: Client, *, limit: int = 50) -> None:
        self.clock = Clock()
        self.redis: Any = redis
        self.mailroom = Mailroom(redis, MailroomRules(mailbox_limit=limit), clock=self.clock)
        self.people = People(redis, self.mailroom.keys, clock=self.clock)
        self.deliveries = Deliveries(redis)
        self.account = Merpati(capabilities=Capabilities(text_limit=500, window_hours=24))
        self.counted: list[str] = []
        self.news: list[AccountNews] = []
        pseudonyms = Pseudonyms("kunci")
        self.intake = Intake(
            self.mailroom,
            MailroomDoor(self.mailroom, pseudonyms, text_limit=1000, clock=self.clock),
            self.people,
            self.deliveries,
            pseudonyms,
            count=lambda channel, event: self.counted.append(event),
            news=lambda account, news: self.news.append(news),
        )

    async def take(self, event: Event) -> None:
        await self.intake.take(self.account, event)

    async def mail(self) -> list[Inbound]:
        bodies = await self.redis.lrange(self.mailroom.keys.box(Lane.INBOX, ANI.key), 0, -1)
        return [Inbound.from_json(body) for body in bodies]


@pytest_asyncio.fixture
async def desk(redis: Client) -> AsyncIterator[Desk]:
    desk = Desk(redis)
    await desk.mailroom.prepare()
    yield desk
    await desk.intake.close()


def arrival(name: str, text: str = "halo", *, kind: Kind = "text", **more: Any) -> Arrival:
    return Arrival(name, ANI, kind, text=text, **more)


async def test_message_becomes_mail_once(desk: Desk) -> None:
    for _ in range(2):
        await desk.take(arrival("m1", start="TOKENabc", sent_at=START - 5))
    (message,) = await desk.mail()
    assert (message.id, message.text, message.start, message.sent_at) == ("m1", "halo", "TOKENabc", START - 5)
    assert desk.counted == ["accepted", "duplicate"]


async def test_message_is_shown_as_seen_and_being_answered(desk: Desk) -> None:
    await desk.take(arrival("m1"))

    async def shown() -> bool:
        return desk.account.shown == ["noticed m1", "typing m1"]

    await until(shown)


async def test_quick_answer_needs_no_typing_sign(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "TYPING_AFTER_SECONDS", 0.05)
    await desk.take(arrival("m1"))
    await desk.mailroom.commit(await claim_one(desk.mailroom), handled=1)
    await asyncio.sleep(0.1)
    assert desk.account.shown == ["noticed m1"]


async def test_message_opens_the_window_and_ends_a_block(desk: Desk) -> None:
    await desk.people.block(ANI.key)
    await desk.take(arrival("m1", sent_at=START - 60, position=7))
    card = await desk.people.card(ANI.key)
    assert (card.blocked, card.heard_at, card.position) == (False, START - 60, 7)


async def test_clock_of_a_platform_that_is_ahead_is_not_believed(desk: Desk) -> None:
    await desk.take(arrival("m1", sent_at=START + 9999))
    assert (await desk.people.card(ANI.key)).heard_at == START


async def test_message_wakes_an_answer_that_waited_for_it(desk: Desk) -> None:
    await desk.mailroom.post(Outbound("o1", ANI.key, START, text="jawaban"))
    await desk.mailroom.retry_later(await claim_one(desk.mailroom, lane=Lane.OUTBOX), 3600)
    await desk.take(arrival("m1"))
    assert await desk.mailroom.promote(Lane.OUTBOX) == 1


async def test_full_mailbox_is_said_so(redis: Client) -> None:
    desk = Desk(redis, limit=1)
    await desk.take(arrival("m1"))
    with pytest.raises(MailboxFull):
        await desk.take(arrival("m2"))
    await desk.intake.close()


class TestEdits:
    async def test_edit_of_a_known_message_is_not_a_second_question(self, desk: Desk) -> None:
        await desk.take(arrival("u1.7", position=7))
        await desk.take(arrival("u2.7", "halo lagi", position=7, edited=True))
        assert [message.id for message in await desk.mail()] == ["u1.7"]
        assert desk.counted[-1] == "edited"

    async def test_edit_of_a_message_that_never_came_is_taken_for_it(self, desk: Desk) -> None:
        await desk.take(arrival("u1.7", position=7))
        await desk.take(arrival("u3.8", "baru", position=8, edited=True))
        assert [message.text for message in await desk.mail()] == ["halo", "baru"]


class TestAlbums:
    async def test_pictures_of_one_album_are_one_message(self, desk: Desk) -> None:
        for number in range(3):
            await desk.take(arrival(f"u{number}", "", kind="media", media=Media("photo"), album="77"))
        assert len(await desk.mail()) == 1

    async def test_caption_stands_for_the_whole_album(self, desk: Desk) -> None:
        await desk.take(arrival("u0", "kenapa ditolak?", kind="media", media=Media("photo"), album="77"))
        for number in range(1, 3):
            await desk.take(arrival(f"u{number}", "", kind="media", media=Media("photo"), album="77"))
        assert [message.text for message in await desk.mail()] == ["kenapa ditolak?"]

    async def test_late_caption_is_not_lost(self, desk: Desk) -> None:
        await desk.take(arrival("u0", "", kind="media", media=Media("photo"), album="77"))
        await desk.take(arrival("u1", "kenapa ditolak?", kind="media", media=Media("photo"), album="77"))
        assert [message.text for message in await desk.mail()] == ["", "kenapa ditolak?"]

    async def test_album_of_another_person_is_another_album(self, desk: Desk) -> None:
        await desk.take(arrival("u0", "", kind="media", media=Media("photo"), album="77"))
        budi = Arrival("u1", Address("merpati", "default", "budi"), "media", media=Media("photo"), album="77")
        await desk.take(budi)
        assert desk.counted == ["accepted", "accepted"]


async def test_delivery_is_noted(desk: Desk) -> None:
    await desk.take(Delivery(ANI, "wamid.1", "delivered"))
    assert await desk.deliveries.status("merpati", "default", "wamid.1") == "delivered"
    assert desk.counted == ["delivery_delivered"]


async def test_late_failure_because_of_a_block_stops_sending(desk: Desk) -> None:
    await desk.take(Delivery(ANI, "wamid.1", "failed", trouble=Trouble.BLOCKED, code="131050"))
    assert (await desk.people.card(ANI.key)).blocked


async def test_late_failure_because_of_a_closed_window_is_learned(desk: Desk) -> None:
    await desk.people.heard(ANI.key, sent_at=None)
    await desk.take(Delivery(ANI, "wamid.1", "failed", trouble=Trouble.WINDOW_CLOSED, code="131047"))
    assert START - (await desk.people.card(ANI.key)).heard_at > 86400


async def test_block_and_return_are_noted(desk: Desk) -> None:
    await desk.take(Reachability(ANI, reachable=False))
    assert (await desk.people.card(ANI.key)).blocked
    await desk.take(Reachability(ANI, reachable=True))
    assert not (await desk.people.card(ANI.key)).blocked


async def test_message_taken_back_reaches_the_assistant_once(desk: Desk) -> None:
    for _ in range(2):
        await desk.take(Revoked(ANI, "wamid.7"))
    (message,) = await desk.mail()
    assert (message.kind, message.revokes, message.text) == ("revoked", "wamid.7", "")


async def test_new_identity_begins_without_the_old_ones_talk(desk: Desk) -> None:
    await desk.redis.set(desk.mailroom.keys.state(ANI.key), b"{}")
    await desk.take(IdentityChanged((ANI,), "number_changed"))
    assert not await desk.redis.exists(desk.mailroom.keys.state(ANI.key))


async def test_moved_chat_is_remembered(desk: Desk) -> None:
    await desk.take(Moved(ANI, Address("merpati", "default", "-1007")))
    assert (await desk.people.card(ANI.key)).moved_to == "-1007"


async def test_news_of_the_account_is_passed_on(desk: Desk) -> None:
    await desk.take(AccountNews("session_down", up=False))
    assert desk.news == [AccountNews("session_down", up=False)]


async def test_what_is_ignored_is_counted(desk: Desk) -> None:
    await desk.take(Ignored("group"))
    assert desk.counted == ["ignored_group"]
    assert await desk.mail() == []
