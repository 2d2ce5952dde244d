"""The words we know, and ways to find one by what is left of it: without doubled letters, without vowels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from nlu.normalising.lexicon import Lexicon

MIN_CONSONANTS = 4  # "kpn" and the like have too many readings; the lexicon knows the usual ones
MIN_DOMAIN_CONSONANTS = 3
MIN_STRETCHED = 5

_TWICE = re.compile(r"(.)\1+")
_VOWELS = str.maketrans("", "", "aiueo")


class Vocabulary:
    """Right words (`known`), and everything with a meaning, slang included (`heard`)."""

    def __init__(self, lexicon: Lexicon) -> None:
        plain = (*lexicon.slang.values(), *lexicon.phrases, *lexicon.phrases.values(), *lexicon.emoji.values())
        words = {word for text in plain for word in text.split()}
        self.domain = frozenset(lexicon.domain)
        self.known = frozenset(words | self.domain | lexicon.words | lexicon.numbered) - lexicon.slang.keys()
        self.heard = self.known | self.domain | lexicon.slang.keys()
        self._slang = lexicon.slang
        self._squeezed = _index(self.heard, squeeze)
        self._consonants = _index((word for word in self.heard if len(word) > MIN_CONSONANTS), consonants)

    def meaning(self, word: str) -> str:
        """The plain word or words of one that is heard."""
        return self._slang.get(word, word)

    def unstretched(self, word: str) -> str | None:
        """The word that somebody stretched: lamaaa, banget with two t, minggguu."""
        runs = _runs(word)
        # An acronym may hold a letter twice (spp, ttd); somebody who stretches does so at the end, or for long.
        if not (max(runs) > 2 or runs[-1] > 1 or (max(runs) > 1 and len(word) >= MIN_STRETCHED)):
            return None
        found = [
            heard
            for heard in self._squeezed.get(squeeze(word), ())
            if all(typed >= right for typed, right in zip(runs, _runs(heard)))
        ]
        return max(found, key=len) if found else None

    def with_vowels(self, word: str) -> str | None:
        """The only word that differs by left-out vowels: plthn, gelmbng, trdaftar."""
        left = consonants(word)
        if len(left) < MIN_DOMAIN_CONSONANTS:
            return None
        found = [
            heard
            for heard in self._consonants.get(left, ())
            if len(left) >= MIN_CONSONANTS or heard in self.domain
            if heard[0] == word[0] and heard[-1] == word[-1] and len(heard) > len(word) and _is_within(word, heard)
        ]
        meanings = {self.meaning(heard) for heard in found}
        return found[0] if len(meanings) == 1 else None


def squeeze(word: str) -> str:
    """Every letter once, however often it stands in a row."""
    return _TWICE.sub(r"\1", word)


def consonants(word: str) -> str:
    """The word without its vowels."""
    return word.translate(_VOWELS)


def _runs(word: str) -> list[int]:
    return [len(list(run)) for _, run in groupby(word)]


def _is_within(part: str, whole: str) -> bool:
    """Whether the letters of `part` stand in `whole` in this order."""
    letters = iter(whole)
    return all(letter in letters for letter in part)


def _index(words: Iterable[str], key: Callable[[str], str]) -> Mapping[str, tuple[str, ...]]:
    index: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words):
        index[key(word)].append(word)
    return {left: tuple(found) for left, found in index.items()}
