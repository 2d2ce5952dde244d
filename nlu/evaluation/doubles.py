"""Puts two questions into one message, as impatient people do: the same pairs every time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.evaluation.figures import Case

COUNT = 200
SEED = 71
TIES = ("trus", "terus", "dan", "sama", "sekalian")
_ENDS = " ?!.,"


@dataclass(frozen=True)
class Double:
    """Two questions of different entries, written with a question mark between them and with only a word."""

    first: Case
    second: Case
    by_mark: str
    by_word: str

    @property
    def right(self) -> frozenset[str]:
        """What has to be answered."""
        return frozenset((self.first.right, self.second.right))


def make_doubles(cases: Sequence[Case], count: int = COUNT, seed: int = SEED) -> list[Double]:
    """Pairs drawn from the questions that the FAQ answers. There must be two entries among them."""
    questions = [case for case in cases if case.is_question]
    if len({case.right for case in questions}) < 2:
        raise ValueError("pairs need phrasings of at least two entries")
    dice = random.Random(seed)
    doubles: list[Double] = []
    while len(doubles) < count:
        first, second = dice.choice(questions), dice.choice(questions)
        if first.right == second.right:
            continue
        start, tie = first.text.rstrip(_ENDS), dice.choice(TIES)
        doubles.append(Double(first, second, f"{start}? {second.text}", f"{start} {tie} {second.text}"))
    return doubles
