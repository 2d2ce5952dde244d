"""`./kawan lock`: writes requirements/*.txt anew from the dependency groups of pyproject.toml."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from bot.launcher import installing, pythons, uv
from bot.launcher.environments import ASSISTANT, GATEWAY
from bot.launcher.interrupts import Interrupts
from bot.launcher.project import Project
from bot.launcher.pythons import Python
from bot.launcher.screen import Screen

# uv itself is no dependency of either program, so it has no group.
_UV = "uv"


def run(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    """Keeps the versions that are still allowed, unless `upgrade`. Plain files first: the dev ones follow them."""
    with Interrupts() as interrupts:
        project.make_folders()
        with installing.lock(project, screen, interrupts):
            tool = uv.obtain(project, screen, interrupts, os.environ)
            for group in ("gateway", "gateway-dev", "assistant", "assistant-dev", "local-redis", _UV):
                environment = ASSISTANT if group.startswith("assistant") else GATEWAY
                python = pythons.require(
                    environment.name, environment.series[:1], environment.reason, project, os.environ, tool
                )
                job = installing.Job(
                    f"requirements/{group}.txt",
                    [command(tool, python, project, group, upgrade=arguments.upgrade)],
                    project.log("lock"),
                    uv.environment(project, os.environ),
                    lambda: None,
                    doing="locking",
                    done="locked",
                )
                installing.run([job], screen, interrupts, project)
    return 0


def command(tool: Path, python: Python, project: Project, group: str, *, upgrade: bool) -> list[str]:
    words = [str(tool), "pip", "compile", "--quiet", "--no-header", "--generate-hashes"]
    if upgrade:
        words.append("--upgrade")
    series = ".".join(python.version.split(".")[:2])
    # The interpreter by its path: a name like 3.10 would make uv try every shim on PATH and stop at a broken one.
    words += ["--python", python.executable, "--python-version", series]
    if not group.startswith("assistant"):
        words.append("--universal")
    if group == "local-redis":
        words.append("--no-deps")
    if group.endswith("-dev"):
        # The dev environment has to contain the plain one, at the same versions.
        words += ["--constraints", f"requirements/{group.removesuffix('-dev')}.txt"]
    if group == _UV:
        source = project.home / "uv.in"
        source.write_text("uv\n", encoding="utf-8")
        words += ["--no-annotate", str(source)]
    else:
        words += ["--group", f"pyproject.toml:{group}"]
    return [*words, "-o", f"requirements/{group}.txt"]
