"""Runs other programs: quietly into a log with progress, or in front of the person."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bot.launcher.interrupts import Interrupts

ROTATE_BYTES = 10 * 1024 * 1024
_PR_SET_PDEATHSIG = 1


def die_with_parent(number: int) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel sends the signal when the launcher is gone, even after kill -9. Linux only."""
    if sys.platform != "linux":
        return None
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None
    parent = os.getpid()

    def apply() -> None:
        prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        # The launcher may have died between the fork and the line above.
        if os.getppid() != parent:
            os._exit(1)

    return apply


def open_log(path: Path) -> int:
    """A file descriptor that appends; a log that has grown big is put aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        if path.stat().st_size > ROTATE_BYTES:
            path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def spawn(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path, errors: Path | None = None
) -> subprocess.Popen[bytes]:
    """Starts a program in a session of its own, so that Ctrl-C reaches the launcher alone."""
    out = open_log(log)
    err = open_log(errors) if errors is not None else out
    try:
        return subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - the launcher has one thread
        )
    finally:
        os.close(out)
        if err != out:
            os.close(err)


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Signals a spawned program and all that it started itself."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def last_lines(path: Path, count: int) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 64 * 1024))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]


class Follower:
    """Reads what is added to a log after this moment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rest = b""
        try:
            self._offset = path.stat().st_size
        except OSError:
            self._offset = 0

    def new_lines(self) -> list[str]:
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._offset:
                    # The old log was put aside and this is a new one.
                    self._offset = 0
                file.seek(self._offset)
                added = file.read()
        except OSError:
            return []
        self._offset += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        return [line.decode("utf-8", "replace").rstrip() for line in lines]


class LoggedRun:
    """One program that writes into a log; `poll` hands out its new output lines."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        errors: Path | None = None,
    ) -> None:
        self.started = time.monotonic()
        self.output: list[str] = []
        # Rotation happens when a log is opened, and a follower must not start in the old file.
        os.close(open_log(log))
        self._follower = Follower(log)
        self.process = spawn(command, cwd=cwd, env=env, log=log, errors=errors)

    def poll(self) -> tuple[int | None, list[str]]:
        code = self.process.poll()
        lines = self._follower.new_lines()
        self.output.extend(lines)
        return code, lines

    def kill(self) -> None:
        signal_group(self.process, signal.SIGKILL)
        self.process.wait()


def run_in_front(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    interrupts: Interrupts,
    meanwhile: Callable[[], float] | None = None,
    patience: float = 5.0,
) -> int:
    """Runs a program on the person's own terminal and returns its exit code.

    It shares our process group, so Ctrl-C reaches it directly; a stop signal that reached only us is passed on when
    the program is still there after `patience` seconds. `meanwhile` runs between waits and says for how long.
    """
    process = subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(env),
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509
    )
    stop_seen: float | None = None
    sent = 0
    while True:
        code = process.poll()
        if code is not None:
            return code if code >= 0 else 128 - code
        pause = meanwhile() if meanwhile is not None else 3600.0
        if interrupts.stop_signal is not None:
            now = time.monotonic()
            stop_seen = stop_seen if stop_seen is not None else now
            grace = patience if interrupts.last_signal == signal.SIGINT else 0.0
            if sent == 0 and now - stop_seen >= grace:
                process.terminate()
                sent = 1
            elif sent == 1 and now - stop_seen >= grace + 2 * patience:
                process.kill()
                sent = 2
            pause = min(pause, 0.2)
        interrupts.wait(pause)
