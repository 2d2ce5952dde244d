"""Runs installation commands side by side, with progress lines and a lock for the folder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.launcher import uv
from bot.launcher.folder_lock import FileLock
from bot.launcher.interrupts import Interrupts
from bot.launcher.programs import LoggedRun
from bot.launcher.project import Project
from bot.launcher.screen import Screen, seconds

_NEWS_EVERY = 15.0


@dataclass(frozen=True)
class Job:
    """Commands that run one after another, then `finish`; several jobs run side by side."""

    name: str
    commands: Sequence[Sequence[str]]
    log: Path
    env: Mapping[str, str]
    finish: Callable[[], None]
    note: str = ""
    doing: str = "installing"
    done: str = "installed"


class _Progress:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.started = self.told = time.monotonic()
        self.remaining = [list(command) for command in job.commands]
        self.current: LoggedRun | None = None
        self.last_line = ""

    def step(self, project: Project, screen: Screen) -> bool:
        """True when the job is done; raises when one of its commands failed."""
        if self.current is not None:
            code, lines = self.current.poll()
            self.last_line = next((line.strip() for line in reversed(lines) if line.strip()), self.last_line)
            if code is None:
                self._tell(screen)
                return False
            if code != 0:
                raise uv.explain(
                    self.current.output, f"{self.job.doing} {self.job.name}", source=project.shown(self.job.log)
                )
        if not self.remaining:
            self.job.finish()
            screen.say(f"  {self.job.name}: {self.job.done} ({seconds(time.monotonic() - self.started)})")
            return True
        command = self.remaining.pop(0)
        self.current = LoggedRun(command, cwd=project.root, env=self.job.env, log=self.job.log)
        return False

    def _tell(self, screen: Screen) -> None:
        now = time.monotonic()
        if now - self.told >= _NEWS_EVERY:
            self.told = now
            news = f": {self.last_line}" if self.last_line else ""
            screen.say(f"  {self.job.name}: still {self.job.doing} ({seconds(now - self.started)}){news}")


def run(jobs: Sequence[Job], screen: Screen, interrupts: Interrupts, project: Project) -> None:
    """Finishes all jobs; when one fails or somebody stops us, the others are ended at once."""
    running = []
    for job in jobs:
        screen.say(f"  {job.name}: {job.doing}{f' ({job.note})' if job.note else ''}")
        running.append(_Progress(job))
    pending = list(running)
    try:
        while pending:
            interrupts.check()
            pending = [progress for progress in pending if not progress.step(project, screen)]
            if pending and all(progress.current and progress.current.process.poll() is None for progress in pending):
                interrupts.wait(1.0)
    finally:
        for progress in pending:
            if progress.current is not None:
                progress.current.kill()


@contextmanager
def lock(project: Project, screen: Screen, interrupts: Interrupts) -> Iterator[None]:
    """One launcher at a time installs in this folder; a second one waits and says so."""
    held = FileLock(project.home / "install.lock")
    owner = project.home / "install.owner"
    told = False
    while not held.try_acquire():
        if not told:
            screen.say(f"  waiting: another kawan{_who(owner)} is installing in this folder")
            told = True
        interrupts.check()
        interrupts.wait(0.3)
    try:
        owner.write_text(json.dumps({"pid": os.getpid()}), encoding="utf-8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        held.release()


def _who(owner: Path) -> str:
    try:
        return f" (process {int(json.loads(owner.read_text(encoding='utf-8'))['pid'])})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
