"""A circuit breaker: when the other side is down, everybody waits instead of everybody trying."""

from __future__ import annotations

import time
from collections.abc import Callable

THRESHOLD = 5
PAUSES_SECONDS = (2.0, 4.0, 8.0, 15.0, 30.0, 60.0)


class Breaker:
    """Counts failures in a row that say something about the other side, not about one call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._pauses = 0
        self._open_until = 0.0

    @property
    def down(self) -> bool:
        """Whether the last several calls all failed."""
        return self._failures >= THRESHOLD

    @property
    def wait_seconds(self) -> float:
        """How long nothing should be tried; 0 when something may be."""
        return max(0.0, self._open_until - self._clock())

    def worked(self) -> None:
        """The other side answered."""
        self._failures = self._pauses = 0
        self._open_until = 0.0

    def failed(self) -> None:
        """It did not. Calls that were under way when it opened do not prolong the pause."""
        self._failures += 1
        if self.down and self.wait_seconds == 0:
            self._open_until = self._clock() + PAUSES_SECONDS[min(self._pauses, len(PAUSES_SECONDS) - 1)]
            self._pauses += 1
