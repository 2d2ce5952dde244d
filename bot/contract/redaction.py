"""Redaction at the door: masks what must never be stored or logged, and tidies text. Pure functions.

`redact` reads a text as an eye does (any script's digits, nothing invisible between them) and runs the
table of rules in `redaction_rules` over it, in order. What it promises: it never raises, takes time linear
in the text, and changes nothing in a text it has already treated. What it does not promise: it recognises
shapes and contexts, so a secret told in plain words ("password saya melati") passes.

A number cut in half is no longer recognised: redact first, then `clean` to a limit.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.contract.redaction_rules import HIDDEN, KEPT, PLACEHOLDERS, RULES, Hit

# Masking can uncover a neighbour (a number that looked like part of a longer one); three rounds settle it.
_ROUNDS = 4
_DROPPED = "\x00"
_OWN_PLACEHOLDER = re.compile(
    r"\[email\]@[a-z0-9.-]*prakerja[a-z0-9.-]*|"
    + "|".join(re.escape(placeholder.lower()) for placeholder in PLACEHOLDERS.values())
)
_ALIKE = {
    "\t": " ", "\r": " ", "\n": "\n", "\u2800": " ", "\u2028": "\n", "\u2029": "\n",
    "\u2212": "-", "\u2044": "/", "\u2215": "/", "\u2022": ".", "\u00b7": ".", "\u30fb": ".",
}  # fmt: skip
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u17b4\u17b5")


@dataclass(frozen=True)
class Redacted:
    """A text without its secrets, and which kinds were taken out (sorted, each once)."""

    text: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class _Mask:
    start: int
    end: int
    kind: str


def redact(text: str) -> Redacted:
    """Mask NIK, OTP, passwords, card and account numbers, e-mail and phone numbers."""
    kinds: set[str] = set()
    for _ in range(_ROUNDS):
        masks = _find(text)
        if not masks:
            break
        kinds.update(mask.kind for mask in masks)
        text = _apply(text, masks)
    return Redacted(text, tuple(sorted(kinds)))


def _find(text: str) -> list[_Mask]:
    page, origin = _read(text)
    page = _OWN_PLACEHOLDER.sub(lambda match: HIDDEN * len(match[0]), page)
    found: list[Hit] = []
    for rule in RULES:
        hits = list(rule.find(page, [text[at] for at in origin] if origin else text))
        page = _cover(page, hits)
        found += [hit for hit in hits if hit.kind]
    if not origin:
        return [_Mask(hit.start, hit.end, hit.kind) for hit in found]
    origin.append(len(text))
    return [_Mask(origin[hit.start], origin[hit.end], hit.kind) for hit in found]


def _cover(page: str, hits: list[Hit]) -> str:
    """The page as the next rules see it: masked parts hidden, kept numbers no longer digits."""
    parts: list[str] = []
    at = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, hit.cover)):
        start, end = max(hit.start, at), max(hit.cover, at)
        parts.append(page[at:start])
        parts.append(HIDDEN * (end - start) if hit.kind else _DIGIT.sub(KEPT, page[start:end]))
        at = end
    parts.append(page[at:])
    return "".join(parts)
