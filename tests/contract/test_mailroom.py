"""The mailroom's promises while everything works: once, in order, one holder, all or nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redis as redis_package

from bot.contract.connection import connect, disconnect
from bot.contract.errors import MailroomMismatch
from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.ready import GROUP
from bot.contract.scripts import Client
from tests.contract.samples import (
    ANI,
    BUDI,
    Clock,
    claim_one,
    dead_letter,
    ids,
    inbound,
    nothing_ready,
    outbound,
    run_out,
    snapshot,
    taken_over,
    until,
)
from tests.redis_server import RedisServer


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


class TestFencing:
    """A late commit is refused and changes nothing."""

    async def test_commit_after_another_took_over(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        late = await claim_one(mailroom)
        await taken_over(client, mailroom, late, "w2")
        before = await snapshot(client)
        assert not await mailroom.commit(late, handled=1, state=b"late", posts=[outbound(1)], dead=[dead_letter(1)])
        assert await snapshot(client) == before

    async def test_commit_after_the_same_consumer_claimed_again(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        late = await claim_one(mailroom)
        again = await taken_over(client, mailroom, late, late.consumer)
        before = await snapshot(client)
        assert not await mailroom.commit(late, handled=1, state=b"late", posts=[outbound(1)])
        assert await snapshot(client) == before
        assert await mailroom.commit(again, handled=1)

    async def test_commit_after_another_has_finished(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        late = await claim_one(mailroom)
        await mailroom.commit(await taken_over(client, mailroom, late), handled=1, state=b"done")
        await mailroom.accept(inbound(2))
        before = await snapshot(client)
        assert not await mailroom.commit(late, handled=1, state=b"late")
        assert await snapshot(client) == before

    async def test_commit_in_the_name_of_another(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        thief = type(claim)(**{**vars(claim), "consumer": "w2"})
        before = await snapshot(client)
        assert not await mailroom.commit(thief, handled=1)
        assert await snapshot(client) == before

    async def test_retry_after_another_took_over(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        late = await claim_one(mailroom)
        await taken_over(client, mailroom, late)
        before = await snapshot(client)
        assert not await mailroom.retry_later(late, 5, failure=True)
        assert await snapshot(client) == before

    async def test_ended_lease_that_nobody_took_may_commit(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        await run_out(client, mailroom, claim)
        assert await mailroom.commit(claim, handled=1)


class TestRepeating:
    """Finishing a claim may be asked twice: the answer is the same, the effect is not doubled."""

    async def test_repeated_commit(self, client: Client, mailroom: Mailroom) -> None:
        for number in (1, 2):
            await mailroom.accept(inbound(number))
        claim = await claim_one(mailroom)
        assert await mailroom.commit(claim, handled=1, posts=[outbound(1)])
        before = await snapshot(client)
        assert await mailroom.commit(claim, handled=1, posts=[outbound(1)])
        assert await snapshot(client) == before

    async def test_repeated_retry(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        assert await mailroom.retry_later(claim, 5, failure=True)
        before = await snapshot(client)
        assert await mailroom.retry_later(claim, 5, failure=True)
        assert await snapshot(client) == before

    async def test_retry_of_a_committed_claim_is_refused(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        await mailroom.commit(claim, handled=1)
        assert not await mailroom.retry_later(claim, 5, failure=True)


class TestLease:
    async def test_renewed_lease_is_not_taken_over(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        await run_out(client, mailroom, claim)
        assert await mailroom.renew([claim]) == [True]
        assert await mailroom.take_over(Lane.INBOX, "w2", 1) == []
        assert await mailroom.commit(claim, handled=1)

    async def test_renewing_tells_which_leases_are_lost(self, client: Client, mailroom: Mailroom) -> None:
        for name in ("a", "b", "c"):
            await mailroom.accept(inbound(1, name))
        kept, lost, finished = await mailroom.claim(Lane.INBOX, "w1", 3, 0)
        await taken_over(client, mailroom, lost)
        await mailroom.commit(finished, handled=1)
        assert await mailroom.renew([kept, lost, finished]) == [True, False, False]
        assert await mailroom.renew([]) == []

    async def test_lost_lease_cannot_be_renewed_back(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        late = await claim_one(mailroom)
        current = await taken_over(client, mailroom, late, late.consumer)
        assert await mailroom.renew([late]) == [False]
        assert await mailroom.renew([current]) == [True]

    async def test_silent_holder_is_replaced_after_the_lease(self, client: Client) -> None:
        mailroom = Mailroom(client, MailroomRules(lease_seconds=0.05))
        await mailroom.prepare()
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        (taken,) = await until(lambda: mailroom.take_over(Lane.INBOX, "w2", 5))
        assert (ids(taken), taken.starts) == (["m1"], 2)
        assert not await mailroom.commit(claim, handled=1)
        assert await mailroom.commit(taken, handled=1)

    async def test_ended_lease_is_found_behind_many_living_ones(self, client: Client, mailroom: Mailroom) -> None:
        for number in range(40):
            await mailroom.accept(inbound(1, f"web:main:{number}"))
        claims = await mailroom.claim(Lane.INBOX, "w1", 40, 0)
        await run_out(client, mailroom, claims[-1])
        taken = await mailroom.take_over(Lane.INBOX, "w2", 1)
        assert [claim.conversation for claim in taken] == ["web:main:39"]

    @pytest.mark.parametrize("partitions", [1, 4])
    async def test_take_over_keeps_to_its_limit(self, client: Client, partitions: int) -> None:
        mailroom = Mailroom(client, MailroomRules(partitions=partitions))
        await mailroom.prepare()
        for number in range(12):
            await mailroom.accept(inbound(1, f"web:main:{number}"))
        for claim in await mailroom.claim(Lane.INBOX, "w1", 12, 0):
            await run_out(client, mailroom, claim)
        assert len(await mailroom.take_over(Lane.INBOX, "w2", 5)) == 5
        assert len(await mailroom.take_over(Lane.INBOX, "w2", 50)) == 7


class TestAttempts:
    async def test_attempts_that_never_ended_are_counted(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        seen = [(claim.starts, claim.fails)]
        for consumer in ("w2", "w3"):
            claim = await taken_over(client, mailroom, claim, consumer)
            seen.append((claim.starts, claim.fails))
        assert seen == [(1, 0), (2, 0), (3, 0)]

    async def test_failures_are_counted_apart(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        for fails in range(3):
            claim = await claim_one(mailroom)
            assert (claim.starts, claim.fails) == (1, fails)
            await mailroom.retry_later(claim, 0, failure=True)
            await mailroom.promote(Lane.INBOX)

    async def test_waiting_without_failure_does_not_count(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.retry_later(await claim_one(mailroom), 0, failure=False)
        await mailroom.promote(Lane.INBOX)
        claim = await claim_one(mailroom)
        assert (claim.starts, claim.fails) == (1, 0)

    async def test_next_message_starts_from_nought(self, client: Client, mailroom: Mailroom) -> None:
        for number in (1, 2):
            await mailroom.accept(inbound(number))
        claim = await taken_over(client, mailroom, await claim_one(mailroom))
        await mailroom.retry_later(claim, 0, failure=True)
        await mailroom.promote(Lane.INBOX)
        await mailroom.commit(await claim_one(mailroom), handled=1)
        claim = await claim_one(mailroom)
        assert (ids(claim), claim.starts, claim.fails) == (["m2"], 1, 0)

    async def test_giving_a_message_back_keeps_its_failures(self, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.retry_later(await claim_one(mailroom), 0, failure=True)
        await mailroom.promote(Lane.INBOX)
        await mailroom.commit(await claim_one(mailroom), handled=0)
        assert (await claim_one(mailroom)).fails == 1


class TestRetryLater:
    async def test_conversation_sleeps_until_it_is_due(self, mailroom: Mailroom, clock: Clock) -> None:
        await mailroom.accept(inbound(1))
        assert await mailroom.retry_later(await claim_one(mailroom), 30, failure=False)
        clock.now += 29.9
        assert await mailroom.promote(Lane.INBOX) == 0
        assert await nothing_ready(mailroom)
        clock.now += 0.2
        assert await mailroom.promote(Lane.INBOX) == 1
        assert ids(await claim_one(mailroom)) == ["m1"]

    async def test_new_message_does_not_wake_it_early(self, mailroom: Mailroom, clock: Clock) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.retry_later(await claim_one(mailroom), 30, failure=False)
        assert await mailroom.accept(inbound(2)) == "accepted"
        assert await nothing_ready(mailroom)
        clock.now += 31
        await mailroom.promote(Lane.INBOX)
        assert ids(await claim_one(mailroom)) == ["m1", "m2"]

    async def test_it_is_woken_once_by_any_number_of_processes(self, mailroom: Mailroom, clock: Clock) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.retry_later(await claim_one(mailroom), 1, failure=False)
        clock.now += 2
        woken = await asyncio.gather(*(mailroom.promote(Lane.INBOX) for _ in range(8)))
        assert sum(woken) == 1
        assert len(await mailroom.claim(Lane.INBOX, "w1", 10, 0)) == 1

    async def test_outbox_waits_without_holding_up_the_inbox(self, mailroom: Mailroom) -> None:
        await mailroom.post(outbound(1))
        await mailroom.retry_later(await claim_one(mailroom, "s1", Lane.OUTBOX), 30, failure=True)
        await mailroom.accept(inbound(1))
        assert ids(await claim_one(mailroom)) == ["m1"]


class TestDeadLetters:
    async def test_dead_letter_is_kept_and_the_next_message_goes_on(self, client: Client, mailroom: Mailroom) -> None:
        redis: Any = client
        for number in (1, 2):
            await mailroom.accept(inbound(number))
        letter = dead_letter(1)
        await mailroom.commit(await claim_one(mailroom), handled=1, dead=[letter], posts=[outbound("apology")])
        assert await mailroom.dead_letters() == 1
        assert await redis.lrange(mailroom.keys.dead(0), 0, -1) == [letter.to_json().encode()]
        assert ids(await claim_one(mailroom, "s1", Lane.OUTBOX)) == ["rapology"]
        assert ids(await claim_one(mailroom)) == ["m2"]

    async def test_only_the_newest_dead_letters_are_kept(self, client: Client) -> None:
        redis: Any = client
        mailroom = Mailroom(client, MailroomRules(dead_letters=2))
        await mailroom.prepare()
        for number in range(4):
            await mailroom.accept(inbound(number))
            await mailroom.commit(await claim_one(mailroom), handled=1, dead=[dead_letter(number)])
        kept = [dead_letter(number).to_json().encode() for number in (2, 3)]
        assert await redis.lrange(mailroom.keys.dead(0), 0, -1) == kept


class TestFigures:
    async def test_figures_of_a_lane(self, client: Client, mailroom: Mailroom) -> None:
        for name in ("a", "b", "c", "d"):
            await mailroom.accept(inbound(1, name))
        await mailroom.accept(inbound(1, "a"))
        claims = await mailroom.claim(Lane.INBOX, "w1", 3, 0)
        await mailroom.retry_later(claims[0], 30, failure=True)
        await mailroom.commit(claims[1], handled=1, posts=[outbound(1, "b")], dead=[dead_letter(1, "b")])
        stats = await mailroom.stats(Lane.INBOX)
        assert (stats.ready, stats.claimed, stats.delayed, stats.waiting) == (1, 1, 1, 3)
        assert stats.totals == {"accepted": 4, "duplicate": 1, "handled": 1, "dead": 1}
        outbox = await mailroom.stats(Lane.OUTBOX)
        assert (outbox.ready, outbox.claimed, outbox.delayed, outbox.waiting) == (1, 0, 0, 1)
        assert outbox.totals == {"accepted": 1}

    async def test_age_of_the_oldest_conversation(self, client: Client, mailroom: Mailroom, clock: Clock) -> None:
        redis: Any = client
        seconds, _ = await redis.time()
        clock.now = seconds + 100.0
        assert (await mailroom.stats(Lane.INBOX)).oldest_seconds == 0
        await mailroom.accept(inbound(1))
        assert 50 < (await mailroom.stats(Lane.INBOX)).oldest_seconds <= 101

    async def test_living_workers_are_listed_and_silent_ones_are_not(self, mailroom: Mailroom, clock: Clock) -> None:
        await mailroom.heartbeat("silent", {"pid": 1})
        clock.now += 16
        await mailroom.heartbeat("alive", {"pid": 2})
        await mailroom.heartbeat("stopped", {"pid": 3})
        await mailroom.farewell("stopped")
        assert await mailroom.workers() == {"alive": {"pid": 2, "at": clock.now}}

    async def test_long_gone_workers_are_forgotten(self, client: Client, mailroom: Mailroom, clock: Clock) -> None:
        redis: Any = client
        await mailroom.heartbeat("gone", {})
        clock.now += 4000
        assert await mailroom.workers() == {}
        assert await redis.exists("kawan:workers") == 0


class TestConsumers:
    async def test_consumers_without_claims_are_dropped_and_holders_stay(
        self, client: Client, mailroom: Mailroom
    ) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.accept(inbound(1, BUDI))
        claim = await claim_one(mailroom, "holder")
        await mailroom.commit(await claim_one(mailroom, "gone"), handled=1)
        await until(lambda: _silent_for_ms(client, mailroom, 5))
        await mailroom.forget_idle_consumers(Lane.INBOX, 0.001)
        assert await _consumers(client, mailroom) == [b"holder"]
        assert await mailroom.commit(claim, handled=1)

    async def test_recently_seen_consumers_stay(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.commit(await claim_one(mailroom), handled=1)
        await mailroom.forget_idle_consumers(Lane.INBOX)
        assert await _consumers(client, mailroom) == [b"w1"]

    async def test_dropped_consumer_that_still_waits_gets_its_mail(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.commit(await claim_one(mailroom), handled=1)
        waiting = asyncio.create_task(mailroom.claim(Lane.INBOX, "w1", 1, 5))
        await until(lambda: _blocked_clients(client))
        await until(lambda: _silent_for_ms(client, mailroom, 5))
        await mailroom.forget_idle_consumers(Lane.INBOX, 0.001)
        await mailroom.accept(inbound(2))
        (claim,) = await waiting
        assert await mailroom.commit(claim, handled=1)

    async def test_forgetting_on_an_empty_redis_does_nothing(self, client: Client, mailroom: Mailroom) -> None:
        redis: Any = client
        await redis.flushall()
        await mailroom.forget_idle_consumers(Lane.INBOX)


@pytest.mark.parametrize("protocol", ["", "2", "3"])
async def test_answers_are_understood_in_every_protocol(redis_server: RedisServer, protocol: str) -> None:
    if protocol and redis_package.__version__.startswith("4."):
        pytest.skip("redis-py 4 speaks RESP2 only")
    client = connect(f"{redis_server.url}&protocol={protocol}" if protocol else redis_server.url)
    redis: Any = client
    await redis.flushall()
    mailroom = Mailroom(client, MailroomRules(lease_seconds=600))
    await mailroom.prepare()
    assert await mailroom.claim(Lane.INBOX, "w1", 5, 0) == []
    for name in (ANI, BUDI):
        await mailroom.accept(inbound(1, name))
        await mailroom.accept(inbound(2, name))
    await mailroom.heartbeat("w1", {"pid": 1})
    first, second = await mailroom.claim(Lane.INBOX, "w1", 5, 0)
    assert [ids(first), ids(second)] == [["m1", "m2"]] * 2
    assert await mailroom.renew([first, second]) == [True, True]
    assert await mailroom.commit(await taken_over(client, mailroom, first), handled=2, state=b"s", posts=[outbound(1)])
    assert await mailroom.retry_later(second, 0, failure=True)
    stats = await mailroom.stats(Lane.INBOX)
    assert (stats.ready, stats.claimed, stats.delayed, stats.waiting) == (0, 0, 1, 2)
    assert await mailroom.promote(Lane.INBOX) == 1
    assert (await claim_one(mailroom)).fails == 1
    assert list(await mailroom.workers()) == ["w1"]
    await mailroom.forget_idle_consumers(Lane.INBOX)
    await disconnect(client)


class TestPreparing:
    async def test_preparing_again_keeps_everything(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        before = await snapshot(client)
        await mailroom.prepare()
        assert await snapshot(client) == before
        assert await mailroom.commit(claim, handled=1)

    async def test_other_number_of_partitions_is_refused(self, client: Client, mailroom: Mailroom) -> None:
        with pytest.raises(MailroomMismatch, match="of 1 partitions"):
            await Mailroom(client, MailroomRules(partitions=2)).prepare()

    @pytest.mark.parametrize("field", ["partitions", "dedupe_seconds", "state_seconds", "dead_letters", "lease_seconds"])
    def test_rules_of_nought_are_refused(self, field: str) -> None:
        with pytest.raises(ValueError, match=field):
            MailroomRules(**{field: 0})


async def _consumers(client: Client, mailroom: Mailroom) -> list[bytes]:
    redis: Any = client
    rows = await redis.xinfo_consumers(mailroom.keys.ready(Lane.INBOX, 0), GROUP)
    return sorted(row["name"] for row in rows)


async def _silent_for_ms(client: Client, mailroom: Mailroom, silence: int) -> bool:
    redis: Any = client
    rows = await redis.xinfo_consumers(mailroom.keys.ready(Lane.INBOX, 0), GROUP)
    return all(row["idle"] > silence for row in rows)


async def _blocked_clients(client: Client) -> bool:
    redis: Any = client
    return bool((await redis.info("clients"))["blocked_clients"])
