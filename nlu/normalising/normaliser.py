"""Turns Indonesian chat language into plain words for the classifier. Pure text in, text out; no Rasa."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from nlu.normalising.lexicon import Lexicon
from nlu.normalising.mixtures import Mixtures
from nlu.normalising.phrases import Phrases
from nlu.normalising.signs import fold, said_by_emoji
from nlu.normalising.tokens import tokens
from nlu.normalising.words import MAX_LENGTH, Words

CACHED_TOKENS = 20_000
MOST_STEPS = 6  # one token needs three at most in practice: glued, then slang, then a clitic


@dataclass(frozen=True)
class Plain:
    """A text in plain words, and how often each rule had a part in it."""

    text: str
    rules: Mapping[str, int]

    def path(self) -> str:
        """The rules in words, without any of the text: "clitic 1, slang 3"."""
        return ", ".join(f"{rule} {count}" for rule, count in sorted(self.rules.items())) or "nothing to do"


@dataclass(frozen=True)
class _Settled:
    words: tuple[str, ...]
    rules: tuple[str, ...]


class Normaliser:
    """Applies a lexicon. Numbers and masked placeholders such as [OTP] pass through unchanged.

    What comes out goes through once more without any change: each token is replaced until no rule has anything to say
    about its replacements, and one that never comes to rest stays as it was.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._emoji = lexicon.emoji
        self._phrases = Phrases(lexicon.phrases)
        self._words = Words(lexicon)
        self._mixtures = Mixtures(lexicon.numbered, self._words.vocabulary, lambda word: self._settled(word).words)
        self._remembered = lru_cache(maxsize=CACHED_TOKENS)(self._settled)

    def __call__(self, text: str) -> str:
        """The text in small letters and plain words, single spaces between them. Linear in its length."""
        return self.read(text).text

    def read(self, text: str) -> Plain:
        """The same with an account of the rules that took part, for the log."""
        rules: Counter[str] = Counter()
        folded = fold(text)
        rules["signs"] += folded != text.lower()
        # Twice: a part of a phrase may be slang of its own ("dompet"), or slang for a part of one.
        typed, phrases = self._phrases.replace(tokens(folded))
        words: list[str] = []
        for token in typed:
            # Long tokens are nothing that anybody types twice.
            settled = self._remembered(token) if len(token) <= MAX_LENGTH else self._settled(token)
            words += settled.words
            rules.update(settled.rules)
        words, more = self._phrases.replace(words)
        rules["phrase"] += phrases + more
        plain = " ".join(words)
        if not plain:
            plain = said_by_emoji(text, self._emoji)
            rules["emoji"] += bool(plain)
        return Plain(plain, {rule: count for rule, count in rules.items() if count})

    def _settled(self, token: str) -> _Settled:
        return self._settle(token, MOST_STEPS) or _Settled((token,), ())

    def _settle(self, token: str, steps: int) -> _Settled | None:
        """What the token becomes in the end; None when that takes too many steps."""
        step = self._words.step(token) if token.isalpha() else self._mixtures.step(token)
        if step is None:
            return _Settled((token,), ())
        if not steps:
            return None
        rule, replacements = step
        words: list[str] = []
        rules = [rule]
        for replacement in replacements:
            settled = self._settle(replacement, steps - 1)
            if settled is None:
                return None
            words += settled.words
            rules += settled.rules
        return _Settled(tuple(words), tuple(rules))
