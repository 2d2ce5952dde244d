"""What a benchmark run was asked for, and which programs it works with."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PROMISE = """One run starts its own Redis servers, stock Rasa (server and action server) and ours (gateway and
workers), asks both the same questions over the same REST address, and stops everything again. Best on a machine
that does nothing else: a round in which others took more than a tenth of it is measured again."""


class BenchProblem(Exception):
    """Something keeps the benchmark from running; the text says what to do."""


@dataclass(frozen=True)
class Options:
    """The size of a run. Times are in seconds; `turns` is how many messages a person sends, `actions` the share
    of messages whose answer comes from a custom action.
    """

    rounds: int
    seconds: float
    warm_seconds: float
    people: int
    turns: int
    actions: float
    growth_turns: int
    workers: int
    stock_workers: int
    tries: int
    seed: int
    out: Path | None
    table: Path | None


@dataclass(frozen=True)
class Tools:
    """The programs of this machine that a run needs."""

    gateway_python: str
    assistant_python: str
    redis_server: str
    model: Path


def read_options(arguments: Sequence[str]) -> Options:
    """Parse the command line; ends the program for --help and for mistakes."""
    parser = argparse.ArgumentParser(
        prog="./kawan bench",
        description=f"Measures ours beside stock Rasa. {PROMISE} `./kawan bench status` measures status questions.",
        allow_abbrev=False,
    )
    parser.add_argument("--quick", action="store_true", help="one short round each, a conversation of 60 turns")
    parser.add_argument("--rounds", type=_count, help="rounds for each side, interleaved (default 3)")
    parser.add_argument("--seconds", type=_duration, help="measured length of a round (default 20)")
    parser.add_argument("--conversations", type=_count, help="people who talk at the same time (default 32)")
    parser.add_argument("--turns", type=_count, default=10, help="messages of one person (default 10)")
    parser.add_argument(
        "--actions",
        type=_percent,
        default=10.0,
        metavar="PERCENT",
        help="messages that run a custom action (default 10)",
    )
    parser.add_argument("--growth", type=_turns, help="turns of the one long conversation (default 400, 0: none)")
    parser.add_argument("--workers", type=_count, help="our assistant processes (default: one for two cores)")
    parser.add_argument("--stock-workers", type=_count, default=1, help="stock's SANIC_WORKERS (default 1, as Rasa's)")
    parser.add_argument("--tries", type=_count, help="how often a disturbed round is measured (default 5)")
    parser.add_argument("--seed", type=int, default=2, help="chooses the questions (default 2)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write every figure as JSON")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the Markdown table (always printed, too)")
    given = parser.parse_args(arguments)
    rounds, seconds, growth = (1, 6.0, 60) if given.quick else (3, 20.0, 400)
    return Options(
        rounds=given.rounds or rounds,
        seconds=given.seconds or seconds,
        warm_seconds=2.0 if given.quick else 5.0,
        people=given.conversations or 32,
        turns=given.turns,
        actions=given.actions / 100,
        growth_turns=growth if given.growth is None else given.growth,
        workers=given.workers or max(1, len(os.sched_getaffinity(0)) // 2),
        stock_workers=given.stock_workers,
        tries=given.tries or (1 if given.quick else 5),
        seed=given.seed,
        out=given.out,
        table=given.table,
    )


def find_tools(variables: Mapping[str, str] = os.environ) -> Tools:
    """From the variables that the launcher sets, else from the usual places. Raises BenchProblem."""
    environments = PROJECT / ".kawan" / "envs"
    model = variables.get("MODEL_PATH") or _newest_model()
    redis = variables.get("KAWAN_REDIS_SERVER") or shutil.which("redis-server")
    assistant = variables.get("KAWAN_ASSISTANT_PYTHON") or str(environments / "assistant" / "bin" / "python")
    if not model or not Path(model).exists():
        raise BenchProblem("there is no trained model; run ./kawan train")
    if not redis:
        raise BenchProblem("there is no redis-server on PATH; install one, or set KAWAN_REDIS_SERVER")
    if not Path(assistant).exists():
        raise BenchProblem("the assistant's Python is not there; run ./kawan bench, or set KAWAN_ASSISTANT_PYTHON")
    return Tools(
        gateway_python=variables.get("KAWAN_GATEWAY_PYTHON") or sys.executable,
        assistant_python=assistant,
        redis_server=redis,
        model=Path(model),
    )


def _newest_model() -> str:
    models = sorted((PROJECT / "models").glob("kawan-*.tar.gz"), key=lambda file: file.stat().st_mtime)
    return str(models[-1]) if models else ""


def _count(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 10_000:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 10000")


def _turns(text: str) -> int:
    return 0 if text == "0" else _count(text)


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if 0 <= percent <= 100:
        return percent
    raise argparse.ArgumentTypeError(f"{text!r} is not a percentage from 0 to 100")


def _duration(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if 1 <= seconds <= 3600:
        return seconds
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 1 to 3600")
