"""`./kawan chat`: talks to the running instance of this folder, or starts one for the occasion."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence

from bot.launcher import children, environments, state
from bot.launcher.instance import READY_LIMIT, Instance, Options, probe
from bot.launcher.interrupts import Interrupts
from bot.launcher.problem import Problem
from bot.launcher.programs import run_in_front
from bot.launcher.project import Project
from bot.launcher.screen import Screen


def run(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    words = [*arguments.text, *rest]
    with Interrupts() as interrupts:
        current = state.running(project)
        if current is not None:
            if not current.ready:
                screen.say("kawan: waiting for the one that is starting in this folder")
            _wait_until_ready(current.url, interrupts)
            environments.prepare(project, screen, interrupts, os.environ, wanted=(environments.GATEWAY,))
            return _talk(project, current.url, words, interrupts)
        screen.say("kawan: nothing runs in this folder, so it is started for this chat (./kawan up keeps it running)")
        instance = Instance(project, Options(command="chat", host="127.0.0.1", port=0), screen, interrupts, os.environ)
        try:
            instance.start()
            return _talk(project, instance.url, words, interrupts, instance.watch)
        finally:
            instance.stop()


def _talk(
    project: Project,
    url: str,
    words: list[str],
    interrupts: Interrupts,
    meanwhile: Callable[[], float] | None = None,
) -> int:
    command = [str(project.python("gateway")), "-m", "bot.gateway.terminal", "--url", url]
    if words:
        text = " ".join(words)
        command += ["--", text] if text.startswith("-") else [text]
    env = children.surroundings(project, os.environ).gateway()
    return run_in_front(command, cwd=project.root, env=env, interrupts=interrupts, meanwhile=meanwhile)


def _wait_until_ready(url: str, interrupts: Interrupts) -> None:
    deadline = time.monotonic() + READY_LIMIT
    while True:
        interrupts.check()
        ready, answer = probe(url)
        if ready:
            return
        if time.monotonic() > deadline:
            raise Problem(f"the running kawan at {url} is not ready: {answer}.", fix=("./kawan doctor",))
        interrupts.wait(0.2)
