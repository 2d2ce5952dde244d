"""One round: runs the load generator against one side and measures all that ran meanwhile."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from tempfile import TemporaryFile
from typing import Any

from bench.load import Plan, Record
from bench.options import PROJECT, BenchProblem, Tools
from bench.processes import Usage, machine_busy_seconds, usage_of_session
from bench.sides import Side, environment

GENERATOR = "load generator"


@dataclass(frozen=True)
class Round:
    """What one side did in the measured time; `programs` holds RSS at its end and CPU within it.

    `elsewhere_share` is the part of the machine that programs outside this benchmark took meanwhile.
    """

    side: str
    record: Record
    programs: dict[str, Usage]
    elsewhere_share: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return len(self.record.latencies) / self.record.seconds


def run_round(tools: Tools, side: Side, plan: Plan, bystanders: Sequence[Side], cores: int) -> Round:
    """Ask `side` as planned. Raises BenchProblem when the load generator fails."""
    with TemporaryFile("w+") as order:
        json.dump(asdict(plan), order)
        order.seek(0)
        generator = subprocess.Popen(
            [tools.gateway_python, "-m", "bench.load"],
            cwd=PROJECT,
            env=environment(),
            stdin=order,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    lines = iter(generator.stdout or ())
    try:
        _expect(lines, "begin")
        before, known_before, busy_before = _look(side, bystanders, generator.pid)
        _expect(lines, "end")
        after, known_after, busy_after = _look(side, bystanders, generator.pid)
        record = Record(**_read_record(next(lines, "")))
    finally:
        generator.kill()
        generator.wait()
    for program in side.programs:
        program.check()
    if not record.latencies:
        raise BenchProblem(f"{side.name} answered nothing: {record.errors}")
    elsewhere = max(0.0, (busy_after - busy_before) - (known_after - known_before))
    return Round(
        side=side.name,
        record=record,
        programs={
            name: Usage(usage.megabytes, usage.cpu_seconds - before[name].cpu_seconds) for name, usage in after.items()
        },
        elsewhere_share=elsewhere / (record.seconds * cores),
    )


def _look(side: Side, bystanders: Sequence[Side], generator: int) -> tuple[dict[str, Usage], float, float]:
    """The side's programs, the CPU time of everything of ours, and that of the whole machine."""
    busy = machine_busy_seconds()
    programs = {program.name: program.usage() for program in side.programs}
    programs[GENERATOR] = usage_of_session(generator)
    idle = sum(program.usage().cpu_seconds for other in bystanders for program in other.programs)
    return programs, sum(usage.cpu_seconds for usage in programs.values()) + idle, busy


def _expect(lines: Iterator[str], word: str) -> None:
    line = next(lines, "")
    if line.strip() != word:
        raise BenchProblem(f"the load generator ended early (it said {line[:200]!r})")


def _read_record(line: str) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise BenchProblem("the load generator gave no result") from error
    return record
