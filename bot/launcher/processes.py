"""Keeps the children alive: starts them, restarts those that die, stops all in the right order."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.launcher.programs import Follower, last_lines, signal_group, spawn

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
GOOD_LIFE = 60.0
QUICK_DEATH = 10.0
QUICK_DEATHS_TO_REPORT = 3
# Both programs end with it when a setting is wrong: starting them again cannot help.
WRONG_SETTINGS = 2
_IDLE = 3600.0


@dataclass(frozen=True)
class ChildSpec:
    """How to run one child. Those with a lower `stop_order` are stopped, and waited for, before the others."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    stop_order: int
    stop_seconds: float


class Child:
    """One child's life: its process now, and how often it has failed lately."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.start_again_at: float | None = None
        self.failures = 0
        self.quick_deaths = 0
        self.wrong_settings = False
        self.follower: Follower | None = None


class Supervisor:
    """Needs its owner to call `poll` whenever a child ended or the time that it returned has passed."""

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        on_change: Callable[[], None] = lambda: None,
        verbose: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say = say
        self._on_change = on_change
        self._verbose = verbose
        self._clock = clock
        self._children: dict[str, Child] = {}

    def start(self, spec: ChildSpec) -> None:
        child = Child(spec)
        self._children[spec.name] = child
        self._spawn(child)

    def pids(self) -> dict[str, int]:
        return {name: child.process.pid for name, child in self._children.items() if child.process is not None}

    def hopeless(self) -> list[str]:
        """Children that die again and again right after their start, or refuse their settings."""
        return [
            name
            for name, child in self._children.items()
            if child.process is None and (child.wrong_settings or child.quick_deaths >= QUICK_DEATHS_TO_REPORT)
        ]

    def poll(self) -> float:
        """Notices deaths, restarts what is due, and returns the seconds until it has to look again."""
        now = self._clock()
        pause = _IDLE
        for child in self._children.values():
            if child.process is not None and child.process.poll() is not None:
                self._died(child)
            if child.start_again_at is not None:
                if now >= child.start_again_at:
                    self._spawn(child)
                else:
                    pause = min(pause, child.start_again_at - now)
            if self._verbose:
                self._show_output(child)
                pause = min(pause, 0.2)
        return pause

    def stop(self, wait: Callable[[float], None], *, impatient: Callable[[], bool] = lambda: False) -> bool:
        """Stops every child, stage by stage; False when one had to be killed. `wait` returns when a child ends."""
        clean = True
        for child in self._children.values():
            child.start_again_at = None
        for stage in sorted({child.spec.stop_order for child in self._children.values()}):
            members = [
                child
                for child in self._children.values()
                if child.spec.stop_order == stage and child.process is not None
            ]
            clean = self._stop_stage(members, wait, impatient) and clean
        self._on_change()
        return clean

    def _stop_stage(self, members: list[Child], wait: Callable[[float], None], impatient: Callable[[], bool]) -> bool:
        clean = True
        started = self._clock()
        for child in members:
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        while True:
            running = [child for child in members if child.process is not None and child.process.poll() is None]
            if not running:
                break
            limits = {child.spec.name: self._limit(child.spec, impatient()) for child in running}
            waited = self._clock() - started
            for child in running:
                if child.process is not None and waited >= limits[child.spec.name]:
                    limit = limits[child.spec.name]
                    self._say(f"  {child.spec.name} did not stop within {limit:.0f} s and was killed")
                    signal_group(child.process, signal.SIGKILL)
                    child.process.wait()
                    clean = False
            wait(max(0.01, min(0.5, min(limits.values()) - waited)))
        for child in members:
            if child.process is not None:
                # What the child itself had started must not outlive it.
                signal_group(child.process, signal.SIGKILL)
                child.process = None
            if self._verbose:
                self._show_output(child)
        return clean

    @staticmethod
    def _limit(spec: ChildSpec, impatient: bool) -> float:
        return min(spec.stop_seconds, 3.0) if impatient else spec.stop_seconds

    def _spawn(self, child: Child) -> None:
        child.start_again_at = None
        child.started = self._clock()
        if self._verbose and child.follower is None:
            child.follower = Follower(child.spec.log)
        spec = child.spec
        try:
            child.process = spawn(spec.command, cwd=spec.cwd, env=spec.env, log=spec.log)
        except (OSError, subprocess.SubprocessError) as error:
            self._plan_restart(child, f"could not be started: {error}")
        self._on_change()

    def _died(self, child: Child) -> None:
        process = child.process
        if process is None:
            return
        signal_group(process, signal.SIGKILL)
        child.process = None
        child.wrong_settings = process.returncode == WRONG_SETTINGS
        self._plan_restart(child, _reason(process.returncode))
        self._on_change()

    def _plan_restart(self, child: Child, reason: str) -> None:
        now = self._clock()
        life = now - child.started
        if life >= GOOD_LIFE:
            child.failures = 0
        child.quick_deaths = child.quick_deaths + 1 if life < QUICK_DEATH else 0
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2**child.failures)
        child.failures = min(child.failures + 1, 16)
        child.start_again_at = now + delay
        self._say(f"  {child.spec.name} ended ({reason}) after {life:.0f} s; starting it again in {delay:g} s")
        if child.quick_deaths == QUICK_DEATHS_TO_REPORT or child.wrong_settings:
            self._say(f"  last lines of {child.spec.name}'s log:")
            for line in last_lines(child.spec.log, 15):
                self._say(f"    | {line}")

    def _show_output(self, child: Child) -> None:
        if child.follower is not None:
            for line in child.follower.new_lines():
                self._say(f"[{child.spec.name}] {line}")


def _reason(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
