"""A private redis-server for tests: started, stopped, killed, frozen and started again with the same data."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

BINARY = "KAWAN_REDIS_SERVER"
START_SECONDS = 60.0  # a machine that is busy with everything else is slow at this, too
STOP_SECONDS = 15.0


def find_redis_server() -> str | None:
    """The redis-server to test with: the one that KAWAN_REDIS_SERVER names, else the one on PATH."""
    return os.environ.get(BINARY) or shutil.which("redis-server")


def free_port(highest: int = 65535) -> int:
    """A TCP port on 127.0.0.1 that nobody listens on just now."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port <= highest:
            return port


class RedisServer:
    """One redis-server as the project runs it: `appendonly yes`, `noeviction`, data in a folder of its own.

    It listens on a unix socket, and on 127.0.0.1 too when it gets a `port`. As a context manager it is
    started on entry, stopped on exit, and its data are gone afterwards.
    """

    def __init__(self, *, port: int = 0, fsync: str = "everysec", options: Sequence[str] = ()) -> None:
        self.port = port
        self._options = ["--appendfsync", fsync, *options]
        # A short path: the name of a unix socket has room for about a hundred characters.
        self._folder = Path(tempfile.mkdtemp(prefix="kawan-redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens, as `REDIS_URL` takes it."""
        return f"redis://127.0.0.1:{self.port}/0" if self.port else f"unix://{self.socket}?db=0"

    @property
    def socket(self) -> Path:
        """Its unix socket."""
        return self._folder / "redis.sock"

    @property
    def _log(self) -> Path:
        return self._folder / "redis.log"

    def start(self) -> None:
        """Start it, with the data of its last life, and return when it answers."""
        binary = find_redis_server()
        if binary is None:
            raise RuntimeError(f"no redis-server on PATH, and {BINARY} names none")
        self._process = subprocess.Popen(
            [
                binary,
                *("--port", str(self.port)),
                *("--bind", "127.0.0.1"),
                *("--unixsocket", str(self.socket)),
                *("--dir", str(self._folder)),
                *("--logfile", str(self._log)),
                *("--appendonly", "yes"),
                *("--maxmemory-policy", "noeviction"),
                *("--save", ""),
                *self._options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = self._log.read_text(encoding="utf-8") if self._log.exists() else "(no log)"
                raise RuntimeError(f"redis-server did not start:\n{log}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Ask it to stop, as an operator does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Take it away without a warning (kill -9)."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill it and start it again with the same data."""
        self.kill()
        self.start()

    def revive(self) -> None:
        """Make sure that it runs, whatever a test did to it."""
        if self._process is None:
            self.start()
        else:
            self.thaw()

    def freeze(self) -> None:
        """Make it hang: it keeps its connections and answers nobody, until `thaw`."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._running().send_signal(signal.SIGCONT)

    def remove(self) -> None:
        """Stop it, if it runs, and delete its data."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> RedisServer:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("this redis-server does not run")
        return self._process

    def _end(self, number: signal.Signals) -> None:
        process = self._running()
        process.send_signal(number)
        process.wait(STOP_SECONDS)
        self._process = None

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1.0)
                probe.connect(str(self.socket))
                probe.sendall(b"PING\r\n")
                return probe.recv(64).startswith(b"+PONG")
        except OSError:
            return False
