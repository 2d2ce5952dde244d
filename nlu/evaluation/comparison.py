"""The last comparison with other ways to understand: kept as JSON beside the phrasings, shown as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

KEPT = Path(__file__).with_name("comparison.json")
COMMAND = "./kawan evaluate --compare"

_COLUMNS = {
    "question_accuracy": "best right",
    "top3": "in best 3",
    "out_of_scope_recall": "oos found",
    "in_scope_rejected": "rejected",
    "calibration_error": "calib. err",
}


@dataclass(frozen=True)
class Row:
    """One contestant: its shares as `figures.measure` counts them, milliseconds a message, seconds of training."""

    title: str
    shares: Mapping[str, float]
    milliseconds: float
    training: float


@dataclass(frozen=True)
class Comparison:
    """All contestants of one run, on which day, on how many cores, in how many seconds altogether."""

    date: str
    command: str
    cores: int
    phrasings: int
    examples: str
    seconds: float
    rows: tuple[Row, ...]


def keep(comparison: Comparison, file: Path = KEPT) -> None:
    """Write it where the next plain evaluation shows it."""
    file.write_text(json.dumps(asdict(comparison), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def kept(file: Path = KEPT) -> Comparison | None:
    """The last one; None when there is none. Raises KeyError and TypeError for what is no comparison."""
    if not file.exists():
        return None
    body = json.loads(file.read_text(encoding="utf-8"))
    return Comparison(**{**body, "rows": tuple(Row(**row) for row in body["rows"])})


def shown(comparison: Comparison, now: str = "") -> str:
    """The table; `now` is the digest of the present examples and phrasings, to tell whether it is still theirs."""
    lines = [
        f"compared on {comparison.date} by `{comparison.command}` ({comparison.phrasings} phrasings, "
        f"{comparison.cores} cores, {comparison.seconds / 60:.1f} minutes)",
        "",
        f"  {'':<46}" + "".join(f"{head:>12}" for head in (*_COLUMNS.values(), "ms/message", "training s")),
    ]
    lines += [
        f"  {row.title:<46}"
        + "".join(f"{row.shares[name]:>12.1%}" for name in _COLUMNS)
        + f"{row.milliseconds:>12.2f}{row.training:>12.0f}"
        for row in comparison.rows
    ]
    if any(row.title.endswith(" epochs") for row in comparison.rows):
        lines += ["", f"  few epochs are no verdict; `{COMMAND} --epochs 100` trains in full, in more than an hour"]
    if now and now != comparison.examples:
        lines += ["", f"  examples or phrasings have changed since; `{COMMAND}` compares anew"]
    return "\n".join(lines)


def as_markdown(comparison: Comparison) -> Sequence[str]:
    """The table for docs/understanding.md."""
    return [
        f"| | {' | '.join(_COLUMNS.values())} | ms a message | training, s |",
        f"| --- |{' --- |' * (len(_COLUMNS) + 2)}",
        *(
            f"| {row.title} | {' | '.join(f'{row.shares[name]:.1%}' for name in _COLUMNS)} | {row.milliseconds:.2f} | "
            f"{row.training:.0f} |"
            for row in comparison.rows
        ),
    ]
