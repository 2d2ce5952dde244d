"""Reads what people type and what it means: nlu/lexicon.yml, and nlu/words.txt with the words that are right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.content.strict_yaml import parse_yaml

LEXICON_FILE = Path(__file__).resolve().parent.parent / "lexicon.yml"
WORDS_FILE = LEXICON_FILE.with_name("words.txt")


@dataclass(frozen=True)
class Lexicon:
    """The comments in nlu/lexicon.yml say what each part is for."""

    phrases: Mapping[str, str]
    slang: Mapping[str, str]
    domain: tuple[str, ...]
    glued: tuple[str, ...]
    numbered: frozenset[str]
    emoji: Mapping[str, str]
    words: frozenset[str]

    @classmethod
    def load(cls, file: Path = LEXICON_FILE, words: Path = WORDS_FILE) -> Lexicon:
        """Read both files. Raises YAMLError, and ValueError naming the word that cannot mean what its line says."""
        body = parse_yaml(file.read_text(encoding="utf-8"))
        phrases = dict(_texts(file, body["phrases"].items()))
        for phrase, plain in phrases.items():
            if len(plain.split()) >= len(phrase.split()):
                raise ValueError(f"{file.name}: {phrase!r}: a phrase has to become fewer words")
        return cls(
            phrases,
            _by_typed(file, body["slang"]),
            _words(file, body["domain"]),
            _words(file, body.get("glued", [])),
            frozenset(_words(file, body.get("numbered", []))),
            _by_typed(file, body.get("emoji", {})),
            frozenset(_read_words(words)),
        )


def _by_typed(file: Path, section: Mapping[Any, list[Any]]) -> dict[str, str]:
    """From `plain: [typed, ...]` to one pair a typed word."""
    pairs: dict[str, str] = {}
    for typed, plain in _texts(file, ((typed, plain) for plain, many in section.items() for typed in many)):
        if pairs.setdefault(typed, plain) != plain:
            raise ValueError(f"{file.name}: {typed!r} means {pairs[typed]!r} and {plain!r}")
    for plain in {*pairs.values()}:
        for word in plain.split():
            if word in pairs:
                raise ValueError(f"{file.name}: {plain!r} is not plain, {word!r} is slang itself")
    return pairs


def _words(file: Path, section: list[Any]) -> tuple[str, ...]:
    return tuple(word for word, _ in _texts(file, ((word, "") for word in section)))


def _texts(file: Path, pairs: Any) -> Iterator[tuple[str, str]]:
    for word, plain in pairs:
        if not (isinstance(word, str) and isinstance(plain, str)):
            raise ValueError(f"{file.name}: {word!r}: {plain!r} is not two texts; put quotes around them")
        yield word, plain


def _read_words(file: Path) -> Iterator[str]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield from line.split()
