"""Chooses the port, and keeps other kawan folders of this machine from choosing the same one."""

from __future__ import annotations

import errno
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bot.launcher.folder_lock import FileLock
from bot.launcher.problem import Problem

DEFAULT_PORT = 8080
_TRIES = 100


@dataclass(frozen=True)
class PortClaim:
    """A port that was free, held against other launchers until `release`."""

    host: str
    port: int
    lock: FileLock | None

    @property
    def url(self) -> str:
        """An address that a browser on this machine can open."""
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        return f"http://{host}:{self.port}"

    def release(self) -> None:
        if self.lock is not None:
            self.lock.release()


def claim(host: str, wanted: int | None, *, first: int = DEFAULT_PORT, lock_folder: Path | None = None) -> PortClaim:
    """The wanted port or a Problem that names it; without a wish the first free one from `first`, 0 for any."""
    folder = lock_folder if lock_folder is not None else Path(tempfile.gettempdir())
    if wanted == 0:
        return _any_port(host)
    if wanted is not None:
        found = _try(host, wanted, folder)
        if found is None:
            raise Problem(
                f"port {wanted} on {host} is already in use.",
                fix=(
                    f"stop the program that uses it (see: ss -ltnp 'sport = :{wanted}'), or",
                    f"choose another one: ./kawan up --port {wanted + 1 if wanted < 65535 else 8080}",
                ),
            )
        return found
    for port in range(first, first + _TRIES):
        found = _try(host, port, folder)
        if found is not None:
            return found
    raise Problem(
        f"no free port between {first} and {first + _TRIES - 1} on {host}.",
        fix=("choose one: ./kawan up --port 9000",),
    )


def is_free(host: str, port: int) -> bool:
    return _bindable_port(host, port) is not None


def _any_port(host: str) -> PortClaim:
    port = _bindable_port(host, 0)
    if port is None:
        raise Problem(f"no free port on {host}.")
    # The system hands out another one each time, so a lock would only leave files behind.
    return PortClaim(host, port, None)


def _try(host: str, port: int, folder: Path) -> PortClaim | None:
    if not is_free(host, port):
        return None
    # Between this moment and the gateway's start another folder's launcher could choose the same port.
    lock = FileLock(folder / f"kawan-{os.getuid()}-port-{port}.lock")
    try:
        return PortClaim(host, port, lock) if lock.try_acquire() else None
    except OSError:
        # Without a place for locks a start is still better than none; the gateway will notice a clash.
        return PortClaim(host, port, None)


def _bindable_port(host: str, port: int) -> int | None:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except socket.gaierror as error:
        raise Problem(f"the host {host!r} is unknown: {error.strerror}", fix=("--host 127.0.0.1",)) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return None
        reason = "needs administrator rights" if error.errno == errno.EACCES else str(error.strerror)
        raise Problem(
            f"cannot listen on {host} port {port}: {reason}.", fix=("choose another one: ./kawan up --port 8080",)
        ) from error
