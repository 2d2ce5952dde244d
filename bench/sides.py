"""The two sides of the comparison, each with a Redis of its own: stock Rasa, and ours."""

from __future__ import annotations

import http.client
import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.options import PROJECT, Tools
from bench.processes import Program

WEBHOOK = "/webhooks/rest/webhook"
REDIS_OPTIONS = (
    *("--bind", "127.0.0.1", "--save", "", "--daemonize", "no"),
    *("--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"),
)
# The same for both sides: quiet, no telemetry, and no thread pools that fight over the cores.
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",
    "RASA_TELEMETRY_ENABLED": "false",
    "PYTHONWARNINGS": "ignore",
}
_NOT_PASSED_ON = (
    "REDIS_URL",
    "DATABASE_URL",
    "HOST",
    "PORT",
    "KAWAN_ENV",
    "ACCOUNT_API_URL",
    "PYTHONDONTWRITEBYTECODE",
)

STOCK_ENDPOINTS = """\
nlg:
  type: nlu.nlg.AnswerGenerator
action_endpoint:
  url: http://127.0.0.1:{actions}/webhook
tracker_store:
  type: redis
  url: 127.0.0.1
  port: {redis}
  db: 0
lock_store:
  type: redis
  url: 127.0.0.1
  port: {redis}
  db: 1
"""


@dataclass(frozen=True)
class Side:
    """A running side: where it is asked, its programs, and the seconds from its start until it could answer."""

    name: str
    url: str
    programs: Sequence[Program]
    start_seconds: float

    def stop(self) -> None:
        """In the reverse order of the start."""
        for program in reversed(self.programs):
            program.stop()


def environment() -> dict[str, str]:
    """What every program of a run is started with."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    return {**kept, **QUIET, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}


def start_stock(tools: Tools, folder: Path, workers: int) -> Side:
    """`rasa run` as one would in production: Redis for trackers and locks, actions on an action server."""
    folder.mkdir()
    started = time.monotonic()
    redis, actions, server = free_port(), free_port(), free_port()
    endpoints, credentials = folder / "endpoints.yml", folder / "credentials.yml"
    endpoints.write_text(STOCK_ENDPOINTS.format(actions=actions, redis=redis), encoding="utf-8")
    credentials.write_text("rest:\n", encoding="utf-8")
    rasa = (tools.assistant_python, "-m", "rasa", "run")
    around = {**environment(), "SANIC_WORKERS": str(workers)}
    programs: list[Program] = []
    try:
        programs.append(_start_redis(tools, folder, "redis", ["--port", str(redis)]))
        programs[-1].wait_until(lambda: _listens(redis))
        programs.append(
            Program(
                "action server",
                [*rasa, "actions", "--actions", "actions", "--port", str(actions)],
                environment(),
                folder / "actions.log",
            )
        )
        programs.append(
            Program(
                "rasa run",
                [
                    *rasa,
                    *("--model", str(tools.model), "--port", str(server), "--interface", "127.0.0.1"),
                    *("--endpoints", str(endpoints), "--credentials", str(credentials)),
                ],
                around,
                folder / "rasa.log",
            )
        )
        programs[-2].wait_until(lambda: answers(actions, "/health"))
        programs[-1].wait_until(lambda: answers(server, "/"))
    except BaseException:
        Side("stock", "", programs, 0.0).stop()
        raise
    return Side("stock", f"http://127.0.0.1:{server}{WEBHOOK}", programs, time.monotonic() - started)


def start_ours(tools: Tools, folder: Path, workers: int, settings: Mapping[str, str] | None = None) -> Side:
    """The same programs as `./kawan up` starts, with the same settings and those that are given."""
    folder.mkdir()
    started = time.monotonic()
    listen, port = folder / "r.sock", free_port()
    around = {**environment(), "REDIS_URL": f"unix://{listen}", "HOST": "127.0.0.1", "PORT": str(port)}
    around |= settings or {}
    programs: list[Program] = []
    try:
        programs.append(_start_redis(tools, folder, "redis", ["--port", "0", "--unixsocket", str(listen)]))
        programs += [_start_worker(tools, folder, number, around) for number in range(1, workers + 1)]
        programs.append(Program("gateway", [tools.gateway_python, "-m", "bot.gateway"], around, folder / "gateway.log"))
        programs[-1].wait_until(lambda: answers(port, "/readyz"))
    except BaseException:
        Side("ours", "", programs, 0.0).stop()
        raise
    return Side("ours", f"http://127.0.0.1:{port}{WEBHOOK}", programs, time.monotonic() - started)


def _start_worker(tools: Tools, folder: Path, number: int, around: Mapping[str, str]) -> Program:
    name = f"worker-{number}"
    settings = {"WORKER_NAME": name, "MODEL_PATH": str(tools.model)}
    command = [tools.assistant_python, "-W", "ignore", "-m", "bot.assistant"]
    return Program(name, command, {**around, **settings}, folder / f"{name}.log")


def _start_redis(tools: Tools, folder: Path, name: str, where: Sequence[str]) -> Program:
    data = folder / "redis"
    data.mkdir()
    command = [tools.redis_server, *where, "--dir", str(data), *REDIS_OPTIONS]
    return Program(name, command, environment(), folder / "redis.log")


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(port: int, path: str) -> bool:
    """Whether a program of ours says 200 there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
