"""The short commands: train, evaluate, bench, facts, telegram, fake."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from bot.launcher import children, environments, model
from bot.launcher.environments import ASSISTANT, GATEWAY
from bot.launcher.interrupts import Interrupts, Stopped
from bot.launcher.project import Project
from bot.launcher.screen import Screen, result
from bot.launcher.workshop import Workshop


def train(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    """Trains when the content changed; the model's path goes to stdout."""
    with Interrupts() as interrupts:
        project.make_folders()
        with screen.phase("environments") as phase:
            phase.note = environments.prepare(
                project, screen, interrupts, os.environ, wanted=(ASSISTANT,), download_python=arguments.download_python
            )
        around = children.surroundings(project, os.environ)
        with screen.phase("model") as phase:
            trained = model.ensure(around, screen, interrupts, force=arguments.force)
            phase.note = trained.note or "up to date"
        result(project.shown(trained.path))
    return 0


def evaluate(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    with Interrupts() as interrupts:
        shop = Workshop(project, screen, interrupts, wanted=(ASSISTANT,))
        return shop.run("assistant", ["-m", "bot.assistant.evaluation", *rest])


def bench(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    with Interrupts() as interrupts:
        shop = Workshop(project, screen, interrupts, wanted=(GATEWAY, ASSISTANT), private=True)
        return shop.run("gateway", ["-m", "bench.run", *rest])


def facts(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    with Interrupts() as interrupts:
        shop = Workshop(project, screen, interrupts, wanted=(ASSISTANT,))
        return shop.run("assistant", ["-m", "nlu.content.ageing", *rest])


def telegram(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    with Interrupts() as interrupts:
        shop = Workshop(project, screen, interrupts, wanted=(GATEWAY,))
        return shop.run("gateway", ["-m", "bot.channels.telegram.admin", *rest])


def fake(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    with Interrupts() as interrupts:
        shop = Workshop(project, screen, interrupts, wanted=(GATEWAY,))
        try:
            return shop.run("gateway", ["-m", f"tests.fakes.{arguments.platform}", *rest])
        except Stopped:
            return 0  # Ctrl-C is how it ends
