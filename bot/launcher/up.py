"""`./kawan up`: starts everything and stays until somebody stops it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from bot.launcher.instance import Instance, Options
from bot.launcher.interrupts import Interrupts
from bot.launcher.project import Project
from bot.launcher.screen import Screen, result


def run(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    options = Options(
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        verbose=arguments.verbose,
        download_python=arguments.download_python,
    )
    with Interrupts() as interrupts:
        instance = Instance(project, options, screen, interrupts, os.environ)
        try:
            screen.say("kawan: starting")
            instance.start()
            screen.say(screen.summary())
            result(f"ready {instance.url}")
            while interrupts.stop_signal is None:
                interrupts.wait(instance.watch())
            screen.say("kawan: stopping")
        finally:
            clean = instance.stop()
        screen.say("kawan: stopped" if clean else "kawan: stopped, but not everything in good order (see above)")
    return 0
