"""The project folder: private, and explained when it cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.launcher.problem import Problem
from bot.launcher.project import Project


def test_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.make_folders()
    assert project.home.stat().st_mode & 0o777 == 0o700


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / ".kawan").write_text("a file", encoding="utf-8")
    with pytest.raises(Problem, match=r"\.kawan cannot be written"):
        Project(tmp_path).make_folders()


def test_paths_are_shown_as_seen_from_the_folder(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert project.shown(project.log("gateway")) == ".kawan/logs/gateway.log"
    assert project.shown(Path("/usr/bin/redis-server")) == "/usr/bin/redis-server"
