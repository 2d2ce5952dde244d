"""A copy of the project in a folder of its own, run by its own launcher, with environments that stand already."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from bot.launcher import environments
from bot.launcher.environments import ASSISTANT, GATEWAY, Stamp
from bot.launcher.project import Project

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "bot",
    "nlu",
    "actions",
    "data",
    "models",
    "requirements",
    "kawan",
    "config.yml",
    "domain.yml",
    "endpoints.yml",
)
# What `./kawan test` has chosen for itself must not decide where the copy runs.
FOREIGN = ("REDIS_URL", "DATABASE_URL", "HOST", "PORT", "MODEL_PATH", "KAWAN_ROOT", "PYTHONPATH", "VIRTUAL_ENV")
READY_SECONDS = 180.0
STOP_SECONDS = 60.0


class KawanCopy:
    """Knows how to start `./kawan` there, and what runs in the folder."""

    def __init__(self, folder: Path) -> None:
        self.project = Project(folder)
        folder.mkdir()
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, folder / part)
        self._install(GATEWAY.name, os.environ.get("KAWAN_GATEWAY_PYTHON") or sys.executable)
        self._install(ASSISTANT.name, assistant_python())
        self._up: subprocess.Popen[str] | None = None
        self._said: list[str] = []

    def _install(self, name: str, python: str) -> None:
        """An environment as if it had been installed here: a way to the real one, with a matching stamp."""
        entrance = self.project.python(name)
        entrance.parent.mkdir(parents=True)
        # A link would make Python look for its packages beside the link.
        entrance.write_text(f'#!/bin/sh\nexec "{python}" "$@"\n', encoding="utf-8")
        entrance.chmod(0o755)
        version = subprocess.run(
            [python, "-c", "import platform; print(platform.python_version())"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        requirements = f"{name}.txt"
        digest = environments.digest(self.project.requirements / requirements)
        environments.write_stamp(self.project, name, Stamp(version, {requirements: digest}))

    def up(self) -> str:
        """Start everything; the address from the line `ready http://...`."""
        self._up = self._start("up", "--port", "0", "--workers", "1", stderr=subprocess.PIPE)
        assert self._up.stdout is not None
        assert self._up.stderr is not None
        threading.Thread(target=self._listen, args=(self._up.stderr,), daemon=True).start()
        line = self._up.stdout.readline()
        assert line.startswith("ready http://127.0.0.1:"), f"{line!r}\n{''.join(self._said)}"
        return line.split()[1]

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run a command of `./kawan` to its end."""
        process = self._start(*words, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=READY_SECONDS)
        return process.returncode, out, err

    def stop(self) -> int:
        """Stop with SIGTERM, as a service manager does; the exit code."""
        assert self._up is not None
        self._up.send_signal(signal.SIGTERM)
        code = self._up.wait(STOP_SECONDS)
        if self._up.stdout:
            self._up.stdout.close()
        self._up = None
        return code

    def close(self) -> None:
        """Leave nothing running, whatever happened before."""
        if self._up is not None:
            self.stop()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    @property
    def said(self) -> str:
        """What `up` told its person so far."""
        return "".join(self._said)

    def pid(self, name: str) -> int | None:
        """The process that serves as this child now."""
        state = json.loads((self.project.run / "state.json").read_text(encoding="utf-8"))
        child = state["children"].get(name)
        return child and int(child["pid"])

    def processes(self) -> list[int]:
        """Everything that runs in the folder."""
        found = []
        for cwd in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if cwd.readlink().is_relative_to(self.project.root):
                    found.append(int(cwd.parent.name))
            except OSError:
                continue
        return found

    def _start(self, *words: str, stderr: int) -> subprocess.Popen[str]:
        environ = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        server = os.environ.get("KAWAN_REDIS_SERVER")
        if server:
            # The copy's environments are only ways to the real ones, so it cannot install a Redis into them.
            environ["PATH"] = f"{Path(server).parent}{os.pathsep}{environ.get('PATH', os.defpath)}"
        return subprocess.Popen(
            [str(self.project.root / "kawan"), *words],
            env={**environ, "KAWAN_PYTHON": sys.executable},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def _listen(self, lines: IO[str]) -> None:
        with lines:
            self._said.extend(lines)


def assistant_python() -> str:
    """The assistant's interpreter: the one that KAWAN_ASSISTANT_PYTHON names, else the launcher's."""
    return os.environ.get("KAWAN_ASSISTANT_PYTHON") or str(Project(ROOT).python(ASSISTANT.name))


def eventually(condition: Callable[[], bool], what: str, limit: float = 60.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)
