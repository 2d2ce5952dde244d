"""What the person at the keyboard sees: short lines on stderr, with seconds. stdout is for results."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from bot.launcher.problem import Problem


class Phase:
    """One step of a start; `note` is what its line says besides the seconds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.note = ""
        self.seconds = 0.0


class Screen:
    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self.phases: list[Phase] = []

    def say(self, text: str) -> None:
        # A closed terminal must not keep the launcher from stopping its children.
        with suppress(OSError, ValueError):
            self._stream.write(text + "\n")
            self._stream.flush()

    def problem(self, problem: Problem) -> None:
        self.say("\n".join(["kawan: " + problem.lines()[0], *problem.lines()[1:]]))

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        phase = Phase(name)
        started = time.monotonic()
        yield phase
        phase.seconds = time.monotonic() - started
        self.phases.append(phase)
        self.say(f"  {name:<13}{seconds(phase.seconds):>8}  {phase.note}".rstrip())

    def summary(self) -> str:
        parts = ", ".join(f"{phase.name} {seconds(phase.seconds)}" for phase in self.phases)
        return f"  started in {seconds(sum(phase.seconds for phase in self.phases))} ({parts})"


def result(text: str) -> None:
    """Writes a result line to stdout, seen at once even through a pipe."""
    with suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def seconds(value: float) -> str:
    if value < 120:
        return f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60)} s"
