"""Whether probabilities mean what they say: of the guesses given 80 %, eight in ten should be right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True)
class Bin:
    """The guesses whose probability lies from `low` up to `high`: how many, their mean, the share that is right."""

    low: float
    high: float
    count: int
    said: float
    right: float


def reliability(guesses: Iterable[tuple[float, bool]], bins: int = BINS) -> list[Bin]:
    """All bins, also the empty ones, from pairs of a probability and whether the guess was right."""
    inside: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for probability, right in guesses:
        inside[min(int(probability * bins), bins - 1)].append((probability, right))
    return [
        Bin(
            index / bins,
            (index + 1) / bins,
            len(rows),
            sum(said for said, _ in rows) / max(1, len(rows)),
            sum(right for _, right in rows) / max(1, len(rows)),
        )
        for index, rows in enumerate(inside)
    ]


def expected_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error: how far said and right lie apart, weighed by the guesses in each bin."""
    return sum(one.count * abs(one.said - one.right) for one in bins) / max(1, sum(one.count for one in bins))


def reliability_table(bins: Sequence[Bin]) -> list[str]:
    """One line a bin."""
    return [
        f"  {one.low:4.0%} to {one.high:4.0%}" + (f"{one.said:12.1%}{one.right:9.1%}   of {one.count}" if one.count
        else f"{'-':>12}{'-':>9}   of 0")
        for one in bins
    ]  # fmt: skip
