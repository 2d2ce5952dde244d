"""What the gateway, the workers and the other programs of the project are started with."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.launcher import dotenv
from bot.launcher.processes import ChildSpec
from bot.launcher.project import Project

# Gateway first, so that nothing new comes in; then the workers finish their turns; Redis after both.
_STOP_GATEWAY = 1
_STOP_WORKERS = 2
_DRAIN_SECONDS = 15.0

# The person's own choice wins where they made one: these only keep TensorFlow and its friends quiet and small.
_QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "OMP_NUM_THREADS": "1",
    "RASA_TELEMETRY_ENABLED": "false",
    "SANIC_MOTD": "False",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True)
class Surroundings:
    """The variables of the machine and of `.env`, joined; the machine's win."""

    project: Project
    variables: Mapping[str, str]

    def get(self, name: str) -> str:
        """The value, or nothing: an empty variable counts as not set."""
        return self.variables.get(name, "").strip()

    def base(self) -> dict[str, str]:
        env = dict(self.variables)
        for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "VIRTUAL_ENV"):
            env.pop(name, None)
        env["KAWAN_ROOT"] = str(self.project.root)
        env["PYTHONPATH"] = str(self.project.root)
        env["PYTHONUNBUFFERED"] = "1"
        return env

    def gateway(self) -> dict[str, str]:
        return self.base()

    def assistant(self) -> dict[str, str]:
        cache = self.project.home / "cache" / "mpl"
        cache.mkdir(parents=True, exist_ok=True)
        return {**_QUIET, **self.base(), "MPLCONFIGDIR": str(cache)}


def surroundings(project: Project, environ: Mapping[str, str]) -> Surroundings:
    return Surroundings(project, {**dotenv.read(project.root / ".env"), **environ})


def log_key(project: Project, given: str) -> str:
    """The key that hashes people's addresses in logs: made once for a folder, so that logs stay comparable."""
    return kept_secret(project, "log_key", given)


def kept_secret(project: Project, name: str, given: str) -> str:
    """The given secret, else the folder's own of that name, which is made at the first use."""
    if given:
        return given
    path = project.data / name
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        key = secrets.token_hex(32)
        draft = path.with_suffix(".tmp")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key + "\n")
        draft.replace(path)
        return key


def gateway(around: Surroundings, shared: Mapping[str, str]) -> ChildSpec:
    project = around.project
    return ChildSpec(
        "gateway",
        [str(project.python("gateway")), "-m", "bot.gateway"],
        {**around.gateway(), **shared},
        project.root,
        project.log("gateway"),
        _STOP_GATEWAY,
        _drain_seconds(around) + 12.0,
    )


def worker(around: Surroundings, shared: Mapping[str, str], number: int, model: Path) -> ChildSpec:
    project = around.project
    name = f"worker-{number}"
    return ChildSpec(
        name,
        [str(project.python("assistant")), "-m", "bot.assistant"],
        {**around.assistant(), **shared, "WORKER_NAME": name, "MODEL_PATH": str(model)},
        project.root,
        project.log(name),
        _STOP_WORKERS,
        _drain_seconds(around) + 5.0,
    )


def _drain_seconds(around: Surroundings) -> float:
    """How long the programs themselves take at most to finish; a wrong value is theirs to complain about."""
    try:
        return min(300.0, max(0.0, float(around.get("DRAIN_SECONDS") or _DRAIN_SECONDS)))
    except ValueError:
        return _DRAIN_SECONDS
