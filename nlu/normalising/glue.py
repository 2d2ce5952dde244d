"""Words typed without the spaces between them: insentifbelumcair."""

from __future__ import annotations

from collections.abc import Iterable

MIN_LENGTH = 7
MIN_PART = 3
MOST_PARTS = 5


class Glue:
    """Takes glued words apart where every part is a word we know."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(word for word in words if len(word) >= MIN_PART)
        self._longest = max(map(len, self._words), default=0)

    def apart(self, glued: str) -> list[str] | None:
        """The fewest parts, the first ones longest; None when something is left over. The caller bounds the length."""
        if len(glued) < MIN_LENGTH:
            return None
        # best[i]: the parts of glued[i:], filled from the end
        best: list[list[str] | None] = [None] * len(glued) + [[]]
        for start in range(len(glued) - MIN_PART, -1, -1):
            for end in range(min(len(glued), start + self._longest), start + MIN_PART - 1, -1):
                rest = best[end]
                part = glued[start:end]
                if rest is None or part not in self._words:
                    continue
                found = best[start]
                if found is None or len(rest) + 1 < len(found):
                    best[start] = [part, *rest]
        whole = best[0]
        return whole if whole and 1 < len(whole) <= MOST_PARTS else None
