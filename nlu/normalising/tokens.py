"""Cuts a folded text into words, numbers, mixtures of both, doubled words and masked placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# What may follow the second half of a doubled word: buru-buru, teman-temannya, hitung-hitungan.
TAILS = ("", "nya", "ny", "an", "annya", "in", "i", "kan", "ku", "mu", "lah", "kah", "pun")
# What may stand before the first half: berulang-ulang.
HEADS = ("ber", "ter", "se", "ke", "di", "me", "mem", "men", "meng", "pe")
MIN_HALF = 3

# The names of bot.contract.redaction_rules, such as [NIK/KK]; anything else in brackets is just words.
_PIECE = re.compile(r"\[[a-z]{1,20}(?:[ /][a-z]{1,20})?\]|[^\W_]+")
_PART = re.compile(r"[^\W\d_]+|[\d.,:]+")


def tokens(text: str) -> Iterator[str]:
    """The tokens of a text in order. Joined by spaces they are the tokens of that text, too."""
    run: list[str] = []  # what hyphens tie together
    begin = end = -1
    for match in _PIECE.finditer(text):
        start = match.start()
        tie = text[end] if begin >= 0 and start == end + 1 else ""
        if tie and tie in ".,:" and text[end - 1].isdigit() and text[start].isdigit():
            end = match.end()
            continue
        if begin >= 0:
            run.append(text[begin:end])
            if tie != "-":
                yield from _untied(run)
                run = []
        begin, end = match.span()
    if begin >= 0:
        yield from _untied([*run, text[begin:end]])


def parts_of(token: str) -> list[str]:
    """The words and numbers of a mixture: "gel71" is gel and 71."""
    return _PART.findall(token)


def _untied(run: Sequence[str]) -> Iterator[str]:
    """Words that hyphens tie together come apart, but for the halves of a doubled one: only these keep a hyphen."""
    index = 0
    while index < len(run):
        if index + 1 < len(run) and _are_halves(run[index], run[index + 1]):
            yield f"{run[index]}-{run[index + 1]}"
            index += 2
        else:
            yield run[index]
            index += 1


def _are_halves(first: str, second: str) -> bool:
    if not (first.isalpha() and second.isalpha()):
        return False
    roots = [first, *(first[len(head) :] for head in HEADS if first.startswith(head))]
    return any(len(root) >= MIN_HALF and second.startswith(root) and second[len(root) :] in TAILS for root in roots)
