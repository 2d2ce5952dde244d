"""Measures ours beside stock Rasa: `./kawan bench`."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType

from bench.figures import summarise
from bench.load import Record
from bench.options import BenchProblem, Options, Tools, find_tools, read_options
from bench.processes import describe_machine
from bench.report import Results, as_json, as_markdown, verdict
from bench.rounds import Round, plan_for, run_round
from bench.sides import Side, environment, start_ours, start_stock
from bench.talks import ask_questions, make_talks

FASTEST = 3000  # messages a second for which enough talks are prepared


def run(options: Options, tools: Tools, arguments: Sequence[str]) -> Results:
    """The whole comparison. Raises BenchProblem; stops every program that it started."""
    longest = options.warm_seconds + options.seconds
    questions = ask_questions(tools, environment())
    talks = make_talks(
        questions, count=int(FASTEST * longest / options.turns) + options.people, turns=options.turns, seed=options.seed
    )
    long_talk = make_talks(questions, count=1, turns=max(1, options.growth_turns), seed=options.seed + 1)
    cores = len(os.sched_getaffinity(0))
    rounds: list[Round] = []
    growth: dict[str, Record] = {}
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="kawan-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        starts, sides = _start_both(options, tools, folder, stack)
        for number in range(1, options.rounds + 1):
            for side in sides:
                plan = plan_for(
                    side,
                    f"r{number}",
                    talks,
                    people=options.people,
                    warm=options.warm_seconds,
                    seconds=options.seconds,
                )
                done = run_round(tools, side, plan, [one for one in sides if one is not side], cores)
                rounds.append(done)
                _say(f"round {number}, {side.name}: {done.rate:.1f} messages/s {done.record.errors or ''}")
        for side in sides if options.growth_turns else ():
            plan = plan_for(side, "long", long_talk, people=1, warm=0, seconds=0)
            growth[side.name] = run_round(tools, side, plan, (), cores).record
            errors = growth[side.name].errors or ""
            _say(f"one conversation of {options.growth_turns} turns, {side.name}: done {errors}")
    return Results(
        command=shlex.join(["./kawan", "bench", *arguments]),
        date=datetime.now(timezone.utc).date().isoformat(),
        machine=describe_machine(),
        options=options,
        stock=summarise("stock", rounds),
        ours=summarise("ours", rounds),
        rounds=rounds,
        growth=growth,
        starts=starts,
    )


def _start_both(
    options: Options, tools: Tools, folder: Path, stack: ExitStack
) -> tuple[dict[str, Sequence[float]], list[Side]]:
    """Each side is started twice: the second start finds its files in memory, as after an update or a crash."""
    makers: dict[str, Callable[[Path], Side]] = {
        "stock": lambda place: start_stock(tools, place, options.stock_workers),
        "ours": lambda place: start_ours(tools, place, options.workers),
    }
    starts: dict[str, Sequence[float]] = {}
    sides = []
    for name, start in makers.items():
        _say(f"starting {name} twice")
        first = start(folder / f"{name}-1")
        first.stop()
        side = start(folder / f"{name}-2")
        stack.callback(side.stop)
        sides.append(side)
        starts[name] = (first.start_seconds, side.start_seconds)
        _say(f"{name} was ready after {first.start_seconds:.1f} s, the second time after {side.start_seconds:.1f} s")
    return starts, sides


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str]) -> int:
    """0 after a run, whatever it measured; 1 when it could not be run; 130 when it was stopped."""
    options = read_options(arguments)
    signal.signal(signal.SIGTERM, _stop)
    try:
        results = run(options, find_tools(), arguments)
    except BenchProblem as problem:
        _say(str(problem))
        return 1
    except KeyboardInterrupt:
        _say("stopped before it was done")
        return 130
    table = as_markdown(results)
    print(f"\n{table}\n{verdict(results)}")
    if options.table:
        options.table.write_text(table, encoding="utf-8")
    if options.out:
        options.out.write_text(json.dumps(as_json(results), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
