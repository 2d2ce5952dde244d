"""The rooms of the project import only from the rooms that they may know."""

from __future__ import annotations

from pathlib import Path

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

PROJECT = Path(__file__).resolve().parents[2]


def test_rooms_keep_to_their_order() -> None:
    status = lint_imports(config_filename=str(PROJECT / ".importlinter"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, "an import crosses a border; the report above says which"


def test_every_python_file_says_its_job_first() -> None:
    folders = ("bot", "nlu", "actions", "bench", "tests")
    files = [file for folder in folders for file in (PROJECT / folder).rglob("*.py")]
    silent = [
        str(file.relative_to(PROJECT))
        for file in files
        if not file.read_text(encoding="utf-8").startswith(('"""', 'r"""'))
    ]
    assert not silent
