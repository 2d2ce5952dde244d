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
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType

from bench import status
from bench.figures import summarise
from bench.load import Plan
from bench.options import BenchProblem, Options, Tools, find_tools, read_options
from bench.processes import describe_machine
from bench.report import Results, as_json, as_markdown, verdict
from bench.rounds import Round, run_round
from bench.sides import Side, environment, start_ours, start_stock
from bench.talks import Talk, ask_questions, make_talks

FASTEST = 3000  # messages a second for which enough talks are prepared
UNDISTURBED = 0.1  # the part of the machine that others may take from a measurement


class Bench:
    """Both sides, running; every measurement is repeated when other programs got in its way."""

    def __init__(self, options: Options, tools: Tools, sides: Sequence[Side]) -> None:
        self._options = options
        self._tools = tools
        self._sides = sides
        self._cores = len(os.sched_getaffinity(0))

    def rounds(self, talks: list[Talk]) -> list[Round]:
        """Stock, ours, stock, ours, ...: what changes on the machine meets both."""
        options = self._options
        done = []
        for number in range(1, options.rounds + 1):
            for side in self._sides:
                plan = Plan(side.url, f"r{number}", options.people, options.warm_seconds, options.seconds, talks)
                one = self._measure(side, plan)
                _say(f"round {number}, {side.name}: {one.rate:.1f} messages/s {one.record.errors or ''}")
                done.append(one)
        return done

    def growth(self, talk: Talk) -> dict[str, Round]:
        """One conversation that goes on and on, one message at a time."""
        done = {}
        for side in self._sides:
            done[side.name] = self._measure(side, Plan(side.url, "long", 1, 0.0, 0.0, [talk]))
            errors = done[side.name].record.errors or ""
            _say(f"one conversation of {len(talk)} turns, {side.name}: done {errors}")
        return done

    def _measure(self, side: Side, plan: Plan) -> Round:
        """The first try that was left alone, else the one that was disturbed least."""
        others = [other for other in self._sides if other is not side]
        tries: list[Round] = []
        while len(tries) < self._options.tries:
            # People of an earlier try have a past; a new name makes new people.
            fresh = replace(plan, name=f"{plan.name}.{len(tries)}")
            tries.append(run_round(self._tools, side, fresh, others, self._cores))
            if tries[-1].elsewhere_share <= UNDISTURBED:
                break
            _say(f"others took {tries[-1].elsewhere_share:.0%} of the machine from {side.name}")
        return min(tries, key=lambda one: one.elsewhere_share)


def run(options: Options, tools: Tools, arguments: Sequence[str]) -> Results:
    """The whole comparison. Raises BenchProblem; stops every program that it started."""
    questions = ask_questions(tools, environment())
    enough = int(FASTEST * (options.warm_seconds + options.seconds) / options.turns) + options.people
    actions, seed = options.actions, options.seed
    talks = make_talks(questions, count=enough, turns=options.turns, actions=actions, seed=seed)
    (long_talk,) = make_talks(questions, count=1, turns=options.growth_turns, actions=actions, seed=seed + 1)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="kawan-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        starts, sides = _start_both(options, tools, folder, stack)
        bench = Bench(options, tools, sides)
        rounds = bench.rounds(talks)
        growth = bench.growth(long_talk) if long_talk else {}
    return Results(
        command=shlex.join(["./kawan", "bench", *arguments]),
        date=datetime.now(timezone.utc).date().isoformat(),
        machine=describe_machine(),
        options=options,
        stock=summarise("stock", rounds),
        ours=summarise("ours", rounds),
        rounds=rounds,
        growth={name: one.record for name, one in growth.items()},
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
    if arguments[:1] == ["status"]:
        return status.main(arguments[1:])
    options = read_options(arguments)
    signal.signal(signal.SIGTERM, _stop)
    for file in filter(None, (options.out, options.table)):
        file.parent.mkdir(parents=True, exist_ok=True)
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
