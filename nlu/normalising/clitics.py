"""Little words and endings that are written onto others: -nya, -ku, -mu, ku-, kau-, -lah, -kah, -pun, -in."""

from __future__ import annotations

from collections.abc import Callable, Container

# What is left of each for the classifier: whose it is. -nya and the particles say nothing about the question.
SUFFIXES = {"nya": "", "ny": "", "ku": "saya", "mu": "kamu", "lah": "", "kah": "", "pun": ""}
REGIONAL = ("ne", "e", "na")  # Javanese and Sundanese for -nya
PREFIXES = {"ku": "saya", "kau": "kamu"}
MIN_STEM = 3
SHORT_STEMS = frozenset({"hp", "kk"})
MIN_VERB = 4  # ku- and kau- stand before verbs, and begin many a word: kuota, kulit, kupas

Ear = Callable[[str], "str | None"]


def without_clitics(word: str, hear: Ear, known: Container[str]) -> list[str] | None:
    """The word and whose it is, when `hear` recognises what remains; at most two suffixes (akunkulah)."""
    return _without_suffix(word, hear, 2) or _without_prefix(word, known)


def _without_suffix(word: str, hear: Ear, most: int) -> list[str] | None:
    for suffix, owner in SUFFIXES.items():
        stem = word[: -len(suffix)]
        if not word.endswith(suffix) or (len(stem) < MIN_STEM and stem not in SHORT_STEMS):
            continue
        if suffix == "ny" and len(stem) < MIN_VERB:  # Danny
            continue
        plain = hear(stem)
        words = plain.split() if plain is not None else most > 1 and _without_suffix(stem, hear, most - 1)
        if words:
            return [*words, owner] if owner else [*words]
    return None


def _without_prefix(word: str, known: Container[str]) -> list[str] | None:
    for prefix, owner in PREFIXES.items():
        verb = word[len(prefix) :]
        if word.startswith(prefix) and len(verb) >= MIN_VERB and verb in known:
            return [owner, verb]
    return None


def formal_ending(word: str, known: Container[str]) -> list[str] | None:
    """Jakarta's -in as the -kan of the books, when the rest is a word: daftarin, didaftarin."""
    stem = word.removesuffix("in")
    root = stem.removeprefix("di")
    if stem == word or len(root) < MIN_STEM or not (root in known or stem in known):
        return None
    return [f"{stem}kan"]


def without_regional_ending(word: str, domain: Container[str]) -> list[str] | None:
    """A word of the programme as Java says it: sandine, pelatihanna. Other words too often just end like that."""
    for ending in REGIONAL:
        stem = word.removesuffix(ending)
        if stem != word and stem in domain:
            return [stem]
    return None
