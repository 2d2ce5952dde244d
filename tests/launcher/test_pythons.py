"""Finding a Python among broken shims."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bot.launcher import pythons

from .programs import fake_python, shell_program


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """An empty machine: nothing on PATH, nothing at home."""
    for name in ("bin", "home", "project"):
        (tmp_path / name).mkdir()
    return tmp_path


def look(machine: Path, *series: str, uv: Path | None = None) -> pythons.Python | None:
    environ = {"PATH": f"{machine / 'shims'}{os.pathsep}{machine / 'bin'}", "HOME": str(machine / "home")}
    downloaded = machine / "project/.kawan/python"
    return pythons.find(series, root=machine / "project", downloaded=downloaded, environ=environ, uv=uv)


def test_broken_shim_is_passed_over(machine: Path) -> None:
    shell_program(machine / "shims/python9.1", "echo 'pyenv: python9.1: command not found' >&2; exit 127")
    good = fake_python(machine / "bin/python9.1", "9.1.4")
    assert look(machine, "9.1") == pythons.Python("9.1.4", str(good))


def test_name_that_lies_about_its_version_is_passed_over(machine: Path) -> None:
    fake_python(machine / "shims/python9.1", "9.10.0")
    assert look(machine, "9.1") is None


def test_plain_python3_of_the_right_version_counts(machine: Path) -> None:
    good = fake_python(machine / "bin/python3", "9.1.0rc1")
    assert look(machine, "9.1") == pythons.Python("9.1.0rc1", str(good))


def test_pyenv_folder_is_searched_newest_first(machine: Path) -> None:
    for version in ("9.1.9", "9.1.13", "9.2.0"):
        series = version.rpartition(".")[0]
        fake_python(machine / f"home/.pyenv/versions/{version}/bin/python{series}", version)
    found = look(machine, "9.1")
    assert found is not None
    assert found.version == "9.1.13"


def test_series_are_tried_in_order(machine: Path) -> None:
    for version in ("9.2", "9.3"):
        fake_python(machine / f"bin/python{version}", f"{version}.0")
    found = look(machine, "9.1", "9.2", "9.3")
    assert found is not None
    assert found.version == "9.2.0"


def test_uv_is_asked_last(machine: Path) -> None:
    hidden = fake_python(machine / "hidden/python9.1", "9.1.1")
    uv = shell_program(machine / "uv", f'[ "$*" = "python find --no-project 9.1" ] && echo {hidden}')
    assert look(machine, "9.1") is None
    assert look(machine, "9.1", uv=uv) == pythons.Python("9.1.1", str(hidden))


def test_a_real_python_answers(tmp_path: Path) -> None:
    found = pythons.ask(sys.executable, tmp_path, {"PYTHONHOME": "/nowhere", "PATH": os.defpath})
    assert found is not None
    assert found.is_series(f"{sys.version_info.major}.{sys.version_info.minor}")


def test_missing_python_is_explained_with_commands() -> None:
    said = "\n".join(pythons.missing("assistant", ["3.10"], "Rasa needs it").lines())
    for part in ("Python 3.10 is missing", "Rasa needs it", "pyenv install 3.10", "apt install", "--download-python"):
        assert part in said
