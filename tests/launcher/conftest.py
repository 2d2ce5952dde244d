"""Fixtures: an empty project folder, a screen that remembers, signals as the launcher handles them."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.launcher.interrupts import Interrupts
from bot.launcher.project import Project
from bot.launcher.screen import Screen


class RememberingScreen(Screen):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        super().__init__(self.stream)

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "p")
    project.make_folders()
    return project


@pytest.fixture
def screen() -> RememberingScreen:
    return RememberingScreen()


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    with Interrupts() as interrupts:
        yield interrupts


@pytest.fixture(scope="session")
def redis_program() -> Path:
    found = os.environ.get("KAWAN_REDIS_SERVER") or shutil.which("redis-server")
    if found is None:
        pytest.fail("These tests need a redis-server: install one, or name it in KAWAN_REDIS_SERVER.")
    return Path(found)
