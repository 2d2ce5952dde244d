"""When environments are made, when they are left alone, and what a failure says."""

from __future__ import annotations

import os
import platform
import signal
import sys
from pathlib import Path

import pytest

from bot.launcher import environments, pythons, uv
from bot.launcher.environments import ASSISTANT, GATEWAY
from bot.launcher.folder_lock import FileLock
from bot.launcher.installing import lock
from bot.launcher.interrupts import Interrupts, Stopped
from bot.launcher.problem import Problem
from bot.launcher.project import Project

from .conftest import RememberingScreen
from .programs import fake_python, shell_program

# Makes what the real one makes, and writes down how it was called.
FAKE_UV = """
[ "$1" = --version ] && echo "uv 0.99.0" && exit 0
echo "$*" >> "$UV_CALLS"
if [ "$1" = venv ]; then
    for folder; do :; done
    mkdir -p "$folder/bin" && ln -sf "$UV_PYTHON" "$folder/bin/python"
elif [ -n "${UV_FAILS:-}" ]; then
    echo "$UV_FAILS"; exit 2
fi
"""


class Machine:
    """A project with requirements files, and a PATH with a fake uv and fake Pythons."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        self.calls_file = folder / "calls"
        project.requirements.mkdir()
        for name in ("gateway", "gateway-dev", "assistant", "assistant-dev", "local-redis"):
            (project.requirements / f"{name}.txt").write_text(f"{name}==1\n", encoding="utf-8")
        shell_program(folder / "bin/uv", FAKE_UV)
        fake_python(folder / "bin/python3.11", "3.11.7")
        fake_python(folder / "bin/python3.10", "3.10.13")
        self.environ = {
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.defpath}",
            "HOME": str(folder),
            "UV_CALLS": str(self.calls_file),
            "UV_PYTHON": sys.executable,
        }

    def calls(self) -> list[str]:
        """The uv commands since the last look."""
        if not self.calls_file.exists():
            return []
        lines = self.calls_file.read_text(encoding="utf-8").splitlines()
        self.calls_file.unlink()
        return lines


@pytest.fixture
def machine(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(environments, "check_disk", lambda folder: None)
    return Machine(project, tmp_path / "machine")


def prepare(machine: Machine, screen: RememberingScreen, interrupts: Interrupts, *, dev: bool = False) -> str:
    return environments.prepare(machine.project, screen, interrupts, machine.environ, dev=dev)


def test_second_start_calls_nothing(machine: Machine, screen: RememberingScreen, interrupts: Interrupts) -> None:
    assert prepare(machine, screen, interrupts) == "installed gateway and assistant"
    calls = machine.calls()
    assert len([call for call in calls if call.startswith("venv ")]) == 2
    assert len([call for call in calls if "--require-hashes" in call]) == 2
    assert prepare(machine, screen, interrupts) == "up to date"
    assert machine.calls() == []


def test_only_the_environment_whose_file_changed_is_updated_in_place(
    machine: Machine, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    prepare(machine, screen, interrupts)
    machine.calls()
    (machine.project.requirements / "gateway.txt").write_text("gateway==2\n", encoding="utf-8")
    assert prepare(machine, screen, interrupts) == "installed gateway"
    (call,) = machine.calls()
    assert call.endswith("gateway.txt")


def test_dev_environment_serves_as_plain_one_too(
    machine: Machine, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    prepare(machine, screen, interrupts, dev=True)
    machine.calls()
    assert prepare(machine, screen, interrupts) == "up to date"
    assert machine.calls() == []


def test_plain_environment_grows_into_the_dev_one_in_place(
    machine: Machine, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    prepare(machine, screen, interrupts)
    machine.calls()
    prepare(machine, screen, interrupts, dev=True)
    calls = machine.calls()
    assert [call.rpartition("/")[2] for call in sorted(calls)] == ["assistant-dev.txt", "gateway-dev.txt"]


def test_dev_environment_is_stale_for_plain_use_when_the_plain_file_changes(
    machine: Machine, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    prepare(machine, screen, interrupts, dev=True)
    (machine.project.requirements / "gateway.txt").write_text("gateway==2\n", encoding="utf-8")
    assert not environments.is_current(machine.project, GATEWAY, dev=False)
    assert environments.is_current(machine.project, ASSISTANT, dev=False)


def test_environment_is_made_anew_when_its_python_is_gone(
    machine: Machine, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    prepare(machine, screen, interrupts)
    machine.calls()
    python = machine.project.python("gateway")
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    assert prepare(machine, screen, interrupts) == "installed gateway"
    assert machine.calls()[0].startswith("venv ")


def test_failed_installation_is_not_taken_for_a_finished_one(
    machine: Machine, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    machine.environ["UV_FAILS"] = "error: Failed to fetch: dns error: failed to lookup address information"
    with pytest.raises(Problem) as caught:
        prepare(machine, screen, interrupts)
    said = "\n".join(caught.value.lines())
    assert "the download did not work" in said
    assert "check the connection" in said
    assert "dns error" in said
    assert not environments.is_current(machine.project, GATEWAY, dev=False)
    del machine.environ["UV_FAILS"]
    assert prepare(machine, screen, interrupts) == "installed gateway and assistant"


def test_missing_python_stops_before_anything_is_made(
    machine: Machine, screen: RememberingScreen, interrupts: Interrupts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pythons, "find", lambda *args, **more: None)
    with pytest.raises(Problem, match=r"Python 3\.11 or newer is missing"):
        prepare(machine, screen, interrupts)
    assert machine.calls() == []


def test_one_more_file_is_installed_once_and_without_dependencies(
    machine: Machine, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    prepare(machine, screen, interrupts)
    machine.calls()
    for _ in range(2):
        environments.add(machine.project, screen, interrupts, machine.environ, "assistant", "local-redis.txt")
    (call,) = machine.calls()
    assert "--no-deps" in call
    assert "--require-hashes" in call
    assert environments.is_current(machine.project, ASSISTANT, dev=False)


def test_second_installer_waits_and_says_so(
    machine: Machine, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    other = FileLock(machine.project.home / "install.lock")
    assert other.try_acquire()
    (machine.project.home / "install.owner").write_text('{"pid": 4711}', encoding="utf-8")
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Stopped), lock(machine.project, screen, interrupts):
        pytest.fail("the lock was taken twice")
    assert "waiting: another kawan (process 4711)" in screen.text
    other.release()
    with lock(machine.project, screen, Interrupts()):
        assert not other.try_acquire()


def test_person_s_own_environment_and_python_downloads_are_kept_out(project: Project) -> None:
    env = uv.environment(project, {"VIRTUAL_ENV": "/theirs", "UV_INDEX_URL": "kept"})
    assert "VIRTUAL_ENV" not in env
    assert env["UV_INDEX_URL"] == "kept"
    assert env["UV_PYTHON_DOWNLOADS"] == "never"
    assert uv.environment(project, {}, download_python=True)["UV_PYTHON_DOWNLOADS"] == "automatic"


def test_uv_that_is_broken_or_too_old_is_passed_over(project: Project, tmp_path: Path) -> None:
    shell_program(tmp_path / "a/uv", "exit 127")
    shell_program(tmp_path / "b/uv", "echo uv 0.1.44")
    good = shell_program(tmp_path / "c/uv", "echo 'uv 0.7.0 (abc)'")
    path = os.pathsep.join(str(tmp_path / name) for name in "abc")
    assert uv.find(project, {"PATH": path}) == good


def test_python_without_venv_is_explained(
    project: Project, screen: RememberingScreen, interrupts: Interrupts, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = shell_program(project.home / "python3", "echo 'ensurepip is not available'; exit 1")
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(pythons, "find", lambda *args, **more: None)
    with pytest.raises(Problem) as caught:
        uv.obtain(project, screen, interrupts, {"PATH": "/nowhere"})
    said = "\n".join(caught.value.lines())
    assert "apt install python3-venv" in said
    assert "ensurepip is not available" in said


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("error: No space left on device (os error 28)", "the disk is full"),
        ("error: Hash mismatch for `x==1`", "not the one that was locked"),
        ("error: something else", "installing x failed."),
    ],
)
def test_failures_of_uv_are_explained(output: str, said: str) -> None:
    lines = uv.explain([output], "installing x").lines()
    assert said in lines[0]
    assert output in lines[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/cpuinfo")
def test_old_processor_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags\t\t: fpu sse4_2 avx2x\n", encoding="utf-8")
    with pytest.raises(Problem, match="no AVX"):
        environments.check_cpu(cpuinfo)
    cpuinfo.write_text("flags\t\t: fpu sse4_2 avx\n", encoding="utf-8")
    environments.check_cpu(cpuinfo)
