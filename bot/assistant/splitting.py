"""Finds several questions in one message, so that each of them gets its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.assistant.parses import Parse, confidence_of, entity_of, entry_of
from nlu.components.topics import CHECK_STATUS, STATUS_TOPIC
from nlu.content.catalogue import RETRIEVAL_INTENT

MOST_QUESTIONS = 3
MIN_WORDS = 2
# How sure the classifier must be of each part. After a word it must be surer: people ramble, and half a story often
# looks like another question.
SURE_AFTER_MARK = 0.45
SURE_AFTER_WORD = 0.7

_MARKS = re.compile(r"[?\n]+")
_WORDS = re.compile(
    r"[?!;,\n]+|\.(?=\s|$)|"
    r"\b(?:terus|trus|trs|truss|lalu|lantas|sama|dan|and|sekalian|btw|oh iya|oiya|satu lagi|1 lagi|tambah lagi"
    r"|kalo|kalau|klo)\b",
    re.IGNORECASE,
)
_TIE = re.compile(
    r"^\W*(?:(?:terus|trus|trs|truss|lalu|lantas|dan|sama|sekalian|btw|oh iya|oiya|kak|min)\b\W*)+", re.IGNORECASE
)
_ASKS = re.compile(
    r"\b(?:apa\w*|ap|gimana|gmn\w*|gmana|bagaimana|bgmn|kapan|kpn|kenapa|knp|knapa|mengapa|berapa|brp|brapa|bisa|bs|boleh|blh"
    r"|cara\w*|dimana|dmn|dmana|mana|siapa|syarat\w*|kok|how|what|when|piye|iso|oleh|kumaha|naha|iraha|bener|aman|emang"
    r"|perlu|harus|wajib|masih|udah|udh|ga|gak|ngga|kah)\b|kah\b",
    re.IGNORECASE,
)
MOST_BORDERS = 6  # of a long story, only the first ones are tried

ParseAll = Callable[[Sequence[str]], list[Parse]]


def questions_in(text: str, whole: Parse, parse: ParseAll) -> list[Parse]:
    """One parse for each different question; just `whole` when there are not several for certain."""
    return _by_marks(text, parse) or _by_words(text, parse) or [whole]


def _by_marks(text: str, parse: ParseAll) -> list[Parse]:
    """Question marks and new lines say that a question ended: every part may be one."""
    parts = [part for part in map(_tidy, _MARKS.split(text)) if _is_long_enough(part)]
    if len(parts) < 2:
        return []
    found: dict[str, Parse] = {}
    for one in parse(parts):
        if _is_sure(one, SURE_AFTER_MARK):
            found.setdefault(_entry(one), one)
    return list(found.values()) if 2 <= len(found) <= MOST_QUESTIONS else []


def _by_words(text: str, parse: ParseAll) -> list[Parse]:
    """A word or comma may stand between two questions or within one: the border with the two surest halves, if any."""
    pairs = [
        (left, right)
        for border in _WORDS.finditer(text)
        if (left := _tidy(text[: border.start()])) and (right := _tidy(text[border.end() :]))
        if _is_long_enough(left) and _is_long_enough(right)
        if border[0].isalpha() or (_ASKS.search(left) and _ASKS.search(right))
    ]
    if not pairs:
        return []
    halves = parse([half for pair in pairs[:MOST_BORDERS] for half in pair])
    best: tuple[float, list[Parse]] = (SURE_AFTER_WORD, [])
    for left, right in zip(halves[::2], halves[1::2]):
        least = min(confidence_of(left), confidence_of(right))
        if _is_sure(left, best[0]) and _is_sure(right, best[0]) and _entry(left) != _entry(right):
            best = (least, [left, right])
    return best[1]


def _tidy(part: str) -> str:
    """Single spaces, and without the word that only ties it to what stood before."""
    return _TIE.sub("", " ".join(part.split()))


def _is_long_enough(part: str) -> bool:
    """Not just a greeting or a thanks."""
    return len(part.split()) >= MIN_WORDS


def _is_sure(parse: Parse, least: float) -> bool:
    return bool(parse["intent"]["name"] in (RETRIEVAL_INTENT, CHECK_STATUS) and confidence_of(parse) >= least)


def _entry(parse: Parse) -> str:
    """What a question is about: one entry, or one part of the person's own status."""
    return entry_of(parse) or f"{parse['intent']['name']} {entity_of(parse, STATUS_TOPIC)}"
