"""Typing mistakes in words of the programme: prakrja, gelonbang, pelatian."""

from __future__ import annotations

from rapidfuzz import process
from rapidfuzz.distance import OSA

MIN_LENGTH = 6
LONG = 8  # a shorter word has to begin with the right letter: "lautan" is not "tautan"


class Mistakes:
    """Finds the word of the programme that somebody meant to type: one letter wrong, missing, too many or swapped.

    With two mistakes forgiven, one common word in two hundred was taken for another (pengadilan for pengaduan).
    """

    def __init__(self, domain: tuple[str, ...]) -> None:
        self._domain = tuple(word for word in domain if len(word) >= MIN_LENGTH)

    def mended(self, word: str) -> str | None:
        """The nearest word, if one is near enough; the caller knows that the word as typed is none."""
        if len(word) < MIN_LENGTH:
            return None
        near = process.extractOne(word, self._domain, scorer=OSA.distance, score_cutoff=1)
        if not near or (len(word) < LONG and near[0][0] != word[0]):
            return None
        found: str = near[0]
        return found
