"""Random histories: the mailroom does what a few lists in memory do, and keeps its books in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from bot.contract.connection import connect, disconnect
from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom, MailroomRules
from bot.contract.ready import GROUP
from tests.contract.samples import Clock, ids, inbound, outbound, run_out
from tests.redis_server import RedisServer

T = TypeVar("T")

LIMIT = 4
AT_ONCE = 2
NAMES = ("web:main:ani", "web:main:budi", "web:main:citra")
CONSUMERS = ("w1", "w2")
BUNDLE: Bundle[Claim] = Bundle("claims")


@dataclass
class Conversation:
    """What the mailroom should know of one conversation."""

    waiting: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    handled: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    state: bytes | None = None
    status: str = "idle"  # or ready, claimed, delayed
    holder: tuple[str, str, int] = ("", "", 0)
    expired: bool = False
    due: float = 0.0
    starts: int = 0
    fails: int = 0
    receipts: set[tuple[str, str, int]] = field(default_factory=set)  # what ended a claim, its entry and deliveries


class MailroomMachine(RuleBasedStateMachine):
    """Does the same to the mailroom and to the model, and compares."""

    def __init__(self, url: str, partitions: int) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.client = connect(url)
        rules = MailroomRules(partitions=partitions, mailbox_limit=LIMIT, open_limit=AT_ONCE, lease_seconds=3600)
        self.mailroom = Mailroom(self.client, rules, clock=self.clock)
        self.redis: Any = self.client
        self.model = {name: Conversation() for name in NAMES}
        self.serial = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def empty(self) -> None:
        self.run(self.redis.flushall())
        self.run(self.mailroom.prepare())

    @rule(name=st.sampled_from(NAMES))
    def accept(self, name: str) -> None:
        box = self.model[name]
        self.serial += 1
        answer = self.run(self.mailroom.accept(inbound(self.serial, name)))
        if len(box.waiting) >= LIMIT:
            assert answer == "full"
            return
        assert answer == "accepted"
        box.waiting.append(f"m{self.serial}")
        box.accepted.append(f"m{self.serial}")
        if box.status == "idle":
            box.status = "ready"

    @rule(name=st.sampled_from(NAMES), data=st.data())
    def deliver_again(self, name: str, data: st.DataObject) -> None:
        if self.model[name].accepted:
            number = data.draw(st.sampled_from(self.model[name].accepted))[1:]
            assert self.run(self.mailroom.accept(inbound(number, name))) == "duplicate"

    @rule(target=BUNDLE, consumer=st.sampled_from(CONSUMERS), limit=st.integers(1, 3))
    def claim(self, consumer: str, limit: int) -> Any:
        claims = self.run(self.mailroom.claim(Lane.INBOX, consumer, limit, 0))
        ready = [name for name, box in self.model.items() if box.status == "ready"]
        return self.given(claims, ready, limit)

    @rule(target=BUNDLE, consumer=st.sampled_from(CONSUMERS), limit=st.integers(1, 3))
    def take_over(self, consumer: str, limit: int) -> Any:
        claims = self.run(self.mailroom.take_over(Lane.INBOX, consumer, limit))
        expired = [name for name, box in self.model.items() if box.expired]
        return self.given(claims, expired, limit)

    def given(self, claims: Sequence[Claim], available: Sequence[str], limit: int) -> Any:
        names = [claim.conversation for claim in claims]
        assert len(names) == min(limit, len(available))
        assert set(names) <= set(available)
        for claim in claims:
            box = self.model[claim.conversation]
            box.status, box.expired = "claimed", False
            box.holder = (claim.consumer, claim.entry, claim.deliveries)
            box.starts += 1
            assert (claim.starts, claim.fails, claim.state) == (box.starts, box.fails, box.state)
            assert ids(claim) == box.waiting[:AT_ONCE]
        return multiple(*claims)

    @rule(claim=BUNDLE, handled=st.integers(0, AT_ONCE), save=st.booleans(), replies=st.integers(0, 2))
    def commit(self, claim: Claim, handled: int, save: bool, replies: int) -> None:
        handled = min(handled, len(claim.messages))
        box = self.model[claim.conversation]
        state = f"{claim.entry} {claim.deliveries}".encode() if save else None
        posts = [outbound(f"{claim.entry}.{number}", claim.conversation) for number in range(replies)]
        answer = self.run(self.mailroom.commit(claim, handled=handled, state=state, posts=posts))
        if not self.finish(box, claim, "commit", answer):
            return
        box.handled += box.waiting[:handled]
        del box.waiting[:handled]
        box.replies += [post.id for post in posts]
        box.state = state or box.state
        box.starts = 0
        box.fails = 0 if handled else box.fails
        box.status = "ready" if box.waiting else "idle"

    @rule(claim=BUNDLE, delay=st.sampled_from([0, 5]), failure=st.booleans())
    def retry_later(self, claim: Claim, delay: int, failure: bool) -> None:
        box = self.model[claim.conversation]
        answer = self.run(self.mailroom.retry_later(claim, delay, failure=failure))
        if self.finish(box, claim, "retry", answer):
            box.status, box.due = "delayed", self.clock.now + delay
            box.starts, box.fails = 0, box.fails + failure

    @staticmethod
    def finish(box: Conversation, claim: Claim, how: str, answer: bool) -> bool:
        """Whether this call ends the claim now; `answer` must be right in any case."""
        receipt = (how, claim.entry, claim.deliveries)
        holds = box.status == "claimed" and box.holder == (claim.consumer, claim.entry, claim.deliveries)
        assert answer == (holds or receipt in box.receipts)
        if holds:
            box.receipts.add(receipt)
            box.expired = False
        return holds

    @rule(claim=BUNDLE)
    def renew(self, claim: Claim) -> None:
        box = self.model[claim.conversation]
        holds = box.status == "claimed" and box.holder == (claim.consumer, claim.entry, claim.deliveries)
        assert self.run(self.mailroom.renew([claim])) == [holds]
        if holds:
            box.expired = False

    @rule(claim=BUNDLE)
    def crash(self, claim: Claim) -> None:
        """The holder dies or hangs, and its lease runs out."""
        box = self.model[claim.conversation]
        if box.status == "claimed" and box.holder == (claim.consumer, claim.entry, claim.deliveries):
            self.run(run_out(self.client, self.mailroom, claim))
            box.expired = True

    @rule(seconds=st.sampled_from([1, 5]))
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule()
    def promote(self) -> None:
        due = [box for box in self.model.values() if box.status == "delayed" and box.due <= self.clock.now]
        assert self.run(self.mailroom.promote(Lane.INBOX)) == len(due)
        for box in due:
            box.status = "ready"

    @rule()
    def forget_scripts_and_consumers(self) -> None:
        self.run(self.redis.script_flush())
        self.run(self.mailroom.forget_idle_consumers(Lane.INBOX, 0))

    @invariant()
    def books_are_in_order(self) -> None:
        self.run(self.check())

    async def check(self) -> None:
        keys = self.mailroom.keys
        entries: dict[str, list[str]] = {name: [] for name in NAMES}
        pending: set[tuple[int, str]] = set()  # ids are unique within a partition only
        for partition in range(keys.partitions):
            stream = keys.ready(Lane.INBOX, partition)
            for entry, fields in await self.redis.xrange(stream):
                entries[fields[b"c"].decode()].append(entry.decode())
            rows = await self.redis.xpending_range(stream, GROUP, "-", "+", 100)
            pending |= {(partition, row["message_id"].decode()) for row in rows}
        for name, box in self.model.items():
            assert await self.bodies(Lane.INBOX, name) == box.waiting
            assert await self.bodies(Lane.OUTBOX, name) == box.replies
            flag = (await self.redis.get(keys.flag(Lane.INBOX, name)) or b"").decode()
            score = await self.redis.zscore(keys.delayed(Lane.INBOX, keys.partition(name)), name)
            assert (score is not None) == (box.status == "delayed")
            expected_entries = [flag] if box.status in ("ready", "claimed") else []
            assert entries[name] == expected_entries
            assert ((keys.partition(name), flag) in pending) == (box.status == "claimed")
            assert (flag == "delayed") == (box.status == "delayed")
            assert (flag == "") == (box.status == "idle") == (not box.waiting)

    async def bodies(self, lane: Lane, name: str) -> list[str]:
        return [json.loads(body)["id"] for body in await self.redis.lrange(self.mailroom.keys.box(lane, name), 0, -1)]

    def teardown(self) -> None:
        try:
            self.run(self.drain())
            for box in self.model.values():
                assert box.handled == box.accepted, "each accepted message is handled once, in order"
        finally:
            self.run(disconnect(self.client))
            self.loop.close()

    async def drain(self) -> None:
        """Everybody has crashed; one worker comes and does what is left."""
        self.clock.now += 3600
        rules = MailroomRules(partitions=self.mailroom.keys.partitions, open_limit=AT_ONCE, lease_seconds=0.0001)
        last = Mailroom(self.client, rules, clock=self.clock)
        await last.promote(Lane.INBOX)
        while claims := [*await last.take_over(Lane.INBOX, "last", 9), *await last.claim(Lane.INBOX, "last", 9, 0)]:
            for claim in claims:
                self.model[claim.conversation].handled += ids(claim)
                assert await last.commit(claim, handled=len(claim.messages))


def test_random_histories_on_one_partition(redis_server: RedisServer) -> None:
    _explore(redis_server, partitions=1)


def test_random_histories_on_several_partitions(redis_server: RedisServer) -> None:
    _explore(redis_server, partitions=3)


def _explore(server: RedisServer, partitions: int) -> None:
    machine: Any = partial(MailroomMachine, server.url, partitions)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
