"""The mailroom: durable mailboxes between the gateway and the assistant, in Redis.

Guarantees
- A message that `accept` took is on record before it returns; after that no crash of a gateway or a
  worker removes it, nor one of Redis with `appendfsync always`, short of a commit that handled it.
- A conversation is claimed by one holder at a time, and its messages are handled in the order they
  were accepted, with any number of holders.
- `commit` is all or nothing: handled messages leave, the state is saved, replies are posted. A holder
  that lost its lease is refused and has changed nothing.
- Every call may be repeated after MailroomUnavailable: what the first try did is not done again.
- The same message id in the same conversation is taken once within the dedupe time (48 h by default).
- A head message that keeps failing stops blocking its conversation: the caller sees the attempts on
  the claim and moves it to the dead letters.

Not guaranteed
- That work between claim and commit runs once: a crash repeats it. Outside effects need their own key.
- Delivery exactly once on a platform: an attempt is on record before the call, but a platform that
  takes a message and never says so leaves the outcome unknown. The sender decides.
- The last one or two seconds with `appendfsync everysec` when the operating system dies, or when Redis
  is killed while its disk is so slow that a sync is still under way.
- Order between conversations. The lanes of one conversation are independent of each other, too.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.contract.keys import Keys, Lane
from bot.contract.messages import DeadLetter, Inbound, Outbound
from bot.contract.ready import GROUP, Entry, ReadyStreams
from bot.contract.roll_call import RollCall
from bot.contract.scripts import Client, Scripts, redis_errors

RECEIPT_SECONDS = 600  # how long a commit may be repeated and still hear how it went
OWN_LIMIT = 1_000_000  # of messages to ourselves, which are few


@dataclass(frozen=True)
class MailroomRules:
    """How long things are kept, and how much of them. Every figure is above zero."""

    partitions: int = 1
    dedupe_seconds: int = 48 * 3600
    mailbox_limit: int = 50
    lease_seconds: float = 10.0
    state_seconds: int = 72 * 3600
    dead_letters: int = 10_000
    open_limit: int = 10

    def __post_init__(self) -> None:
        # Redis refuses a lifetime of 0 only when a script is half done, and a script is not rolled back.
        for name, figure in vars(self).items():
            if figure <= 0:
                raise ValueError(f"{name} must be above zero, not {figure}")


@dataclass(frozen=True)
class Claim:
    """The right to work on one conversation until the lease ends; `entry` and `deliveries` are its fencing token.

    `starts` counts attempts at the head message that never came to an end, this one included;
    `fails` counts attempts that ended in an error, `unsure` those of which nobody knows how they ended; `part`
    is how many parts of the head message were finished by `note_part`.
    """

    lane: Lane
    conversation: str
    consumer: str
    entry: str
    deliveries: int
    starts: int
    fails: int
    state: bytes | None = field(repr=False)
    messages: tuple[bytes, ...] = field(repr=False)
    unsure: int = 0
    part: int = 0


@dataclass(frozen=True)
class LaneStats:
    """One lane's figures, summed over its partitions. `oldest_seconds` is the age of the oldest ready entry."""

    ready: int
    claimed: int
    delayed: int
    waiting: int
    oldest_seconds: float
    totals: dict[str, int]


class Mailroom:
    """All mail of all conversations. One object for each process is enough; it keeps no state of its own."""

    def __init__(
        self, redis: Client, rules: MailroomRules, *, cluster: bool = False, clock: Callable[[], float] = time.time
    ) -> None:
        self._redis: Any = redis
        self._rules = rules
        self._clock = clock
        self._scripts = Scripts(redis)
        self.keys = Keys(rules.partitions)
        self.workers = RollCall(redis, clock)
        self._ready = ReadyStreams(redis, self._scripts, self.keys, lease_seconds=rules.lease_seconds, cluster=cluster)

    @property
    def client(self) -> Any:
        """The connection to Redis that it works on."""
        return self._redis

    @property
    def rules(self) -> MailroomRules:
        """The limits that this mailroom works by."""
        return self._rules

    async def prepare(self) -> None:
        """Create what claims need; harmless when repeated.

        Raises MailroomMismatch when this Redis was filled with another number of partitions, and
        MailroomUnavailable.
        """
        await self._ready.prepare()

    async def accept(self, message: Inbound) -> str:
        """Take one inbound message: 'accepted', 'duplicate' or 'full'. Raises MailroomUnavailable.

        What we send ourselves always finds room: nobody would send it again.
        """
        limit = OWN_LIMIT if message.wake else self._rules.mailbox_limit
        return await self._accept(Lane.INBOX, message.conversation, message.id, message.to_json(), limit)

    async def post(self, message: Outbound, lane: Lane = Lane.OUTBOX) -> str:
        """Put one outbound message on its way outside any turn (staff, broadcasts); answers as `accept`."""
        return await self._accept(lane, message.conversation, message.id, message.to_json(), self._rules.mailbox_limit)

    async def _accept(self, lane: Lane, conversation: str, message_id: str, body: str, limit: int) -> str:
        keys = self.keys
        answer: bytes = await self._scripts.run(
            "accept",
            (
                keys.seen(lane, conversation, message_id),
                keys.box(lane, conversation),
                keys.flag(lane, conversation),
                keys.ready(lane, keys.partition(conversation)),
                keys.counts(keys.partition(conversation)),
            ),
            (
                body,
                conversation,
                self._rules.dedupe_seconds,
                limit,
                lane.value,
                uuid.uuid4().bytes,
            ),
        )
        return answer.decode()

    async def claim(self, lane: Lane, consumer: str, limit: int, wait_seconds: float) -> list[Claim]:
        """Up to `limit` conversations to work on; waits up to `wait_seconds` (at most 5) for the first.

        `consumer` must be unique for each life of a process: it is half of the fencing token. A claim
        whose answer got lost on the way comes back through `take_over`, after the lease.
        """
        return await self._open(lane, consumer, await self._ready.fresh(lane, consumer, limit, wait_seconds))

    async def take_over(self, lane: Lane, consumer: str, limit: int) -> list[Claim]:
        """Claim conversations whose holder let the lease run out."""
        return await self._open(lane, consumer, await self._ready.expired(lane, consumer, limit))

    async def _open(self, lane: Lane, consumer: str, entries: Sequence[Entry]) -> list[Claim]:
        keys = self.keys
        answers = await self._scripts.run_many(
            "open",
            [
                (
                    (
                        keys.ready(lane, keys.partition(conversation)),
                        keys.flag(lane, conversation),
                        keys.box(lane, conversation),
                        keys.tries(lane, conversation),
                        keys.state(conversation),
                    ),
                    (GROUP, consumer, entry, self._rules.open_limit),
                )
                for entry, conversation in entries
            ],
        )
        return [
            Claim(
                lane=lane,
                conversation=conversation,
                consumer=consumer,
                entry=entry,
                deliveries=int(answer[0]),
                starts=int(answer[1]),
                fails=int(answer[2]),
                unsure=int(answer[3]),
                part=int(answer[4]),
                state=answer[5] or None,
                messages=tuple(answer[6:]),
            )
            for (entry, conversation), answer in zip(entries, answers)
            if answer
        ]

    async def renew(self, claims: Sequence[Claim]) -> list[bool]:
        """Prolong leases; False for each that is lost."""
        answers = await self._scripts.run_many(
            "renew", [((self._ready_of(claim),), self._token(claim)) for claim in claims]
        )
        return [answer == 1 for answer in answers]

    async def commit(
        self,
        claim: Claim,
        *,
        handled: int,
        state: bytes | None = None,
        posts: Sequence[Outbound] = (),
        dead: Sequence[DeadLetter] = (),
    ) -> bool:
        """Finish a claim; False when the lease was lost, and then nothing has changed.

        `handled` messages leave the mailbox, those that became `dead` letters included; `state` replaces
        the dialogue state (None keeps it); `posts` go to the outbox.
        """
        if not 0 <= handled <= len(claim.messages):
            raise ValueError(f"{handled} messages handled of a claim that holds {len(claim.messages)}")
        keys, conversation, lane = self.keys, claim.conversation, claim.lane
        partition = keys.partition(conversation)
        answer = await self._scripts.run(
            "commit",
            (
                keys.ready(lane, partition),
                keys.flag(lane, conversation),
                keys.box(lane, conversation),
                keys.tries(lane, conversation),
                keys.state(conversation),
                keys.counts(partition),
                keys.dead(partition),
                keys.ready(Lane.OUTBOX, partition),
                keys.flag(Lane.OUTBOX, conversation),
                keys.box(Lane.OUTBOX, conversation),
                keys.receipt(lane, conversation, claim.entry),
            ),
            (
                *self._token(claim),
                conversation,
                lane.value,
                Lane.OUTBOX.value,
                handled,
                "0" if state is None else "1",
                state or b"",
                self._rules.state_seconds,
                self._rules.dead_letters,
                RECEIPT_SECONDS,
                len(dead),
                *(letter.to_json() for letter in dead),
                *(post.to_json() for post in posts),
            ),
        )
        return bool(answer == 1)

    async def retry_later(
        self, claim: Claim, delay_seconds: float, *, failure: bool = False, unsure: bool = False
    ) -> bool:
        """Put the conversation aside for a while; False when the lease was lost.

        `failure` or `unsure` count against the head message; without them the attempt never was.
        """
        keys, lane, conversation = self.keys, claim.lane, claim.conversation
        due = int((self._clock() + delay_seconds) * 1000)
        answer = await self._scripts.run(
            "retry",
            (
                self._ready_of(claim),
                keys.flag(lane, conversation),
                keys.tries(lane, conversation),
                keys.delayed(lane, keys.partition(conversation)),
                keys.receipt(lane, conversation, claim.entry),
            ),
            (
                *self._token(claim),
                conversation,
                due,
                "unsure" if unsure else "fails" if failure else "",
                RECEIPT_SECONDS,
            ),
        )
        return bool(answer == 1)

    async def note_part(self, claim: Claim, part: int) -> bool:
        """Note that `part` parts of the head message are done, so that nobody does them again; False as `commit`."""
        keys, lane, conversation = self.keys, claim.lane, claim.conversation
        answer = await self._scripts.run(
            "part",
            (self._ready_of(claim), keys.flag(lane, conversation), keys.tries(lane, conversation)),
            (*self._token(claim), part),
        )
        return bool(answer == 1)

    async def hasten(self, lane: Lane, conversation: str) -> None:
        """Let a conversation that was put aside be due now; harmless when it was not."""
        delayed = self.keys.delayed(lane, self.keys.partition(conversation))
        with redis_errors():
            await self._redis.zadd(delayed, {conversation: int(self._clock() * 1000)}, xx=True)

    async def mark_seen(self, lane: Lane, conversation: str, message_id: str) -> None:
        """Let `accept` take this id for a duplicate, as if it had been accepted now."""
        with redis_errors():
            await self._redis.set(
                self.keys.seen(lane, conversation, message_id), b"", ex=self._rules.dedupe_seconds, nx=True
            )

    async def forget(self, conversation: str) -> None:
        """The person behind this address is another one now: what was known, linked or promised goes, and so do answers
        that still wait. Messages that still wait keep their words only."""
        keys, partition = self.keys, self.keys.partition(conversation)
        lanes = (Lane.INBOX, Lane.OUTBOX, Lane.BULK)
        await self._scripts.run(
            "erase",
            (
                *(key(conversation) for key in (keys.state, keys.link, keys.status)),
                *(key(partition) for key in (keys.promised, keys.promises, keys.counts)),
                keys.ready(Lane.INBOX, partition),
                *(key(lane, conversation) for lane in lanes for key in (keys.box, keys.flag, keys.tries)),
            ),
            (conversation, GROUP, *(lane.value for lane in lanes)),
        )

    async def busy(self, conversation: str) -> bool:
        """Whether a person's message waits or is being worked on."""
        with redis_errors():
            return bool(await self._redis.exists(self.keys.flag(Lane.INBOX, conversation)))

    async def promote(self, lane: Lane, limit: int = 100) -> int:
        """Wake the delayed conversations that are due; how many this call woke."""
        now = int(self._clock() * 1000)
        woken = 0
        for partition in range(self._rules.partitions):
            delayed = self.keys.delayed(lane, partition)
            with redis_errors():
                due = await self._redis.zrangebyscore(delayed, 0, now, start=0, num=limit)
            names = [name.decode() for name in due]
            answers = await self._scripts.run_many(
                "promote",
                [
                    ((delayed, self.keys.ready(lane, partition), self.keys.flag(lane, name)), (name, now))
                    for name in names
                ],
            )
            woken += sum(answers)
        return woken

    async def forget_idle_consumers(self, lane: Lane, idle_seconds: float = 3600.0) -> None:
        """Drop consumers of dead processes from the groups, so that their list does not grow for ever."""
        for partition in range(self._rules.partitions):
            await self._scripts.run("forget", (self.keys.ready(lane, partition),), (GROUP, int(idle_seconds * 1000)))

    async def stats(self, lane: Lane) -> LaneStats:
        """The lane's figures for metrics and the doctor."""
        ready = claimed = delayed = 0
        oldest = 0.0
        totals: dict[str, int] = {}
        for partition in range(self._rules.partitions):
            stream = self.keys.ready(lane, partition)
            pending = await self._ready.claimed(stream)
            with redis_errors():
                length = await self._redis.xlen(stream)
                first = await self._redis.xrange(stream, count=1)
                delayed += await self._redis.zcard(self.keys.delayed(lane, partition))
                counts = await self._redis.hgetall(self.keys.counts(partition))
            claimed += pending
            ready += max(0, length - pending)  # two looks: commits go on between them
            if first:
                oldest = max(oldest, self._clock() - int(first[0][0].split(b"-")[0]) / 1000)
            for name, count in counts.items():
                owner, _, event = name.decode().partition(":")
                if owner == lane.value:
                    totals[event] = totals.get(event, 0) + int(count)
        waiting = totals.get("accepted", 0) - totals.get("handled", 0)
        return LaneStats(ready, claimed, delayed, waiting, oldest, totals)

    async def dead_letters(self) -> int:
        """How many dead letters wait for an operator."""
        with redis_errors():
            return sum([await self._redis.llen(self.keys.dead(part)) for part in range(self._rules.partitions)])

    def _ready_of(self, claim: Claim) -> str:
        return self.keys.ready(claim.lane, self.keys.partition(claim.conversation))

    def _token(self, claim: Claim) -> tuple[str, str, str, int]:
        return (GROUP, claim.consumer, claim.entry, claim.deliveries)
