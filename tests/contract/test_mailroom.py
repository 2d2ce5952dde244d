"""The mailroom's promises: once, in order, one holder at a time, all or nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.scripts import Client
from tests.contract.samples import (
    ANI,
    BUDI,
    claim_one,
    ids,
    inbound,
    nothing_ready,
    outbound,
    snapshot,
)


class TestAccept:
    async def test_accepted_message_is_claimed_with_its_body(self, mailroom: Mailroom) -> None:
        assert await mailroom.accept(inbound(1)) == "accepted"
        claim = await claim_one(mailroom)
        assert claim.conversation == ANI
        assert claim.messages == (inbound(1).to_json().encode(),)
        assert (claim.starts, claim.fails, claim.state) == (1, 0, None)

    async def test_duplicate_is_refused_and_changes_nothing(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        before = await snapshot(client)
        assert await mailroom.accept(inbound(1)) == "duplicate"
        after = await snapshot(client)
        counts = mailroom.keys.counts(0).encode()
        assert {**after, counts: b""} == {**before, counts: b""}

    async def test_duplicate_is_refused_after_its_turn_too(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.commit(await claim_one(mailroom), handled=1)
        assert await mailroom.accept(inbound(1)) == "duplicate"
        assert await nothing_ready(mailroom)

    async def test_same_id_of_another_conversation_is_another_message(self, mailroom: Mailroom) -> None:
        assert await mailroom.accept(inbound(1, ANI)) == "accepted"
        assert await mailroom.accept(inbound(1, BUDI)) == "accepted"

    async def test_id_is_remembered_for_the_dedupe_time(self, client: Client, mailroom: Mailroom) -> None:
        redis: Any = client
        await mailroom.accept(inbound(1))
        seen = mailroom.keys.seen(Lane.INBOX, ANI, "m1")
        assert mailroom.rules.dedupe_seconds - 60 < await redis.ttl(seen) <= mailroom.rules.dedupe_seconds
        await redis.delete(seen)
        assert await mailroom.accept(inbound(1)) == "accepted"

    async def test_full_mailbox_refuses_and_forgets_the_id(self, mailroom: Mailroom) -> None:
        for number in range(5):
            assert await mailroom.accept(inbound(number)) == "accepted"
        assert await mailroom.accept(inbound("late")) == "full"
        await mailroom.commit(await claim_one(mailroom), handled=1)
        assert await mailroom.accept(inbound("late")) == "accepted"

    async def test_full_mailbox_still_knows_its_duplicates(self, mailroom: Mailroom) -> None:
        for number in range(5):
            await mailroom.accept(inbound(number))
        assert await mailroom.accept(inbound(0)) == "duplicate"

    async def test_full_mailbox_is_no_obstacle_to_others(self, mailroom: Mailroom) -> None:
        for number in range(6):
            await mailroom.accept(inbound(number, ANI))
        assert await mailroom.accept(inbound(1, BUDI)) == "accepted"

    async def test_post_outside_a_turn_is_taken_once(self, mailroom: Mailroom) -> None:
        assert await mailroom.post(outbound(1)) == "accepted"
        assert await mailroom.post(outbound(1)) == "duplicate"
        assert ids(await claim_one(mailroom, "s1", Lane.OUTBOX)) == ["r1"]


class TestClaim:
    async def test_messages_come_in_the_order_of_acceptance(self, mailroom: Mailroom) -> None:
        for number in (3, 1, 2):
            await mailroom.accept(inbound(number))
        assert ids(await claim_one(mailroom)) == ["m3", "m1", "m2"]

    async def test_conversations_come_in_the_order_of_acceptance(self, mailroom: Mailroom) -> None:
        names = [f"web:main:{number}" for number in range(8)]
        for name in names:
            await mailroom.accept(inbound(1, name))
        claims = await mailroom.claim(Lane.INBOX, "w1", 8, 0)
        assert [claim.conversation for claim in claims] == names

    async def test_conversation_is_held_by_one_consumer(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        await claim_one(mailroom)
        assert await nothing_ready(mailroom)

    async def test_message_during_a_claim_is_not_handed_to_another(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        await mailroom.accept(inbound(2))
        assert await nothing_ready(mailroom)
        await mailroom.commit(claim, handled=1)
        assert ids(await claim_one(mailroom, "w2")) == ["m2"]

    async def test_claim_reads_no_more_than_the_limit_of_messages(self, mailroom: Mailroom) -> None:
        for number in range(5):
            await mailroom.accept(inbound(number))
        claim = await claim_one(mailroom)
        assert ids(claim) == ["m0", "m1", "m2"]
        await mailroom.commit(claim, handled=3)
        assert ids(await claim_one(mailroom)) == ["m3", "m4"]

    @pytest.mark.parametrize("partitions", [1, 4])
    async def test_claim_takes_no_more_than_the_limit_of_conversations(self, client: Client, partitions: int) -> None:
        mailroom = Mailroom(client, MailroomRules(partitions=partitions))
        await mailroom.prepare()
        for number in range(20):
            await mailroom.accept(inbound(1, f"web:main:{number}"))
        taken: set[str] = set()
        for limit in (0, 3, 20):
            claims = await mailroom.claim(Lane.INBOX, "w1", limit, 0)
            assert len(claims) == min(limit, 20 - len(taken))
            taken |= {claim.conversation for claim in claims}
        assert len(taken) == 20

    @pytest.mark.parametrize("partitions", [1, 4])
    async def test_waiting_claim_is_woken_by_a_message(self, client: Client, partitions: int) -> None:
        mailroom = Mailroom(client, MailroomRules(partitions=partitions))
        await mailroom.prepare()
        waiting = asyncio.create_task(mailroom.claim(Lane.INBOX, "w1", 5, 5))
        await asyncio.sleep(0)
        await mailroom.accept(inbound(1))
        assert [ids(claim) for claim in await waiting] == [["m1"]]

    async def test_claim_of_nothing_comes_back_empty(self, mailroom: Mailroom) -> None:
        assert await mailroom.claim(Lane.INBOX, "w1", 5, 0.01) == []

    async def test_lanes_are_independent(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.post(outbound(1), Lane.OUTBOX)
        await mailroom.post(outbound(2), Lane.BULK)
        claims = [await claim_one(mailroom, "x", lane) for lane in Lane]
        assert [ids(claim) for claim in claims] == [["m1"], ["r1"], ["r2"]]
        assert [await mailroom.commit(claim, handled=1) for claim in claims] == [True] * 3


class TestCommit:
    async def test_commit_takes_messages_saves_state_and_posts_replies(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        replies = [outbound(1), outbound(2)]
        assert await mailroom.commit(claim, handled=1, state=b"\x00\xff state", posts=replies)
        assert await nothing_ready(mailroom)
        assert ids(await claim_one(mailroom, "s1", Lane.OUTBOX)) == ["r1", "r2"]
        await mailroom.accept(inbound(2))
        assert (await claim_one(mailroom)).state == b"\x00\xff state"

    async def test_commit_without_state_keeps_the_old_one(self, mailroom: Mailroom) -> None:
        for number, state in enumerate((b"first", None)):
            await mailroom.accept(inbound(number))
            await mailroom.commit(await claim_one(mailroom), handled=1, state=state)
        await mailroom.accept(inbound(9))
        assert (await claim_one(mailroom)).state == b"first"

    async def test_state_lives_for_the_dialogue_time(self, client: Client, mailroom: Mailroom) -> None:
        redis: Any = client
        await mailroom.accept(inbound(1))
        await mailroom.commit(await claim_one(mailroom), handled=1, state=b"state")
        life = mailroom.rules.state_seconds
        assert life - 60 < await redis.ttl(mailroom.keys.state(ANI)) <= life

    async def test_unhandled_messages_stay_in_order(self, mailroom: Mailroom) -> None:
        for number in range(3):
            await mailroom.accept(inbound(number))
        await mailroom.commit(await claim_one(mailroom), handled=1)
        assert ids(await claim_one(mailroom)) == ["m1", "m2"]

    async def test_commit_of_nothing_gives_the_messages_back(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        assert await mailroom.commit(await claim_one(mailroom), handled=0)
        claim = await claim_one(mailroom, "w2")
        assert (ids(claim), claim.starts, claim.fails) == (["m1"], 1, 0)

    async def test_more_than_was_claimed_cannot_be_handled(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        await mailroom.accept(inbound(2))
        before = await snapshot(client)
        with pytest.raises(ValueError, match="2 messages handled"):
            await mailroom.commit(claim, handled=2)
        assert await snapshot(client) == before

    async def test_replies_wait_behind_those_being_sent(self, mailroom: Mailroom) -> None:
        for number in (1, 2):
            await mailroom.accept(inbound(number))
        await mailroom.commit(await claim_one(mailroom), handled=1, posts=[outbound(1)])
        sending = await claim_one(mailroom, "s1", Lane.OUTBOX)
        await mailroom.commit(await claim_one(mailroom), handled=1, posts=[outbound(2)])
        assert await nothing_ready(mailroom, Lane.OUTBOX)
        await mailroom.commit(sending, handled=1)
        assert ids(await claim_one(mailroom, "s2", Lane.OUTBOX)) == ["r2"]

    async def test_outbox_claim_can_post_too(self, mailroom: Mailroom) -> None:
        await mailroom.post(outbound(1))
        sending = await claim_one(mailroom, "s1", Lane.OUTBOX)
        await mailroom.commit(sending, handled=1, posts=[outbound("apology")])
        assert ids(await claim_one(mailroom, "s1", Lane.OUTBOX)) == ["rapology"]

    async def test_nothing_of_a_person_is_left_for_ever(self, client: Client, mailroom: Mailroom) -> None:
        redis: Any = client
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        await mailroom.retry_later(claim, 0, failure=True)
        await mailroom.promote(Lane.INBOX)
        await mailroom.commit(await claim_one(mailroom), handled=1, state=b"s", posts=[outbound(1)])
        await mailroom.commit(await claim_one(mailroom, "s1", Lane.OUTBOX), handled=1)
        left = [key for key in await redis.keys("*") if ANI.encode() in key]
        assert left
        assert [key for key in left if await redis.ttl(key) < 0] == []
        assert await redis.xlen(mailroom.keys.ready(Lane.INBOX, 0)) == 0
