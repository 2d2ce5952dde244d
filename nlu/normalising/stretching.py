"""Letters and laughter that somebody held down: sebelllll, wkwkwkwk."""

from __future__ import annotations

import re

MIN_LAUGH = 4
_LAUGHS = {frozenset(laugh): laugh * 2 for laugh in ("wk", "ha", "he", "hi")}
_HELD = re.compile(r"(.)\1{2,}")


def released(word: str) -> str:
    """The word with every letter once that stands three times or more in a row."""
    return _HELD.sub(r"\1", word)


def laughed_once(word: str) -> str | None:
    """wkwk, haha, hehe or hihi for any length of these; None for what is no laughter."""
    return _LAUGHS.get(frozenset(word)) if len(word) >= MIN_LAUGH else None
