"""From rounds to the figures that are reported: percentiles, medians over rounds, ratios."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.rounds import Round

SPAN = 50  # turns of the long conversation that are read together


@dataclass(frozen=True)
class ProgramFigures:
    """`megabytes` is RSS after the last round, `cpu_milliseconds` CPU time for each message."""

    name: str
    megabytes: float
    cpu_milliseconds: float


@dataclass(frozen=True)
class SideFigures:
    """Medians over a side's rounds; latencies in milliseconds."""

    side: str
    rate: float
    lowest_rate: float
    highest_rate: float
    p50: float
    p95: float
    p99: float
    messages: int
    errors: dict[str, int]
    programs: tuple[ProgramFigures, ...]

    @property
    def megabytes(self) -> float:
        """All programs of the side, without the load generator."""
        return sum(program.megabytes for program in self.programs[:-1])

    @property
    def cpu_milliseconds(self) -> float:
        """All programs of the side, without the load generator."""
        return sum(program.cpu_milliseconds for program in self.programs[:-1])


def summarise(side: str, rounds: Sequence[Round]) -> SideFigures:
    """One side's rounds as one line."""
    mine = [one for one in rounds if one.side == side]
    errors: dict[str, int] = {}
    for one in mine:
        for kind, count in one.record.errors.items():
            errors[kind] = errors.get(kind, 0) + count
    return SideFigures(
        side=side,
        rate=statistics.median(one.rate for one in mine),
        lowest_rate=min(one.rate for one in mine),
        highest_rate=max(one.rate for one in mine),
        p50=_over_rounds(mine, 50),
        p95=_over_rounds(mine, 95),
        p99=_over_rounds(mine, 99),
        messages=sum(len(one.record.latencies) for one in mine),
        errors=errors,
        programs=tuple(_program(name, mine) for name in mine[0].programs),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def same_answers(rounds: Sequence[Round]) -> tuple[int, int]:
    """How many messages both sides answered word for word alike, of those that both were asked."""
    stock: dict[str, str] = {}
    ours: dict[str, str] = {}
    for one in rounds:
        (stock if one.side == "stock" else ours).update(one.record.answers)
    both = stock.keys() & ours.keys()
    return sum(stock[key] == ours[key] for key in both), len(both)


def growth_spans(latencies: Sequence[float]) -> list[tuple[str, float]]:
    """Median milliseconds of turns 1-50, 101-150, ... and of the last ones."""
    spans = []
    starts = [*range(0, len(latencies) - SPAN, 2 * SPAN)] or [0]
    if len(latencies) > SPAN:
        starts.append(len(latencies) - SPAN)
    for start in starts:
        part = latencies[start : start + SPAN]
        spans.append((f"{start + 1}-{start + len(part)}", 1000 * statistics.median(part)))
    return spans


def _over_rounds(rounds: Sequence[Round], percent: float) -> float:
    return 1000 * statistics.median(percentile(one.record.latencies, percent) for one in rounds)


def _program(name: str, rounds: Sequence[Round]) -> ProgramFigures:
    return ProgramFigures(
        name,
        rounds[-1].programs[name].megabytes,
        1000 * statistics.median(one.programs[name].cpu_seconds / len(one.record.latencies) for one in rounds),
    )
