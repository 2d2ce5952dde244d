"""Several words that mean one thing become that one thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Phrases:
    """Puts words on a pile and takes a phrase off as soon as it lies on top, so that none is left in the end."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self._plain = {tuple(phrase.split()): tuple(plain.split()) for phrase, plain in phrases.items()}
        # By the last word, because that is the one just put down; the longest first.
        self._ending: dict[str, list[tuple[str, ...]]] = {}
        for phrase in sorted(self._plain, key=lambda words: (-len(words), words)):
            self._ending.setdefault(phrase[-1], []).append(phrase)

    def replace(self, words: Iterable[str]) -> tuple[list[str], int]:
        """The words without phrases, and how many there were."""
        pile: list[str] = []
        count = 0
        for word in words:
            waiting = [word]
            while waiting:
                pile.append(waiting.pop())
                phrase = self._on_top(pile)
                if phrase:
                    count += 1
                    del pile[-len(phrase) :]
                    waiting += reversed(self._plain[phrase])
        return pile, count

    def _on_top(self, pile: list[str]) -> tuple[str, ...]:
        for phrase in self._ending.get(pile[-1], ()):
            if tuple(pile[-len(phrase) :]) == phrase:
                return phrase
        return ()
