"""One step from a typed word towards plain ones: the first rule that has something to say."""

from __future__ import annotations

from collections.abc import Callable

from nlu.normalising.clitics import formal_ending, without_clitics, without_regional_ending
from nlu.normalising.glue import Glue
from nlu.normalising.lexicon import Lexicon
from nlu.normalising.mistakes import Mistakes
from nlu.normalising.stretching import laughed_once, released
from nlu.normalising.vocabulary import Vocabulary

Step = tuple[str, list[str]]
MAX_LENGTH = 40  # what is longer is no word; it is only made shorter
MIN_UNKNOWN_OWNED = 7  # "-nya" is cut off an unknown word from here on; "punya" and the like are known

_ROMAN = frozenset("ivx")
_Rule = Callable[[str], "list[str] | None"]


class Words:
    """The rules for words of letters only, the surest first."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.vocabulary = Vocabulary(lexicon)
        self._slang = lexicon.slang
        self._glue = Glue((*lexicon.domain, *lexicon.glued))
        self._mistakes = Mistakes(lexicon.domain)
        self._rules: tuple[tuple[str, _Rule], ...] = (
            ("elongation", self._unstretched),
            ("clitic", lambda word: self._owned(word, self._as_typed)),
            ("clitic", lambda word: without_regional_ending(word, self.vocabulary.domain)),
            ("ending", lambda word: formal_ending(word, self.vocabulary.known)),
            ("glue", self._glue.apart),
            ("vowels", lambda word: _one(self.vocabulary.with_vowels(word))),
            ("typo", lambda word: _one(self._mistakes.mended(word))),
            ("clitic", lambda word: self._owned(word, self._as_meant)),
            ("clitic", self._owned_by_somebody),
        )

    def step(self, word: str) -> Step | None:
        """The name of the rule and what it makes of the word; None when the word stays."""
        if word in self._slang:
            return "slang", self._slang[word].split()
        if word in self.vocabulary.known:
            return None
        if len(word) > MAX_LENGTH:
            return _changed("elongation", word, [released(word)])
        for name, rule in self._rules:
            words = rule(word)
            if words:
                return _changed(name, word, words)
        return None

    def _unstretched(self, word: str) -> list[str] | None:
        if not {*word} - _ROMAN:
            return None  # wave XVIII
        right = self.vocabulary.unstretched(word) or laughed_once(word) or released(word)
        return [right] if right != word else None

    def _owned(self, word: str, hear: Callable[[str], str | None]) -> list[str] | None:
        return without_clitics(word, hear, self.vocabulary.known)

    def _as_typed(self, stem: str) -> str | None:
        return stem if stem in self.vocabulary.heard else self.vocabulary.unstretched(stem)

    def _as_meant(self, stem: str) -> str | None:
        apart = self._glue.apart(stem)
        return " ".join(apart) if apart else self.vocabulary.with_vowels(stem) or self._mistakes.mended(stem)

    @staticmethod
    def _owned_by_somebody(word: str) -> list[str] | None:
        return [word[: -len("nya")]] if word.endswith("nya") and len(word) >= MIN_UNKNOWN_OWNED else None


def _one(word: str | None) -> list[str] | None:
    return [word] if word else None


def _changed(rule: str, word: str, words: list[str]) -> Step | None:
    return (rule, words) if words != [word] else None
