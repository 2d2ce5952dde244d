"""Finds Pythons that really run. A name on PATH may be a pyenv shim that exists and fails."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.launcher.problem import Problem
from bot.launcher.project import Project

_ASK = "import platform, sys; print(platform.python_version(), sys.executable)"
_PATIENCE = 30.0


@dataclass(frozen=True)
class Python:
    version: str
    executable: str

    def is_series(self, series: str) -> bool:
        return self.version.startswith(series + ".")


def ask(executable: str, cwd: Path, environ: Mapping[str, str]) -> Python | None:
    """Runs it; None when it is missing, broken or says nothing sensible."""
    try:
        answer = subprocess.run(
            [executable, "-I", "-c", _ASK],
            cwd=cwd,
            env={key: value for key, value in environ.items() if not key.startswith("PYTHON")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    match = re.fullmatch(r"(\d+\.\d+\.\d+\S*) (.+)", answer.stdout.strip())
    return Python(match[1], match[2]) if answer.returncode == 0 and match else None


def find(
    series: Sequence[str], *, root: Path, downloaded: Path, environ: Mapping[str, str], uv: Path | None = None
) -> Python | None:
    """The first of the wanted series ("3.11") that runs, looked up where people install Pythons.

    Runs in the project folder, because its .python-version is what makes pyenv's shims work.
    """
    for one in series:
        for candidate in _candidates(one, downloaded, environ):
            python = ask(candidate, root, environ)
            if python is not None and python.is_series(one):
                return python
        if uv is not None:
            found = _ask_uv(uv, one, root, downloaded, environ)
            if found is not None:
                return found
    return None


def _candidates(series: str, downloaded: Path, environ: Mapping[str, str]) -> Iterator[str]:
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        for name in (f"python{series}", "python3"):
            path = Path(folder or ".") / name
            if path.is_file() and os.access(path, os.X_OK):
                yield str(path)
    home = Path(environ.get("HOME", "/nonexistent"))
    pyenv = Path(environ["PYENV_ROOT"]) if environ.get("PYENV_ROOT") else home / ".pyenv"
    homes = [pyenv / "versions", downloaded, home / ".local" / "share" / "uv" / "python"]
    for one in homes:
        yield from map(str, _newest_first(one.glob(f"*{series}*/bin/python{series}")))
    for fixed in (f"/usr/bin/python{series}", f"/usr/local/bin/python{series}", f"/opt/python/{series}/bin/python3"):
        if Path(fixed).exists():
            yield fixed


def _newest_first(paths: Iterator[Path]) -> list[Path]:
    def patch(path: Path) -> tuple[int, ...]:
        return tuple(int(number) for number in re.findall(r"\d+", path.parent.parent.name)[:3])

    return sorted(paths, key=patch, reverse=True)


def _ask_uv(uv: Path, series: str, root: Path, downloaded: Path, environ: Mapping[str, str]) -> Python | None:
    try:
        answer = subprocess.run(
            [str(uv), "python", "find", "--no-project", series],
            cwd=root,
            env={**environ, "UV_PYTHON_DOWNLOADS": "never", "UV_PYTHON_INSTALL_DIR": str(downloaded)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    path = answer.stdout.strip()
    python = ask(path, root, environ) if answer.returncode == 0 and path else None
    return python if python is not None and python.is_series(series) else None


def require(
    name: str, series: Sequence[str], reason: str, project: Project, environ: Mapping[str, str], uv: Path | None
) -> Python:
    """Like `find`, but its absence is a Problem that says what to do."""
    found = find(series, root=project.root, downloaded=project.pythons, environ=environ, uv=uv)
    if found is None:
        raise missing(name, series, reason)
    return found


def missing(name: str, series: Sequence[str], reason: str) -> Problem:
    """Plain words for a Python that is nowhere to be found."""
    wanted = series[0]
    several = " or newer" if len(series) > 1 else ""
    return Problem(
        f"Python {wanted}{several} is missing; the {name} environment needs it.",
        why=reason,
        fix=(
            f"pyenv install {wanted}   (any system that has pyenv), or",
            f"apt install python{wanted}   (Ubuntu: first `add-apt-repository ppa:deadsnakes/ppa`), or",
            "./kawan up --download-python   (fetches one into .kawan/python; needs the network), then",
            "./kawan up",
        ),
    )
