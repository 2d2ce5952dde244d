"""Finds several questions in one message, so that each of them gets its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.assistant.engine import Parse
from nlu.content.catalogue import RETRIEVAL_INTENT

MOST_QUESTIONS = 3
MIN_WORDS = 2
# How sure the classifier must be of each part. After a word it must be surer: people ramble, and half a story often
# looks like another question.
SURE_AFTER_MARK = 0.25
SURE_AFTER_WORD = 0.35

_MARKS = re.compile(r"[?\n]+")
_WORDS = re.compile(
    r"[?!;\n]+|\.(?=\s|$)|"
    r"\b(?:terus|trus|trs|truss|lalu|lantas|sama|dan|sekalian|btw|oh iya|oiya|satu lagi|1 lagi|tambah lagi)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:apa\w*|ap|gimana|gmn\w*|gmana|bagaimana|bgmn|kapan|kpn|kenapa|knp|knapa|mengapa|berapa|brp|brapa|bisa|bs|boleh|blh"
    r"|cara\w*|dimana|dmn|dmana|mana|siapa|syarat\w*|kok|how|what|when|piye|iso|oleh|kumaha|naha|iraha|bener|aman|emang"
    r"|perlu|harus|wajib|masih|udah|udh|ga|gak|ngga|kah)\b|kah\b",
    re.IGNORECASE,
)

ParseAll = Callable[[Sequence[str]], list[Parse]]


def questions_in(text: str, whole: Parse, parse: ParseAll) -> list[Parse]:
    """One parse for each different question; just `whole` when there are not several for certain."""
    for border, sure in ((_MARKS, SURE_AFTER_MARK), (_WORDS, SURE_AFTER_WORD)):
        parts = _parts(text, border)
        # A mark says that a question ended; behind any other border both sides have to ask for something.
        asking = len(parts) if border is _MARKS else sum(bool(_ASKS.search(part)) for part in parts)
        if min(asking, len(parts)) < 2:
            continue
        found: dict[str, Parse] = {}
        for one in parse(parts):
            if one["intent"]["name"] == RETRIEVAL_INTENT and _confidence(one) >= sure:
                found.setdefault(_entry(one), one)
        if 2 <= len(found) <= MOST_QUESTIONS:
            return list(found.values())
    return [whole]


def _parts(text: str, border: re.Pattern[str]) -> list[str]:
    """What stands between the borders, without single words such as a greeting or a thanks."""
    parts = (" ".join(part.split()) for part in border.split(text))
    return [part for part in parts if len(part.split()) >= MIN_WORDS]


def _entry(parse: Parse) -> str:
    return str(parse["intent"].get("full_retrieval_intent_name") or parse["intent"]["name"])


def _confidence(parse: Parse) -> float:
    return float(parse["intent"].get("confidence", 0.0))
