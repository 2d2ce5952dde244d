"""The rooms of the project import only from the rooms that they may know."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bot.contract import keys
from bot.launcher import redis_server

PROJECT = Path(__file__).resolve().parents[2]


def test_rooms_keep_to_their_order() -> None:
    # In a process of its own: the linter configures logging, which would silence our loggers for later tests.
    report = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.returncode == 0, report.stdout + report.stderr


@pytest.mark.parametrize(
    ("place", "allowed"),
    [
        # Both programs import the contract, and the launcher runs before anything is installed.
        ("bot/contract/**/*.py", {"bot", "redis"}),
        ("bot/launcher/**/*.py", {"bot"}),
        ("bot/cli.py", {"bot"}),
    ],
)
def test_small_rooms_need_nothing_but_the_standard_library(place: str, allowed: set[str]) -> None:
    files = list(PROJECT.glob(place))
    assert files
    for file in files:
        foreign = _imported(file) - sys.stdlib_module_names - allowed
        assert not foreign, f"{file.relative_to(PROJECT)} imports {foreign}"


def _imported(file: Path) -> set[str]:
    """The packages that a file imports anywhere."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def test_every_python_file_says_its_job_first() -> None:
    folders = ("bot", "nlu", "actions", "bench", "tests")
    files = [file for folder in folders for file in (PROJECT / folder).rglob("*.py")]
    silent = [
        str(file.relative_to(PROJECT))
        for file in files
        if not file.read_text(encoding="utf-8").startswith(('"""', 'r"""'))
    ]
    assert not silent


def test_launcher_names_the_list_of_workers_as_the_contract_does() -> None:
    assert redis_server._WORKERS == keys.WORKERS
