"""The reference account server in a process of its own, and its dashboard's buttons, for tests of the client."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = os.environ.get("KAWAN_GATEWAY_PYTHON") or str(PROJECT / ".kawan" / "envs" / "gateway" / "bin" / "python")
TOKEN = "rahasia-layanan-untuk-tes"
START_SECONDS = 30.0


class AccountServer:
    """`url` answers between `start` and `stop`. Its database survives both."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self._database = folder / "accounts.sqlite3"
        self._port = port
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        """Start it; on the port that it had before."""
        command = [PYTHON, "-m", "bot.account_api", "--port", str(self._port), "--database", str(self._database)]
        env = {**os.environ, "PYTHONPATH": str(PROJECT), "ACCOUNT_API_TOKEN": TOKEN, "LOG_LEVEL": "error"}
        self._process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + START_SECONDS
        assert self._process.stdout
        while time.monotonic() < deadline:
            if select.select([self._process.stdout], [], [], 1.0)[0]:
                line = self._process.stdout.readline()
                if "ready http" in line:
                    self.url = line.split()[-1]
                    self._port = int(self.url.rpartition(":")[2])
                    return
                assert self._process.poll() is None, "the account server ended at once"
        raise AssertionError("the account server did not start")

    def stop(self) -> None:
        """Stop it; its connections are refused from now on."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.communicate(timeout=15)
            self._process = None

    def token(self, person: str, to: str = "telegram") -> str:
        """Press "Hubungkan ..." in the dashboard of an invented person; the token of the link."""
        return self._post(f"/dashboard/people/{person}/links", {"channel": to})["token"]

    def like(self, person: str, other: str) -> None:
        """Put a person into another one's situation."""
        self._post(f"/dashboard/people/{person}/like/{other}", {})

    def fault(self, mode: str) -> None:
        """ok, down, slow or limited."""
        self._post("/dashboard/fault", {"mode": mode})

    def waves(self, mode: str) -> None:
        """Which wave there is: see bot/account_api/scenario.py."""
        self._post("/dashboard/waves", {"mode": mode})

    def end_all(self, person: str) -> None:
        """Press "Putuskan semua"."""
        self._post(f"/dashboard/people/{person}/grants/end", {})

    def _post(self, path: str, body: Mapping[str, str]) -> dict[str, str]:
        request = urllib.request.Request(  # noqa: S310 - a server of ours
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310
            raw = answer.read()
        return json.loads(raw) if raw else {}

    def __enter__(self) -> AccountServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
