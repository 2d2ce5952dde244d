"""Digits that stand for letters: pr4kerj4, 0tp. A number stays a number unless a known word comes out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

LETTERS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b", "9": "g"}
MIN_LENGTH = 3
MOST_READINGS = 8


def readings(token: str, parts: list[str]) -> Iterator[str]:
    """The words that a mixture of letters and digits may be, if it is one at all.

    At least half are letters. A single digit before or after the letters is more often a number (5rb, dana1), so the
    caller has to know neither side.
    """
    digits = sum(map(str.isdigit, token))
    if len(token) < MIN_LENGTH or digits * 2 > len(token) or any(sign in token for sign in ".,:2"):
        return
    if len(parts) == 2 and (
        max(len(part) for part in parts if part.isdigit()) > 1 or len(token) - digits < MIN_LENGTH - 1
    ):
        return
    choices = [LETTERS.get(sign, sign) for sign in token]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count <= MOST_READINGS:
        yield from map("".join, product(*choices))
