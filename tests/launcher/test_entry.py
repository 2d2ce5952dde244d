"""The `kawan` script: finds a working Python from anywhere, and every command explains itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .programs import shell_program

ROOT = Path(__file__).resolve().parents[2]
BROKEN_SHIM = "echo 'pyenv: python3: command not found' >&2; exit 127"
COMMANDS = ("up", "chat", "train", "test", "evaluate", "bench", "doctor", "facts", "review", "telegram", "fake", "lock")


def run(command: list[str], cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **variables}
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The script with a cli that tells how it was called."""
    folder = tmp_path / "a folder"
    (folder / "bot").mkdir(parents=True)
    shutil.copy(ROOT / "kawan", folder / "kawan")
    code = "import os, sys; print(sys.executable, os.getcwd(), sys.argv[1:], sep='|')"
    (folder / "bot/__init__.py").touch()
    (folder / "bot/cli.py").write_text(code, encoding="utf-8")
    return folder


def test_broken_first_candidates_are_passed_over(copy: Path, tmp_path: Path) -> None:
    shell_program(tmp_path / "bin/python3", BROKEN_SHIM)
    shell_program(tmp_path / "bin/python3.13", "exit 1")
    shell_program(tmp_path / "bin/python3.12", f'exec {sys.executable} "$@"')
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.defpath}"
    done = run([str(copy / "kawan"), "up", "a b"], tmp_path, PATH=path, KAWAN_PYTHON=str(tmp_path / "nothing"))
    assert done.stdout.strip().split("|")[1:] == [str(copy), "['up', 'a b']"]


def test_chosen_python_comes_first(copy: Path, tmp_path: Path) -> None:
    done = run([str(copy / "kawan")], tmp_path, KAWAN_PYTHON=sys.executable)
    assert done.stdout.split("|")[0] == sys.executable


def test_it_works_through_symlinks_from_anywhere(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (copy / "second").symlink_to("kawan")
    (tmp_path / "elsewhere/third").symlink_to("../a folder/second")
    done = run(["./third", "chat"], tmp_path / "elsewhere", KAWAN_PYTHON=sys.executable, PYTHONSAFEPATH="1")
    assert done.stdout.strip().split("|")[1:] == [str(copy), "['chat']"]


def test_without_any_python_it_says_what_to_install(copy: Path, tmp_path: Path) -> None:
    # The fixed places would be found on a real machine, so this copy only knows PATH.
    script = (copy / "kawan").read_text(encoding="utf-8")
    for place in ("/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"):
        script = script.replace(place, "")
    (copy / "kawan").write_text(script, encoding="utf-8")
    for name in ("sh", "dirname", "readlink", "cat"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(found)
    shell_program(tmp_path / "bin/python3", BROKEN_SHIM)
    done = run([str(copy / "kawan"), "up"], tmp_path, PATH=str(tmp_path / "bin"))
    assert done.returncode == 1
    assert "no working Python 3.9 or newer" in done.stderr
    assert "apt install python3" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, tmp_path: Path) -> None:
    done = run([str(ROOT / "kawan"), command, "--help"], tmp_path, KAWAN_PYTHON=sys.executable)
    assert done.returncode == 0
    assert f"usage: ./kawan {command}" in done.stdout


@pytest.mark.parametrize(
    "arguments", [["up", "--port", "70000"], ["up", "--workers", "0"], ["up", "now"], ["dance"], []]
)
def test_wrong_arguments_end_with_usage(arguments: list[str], tmp_path: Path) -> None:
    done = run([str(ROOT / "kawan"), *arguments], tmp_path, KAWAN_PYTHON=sys.executable)
    assert done.returncode == 2
    assert "usage: ./kawan" in done.stderr
    assert "Traceback" not in done.stderr
