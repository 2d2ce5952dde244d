"""What an evaluation counts: pure functions from cases and the model's verdicts to figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.content.catalogue import RETRIEVAL_INTENT
from nlu.content.strict_yaml import parse_yaml
from nlu.evaluation.calibration import Bin, expected_error, reliability

OUT_OF_SCOPE = "out_of_scope"
UNSURE = "nlu_fallback"
OFFERED = 3
_LINE_START = "- "


@dataclass(frozen=True)
class Case:
    """One phrasing, the file it stands in, and the intent (for questions `faq/<id>`) that is right."""

    topic: str
    text: str
    right: str

    @property
    def is_question(self) -> bool:
        """Whether the FAQ answers it."""
        return self.right.startswith(f"{RETRIEVAL_INTENT}/")


@dataclass(frozen=True)
class Verdict:
    """What the model makes of a case: all intents and entries, best first, what is done in the end, and the
    probability that it gives to the best."""

    ranked: tuple[str, ...]
    done: str
    probability: float = 0.0

    @property
    def best(self) -> str:
        """The first of the ranking."""
        return self.ranked[0] if self.ranked else ""


@dataclass(frozen=True)
class Confusion:
    """One intent taken for another: how often, and an example."""

    right: str
    taken_for: str
    count: int
    example: str


def read_cases(folder: Path) -> list[Case]:
    """All phrasings of the Rasa NLU files in a folder; other YAML files are passed over."""
    cases = []
    for file in sorted(folder.glob("*.yml")):
        body = parse_yaml(file.read_text(encoding="utf-8"))
        for block in body.get("nlu", []):
            lines = [line.strip() for line in block["examples"].splitlines()]
            cases += [Case(file.stem, line.removeprefix(_LINE_START), block["intent"]) for line in lines if line]
    return cases


def to_verdict(parse: dict[str, Any]) -> Verdict:
    """The verdict in a parse result of our pipeline."""
    entries = parse.get("response_selector", {}).get(RETRIEVAL_INTENT, {}).get("ranking", [])
    others = [row for row in parse.get("intent_ranking", []) if row["name"] not in (RETRIEVAL_INTENT, UNSURE)]
    scores = {row["intent_response_key"]: row["confidence"] for row in entries}
    scores |= {row["name"]: row["confidence"] for row in others}
    ranked = tuple(sorted(scores, key=scores.__getitem__, reverse=True))
    done = parse["intent"]["name"] or UNSURE
    if done == RETRIEVAL_INTENT:
        done = entries[0]["intent_response_key"]
    return Verdict(ranked, done, scores[ranked[0]] if ranked else 0.0)


Pair = tuple[Case, Verdict]


def measure(pairs: Sequence[Pair]) -> dict[str, float]:
    """The figures that thresholds.yml puts limits on, each a share from 0 to 1."""
    questions = [pair for pair in pairs if pair[0].is_question]
    answered = [pair for pair in questions if pair[1].done not in (UNSURE, OUT_OF_SCOPE)]
    unsure = [pair for pair in questions if pair[1].done == UNSURE]
    strangers = [pair for pair in pairs if pair[0].right == OUT_OF_SCOPE]
    ours = [pair for pair in pairs if pair[0].right != OUT_OF_SCOPE]
    return {
        "accuracy": _share(pairs, lambda case, verdict: verdict.best == case.right),
        "question_accuracy": _share(questions, lambda case, verdict: verdict.best == case.right),
        "top3": _share(questions, lambda case, verdict: case.right in verdict.ranked[:OFFERED]),
        "answered": len(answered) / max(1, len(questions)),
        "right_when_answered": _share(answered, lambda case, verdict: verdict.done == case.right),
        "offered_when_unsure": _share(unsure, lambda case, verdict: case.right in _offered(verdict)),
        "out_of_scope_recall": _share(strangers, lambda _, verdict: verdict.done == OUT_OF_SCOPE),
        "out_of_scope_answered": _share(strangers, lambda _, verdict: verdict.done.startswith(RETRIEVAL_INTENT)),
        "in_scope_rejected": _share(ours, lambda _, verdict: verdict.done == OUT_OF_SCOPE),
        "calibration_error": expected_error(bins_of(pairs)),
    }


def bins_of(pairs: Iterable[Pair]) -> list[Bin]:
    """How often the best guess is right, by the probability that the model gave it."""
    return reliability((verdict.probability, verdict.best == case.right) for case, verdict in pairs)


def by_topic(pairs: Iterable[Pair]) -> dict[str, tuple[int, float]]:
    """For each file: the number of cases and the accuracy."""
    topics: dict[str, list[Pair]] = {}
    for pair in pairs:
        topics.setdefault(pair[0].topic, []).append(pair)
    return {
        topic: (len(rows), _share(rows, lambda case, verdict: verdict.best == case.right))
        for topic, rows in topics.items()
    }


def confusions(pairs: Sequence[Pair], most: int) -> list[Confusion]:
    """The intents that are taken for others most often."""
    wrong = [(case.right, verdict.best, case.text) for case, verdict in pairs if verdict.best != case.right]
    examples = {(right, taken): text for right, taken, text in reversed(wrong)}
    counts = Counter((right, taken) for right, taken, _ in wrong)
    return [Confusion(*names, count, examples[names]) for names, count in counts.most_common(most)]


def _offered(verdict: Verdict) -> list[str]:
    return [name for name in verdict.ranked if name.startswith(f"{RETRIEVAL_INTENT}/")][:OFFERED]


def _share(pairs: Sequence[Pair], holds: Callable[[Case, Verdict], bool]) -> float:
    return sum(holds(case, verdict) for case, verdict in pairs) / len(pairs) if pairs else 0.0
