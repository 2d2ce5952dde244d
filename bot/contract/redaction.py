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

from bot.contract.redaction_judges import HIDDEN, KEPT, LONG, Hit
from bot.contract.redaction_rules import MAIL_DOMAIN, PLACEHOLDERS, RULES

# Masking can uncover a neighbour (a number that looked like part of a longer one); later rounds settle it.
_ROUNDS = 4
# NFC sorts a run of combining marks slowly; no language stacks more than this many.
_MARKS_IN_A_ROW = 4

_DIGIT = re.compile(r"[0-9]")
_DROPPED = "\x00"
_OWN_PLACEHOLDER = re.compile(
    rf"\[email\](?:@{MAIL_DOMAIN})?|" + "|".join(re.escape(shown.lower()) for shown in PLACEHOLDERS.values())
)
# Single characters first, then whole categories: invisible ones, private ones, spaces, dashes.
_ALIKE = {
    "\n": "\n", "\u2028": "\n", "\u2029": "\n", "\t": " ", "\r": " ", "\u2800": " ",
    "\u2212": "-", "\u2044": "/", "\u2215": "/", "\u2022": ".", "\u00b7": ".", "\u30fb": ".",
    "Cc": _DROPPED, "Cf": _DROPPED, "Mn": _DROPPED, "Me": _DROPPED, "Cs": "?", "Co": "?", "Zs": " ", "Pd": "-",
}  # fmt: skip
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")

_EMOJI = (
    "\u00a9\u00ae\u2190-\u21ff\u2300-\u23ff\u25a0-\u2775\u2794-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001f0ff\U0001f1e6-\U0001faff"
)
# A joiner or an emoji selector is harmless between emoji and a hiding place anywhere else.
_LOOSE_JOINER = re.compile(rf"(?<![{_EMOJI}\ufe0f])\u200d|\u200d(?![{_EMOJI}])|(?<![{_EMOJI}])\ufe0f")
_EMOJI_GLUE = "\u200d\ufe0f"
_MARK = "\x00"
_MARKS = re.compile(rf"(?<={_MARK * _MARKS_IN_A_ROW}){_MARK}+")
_BLANK_LINES = re.compile(r"\n{4,}")


@dataclass(frozen=True)
class Redacted:
    """A text without its secrets, and which kinds were taken out (sorted, each once)."""

    text: str
    kinds: tuple[str, ...]


def redact(text: str) -> Redacted:
    """Mask NIK, OTP, passwords, card and account numbers, e-mail addresses and phone numbers."""
    kinds: set[str] = set()
    for _ in range(_ROUNDS):
        masks = _find(text)
        if not masks:
            break
        kinds.update(mask.kind for mask in masks)
        text = _apply(text, masks)
    return Redacted(text, tuple(sorted(kinds)))


def clean(text: str, limit: int) -> tuple[str, bool]:
    """The text without control and invisible characters, NFC, at most `limit` long; and whether it was cut.

    Newlines stay, at most two blank lines in a row; emoji stay whole.
    """
    text = text.replace("\r\n", "\n").translate(_Tidying())
    text = unicodedata.normalize("NFC", _few_marks(_LOOSE_JOINER.sub("", text)))
    text = _BLANK_LINES.sub("\n\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()
    if len(text) <= limit:
        return text, False
    return text[:limit].rstrip().rstrip(_EMOJI_GLUE), True


def mentions_only_symbols(text: str) -> bool:
    """Whether there is something to see, but no letter and no digit: emoji, punctuation, a sticker's symbol."""
    seen = {unicodedata.category(character)[0] for character in text if character not in _BLANK_LETTERS}
    return bool(seen & {"P", "S"}) and not seen & {"L", "N"}


class _Tidying(dict[int, str | None]):
    """What `clean` makes of each character (None: nothing); filled while a text is tidied."""

    def __missing__(self, point: int) -> str | None:
        tidy = self[point] = _tidy(chr(point))
        return tidy


def _tidy(character: str) -> str | None:
    if character in _EMOJI_GLUE or character == "\n":
        return character
    if character in "\r\u2028\u2029\u0085":
        return "\n"
    category = unicodedata.category(character)
    if character == "\t" or category == "Zs":
        return " "
    if category in ("Cc", "Cf", "Cs", "Co", "Me") or character in _BLANK_LETTERS:
        return None
    return character


def _few_marks(text: str) -> str:
    """Cuts piles of combining marks short."""
    if text.isascii():
        return text
    seen = "".join(_MARK if unicodedata.combining(character) else character for character in text)
    parts: list[str] = []
    at = 0
    for pile in _MARKS.finditer(seen):
        parts.append(text[at : pile.start()])
        at = pile.end()
    return "".join((*parts, text[at:]))


def _find(text: str) -> list[Hit]:
    """The parts to mask, in the text's own positions."""
    page, origin = _read(text)
    original = "".join(map(text.__getitem__, origin)) if origin else text
    page = _OWN_PLACEHOLDER.sub(_hide_placeholder, page)
    found: list[Hit] = []
    for rule in RULES:
        hits = list(rule.find(page, original))
        if hits:
            page = _cover(page, hits)
            found += [hit for hit in hits if hit.kind]
    found.sort(key=lambda hit: hit.start)
    if not origin:
        return found
    ends = [*origin, len(text)]
    return [Hit(ends[hit.start], ends[hit.end], hit.kind, ends[hit.cover]) for hit in found]


def _read(text: str) -> tuple[str, list[int]]:
    """The page that the rules read, and each of its characters' place in the text (empty: the same place)."""
    page = text.translate(_Reading())
    if _DROPPED not in page:
        return page, []
    origin = [place for place, glyph in enumerate(page) if glyph != _DROPPED]
    return page.replace(_DROPPED, ""), origin


class _Reading(dict[int, str]):
    """What an eye makes of each character; filled while a text is read."""

    def __missing__(self, point: int) -> str:
        glyph = self[point] = _glyph(chr(point))
        return glyph


def _glyph(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    glyph = _ALIKE.get(character) or _ALIKE.get(category)
    if glyph:
        return glyph
    if character in _BLANK_LETTERS:
        return _DROPPED
    plain = unicodedata.normalize("NFKD", character).lower()[0]
    return character if plain.isdigit() else plain


def _hide_placeholder(match: re.Match[str]) -> str:
    hidden = match[0]
    if "@" in hidden and sum(character.isdigit() for character in hidden) >= LONG:
        hidden = PLACEHOLDERS["email"]
    return HIDDEN * len(hidden) + match[0][len(hidden) :]


def _cover(page: str, hits: list[Hit]) -> str:
    """The page as later rules see it: masked parts hidden, kept numbers no longer digits."""
    parts: list[str] = []
    at = 0
    for hit in hits:
        covered = page[hit.start : hit.cover]
        parts += (page[at : hit.start], HIDDEN * len(covered) if hit.kind else _DIGIT.sub(KEPT, covered))
        at = hit.cover
    return "".join((*parts, page[at:]))


def _apply(text: str, masks: list[Hit]) -> str:
    parts: list[str] = []
    at = 0
    for mask in masks:
        parts += (text[at : mask.start], PLACEHOLDERS[mask.kind])
        at = mask.end
    return "".join((*parts, text[at:]))
