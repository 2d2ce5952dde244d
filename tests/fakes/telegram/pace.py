"""Telegram's published limits: notes every send, knows whether a limit was broken, refuses if asked to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """`count` in `seconds`, spent evenly after a burst of `burst`."""

    count: int
    seconds: float
    burst: int


OVERALL = Limit(30, 1.0, 30)
CHAT = Limit(1, 1.0, 5)
GROUP = Limit(20, 60.0, 20)


@dataclass(frozen=True)
class Violation:
    """A send that came too early. `chat` is None for the limit over all chats; `early_seconds`: by how much."""

    chat: int | None
    at: float
    early_seconds: float


class Pace:
    """Send times for each chat and overall. Every send or edit that is otherwise in order counts, also one that is
    refused as too early."""

    def __init__(self, *, overall: Limit = OVERALL, chat: Limit = CHAT, group: Limit = GROUP) -> None:
        self._overall = overall
        self._chat = chat
        self._group = group
        self._free_at: dict[int | None, float] = {}
        self.sent: dict[int, list[float]] = defaultdict(list)
        self.violations: list[Violation] = []

    @property
    def all_sent(self) -> list[float]:
        """All send times, in order."""
        return sorted(at for times in self.sent.values() for at in times)

    def note(self, chat: int, now: float) -> float:
        """Records one send; the seconds by which it came too early, 0 when it is within the limits."""
        self.sent[chat].append(now)
        own = self._group if chat < 0 else self._chat
        early = {key: self._early(key, limit, now) for key, limit in ((None, self._overall), (chat, own))}
        self.violations += [Violation(key, now, seconds) for key, seconds in early.items() if seconds > 0]
        if not any(early.values()):
            for key, limit in ((None, self._overall), (chat, own)):
                self._free_at[key] = max(self._free_at.get(key, now), now) + limit.seconds / limit.count
        return max(early.values())

    def _early(self, key: int | None, limit: Limit, now: float) -> float:
        """How long the bucket still needs to hold one token."""
        each = limit.seconds / limit.count
        allowed_at = self._free_at.get(key, now) - each * (limit.burst - 1)
        early = allowed_at - now
        return early if early > 1e-6 else 0.0  # times near 2e9 are no finer
