"""Signals as something that the launcher's one loop can wait for."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Optional, Union

Handler = Union[Callable[[int, Optional[FrameType]], Any], int, None]

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked the launcher to stop while it was busy."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal.Signals(signal_number).name)
        self.exit_code = 128 + signal_number


class Interrupts:
    """Notes stop signals and wakes `wait` for them and for every child that ends. Main thread only.

    It raises nothing by itself inside a handler: the loop asks with `check` at places where stopping is safe.
    """

    def __init__(self) -> None:
        self._stops: list[tuple[int, float]] = []
        self._read = self._write = -1
        self._before: dict[int, Handler] = {}

    def __enter__(self) -> Interrupts:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            # `nohup` ignores SIGHUP on purpose.
            if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue
            self._before[number] = signal.signal(number, self._note_stop)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, self._note_child)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def _note_stop(self, number: int, frame: FrameType | None) -> None:
        self._stops.append((number, time.monotonic()))

    def _note_child(self, number: int, frame: FrameType | None) -> None:
        """Exists because only a handled signal reaches the wake-up pipe."""

    @property
    def stop_signal(self) -> int | None:
        return self._stops[0][0] if self._stops else None

    @property
    def last_signal(self) -> int | None:
        return self._stops[-1][0] if self._stops else None

    @property
    def impatient(self) -> bool:
        """Asked twice. Less than a second apart is one keypress that a wrapper passed on, too."""
        return bool(self._stops) and self._stops[-1][1] - self._stops[0][1] > 1.0

    def check(self) -> None:
        if self._stops:
            raise Stopped(self._stops[0][0])

    def wait(self, seconds: float) -> None:
        """Returns after the time, a stop signal or the end of a child, whichever is first."""
        ready, _, _ = select.select([self._read], [], [], max(0.0, seconds))
        if ready:
            try:
                while os.read(self._read, 4096):
                    pass
            except BlockingIOError:
                return
