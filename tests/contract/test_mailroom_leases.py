"""Leases and second attempts: fencing, taking over, counting, waiting, giving up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.scripts import Client, Scripts
from tests.contract.samples import (
    ANI,
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

    async def test_retry_after_the_same_consumer_claimed_again(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        late = await claim_one(mailroom)
        current = await taken_over(client, mailroom, late, late.consumer)
        assert not await mailroom.retry_later(late, 5, failure=True)
        assert await mailroom.commit(current, handled=1)

    async def test_commit_after_the_person_was_erased(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        late = await claim_one(mailroom)
        await _erase(client, ANI)
        assert not await mailroom.commit(late, handled=1, state=b"late", posts=[outbound(1)])
        assert await _erase(client, ANI) == 0

    async def test_entry_of_an_erased_person_is_dropped(self, client: Client, mailroom: Mailroom) -> None:
        redis: Any = client
        await mailroom.accept(inbound(1))
        await _erase(client, ANI)
        assert await nothing_ready(mailroom)
        assert await redis.xlen(mailroom.keys.ready(Lane.INBOX, 0)) == 0

    async def test_erased_person_is_not_woken(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        await mailroom.retry_later(await claim_one(mailroom), 0, failure=False)
        await _erase(client, ANI)
        assert await mailroom.promote(Lane.INBOX) == 0
        assert await nothing_ready(mailroom)
        assert (await mailroom.stats(Lane.INBOX)).delayed == 0

    async def test_ended_lease_that_nobody_took_may_commit(self, client: Client, mailroom: Mailroom) -> None:
        await mailroom.accept(inbound(1))
        claim = await claim_one(mailroom)
        await run_out(client, mailroom, claim)
        assert await mailroom.commit(claim, handled=1)


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

    async def test_late_promotion_does_not_wake_it_again(self, client: Client, mailroom: Mailroom) -> None:
        """Another process saw it due, too, but was slower; meanwhile it is claimed."""
        keys, now_ms = mailroom.keys, "9" * 13
        names = (keys.delayed(Lane.INBOX, 0), keys.ready(Lane.INBOX, 0), keys.flag(Lane.INBOX, ANI))
        await mailroom.accept(inbound(1))
        await mailroom.retry_later(await claim_one(mailroom), 0, failure=False)
        await mailroom.promote(Lane.INBOX)
        claim = await claim_one(mailroom)
        assert await Scripts(client).run("promote", names, (ANI, now_ms)) == 0
        assert await nothing_ready(mailroom)
        await mailroom.retry_later(claim, 30, failure=False)
        assert await Scripts(client).run("promote", names, (ANI, 1)) == 0
        assert await nothing_ready(mailroom)

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


async def _erase(client: Client, conversation: str) -> int:
    redis: Any = client
    names = [key for key in await redis.keys("*") if conversation.encode() in key]
    return len(names) and await redis.delete(*names)
