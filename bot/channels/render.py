"""Turns one answer into what a channel can show: buttons, a list, or numbered text; in one bubble if it fits."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import replace

from bot.channels.platform import Bubble
from bot.channels.port import Capabilities
from bot.contract.messages import Choice, Outbound

INVITATION = "Balas dengan angkanya, ya Kak."
ONLY_CHOICES = "Pilih salah satu, ya Kak."

_PARAGRAPH, _LINE, _SENTENCE, _WORD = "\n\n", "\n", ". ", " "
# The line with which answers end: their age and source, which is read after everything else.
_SOURCE_LINE = re.compile(r"(?:Terakhir diketahui per|Per) [^\n]+\. Sumber: [^\n]+")
# What joins to the sign before it, so that a cut must not come in between.
_JOINERS = re.compile(r"[\u0300-\u036f\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")


def render(message: Outbound, can: Capabilities, *, person: str, reopen: bool = False) -> list[Bubble]:
    """The bubbles for one message, nearly always one; choices are under the last.

    Texts are plain inside; only here do they become a channel's markup, so that nothing a person or an editor
    wrote can break it.
    """
    text = message.text.strip() or (ONLY_CHOICES if message.choices else "")
    buttons, rows, numbered = _form(message.choices, text, can)
    parts = split(_with_numbers(text, numbered), can.text_limit, utf16=can.utf16)
    bubbles = [
        Bubble(
            id=message.id if index == 0 else f"{message.id}.{index}",
            to=person,
            text=_as_html(part) if can.markup == "html" else part,
            plain=part,
            reopen=reopen,
        )
        for index, part in enumerate(parts)
    ]
    wants_contact = message.request_contact and can.request_contact
    bubbles[-1] = replace(bubbles[-1], buttons=buttons, rows=rows, request_contact=wants_contact)
    return bubbles


def _as_html(text: str) -> str:
    """Escaped, with the source line in italics."""
    paragraphs = text.split(_PARAGRAPH)
    return _PARAGRAPH.join(
        f"<i>{html.escape(one, quote=False)}</i>" if _SOURCE_LINE.fullmatch(one) else html.escape(one, quote=False)
        for one in paragraphs
    )


def _form(
    choices: Sequence[Choice], text: str, can: Capabilities
) -> tuple[tuple[Choice, ...], tuple[Choice, ...], tuple[Choice, ...]]:
    """The same choices as buttons, as a list, or as numbered text: whichever shows all of them whole.

    A label that would be cut is no label; and a text too long for buttons is one bubble with numbers rather
    than two.
    """
    fits = length(text, utf16=can.utf16) <= (can.choice_text_limit or can.text_limit)
    if fits and len(choices) <= can.buttons and _whole(choices, can.button_title):
        return tuple(choices), (), ()
    if fits and len(choices) <= can.rows and _whole(choices, can.row_title):
        return (), tuple(choices), ()
    return (), (), tuple(choices)


def _whole(choices: Sequence[Choice], limit: int) -> bool:
    titles = [choice.title.strip() for choice in choices]
    # Platforms count an emoji as two or more; they refuse two equal labels, and empty ones.
    return all(0 < length(title, utf16=True) <= limit for title in titles) and len(set(titles)) == len(titles)


def _with_numbers(text: str, choices: Sequence[Choice]) -> str:
    if not choices:
        return text
    if _numbers_itself(text, len(choices)):
        return f"{text}\n\n{INVITATION}"
    lines = [f"{number}. {choice.title}" for number, choice in enumerate(choices, start=1)]
    return "\n\n".join([text, "\n".join(lines), INVITATION])


def _numbers_itself(text: str, count: int) -> bool:
    """Whether the text ends with a numbered line for each choice, as a list of guesses does."""
    last = text.split("\n")[-count:]
    return [line.split(".")[0] for line in last] == [str(number) for number in range(1, count + 1)]


def split(text: str, limit: int, *, utf16: bool = False) -> list[str]:
    """Parts of at most `limit`, cut between paragraphs if possible, else lines, sentences, words, signs."""
    parts: list[str] = []
    rest = text
    while length(rest, utf16=utf16) > limit:
        fitting = _fitting(rest, limit, utf16=utf16)
        cut = _border(rest, fitting)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest]


def length(text: str, *, utf16: bool) -> int:
    """How long a platform finds a text."""
    return len(text) + (sum(sign > "\uffff" for sign in text) if utf16 else 0)


def _fitting(text: str, limit: int, *, utf16: bool) -> int:
    """How many signs of a text fit into a limit."""
    if not utf16:
        return limit
    used = 0
    for index, sign in enumerate(text):
        used += 2 if sign > "\uffff" else 1
        if used > limit:
            return index
    return len(text)


def _border(text: str, fitting: int) -> int:
    """Where to cut: the last best border in what fits, but not in its first half."""
    for border in (_PARAGRAPH, _LINE, _SENTENCE, _WORD):
        place = text.rfind(border, fitting // 2, fitting)
        if place > 0:
            return place + len(border.rstrip(" "))
    cut = fitting
    while cut > 1 and (_JOINERS.match(text[cut]) or text[cut - 1] == "\u200d"):
        cut -= 1
    return cut
