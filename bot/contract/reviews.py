"""Messages for editors to look at: what was not understood, and answers that did not help. No person is known by them.

They are here to better the answers, and for nothing else: at most 5,000, each for a few weeks, redacted as everything
behind the door, and without a conversation. One message is here once: what happens to it later (a guess was
picked, the answer did not help) takes the place of what was noted before.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.contract.errors import BadMessage
from bot.contract.keys import REVIEW_COUNTS, REVIEW_ORDER, review, review_seen
from bot.contract.scripts import Client, Scripts, redis_errors

ReviewKind = Literal["unanswered", "picked", "none_fits", "downvoted", "upvoted"]
KINDS: tuple[ReviewKind, ...] = ("unanswered", "picked", "none_fits", "downvoted", "upvoted")

MOST = 5_000
MAX_TEXT = 500  # nobody learns from the rest of a long story
RANKED = 5
DAY = 24 * 3600
# The exact moment would lead back to a conversation, and helps no editor.
COARSE_SECONDS = 3600
SEEN_SECONDS = 2 * DAY
_CHUNK = 500


@dataclass(frozen=True)
class Review:
    """One message. `ranking` is what the classifier made of it, `answered` the entries that it got or that were picked.

    Without a text it is only counted, and so is every `upvoted`.
    """

    id: str
    kind: ReviewKind
    at: float
    text: str = field(default="", repr=False)
    ranking: tuple[tuple[str, float], ...] = ()
    answered: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Compact JSON, as it is kept."""
        return json.dumps(vars(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, raw: str | bytes) -> Review:
        """Undo `to_json`. Raises BadMessage for anything else."""
        try:
            body = json.loads(raw)
            return cls(
                id=str(body["id"]),
                kind=KINDS[KINDS.index(body["kind"])],
                at=float(body["at"]),
                text=str(body["text"]),
                ranking=tuple((str(name), float(share)) for name, share in body["ranking"]),
                answered=tuple(map(str, body["answered"])),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadMessage("bad_review", "not a message to review") from error


def review_id(who: str, message_id: str) -> str:
    """The name of a message here: it follows from the message, and nobody gets back from it.

    `who` is the conversation's pseudonym (bot/contract/logs.py), so that the ids cannot be found by trying.
    """
    return hashlib.sha256(f"{who}\0{message_id}".encode()).hexdigest()[:24]


class Reviews:
    """The messages to review. With 0 `days` nothing is kept. Raises MailroomUnavailable when Redis is away."""

    def __init__(self, redis: Client, days: int, *, most: int = MOST, clock: Callable[[], float] = time.time) -> None:
        self._redis: Any = redis
        self._days = days
        self._most = most
        self._clock = clock
        self._scripts = Scripts(redis)

    async def add(self, new: Review) -> None:
        """Put one down; the same message of the same kind is put down, and counted, once."""
        if not self._days:
            return
        kept = replace(
            new,
            at=new.at // COARSE_SECONDS * COARSE_SECONDS,
            text=new.text[:MAX_TEXT],
            ranking=tuple((name, round(share, 4)) for name, share in new.ranking[:RANKED]),
        )
        only_counted = new.kind == "upvoted" or not new.text
        counted = [new.kind, *(f"{new.kind}:{entry}" for entry in new.answered)]
        too_many: list[bytes] = await self._scripts.run(
            "review",
            (review(new.id), review_seen(new.id, new.kind), REVIEW_ORDER, REVIEW_COUNTS),
            (
                new.id,
                "" if only_counted else kept.to_json(),
                kept.at,
                self._days * DAY,
                self._oldest(),
                SEEN_SECONDS,
                self._most,
                *counted,
            ),
        )
        await self.remove([one.decode() for one in too_many])

    async def remove(self, ids: Sequence[str]) -> None:
        """Forget these; those that are not here do not matter."""
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            with redis_errors():
                # The messages first: a crash in between leaves only their names in the order.
                await self._redis.unlink(*map(review, chunk))
                await self._redis.zrem(REVIEW_ORDER, *chunk)

    async def all(self) -> list[Review]:
        """Everything that waits for an editor, oldest first."""
        if not self._days:
            return []
        found: list[Review] = []
        names = [one.decode() for one in await self._names()]
        for start in range(0, len(names), _CHUNK):
            with redis_errors():
                bodies = await self._redis.mget([review(name) for name in names[start : start + _CHUNK]])
            found += [one for one in map(_read, bodies) if one]
        return found

    async def totals(self) -> dict[str, int]:
        """How often each kind was noted lately (`upvoted`), and for which entry (`upvoted:lupa-sandi`)."""
        with redis_errors():
            counts = await self._redis.hgetall(REVIEW_COUNTS)
        return {name.decode(): int(count) for name, count in counts.items()}

    async def _names(self) -> list[bytes]:
        with redis_errors():
            names: list[bytes] = await self._redis.zrangebyscore(REVIEW_ORDER, self._oldest(), "+inf")
        return names

    def _oldest(self) -> float:
        """Nothing from before this moment is looked at."""
        return self._clock() - self._days * DAY - COARSE_SECONDS


def _read(body: bytes | None) -> Review | None:
    # One that nobody can read is passed over; it is gone when its time is over.
    try:
        return Review.from_json(body) if body else None
    except BadMessage:
        return None
