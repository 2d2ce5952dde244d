"""A project folder with the real launcher and quick stand-ins for the programs that it starts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from bot.launcher import environments
from bot.launcher.environments import ASSISTANT, GATEWAY, Stamp
from bot.launcher.project import Project

from .waiting import eventually

FOREIGN = ("REDIS_URL", "HOST", "PORT", "ACCOUNT_API_URL", "ACCOUNT_API_TOKEN", "ACCOUNT_API_PORT", "KAWAN_ENV")
ROOT = Path(__file__).resolve().parents[2]

GATEWAY_PROGRAM = """
import http.server, os, pathlib, socket, sys
if os.environ.get("BAD_SETTING"):
    print("BAD_SETTING is wrong", flush=True)
    sys.exit(2)
root = pathlib.Path(os.environ["KAWAN_ROOT"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ready = any(root.glob("worker-*.alive"))
        self.send_response(200 if ready else 503)
        self.end_headers()
        self.wfile.write(b"ready" if ready else b"no worker yet")
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
"""
WORKER_PROGRAM = """
import os, pathlib, signal, sys, time
def leave(number, frame):
    alive.unlink()
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
assert os.environ["REDIS_URL"].startswith("unix://") and pathlib.Path(os.environ["MODEL_PATH"]).exists()
alive = pathlib.Path(os.environ["KAWAN_ROOT"], os.environ["WORKER_NAME"] + ".alive")
alive.write_text(str(os.getpid()))
time.sleep(600)
"""
ACCOUNT_PROGRAM = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
assert len(os.environ["ACCOUNT_API_TOKEN"]) >= 16
if "link" in sys.argv:
    print(*sys.argv[1:])
else:
    port = int(sys.argv[sys.argv.index("--port") + 1])
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
TRAINING_PROGRAM = """
import os, pathlib, sys
if "nothing" in os.environ.get("TRAINING", ""):
    print("data/faq/akun.yml, entry lupa-sandi: examples is missing", file=sys.stderr)
    sys.exit(1)
model = pathlib.Path(os.environ["KAWAN_ROOT"], "model.tar.gz")
model.write_text("model")
print("trained in 0 s", model, sep=chr(10))
"""
TERMINAL_PROGRAM = """
import sys
print("jawaban:", *sys.argv[1:])
"""
REVIEW_PROGRAM = """
import os, sys
print("tinjau:", os.environ["REDIS_URL"], len(os.environ["LOG_KEY"]), *sys.argv[1:])
"""


class FakeProject:
    """Starts `kawan` in a folder of its own and knows how to look into it."""

    def __init__(self, folder: Path, redis_program: Path) -> None:
        self.project = Project(folder)
        shutil.copytree(ROOT / "bot/launcher", folder / "bot/launcher", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("kawan", "bot/__init__.py", "bot/cli.py"):
            shutil.copy(ROOT / name, folder / name)
        programs = {
            "gateway/__main__": GATEWAY_PROGRAM,
            "gateway/terminal": TERMINAL_PROGRAM,
            "assistant/__main__": WORKER_PROGRAM,
            "account_api/__main__": ACCOUNT_PROGRAM,
            "assistant/training": TRAINING_PROGRAM,
            "assistant/review": REVIEW_PROGRAM,
        }
        for name, code in programs.items():
            path = folder / "bot" / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(code, encoding="utf-8")
        self._install()
        (folder / "bin").mkdir()
        (folder / "bin/redis-server").symlink_to(redis_program)
        self._started: list[subprocess.Popen[str]] = []

    def _install(self) -> None:
        """Environments as if they had been installed: this Python, with matching stamps."""
        project = self.project
        project.requirements.mkdir()
        for one, version in ((GATEWAY, "3.11.0"), (ASSISTANT, "3.10.0")):
            python = project.python(one.name)
            python.parent.mkdir(parents=True)
            # A link would make Python look for its library beside the link.
            python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
            python.chmod(0o755)
            file = project.requirements / one.requirements(False)
            file.write_text("nothing==1\n", encoding="utf-8")
            environments.write_stamp(project, one.name, Stamp(version, {file.name: environments.digest(file)}))

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        environ = {key: value for key, value in os.environ.items() if key not in FOREIGN}
        environ["PATH"] = f"{self.project.root / 'bin'}{os.pathsep}{os.defpath}"
        process = subprocess.Popen(
            [str(self.project.root / "kawan"), *arguments],
            env={**environ, "KAWAN_PYTHON": sys.executable, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def run(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        process = self.start(*arguments, **variables)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def up(self, *arguments: str, **variables: str) -> tuple[subprocess.Popen[str], str]:
        """A running instance and its address."""
        process = self.start("up", *arguments, **variables)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("ready http://127.0.0.1:"):
            process.kill()
            raise AssertionError(f"{line!r}: {process.communicate()[1]}")
        return process, line.split()[1]

    def state(self) -> dict[str, Any]:
        raw: dict[str, Any] = json.loads((self.project.run / "state.json").read_text(encoding="utf-8"))
        return raw

    def pid(self, name: str) -> int:
        return int(self.state()["children"][name]["pid"])

    def has_another(self, name: str, pid: int) -> bool:
        """Whether the child runs as another process than that one."""
        return bool(self.state()["children"].get(name, {"pid": pid})["pid"] != pid)

    def leftovers(self) -> list[int]:
        """Processes of this folder that still run."""
        found = []
        for cwd in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if cwd.readlink().is_relative_to(self.project.root):
                    found.append(int(cwd.parent.name))
            except OSError:
                continue
        return found

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        eventually(lambda: not self.leftovers(), "no process is left")
