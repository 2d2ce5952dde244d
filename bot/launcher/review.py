"""`./kawan review`: finds the Redis that keeps the messages to review, and starts the editor's program beside it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from bot.launcher import children, environments, redis_server, state
from bot.launcher.children import Surroundings
from bot.launcher.interrupts import Interrupts
from bot.launcher.problem import Problem
from bot.launcher.programs import run_in_front
from bot.launcher.project import Project
from bot.launcher.screen import Screen


def run(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    with Interrupts() as interrupts:
        around = children.surroundings(project, os.environ)
        env = {
            **around.assistant(),
            "REDIS_URL": redis_of(project, around),
            "LOG_KEY": children.log_key(project, around.get("LOG_KEY")),
        }
        environments.prepare(project, screen, interrupts, os.environ, wanted=(environments.ASSISTANT,))
        command = [str(project.python("assistant")), "-m", "bot.assistant.review", *rest]
        return run_in_front(command, cwd=project.root, env=env, interrupts=interrupts)


def redis_of(project: Project, around: Surroundings) -> str:
    """Where the messages lie: our own Redis while it runs, else the one of REDIS_URL."""
    current = state.running(project)
    if current is not None and "redis" in current.children:
        return redis_server.url_of(redis_server.socket_path(project))
    given = around.get("REDIS_URL")
    if given:
        redis_server.check_given(given)
        return given
    if current is not None:
        raise Problem(
            "this folder's kawan runs, but its Redis is not known here.",
            why="it is still starting, or it was given a REDIS_URL that is neither in .env nor in this shell",
            fix=("wait until it is ready, or", "set REDIS_URL as for ./kawan up"),
        )
    raise Problem(
        "nothing runs in this folder, and REDIS_URL is not set.",
        why="the messages to review lie in Redis",
        fix=("./kawan up   (in another terminal), or", "set REDIS_URL to the Redis of the running assistant"),
    )
