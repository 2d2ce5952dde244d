"""`./kawan evaluate`: the figures of nlu/evaluation, and those that need the bot's splitting of messages."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with warnings.catch_warnings(record=True):
    # Rasa's pinned dependencies announce their deprecations once, when they are imported.
    warnings.simplefilter("ignore")
    from bot.assistant.engine import Engine
    from bot.assistant.parses import Parse
from bot.assistant.splitting import ParseAll, questions_in
from nlu.evaluation.doubles import Double, make_doubles
from nlu.evaluation.figures import Case, read_cases
from nlu.evaluation.run import FOLDER, beyond_limits, main

_PART = "doubles"
_MEANING = {
    "both_by_mark": "a question mark between them: both answered",
    "both_by_word": "only a word between them: both answered",
    "both": "either way",
    "second_answers": "single questions that get a second answer",
    "astray": "  of all singles, without the right one",
}


@dataclass(frozen=True)
class Heard:
    """What is answered of the doubles in each writing, and of single questions."""

    by_mark: tuple[frozenset[str], ...]
    by_word: tuple[frozenset[str], ...]
    singles: tuple[frozenset[str], ...]


def hear(doubles: Sequence[Double], singles: Sequence[Case], parse: ParseAll) -> Heard:
    """Split every message as a conversation would."""

    def answered(text: str) -> frozenset[str]:
        found = questions_in(text, parse([text])[0], parse)
        return frozenset(map(_answer, found))

    return Heard(
        tuple(answered(one.by_mark) for one in doubles),
        tuple(answered(one.by_word) for one in doubles),
        tuple(answered(one.text) for one in singles),
    )


def doubles_figures(doubles: Sequence[Double], singles: Sequence[Case], heard: Heard) -> dict[str, float]:
    """The shares that the part `doubles` of thresholds.yml puts limits on."""
    by_mark = [one.right <= found for one, found in zip(doubles, heard.by_mark)]
    by_word = [one.right <= found for one, found in zip(doubles, heard.by_word)]
    several = [(one, found) for one, found in zip(singles, heard.singles) if len(found) > 1]
    return {
        "both_by_mark": _share(by_mark),
        "both_by_word": _share(by_word),
        "both": _share(by_mark + by_word),
        "second_answers": len(several) / max(1, len(singles)),
        "astray": sum(one.right not in found for one, found in several) / max(1, len(singles)),
    }


def doubles_section(model: Path) -> tuple[str, list[str]]:
    """The page about several questions in one message, and the limits that are broken."""
    logging.disable(logging.WARNING)
    cases = read_cases(FOLDER)
    doubles, singles = make_doubles(cases), [case for case in cases if case.is_question]
    figures = doubles_figures(doubles, singles, hear(doubles, singles, Engine(model, action_seconds=1.0).parse))
    lines = [f"{len(doubles)} pairs of questions of different entries in one message, {len(singles)} single questions"]
    lines += [f"  {_MEANING[name]:<46} {share:6.1%}" for name, share in figures.items()]
    return "\n".join(lines), beyond_limits(figures, part=_PART)


def _answer(parse: Parse) -> str:
    intent = parse["intent"]
    return str(intent.get("full_retrieval_intent_name") or intent["name"])


def _share(holds: Sequence[bool]) -> float:
    return sum(holds) / max(1, len(holds))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], [doubles_section]))
