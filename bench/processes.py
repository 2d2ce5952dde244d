"""Starts programs with a log each, and reads their memory and CPU time from /proc."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.options import PROJECT, BenchProblem
from bot.launcher.programs import die_with_parent

START_SECONDS = 180.0
STOP_SECONDS = 20.0
LOOK_SECONDS = 0.02
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MEGABYTES = os.sysconf("SC_PAGE_SIZE") / 1024 / 1024
PROC = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """What a program (with its children) holds and has used: RSS in MB, CPU in seconds since its start."""

    megabytes: float
    cpu_seconds: float


class Program:
    """One program in a session of its own, so that its children are measured and stopped with it."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                list(command),
                cwd=PROJECT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - this program has one thread
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return when `ready` says so. Raises BenchProblem with the end of the log when it never does."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise BenchProblem(f"{self.name} was not ready after {START_SECONDS:.0f} s:\n{self._last_words()}")
            time.sleep(LOOK_SECONDS)

    def check(self) -> None:
        """Raises BenchProblem when it has ended."""
        code = self._process.poll()
        if code is not None:
            raise BenchProblem(f"{self.name} ended with exit code {code}:\n{self._last_words()}")

    def usage(self) -> Usage:
        """Its own and its children's, as they are now."""
        return usage_of_session(self._process.pid)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL for whatever of the session is left."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _last_words(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def usage_of_session(session: int) -> Usage:
    """Summed over the living processes of a session, with what their ended children had used."""
    megabytes = ticks = 0.0
    for folder in PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            line = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        # The second field is the name in brackets and may hold anything; the third is what follows.
        fields = line.rpartition(")")[2].split()
        if int(fields[3]) != session:
            continue
        ticks += sum(int(field) for field in fields[11:15])
        megabytes += int(fields[21]) * PAGE_MEGABYTES
    return Usage(megabytes, ticks / TICKS)


def machine_busy_seconds() -> float:
    """CPU time that the whole machine has spent on anything since it started."""
    fields = (PROC / "stat").read_text(encoding="ascii").splitlines()[0].split()[1:]
    user, nice, system, _idle, _wait, interrupt, soft, steal = (int(field) for field in fields[:8])
    return (user + nice + system + interrupt + soft + steal) / TICKS


def describe_machine() -> str:
    """Processor, cores and memory; no names."""
    model = "unknown processor"
    for line in (PROC / "cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    kilobytes = int((PROC / "meminfo").read_text(encoding="ascii").split()[1])
    return f"{len(os.sched_getaffinity(0))} cores, {model}, {kilobytes / 1024 / 1024:.0f} GB"
