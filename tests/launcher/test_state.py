"""The record of a running instance: when it is believed, and what is done about a stale one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from bot.launcher import state
from bot.launcher.project import Project
from bot.launcher.state import ProcessId, State


def living(project: Project, launcher: ProcessId | None = None) -> State:
    launcher = launcher or state.identify(os.getpid())
    assert launcher is not None
    return State(str(project.root), "up", launcher, "127.0.0.1", 8080, "http://127.0.0.1:8080")


def test_written_state_is_read_back_and_private(project: Project) -> None:
    written = replace(living(project), ready=True, children={"redis": ProcessId(1, "2")})
    state.write(project, written)
    assert state.read(project) == written
    assert state.running(project) == written
    assert state.path_of(project).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in project.run.iterdir()] == ["state.json"]


def test_recycled_pid_is_not_taken_for_the_launcher(project: Project) -> None:
    state.write(project, living(project, ProcessId(os.getpid(), "1")))
    assert state.running(project) is None


def test_zombie_counts_as_gone() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    # The pipe closes when the process has ended; nobody has collected it yet.
    process.stdout.read()
    found = state.identify(process.pid)
    process.wait()
    process.stdout.close()
    assert found is None or not state.is_alive(found)


def test_state_of_a_copied_folder_is_not_ours(project: Project, tmp_path: Path) -> None:
    state.write(project, living(project))
    copy = Project(tmp_path / "copy")
    copy.make_folders()
    state.path_of(copy).write_bytes(state.path_of(project).read_bytes())
    assert state.running(copy) is None
    assert state.clear_stale(copy) == []


def test_broken_file_counts_as_none(project: Project) -> None:
    for text in ("", "[]", '{"command": "up"}', "{"):
        state.path_of(project).write_text(text, encoding="utf-8")
        assert state.read(project) is None


def test_children_of_a_killed_launcher_are_stopped(project: Project) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(command, start_new_session=True)
    orphan = state.identify(child.pid)
    assert orphan is not None
    recycled = ProcessId(os.getpid(), "1")
    stale = replace(living(project, ProcessId(2**22 - 7, "1")), children={"worker-1": orphan, "gateway": recycled})
    state.write(project, stale)
    assert state.clear_stale(project) == ["worker-1"]
    assert child.wait(10) != 0
    assert state.read(project) is None


def test_living_launcher_is_left_alone(project: Project) -> None:
    state.write(project, living(project))
    assert state.clear_stale(project) == []
    assert state.running(project) is not None
