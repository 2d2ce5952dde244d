"""`./kawan test`: every check and test of the project, the gateway's pytest last."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.launcher.interrupts import Interrupts
from bot.launcher.problem import Problem
from bot.launcher.programs import LoggedRun
from bot.launcher.project import Project
from bot.launcher.screen import Screen
from bot.launcher.workshop import Workshop

_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_CHROMIUM_PATHS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
_NO_TESTS = 5


@dataclass(frozen=True)
class Step:
    """One check: a name for the summary, the environment, the command."""

    name: str
    environment: str
    command: Sequence[str]


def run(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    """Everything, or only pytest in one environment when it gets arguments of its own."""
    with Interrupts() as interrupts:
        screen.say("kawan: preparing the tests")
        shop = Workshop(project, screen, interrupts, dev=True, private=True, download_python=arguments.download_python)
        if rest or arguments.assistant:
            _offer_chromium(shop, find_chromium())
            return shop.run("assistant" if arguments.assistant else "gateway", ["-m", "pytest", *rest])
        _offer_chromium(shop, obtain_chromium(project, screen, interrupts))
        return run_all(shop)


def run_all(shop: Workshop) -> int:
    """Runs every step even after a failure; the exit code is the first failure's."""
    *before, last = _steps(shop)
    failed: list[tuple[str, int]] = []
    for step in before:
        code = _run(shop, step)
        if code != 0:
            failed.append((step.name, code))
    shop.screen.say(f"kawan: {last.name}")
    if failed:
        shop.screen.say(f"kawan: FAILED so far: {', '.join(name for name, _ in failed)} (so the whole run fails)")
    # Nothing is printed after this one: its last line is pytest's own summary.
    code = shop.run_program(last.environment, last.command)
    return failed[0][1] if failed else code


def find_chromium() -> str | None:
    for name in _CHROMIUM_NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    return next((path for path in _CHROMIUM_PATHS if Path(path).exists()), None)


def _offer_chromium(shop: Workshop, path: str | None) -> None:
    if path is not None:
        shop.set("KAWAN_CHROMIUM", path)


def _steps(shop: Workshop) -> list[Step]:
    root = shop.project.root
    python = str(shop.project.python("gateway"))
    assistant_tests = [name for name in ("tests/assistant", "tests/contract") if (root / name).is_dir()]
    steps = [
        Step("ruff check", "gateway", [shop.tool("ruff"), "check", "."]),
        Step("ruff format", "gateway", [shop.tool("ruff"), "format", "--check", "."]),
        Step("mypy", "gateway", [python, "-m", "mypy"]),
        Step("hadolint", "gateway", [shop.tool("hadolint"), "Dockerfile"]),
    ]
    if assistant_tests:
        assistant_python = str(shop.project.python("assistant"))
        command = [assistant_python, "-m", "pytest", *assistant_tests]
        steps.append(Step("tests in the assistant's environment", "assistant", command))
    command = [python, "-m", "pytest", "tests", "--ignore=tests/assistant"]
    steps.append(Step("tests in the gateway's environment", "gateway", command))
    return steps


def _run(shop: Workshop, step: Step) -> int:
    shop.screen.say(f"kawan: {step.name}")
    code = shop.run_program(step.environment, step.command)
    if code != 0:
        meaning = "no test was found" if code == _NO_TESTS and "pytest" in step.command else f"exit code {code}"
        shop.screen.say(f"kawan: {step.name} failed ({meaning})")
    return code


def obtain_chromium(project: Project, screen: Screen, interrupts: Interrupts) -> str:
    found = find_chromium()
    if found is not None:
        return found
    by_hand = Problem(
        "no Chromium on this machine; the tests of the web chat need one.",
        fix=("apt install chromium   (or: dnf install chromium, brew install --cask chromium)",),
    )
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise by_hand
    with screen.phase("chromium") as phase:
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
            _apt(command, project, interrupts)
        phase.note = "installed with apt-get"
    found = find_chromium()
    if found is None:
        raise by_hand
    return found


def _apt(command: Sequence[str], project: Project, interrupts: Interrupts) -> None:
    log = project.log("setup-chromium")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run = LoggedRun(command, cwd=project.root, env=env, log=log)
    try:
        while True:
            interrupts.check()
            code, _ = run.poll()
            if code is not None:
                break
            interrupts.wait(1.0)
    except BaseException:
        run.kill()
        raise
    if code != 0:
        raise Problem(
            f"`{subprocess.list2cmdline(command)}` failed.",
            fix=("install chromium by hand, then try again",),
            details=run.output[-8:],
            source=project.shown(log),
        )
