"""A stranger's words as one line that can be shown in a terminal and written into a file."""

from __future__ import annotations

import unicodedata

_EMOJI_GLUE = "\u200d\ufe0f"


def one_line(text: str) -> str:
    """Single spaces instead of line breaks; nothing that could steer a terminal or cannot be stored."""
    kept = (one if one in _EMOJI_GLUE or unicodedata.category(one)[0] != "C" else " " for one in text)
    return " ".join("".join(kept).split())


def alike(text: str) -> str:
    """What two phrasings have in common that content counts as the same one (nlu/content/checks.py)."""
    return " ".join(text.lower().split())
