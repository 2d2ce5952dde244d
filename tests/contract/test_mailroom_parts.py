"""Mailroom: parts of a message, doubtful attempts, hurrying, ids known beforehand, forgetting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.messages import Contact, Inbound, Wake
from bot.contract.scripts import Client
from tests.contract.samples import ANI, Clock, claim_one, ids, inbound, nothing_ready, outbound, taken_over


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def mailroom(redis: Client, clock: Clock) -> Mailroom:
    mailroom = Mailroom(redis, MailroomRules(), clock=clock)
    await mailroom.prepare()
    return mailroom


async def posted(mailroom: Mailroom) -> None:
    for number in (1, 2):
        await mailroom.post(outbound(number))


class TestParts:
    async def test_finished_part_is_known_to_the_next_holder(self, redis: Client, mailroom: Mailroom) -> None:
        await posted(mailroom)
        claim = await claim_one(mailroom, lane=Lane.OUTBOX)
        assert await mailroom.note_part(claim, 1)
        assert (await taken_over(redis, mailroom, claim)).part == 1

    async def test_finished_part_ends_the_doubt_about_itself(self, redis: Client, mailroom: Mailroom) -> None:
        await posted(mailroom)
        await mailroom.retry_later(await claim_one(mailroom, lane=Lane.OUTBOX), 0, unsure=True)
        await mailroom.promote(Lane.OUTBOX)
        claim = await claim_one(mailroom, lane=Lane.OUTBOX)
        assert claim.unsure == 1
        await mailroom.note_part(claim, 1)
        again = await taken_over(redis, mailroom, claim)
        assert (again.unsure, again.starts) == (0, 2)

    async def test_late_holder_cannot_note_a_part(self, redis: Client, mailroom: Mailroom) -> None:
        await posted(mailroom)
        late = await claim_one(mailroom, lane=Lane.OUTBOX)
        newer = await taken_over(redis, mailroom, late)
        assert not await mailroom.note_part(late, 1)
        assert newer.part == 0

    async def test_next_message_begins_with_its_first_part(self, mailroom: Mailroom) -> None:
        await posted(mailroom)
        claim = await claim_one(mailroom, lane=Lane.OUTBOX)
        await mailroom.note_part(claim, 1)
        await mailroom.commit(claim, handled=1)
        following = await claim_one(mailroom, lane=Lane.OUTBOX)
        assert (ids(following), following.part) == (["r2"], 0)


class TestDoubt:
    async def test_doubt_and_failures_are_counted_apart(self, mailroom: Mailroom) -> None:
        await posted(mailroom)
        for kind in ({"failure": True}, {"unsure": True}, {"failure": True}, {}):
            await mailroom.retry_later(await claim_one(mailroom, lane=Lane.OUTBOX), 0, **kind)
            await mailroom.promote(Lane.OUTBOX)
        claim = await claim_one(mailroom, lane=Lane.OUTBOX)
        assert (claim.fails, claim.unsure, claim.starts) == (2, 1, 1)


class TestHaste:
    async def test_delayed_conversation_is_due_at_once(self, mailroom: Mailroom) -> None:
        await posted(mailroom)
        await mailroom.retry_later(await claim_one(mailroom, lane=Lane.OUTBOX), 3600)
        assert await mailroom.promote(Lane.OUTBOX) == 0
        await mailroom.hasten(Lane.OUTBOX, ANI)
        assert await mailroom.promote(Lane.OUTBOX) == 1

    async def test_nothing_is_made_up_for_who_was_not_delayed(self, mailroom: Mailroom) -> None:
        await mailroom.hasten(Lane.OUTBOX, ANI)
        assert await mailroom.promote(Lane.OUTBOX) == 0
        assert await nothing_ready(mailroom, Lane.OUTBOX)


class TestSeen:
    async def test_id_known_beforehand_is_a_duplicate(self, mailroom: Mailroom) -> None:
        await mailroom.mark_seen(Lane.INBOX, ANI, "m1")
        assert await mailroom.accept(inbound(1)) == "duplicate"
        assert await mailroom.accept(inbound(2)) == "accepted"

    async def test_marking_what_was_accepted_changes_nothing(self, redis: Client, mailroom: Mailroom) -> None:
        raw: Any = redis
        await mailroom.accept(inbound(1))
        before = await raw.get(mailroom.keys.seen(Lane.INBOX, ANI, "m1"))
        await mailroom.mark_seen(Lane.INBOX, ANI, "m1")
        assert await raw.get(mailroom.keys.seen(Lane.INBOX, ANI, "m1")) == before


class TestBusy:
    async def test_conversation_is_busy_from_accept_to_commit(self, mailroom: Mailroom) -> None:
        assert not await mailroom.busy(ANI)
        await mailroom.accept(inbound(1))
        assert await mailroom.busy(ANI)
        claim = await claim_one(mailroom)
        assert await mailroom.busy(ANI)
        await mailroom.commit(claim, handled=1)
        assert not await mailroom.busy(ANI)


async def test_forgotten_dialogue_is_gone_and_waiting_words_stay(mailroom: Mailroom) -> None:
    await mailroom.accept(inbound(1))
    await mailroom.commit(await claim_one(mailroom), handled=1, state=b"ingatan")
    await mailroom.accept(inbound(2))
    await mailroom.forget(ANI)
    claim = await claim_one(mailroom)
    assert (claim.state, ids(claim)) == (None, ["m2"])


async def test_forgetting_takes_what_opens_an_account_out_of_waiting_messages(mailroom: Mailroom) -> None:
    words = replace(inbound(1), text="insentif saya? 😀", phone="+6281234567890", start="kp1_abcdefgh", masked=("nik",))
    await mailroom.accept(words)
    await mailroom.accept(replace(inbound(2), text="", kind="contact", contact=Contact("+6281234567890", True)))
    await mailroom.accept(replace(inbound(3), kind="wake", wake=Wake("check_status")))
    await mailroom.forget(ANI)
    claim = await claim_one(mailroom)
    assert [Inbound.from_json(body) for body in claim.messages] == [replace(words, phone="", start="")]
    assert (await mailroom.stats(Lane.INBOX)).waiting == 1


async def test_forgetting_drops_answers_that_wait_and_stops_a_turn_that_is_under_way(mailroom: Mailroom) -> None:
    await mailroom.accept(inbound(1))
    first = await claim_one(mailroom)
    await mailroom.post(outbound(1))
    await mailroom.forget(ANI)
    assert not await mailroom.commit(first, handled=1, state=b"ingatan", posts=[outbound(2)])
    assert await mailroom.claim(Lane.OUTBOX, "sender", 10, 0) == []
    again = await claim_one(mailroom)
    assert (again.state, ids(again)) == (None, ["m1"])
    assert await mailroom.commit(again, handled=1)
    assert (await mailroom.stats(Lane.OUTBOX)).waiting == 0
