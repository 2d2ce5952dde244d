"""Keeps evaluation and training apart: a phrasing that was all but trained on measures memory, not understanding."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from nlu.evaluation.figures import Case

NEAR = 88  # of 100; two people who ask the same thing in their own words stay below


def near_copy(phrasing: str, cases: Sequence[Case]) -> Case | None:
    """The evaluation's case that a phrasing is all but a copy of; None when there is none."""
    found = process.extractOne(
        phrasing.lower(), [case.text.lower() for case in cases], scorer=fuzz.ratio, score_cutoff=NEAR
    )
    return cases[found[2]] if found else None
