"""Writes small programs for tests to run."""

from __future__ import annotations

from pathlib import Path


def shell_program(path: Path, body: str) -> Path:
    """An executable POSIX shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def fake_python(path: Path, version: str) -> Path:
    """Answers like a Python of that version when it is asked who it is."""
    return shell_program(path, f'echo "{version} {path}"')
