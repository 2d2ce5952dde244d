"""Finds entries by words, for an editor who knows what a message is about."""

from __future__ import annotations

from collections.abc import Mapping

from nlu.content.catalogue import Entry

MOST_FOUND = 9


def find_entries(entries: Mapping[str, Entry], words: str) -> list[Entry]:
    """The entries with most of the words, those with the words in title or question first."""
    wanted = words.lower().split()
    scores = {name: sum(_score(entry, word) for word in wanted) for name, entry in entries.items()}
    found = sorted((name for name in scores if scores[name]), key=lambda name: (-scores[name], name))
    return [entries[name] for name in found[:MOST_FOUND]]


def _score(entry: Entry, word: str) -> int:
    if word in f"{entry.title} {entry.question} {entry.id}".lower():
        return 100
    # An entry with many examples must not win by their number alone.
    return min(10, sum(word in example.lower() for example in entry.examples))
