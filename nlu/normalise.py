"""Turns Indonesian chat language into plainer words for the classifier. Pure text in, text out; no Rasa."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rapidfuzz import fuzz, process

from nlu.content.strict_yaml import parse_yaml

LEXICON_FILE = Path(__file__).with_name("lexicon.yml")
MIN_TYPO_LENGTH = 6
TYPO_SCORE = 86.0
CACHED_WORDS = 20_000
MAX_CACHED_LENGTH = 40  # a cache of words that nobody types twice would only grow

_TOKEN = re.compile(r"\[[^\]]{1,20}\]|[^\W\d_]+|\d+(?:[.,:]\d+)*")
_ELONGATED = re.compile(r"(.)\1{2,}")
_TWICE = re.compile(r"(.)\1+")


@dataclass(frozen=True)
class Lexicon:
    """What people type and what it means; see nlu/lexicon.yml."""

    phrases: Mapping[str, str]
    slang: Mapping[str, str]
    domain: tuple[str, ...]

    @classmethod
    def load(cls, file: Path = LEXICON_FILE) -> Lexicon:
        """Read the lexicon file. Raises YAMLError, and ValueError for what YAML takes for something else."""
        body = parse_yaml(file.read_text(encoding="utf-8"))
        for word, plain in (*body["phrases"].items(), *body["slang"].items()):
            if not (isinstance(word, str) and isinstance(plain, str)):
                raise ValueError(f"{file.name}: {word!r}: {plain!r} is not two texts; put quotes around them")
        return cls(body["phrases"], body["slang"], tuple(body["domain"]))


class Normaliser:
    """Applies a lexicon. Numbers and masked placeholders such as [OTP] pass through unchanged."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        phrases = sorted(lexicon.phrases, key=len, reverse=True)
        # Not within a placeholder: "[kata sandi]" stands for somebody's secret, not for the words.
        self._phrase = re.compile(r"(?<![\w\[])(?:" + "|".join(map(re.escape, phrases)) + r")(?![\w\]])")
        self._plain_word = lru_cache(maxsize=CACHED_WORDS)(self._word)

    def __call__(self, text: str) -> str:
        """The text in small letters and plain words, single spaces between them. Linear in its length."""
        flat = unicodedata.normalize("NFKC", text).lower()
        # Twice: a part of a phrase may be slang of its own ("dompet"), or slang for a part of one.
        typed = self._with_phrases(" ".join(_TOKEN.findall(flat)))
        words = (
            self._plain_word(token) if len(token) <= MAX_CACHED_LENGTH else self._word(token)
            for token in _TOKEN.findall(typed)
        )
        return self._with_phrases(" ".join(word for word in words if word))

    def _with_phrases(self, text: str) -> str:
        return self._phrase.sub(lambda match: self._lexicon.phrases[match[0]], text)

    def _word(self, token: str) -> str:
        if not token[0].isalpha():
            return token
        slang = self._lexicon.slang
        if token in slang:
            return slang[token]
        for squeezed in (_ELONGATED.sub(r"\1", token), _TWICE.sub(r"\1", token)):
            if squeezed != token and squeezed in slang:
                return slang[squeezed]
        token = _ELONGATED.sub(r"\1", token)
        if token.endswith("nya") and len(token) > MIN_TYPO_LENGTH:
            token = token[: -len("nya")]
            if token in slang:
                return slang[token]
        if len(token) >= MIN_TYPO_LENGTH and token not in self._lexicon.domain:
            near = process.extractOne(token, self._lexicon.domain, scorer=fuzz.ratio, score_cutoff=TYPO_SCORE)
            if near:
                word: str = near[0]
                return word
        return token
