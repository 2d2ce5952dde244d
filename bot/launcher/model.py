"""Asks the assistant's training program for an up-to-date model and shows its progress."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from bot.launcher.children import Surroundings
from bot.launcher.interrupts import Interrupts
from bot.launcher.problem import Problem
from bot.launcher.programs import Follower, LoggedRun
from bot.launcher.screen import Screen, seconds

_NEWS_EVERY = 15.0
# The last line of a quick run is the note of the phase; only one that stands longer is progress.
_HOLD = 0.3


@dataclass(frozen=True)
class Model:
    """The model to serve, and the last thing the training program said about it."""

    path: Path
    note: str


def ensure(around: Surroundings, screen: Screen, interrupts: Interrupts, *, force: bool = False) -> Model:
    """The program prints progress and, as its last line, the model's path; it is quick when nothing changed."""
    project = around.project
    command = [str(project.python("assistant")), "-m", "bot.assistant.training", *(["--force"] if force else [])]
    log, errors = project.log("training"), project.log("training-errors")
    new_errors = Follower(errors)
    run = LoggedRun(command, cwd=project.root, env=around.assistant(), log=log, errors=errors)
    note = held = last = ""
    told = run.started
    try:
        while True:
            interrupts.check()
            code, lines = run.poll()
            for line in filter(None, lines):
                last = line
                if not _is_file(project.root / line):
                    _say(screen, held)
                    note = held = line
                    told = time.monotonic()
            if code is not None:
                break
            if held and time.monotonic() - told > _HOLD:
                _say(screen, held)
                held = ""
            if time.monotonic() - told >= _NEWS_EVERY:
                told = time.monotonic()
                screen.say(f"  model: still busy ({seconds(told - run.started)})")
            interrupts.wait(0.2)
    except BaseException:
        run.kill()
        raise
    if code == 0 and last and _is_file(project.root / last):
        return Model(project.root / last, note)
    output = [line for line in run.output if line.strip()][-12:]
    raise Problem(
        "the model could not be trained." if code != 0 else "training ended without naming a model.",
        fix=("correct what the last lines name, then try again: ./kawan train",),
        details=[*output, *[line for line in new_errors.new_lines() if line][-12:]],
        source=f"{project.shown(log)} and {project.shown(errors)}",
    )


def _say(screen: Screen, line: str) -> None:
    if line:
        screen.say(f"  model: {line}")


def _is_file(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
