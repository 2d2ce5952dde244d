"""One step for tokens that are not just letters: doubled words, leet, numbers with something written onto them."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence

from nlu.normalising import leet
from nlu.normalising.clitics import SUFFIXES
from nlu.normalising.tokens import HEADS, MIN_HALF, TAILS, parts_of
from nlu.normalising.vocabulary import Vocabulary
from nlu.normalising.words import MAX_LENGTH, Step

_TAILS = sorted(filter(None, TAILS), key=len, reverse=True)
_TWO = re.compile(rf"([^\W\d_]+)2({'|'.join(_TAILS)})?")


class Mixtures:
    """Rules for letters with digits. `settle` says what a word becomes in the end."""

    def __init__(
        self, numbered: Container[str], vocabulary: Vocabulary, settle: Callable[[str], tuple[str, ...]]
    ) -> None:
        self._numbered = numbered
        self._vocabulary = vocabulary
        self._settle = settle

    def step(self, token: str) -> Step | None:
        """The name of the rule and what it makes of the token; None when the token stays."""
        if self._vocabulary.meaning(token) != token:
            return "slang", self._vocabulary.meaning(token).split()
        first, hyphen, second = token.partition("-")
        if hyphen:
            return self._plain_halves(first, second)
        parts = parts_of(token)
        if len(parts) < 2 or token.startswith("["):
            return None
        if len(token) > MAX_LENGTH:
            return "split", parts
        return self._doubled(token) or self._spelt_with_digits(token, parts) or self._parted(parts)

    def _plain_halves(self, first: str, second: str) -> Step | None:
        tail = second[len(first) :]
        if not second.startswith(first) or tail not in TAILS:
            return None  # berulang-ulang
        words = self._twice(self._settle(first), tail)
        return ("doubling", words) if words != [f"{first}-{second}"] else None

    def _doubled(self, token: str) -> Step | None:
        """cair2, buru2, gel2an; but gelombang2 is a wave, and what nobody knows may be anybody's name."""
        match = _TWO.fullmatch(token)
        if not match:
            return None
        word, tail = match[1], match[2] or ""
        roots = (word[len(head) :] for head in HEADS if word.startswith(head))
        root = next((root for root in roots if len(root) >= MIN_HALF and root in self._vocabulary.known), "")
        if root:
            return "doubling", self._twice_root(word, root, tail)  # bertahun2
        words = self._settle(word)
        if not self._all_known(words):
            return None
        if words[-1] in self._numbered and not tail.startswith("an"):
            return None
        twice = self._twice(words, tail)
        return ("doubling", twice) if len(words) > 1 or len(words[0]) >= MIN_HALF else None

    def _twice(self, words: tuple[str, ...], tail: str) -> list[str]:
        """One word doubled; several just said ("gbs2" is tidak bisa), as is one too short to be seen doubled."""
        stem_tail, owner = _split_tail(tail)
        if len(words) == 1 and len(words[0]) >= MIN_HALF and words[0].isalpha():
            said = [f"{words[0]}-{words[0]}{stem_tail}"]
        else:
            said = [*words]
        return [*said, owner] if owner else said

    @staticmethod
    def _twice_root(word: str, root: str, tail: str) -> list[str]:
        stem_tail, owner = _split_tail(tail)
        return [f"{word}-{root}{stem_tail}", *filter(None, [owner])]

    def _spelt_with_digits(self, token: str, parts: list[str]) -> Step | None:
        number = parts[-1] if len(parts) > 2 and parts[-1].isdigit() and len(parts[-1]) > 1 else ""
        if number:  # pr4kerja2024
            token, parts = token[: -len(number)], parts[:-1]
        one_sided = len(parts) == 2
        if one_sided and not token.startswith("0") and any(part in self._vocabulary.heard for part in parts):
            return None
        for reading in leet.readings(token, parts):
            if one_sided and reading not in self._vocabulary.heard:
                continue
            words = self._settle(reading)
            if self._all_known(words):
                return "leet", [reading, number] if number else [reading]
        return None

    def _all_known(self, words: Sequence[str]) -> bool:
        return bool(words) and all(word in self._vocabulary.known for word in words)

    def _parted(self, parts: list[str]) -> Step | None:
        if len(parts) > 2:
            # A word that leet has spoilt says more in one piece than in bits.
            apart = all(part in self._vocabulary.heard for part in parts if part.isalpha())
        else:
            # "4g" stays one token: alone, its letter would be slang for something else.
            apart = all(len(part) > 1 or self._settle(part) == (part,) for part in parts if part.isalpha())
        return ("split", parts) if apart else None


def _split_tail(tail: str) -> tuple[str, str]:
    """What of a tail belongs to the word (-an, -kan), and whose it is."""
    for suffix, owner in SUFFIXES.items():
        if tail.endswith(suffix):
            return tail[: -len(suffix)], owner
    return tail, ""
