"""Telegram's HTML as its server reads it: the text and its entities, or the server's own complaint.

Offsets count UTF-16 units, as everywhere in the Bot API. The complaints are those of TDLib's parser.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.fakes.telegram.errors import ApiError, bad_request

TYPES = {
    "a": "text_link",
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
STYLES = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strike",
    "code": "code",
    "pre": "pre",
    "blockquote": "quote",
    "spoiler": "spoiler",
}
_REFERENCE = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|lt|gt|amp|quot);?")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>]*)\s*(=?)\s*(?:"([^"]*)("?)|'([^']*)('?)|([0-9A-Za-z.\-]*))""")
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[^\s>]*")
_URL = re.compile(r"(?:https?|tg)://\S+")

Entity = dict[str, Any]


def utf16_length(text: str) -> int:
    """How many UTF-16 units a text has."""
    return len(text) + sum(character > "\uffff" for character in text)


@dataclass
class _Open:
    tag: str
    offset: int
    argument: str


@dataclass
class _Parser:
    source: str
    at: int = 0
    length: int = 0
    out: list[str] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    languages: dict[int, str] = field(default_factory=dict)

    def parse(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            if self.source[self.at] != "<":
                self._text()
            elif self.source.startswith("</", self.at):
                self._end()
            else:
                self._start()
        if self.open:
            raise _unparsed(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.out), self.entities

    def _text(self) -> None:
        end = self.source.find("<", self.at)
        end = len(self.source) if end < 0 else end
        text = _decoded(self.source[self.at : end])
        self.out.append(text)
        self.length += utf16_length(text)
        self.at = end

    def _start(self) -> None:
        begin = self.at
        tag = self._word(begin + 1)
        if self.at >= len(self.source):
            raise _unparsed(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        if tag not in TYPES:
            raise _unparsed(f'Unsupported start tag "{tag}" at byte offset {self._bytes(begin)}')
        attributes = self._attributes(tag, begin)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise _unparsed(f'Tag "span" must have class "tg-spoiler" at byte offset {self._bytes(begin)}')
        if tag == "code" and attributes.get("class", "").startswith("language-"):
            self.languages[self.length] = attributes["class"].removeprefix("language-")
        self.open.append(_Open(tag, self.length, attributes.get("href", "")))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        found: dict[str, str] = {}
        where = f'the tag "{tag}" at byte offset {self._bytes(begin)}'
        while True:
            self._skip_space()
            if self.source.startswith(">", self.at):
                self.at += 1
                return found
            if self.at >= len(self.source):
                raise _unparsed(f"Unclosed start tag at byte offset {self._bytes(begin)}")
            match = _ATTRIBUTE.match(self.source, self.at)
            name, equals, double, double_end, single, single_end, bare = match.groups() if match else ("",) * 7
            if not name:
                raise _unparsed(f"Empty attribute name in {where}")
            if not equals and not (tag == "blockquote" and name == "expandable"):
                raise _unparsed(f"Expected equal sign in declaration of an attribute of {where}")
            if (double is not None and not double_end) or (single is not None and not single_end):
                raise _unparsed(f"Unclosed start tag at byte offset {self._bytes(begin)}")
            found[name.lower()] = _decoded(next((one for one in (double, single, bare) if one is not None), ""))
            self.at = match.end() if match else self.at

    def _end(self) -> None:
        begin = self.at
        if not self.open:
            raise _unparsed(f"Unexpected end tag at byte offset {self._bytes(begin)}")
        tag = self._word(begin + 2)
        self._skip_space()
        if not self.source.startswith(">", self.at):
            raise _unparsed(f"Unclosed end tag at byte offset {self._bytes(begin)}")
        self.at += 1
        opened = self.open.pop()
        if tag and tag != opened.tag:
            raise _unparsed(
                f'Unmatched end tag at byte offset {self._bytes(begin)}, expected "</{opened.tag}>", found "</{tag}>"'
            )
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        length = self.length - opened.offset
        entity: Entity = {"type": TYPES[opened.tag], "offset": opened.offset, "length": length}
        if opened.tag == "a":
            entity["url"] = opened.argument or "".join(self.out)[-length:]
            if not _URL.fullmatch(entity["url"]):
                return
        if opened.tag == "pre":
            self._merge_language(entity)
        if length > 0:
            self.entities.append(entity)

    def _merge_language(self, pre: Entity) -> None:
        """<pre><code class="language-x">...</code></pre> is one entity."""
        last = self.entities[-1] if self.entities else {}
        if last == {**pre, "type": "code"}:
            self.entities.pop()
            language = self.languages.get(pre["offset"], "")
            if language:
                pre["language"] = language

    def _word(self, start: int) -> str:
        match = _WORD.match(self.source, start)
        self.at = match.end() if match else start
        return self.source[start : self.at].lower()

    def _skip_space(self) -> None:
        match = _SPACE.match(self.source, self.at)
        self.at = match.end() if match else self.at

    def _bytes(self, index: int) -> int:
        return len(self.source[:index].encode())


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Text and entities. Raises ApiError with the complaint of the real server."""
    return _Parser(source).parse()


def trimmed(text: str, entities: Sequence[Entity]) -> tuple[str, list[Entity]]:
    """Without white space at both ends, as a message is kept."""
    begun = text.lstrip()
    skipped, kept = utf16_length(text) - utf16_length(begun), begun.rstrip()
    moved = [_clipped(entity, skipped, utf16_length(kept)) for entity in entities]
    return kept, [entity for entity in moved if entity["length"] > 0]


def _clipped(entity: Entity, skipped: int, length: int) -> Entity:
    start = max(entity["offset"] - skipped, 0)
    end = min(entity["offset"] + entity["length"] - skipped, length)
    return {**entity, "offset": start, "length": end - start}


def spans(text: str, entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The text in pieces of one style each, for the page."""
    units = text.encode("utf-16-le")
    edges = {0, len(units) // 2}
    for entity in entities:
        edges |= {entity["offset"], entity["offset"] + entity["length"]}
    ordered = sorted(edges)
    return [_span(units, start, end, entities) for start, end in pairwise(ordered)]


def _span(units: bytes, start: int, end: int, entities: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    span: dict[str, Any] = {"text": units[start * 2 : end * 2].decode("utf-16-le", "replace")}
    covering = [one for one in entities if one["offset"] <= start and end <= one["offset"] + one["length"]]
    styles = sorted({STYLES[one["type"]] for one in covering if one["type"] in STYLES})
    if styles:
        span["styles"] = styles
    href = next((one["url"] for one in covering if one.get("url")), "")
    if href:
        span["href"] = href
    return span


def _decoded(text: str) -> str:
    decoded = _REFERENCE.sub(lambda match: html.unescape(match.group()), text)
    if "\ufffd" in decoded and "\ufffd" not in text:
        raise bad_request(
            "text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        )
    return decoded


def _unparsed(complaint: str) -> ApiError:
    return bad_request(f"can't parse entities: {complaint}")
