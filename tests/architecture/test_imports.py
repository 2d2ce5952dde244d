"""The rooms of the project import only from the rooms that they may know."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_every_python_file_says_its_job_first() -> None:
    folders = ("bot", "nlu", "actions", "bench", "tests")
    files = [file for folder in folders for file in (PROJECT / folder).rglob("*.py")]
    silent = [
        str(file.relative_to(PROJECT))
        for file in files
        if not file.read_text(encoding="utf-8").startswith(('"""', 'r"""'))
    ]
    assert not silent
