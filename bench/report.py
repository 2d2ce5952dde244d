"""Writes a run down: a Markdown table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.figures import ProgramFigures, SideFigures, growth_spans, same_answers
from bench.load import Record
from bench.options import Options
from bench.rounds import Round

AIM = 5.0


@dataclass(frozen=True)
class Results:
    """Everything that a run found out; growth holds the one long conversation of each side."""

    command: str
    date: str
    machine: str
    options: Options
    stock: SideFigures
    ours: SideFigures
    rounds: Sequence[Round]
    growth: dict[str, Record]
    starts: dict[str, Sequence[float]]

    @property
    def ratio(self) -> float:
        """How many times stock's throughput."""
        return self.ours.rate / self.stock.rate


def as_markdown(results: Results) -> str:
    """Ready for docs/performance.md."""
    options = results.options
    same, both = same_answers(results.rounds)
    others = {
        side: max(one.elsewhere_share for one in results.rounds if one.side == side) for side in ("stock", "ours")
    }
    parts = [
        f"`{results.command}`, {results.date}, {results.machine}. {options.people} people at a time, {options.turns} "
        f"messages each, {options.actions:.0%} of them with a custom action, closed loop; "
        f"medians of {options.rounds} interleaved rounds of {options.seconds:g} s each. "
        f"Stock with {options.stock_workers} Sanic worker(s), ours with {options.workers} worker(s). "
        f"Programs outside the benchmark took at most {others['stock']:.0%} of the machine in a round of stock, "
        f"{others['ours']:.0%} in one of ours. Of {both} messages that both sides were asked, {same} got the same "
        "answer word for word.",
        _throughput(results),
        _programs(results.stock, results.ours),
    ]
    if results.growth:
        parts.append(_growth(results.growth))
    parts.append(_starts(results.starts))
    return "\n\n".join(parts) + "\n"


def as_json(results: Results) -> dict[str, Any]:
    """Every figure, with each round's latencies but without its answers."""
    same, both = same_answers(results.rounds)
    options = asdict(results.options)
    for name in ("out", "table"):
        options.pop(name)
    rounds = []
    for one in results.rounds:
        record = asdict(one.record)
        record.pop("answers")
        programs = {name: asdict(usage) for name, usage in one.programs.items()}
        rounds.append(
            {"side": one.side, "rate": one.rate, "elsewhere": one.elsewhere_share, "programs": programs, **record}
        )
    return {
        "command": results.command,
        "date": results.date,
        "machine": results.machine,
        "options": options,
        "ratio": results.ratio,
        "stock": asdict(results.stock),
        "ours": asdict(results.ours),
        "same_answers": {"same": same, "of": both},
        "growth": {
            side: {"latencies": record.latencies, "errors": record.errors} for side, record in results.growth.items()
        },
        "starts": {side: list(seconds) for side, seconds in results.starts.items()},
        "rounds": rounds,
    }


def verdict(results: Results) -> str:
    """One honest line."""
    reached = "reached" if results.ratio >= AIM else "not reached"
    return f"ours / stock: {results.ratio:.2f} times the messages per second (aim {AIM:g}: {reached})"


def _throughput(results: Results) -> str:
    stock, ours = results.stock, results.ours
    rows = [
        ("messages per second", f"{stock.rate:.1f}", f"{ours.rate:.1f}", _times(ours.rate, stock.rate)),
        ("lowest and highest round", _range(stock), _range(ours), ""),
        *(
            (f"latency {name}, ms", f"{old:.0f}", f"{new:.0f}", _times(old, new))
            for name, old, new in (
                ("p50", stock.p50, ours.p50),
                ("p95", stock.p95, ours.p95),
                ("p99", stock.p99, ours.p99),
            )
        ),
        ("messages measured", str(stock.messages), str(ours.messages), ""),
        ("errors", str(sum(stock.errors.values())), str(sum(ours.errors.values())), ""),
        ("memory of all programs, MB", f"{stock.megabytes:.0f}", f"{ours.megabytes:.0f}", ""),
        (
            "CPU for a message, ms",
            f"{stock.cpu_milliseconds:.2f}",
            f"{ours.cpu_milliseconds:.2f}",
            _times(stock.cpu_milliseconds, ours.cpu_milliseconds),
        ),
    ]
    return _table(("", "stock Rasa", "ours", "better by"), rows)


def _programs(stock: SideFigures, ours: SideFigures) -> str:
    def rows(side: str, programs: Sequence[ProgramFigures]) -> list[tuple[str, ...]]:
        return [(side, one.name, f"{one.megabytes:.0f}", f"{one.cpu_milliseconds:.2f}") for one in programs]

    return _table(
        ("side", "program", "RSS, MB", "CPU for a message, ms"),
        [*rows("stock", stock.programs), *rows("ours", ours.programs)],
    )


def _growth(growth: dict[str, Record]) -> str:
    stock, ours = (growth_spans(growth[side].latencies) for side in ("stock", "ours"))
    rows: list[tuple[str, ...]] = [
        (span, f"{old:.1f}", f"{new:.1f}", _times(old, new)) for (span, old), (_, new) in zip(stock, ours, strict=False)
    ]
    rows.append(("last span / first span", *(f"{spans[-1][1] / spans[0][1]:.2f} times" for spans in (stock, ours)), ""))
    rows.append(("errors", *(str(sum(growth[side].errors.values())) for side in ("stock", "ours")), ""))
    head = ("turns of one conversation", "stock, median ms", "ours, median ms", "better by")
    return _table(head, rows)


def _starts(starts: dict[str, Sequence[float]]) -> str:
    rows = [(side, ", ".join(f"{one:.1f}" for one in seconds)) for side, seconds in starts.items()]
    return _table(("start of all programs to ready", "seconds (first, second)"), rows)


def _range(figures: SideFigures) -> str:
    return f"{figures.lowest_rate:.1f} - {figures.highest_rate:.1f}"


def _times(large: float, small: float) -> str:
    return f"{large / small:.2f} times"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)
