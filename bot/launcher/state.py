"""The record of a running instance in `.kawan/run/state.json`, and whether it still lives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bot.launcher.project import Project


@dataclass(frozen=True)
class ProcessId:
    """A pid together with its start time: a pid alone is soon given to another program."""

    pid: int
    start: str


@dataclass(frozen=True)
class State:
    """One running instance. `command` is the launcher's command, `up` or `chat`."""

    root: str
    command: str
    launcher: ProcessId
    host: str
    port: int
    url: str
    ready: bool = False
    account_url: str = ""
    children: Mapping[str, ProcessId] = field(default_factory=dict)


def identify(pid: int) -> ProcessId | None:
    """The process as it is now, or None when there is none (a zombie counts as gone)."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The name in brackets may itself hold spaces and brackets.
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else ProcessId(pid, fields[19])
    answer = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    words = answer.stdout.split()
    return ProcessId(pid, " ".join(words[1:])) if words and not words[0].startswith("Z") else None


def is_alive(process: ProcessId) -> bool:
    return identify(process.pid) == process


def path_of(project: Project) -> Path:
    return project.run / "state.json"


def write(project: Project, state: State) -> None:
    path = path_of(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"state.{os.getpid()}.tmp")
    draft.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(path)


def remove(project: Project) -> None:
    with suppress(FileNotFoundError):
        path_of(project).unlink()


def read(project: Project) -> State | None:
    """What the file says, alive or not; one that cannot be understood, or came with a copied folder, counts as none."""
    try:
        raw = json.loads(path_of(project).read_text(encoding="utf-8"))
        if raw["root"] != str(project.root):
            return None
        return State(
            root=str(raw["root"]),
            command=str(raw["command"]),
            launcher=ProcessId(**raw["launcher"]),
            host=str(raw["host"]),
            port=int(raw["port"]),
            url=str(raw["url"]),
            ready=bool(raw["ready"]),
            account_url=str(raw.get("account_url", "")),
            children={name: ProcessId(**child) for name, child in raw["children"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def running(project: Project) -> State | None:
    """The instance that serves this folder now."""
    state = read(project)
    return state if state is not None and is_alive(state.launcher) else None


def clear_stale(project: Project, *, patience: float = 5.0) -> list[str]:
    """Ends what a launcher that was killed left behind, and returns the names. Only call it as the folder's owner."""
    state = read(project)
    if state is None or is_alive(state.launcher):
        return []
    left = {name: child for name, child in state.children.items() if is_alive(child)}
    for child in left.values():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while any(is_alive(child) for child in left.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in left.values():
        if is_alive(child):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
    remove(project)
    return sorted(left)
