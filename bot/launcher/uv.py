"""Finds uv or installs it into the project folder, and explains its failures in plain words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.launcher import pythons
from bot.launcher.interrupts import Interrupts
from bot.launcher.problem import Problem
from bot.launcher.programs import LoggedRun, last_lines
from bot.launcher.project import Project
from bot.launcher.screen import Screen

# The first that understands `--group FILE:NAME` for `./kawan lock`.
OLDEST = (0, 7)

_NETWORK = re.compile(
    r"dns error|failed to lookup address|name resolution|error sending request|client error \(connect\)|"
    r"tcp connect error|connection refused|connection reset|network is unreachable|operation timed out|"
    r"failed to establish a new connection|could not connect|failed to fetch|failed to download|"
    r"max retries exceeded|certificate verify failed|invalid peer certificate",
    re.IGNORECASE,
)
_DISK = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_HASH = re.compile(r"hash mismatch|do not match the hashes", re.IGNORECASE)


def environment(project: Project, environ: Mapping[str, str], *, download_python: bool = False) -> dict[str, str]:
    """The variables uv runs with: the machine's own settings stay, only Python downloads need a yes."""
    env = dict(environ)
    # An activated environment of the person's own must not be installed into.
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH"):
        env.pop(name, None)
    env["UV_PYTHON_DOWNLOADS"] = "automatic" if download_python else "never"
    env["UV_PYTHON_INSTALL_DIR"] = str(project.pythons)
    env["UV_NO_PROGRESS"] = "1"
    env["NO_COLOR"] = "1"
    return env


def find(project: Project, environ: Mapping[str, str]) -> Path | None:
    """A uv that runs and is new enough: on PATH, else the project's own."""
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    candidates = [Path(folder or ".") / "uv" for folder in folders] + [_own(project)]
    for candidate in candidates:
        if candidate.is_file() and _version(candidate, project.root) >= OLDEST:
            return candidate
    return None


def obtain(project: Project, screen: Screen, interrupts: Interrupts, environ: Mapping[str, str]) -> Path:
    """Finds uv, or installs the pinned one into `.kawan/uv`."""
    found = find(project, environ)
    if found is not None:
        return found
    screen.say("  uv is not installed; installing it into .kawan/uv")
    _bootstrap(project, interrupts, environ)
    own = _own(project)
    if _version(own, project.root) < OLDEST:
        raise Problem("uv was installed into .kawan/uv but does not run.", fix=("rm -r .kawan/uv, then try again",))
    return own


def explain(output: Sequence[str], doing: str, *, source: str = "") -> Problem:
    """What a failed uv or pip run means for the person who started it."""
    text = "\n".join(output)
    tail = [line for line in output if line.strip()][-8:]
    if _DISK.search(text):
        return Problem(
            f"{doing} failed: the disk is full.",
            fix=("make about 4 GB free, then try again",),
            details=tail,
            source=source,
        )
    if _NETWORK.search(text):
        return Problem(
            f"{doing} failed: the download did not work.",
            why="the first start needs the network once; later starts do not",
            fix=(
                "check the connection (and HTTPS_PROXY, or SSL_CERT_FILE behind a company's proxy), then try again;",
                "what was already downloaded is kept",
            ),
            details=tail,
            source=source,
        )
    if _HASH.search(text):
        return Problem(
            f"{doing} failed: a downloaded package is not the one that was locked.",
            why="its hash differs from the one in requirements/; this can be a broken download or a changed package",
            fix=("uv cache clean, then try again",),
            details=tail,
            source=source,
        )
    return Problem(f"{doing} failed.", details=tail, source=source)


def _own(project: Project) -> Path:
    return project.home / "uv" / "bin" / "uv"


def _version(uv: Path, root: Path) -> tuple[int, ...]:
    try:
        answer = subprocess.run(
            [str(uv), "--version"],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    match = re.match(r"uv (\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(int(part) for part in match.groups()) if match and answer.returncode == 0 else ()


def _bootstrap(project: Project, interrupts: Interrupts, environ: Mapping[str, str]) -> None:
    folder = project.home / "uv"
    log = project.log("setup-uv")
    env = environment(project, environ)
    # Debian's own python3 often lacks venv; another Python of the machine may have it.
    others = (
        pythons.find([series], root=project.root, downloaded=project.pythons, environ=environ)
        for series in ("3.11", "3.12", "3.13", "3.10")
    )
    tried = [sys.executable]
    if not _make_venv(sys.executable, folder, project, interrupts, env, log):
        for other in others:
            if other is None or other.executable in tried:
                continue
            tried.append(other.executable)
            if _make_venv(other.executable, folder, project, interrupts, env, log):
                break
        else:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            raise Problem(
                f"{sys.executable} cannot make a virtual environment (its venv or ensurepip module is missing).",
                why="uv, which installs everything else, is installed into one",
                fix=(
                    f"apt install python3-venv   (or python{version}-venv), or",
                    "install uv itself: pipx install uv",
                ),
                details=last_lines(log, 6),
                source=project.shown(log),
            )
    requirements = project.requirements / "uv.txt"
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    run = LoggedRun(
        [*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(requirements)],
        cwd=project.root,
        env=env,
        log=log,
    )
    if _finish(run, interrupts) != 0:
        raise explain(run.output, "installing uv", source=project.shown(log))


def _make_venv(
    python: str, folder: Path, project: Project, interrupts: Interrupts, env: Mapping[str, str], log: Path
) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    run = LoggedRun([python, "-m", "venv", str(folder)], cwd=project.root, env=env, log=log)
    return _finish(run, interrupts) == 0


def _finish(run: LoggedRun, interrupts: Interrupts) -> int:
    try:
        while True:
            interrupts.check()
            code, _ = run.poll()
            if code is not None:
                return code
            interrupts.wait(1.0)
    except BaseException:
        run.kill()
        raise
