"""Adds examples to one entry of a topic file by cutting the text open at one place: every other byte stays as it is."""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Sequence
from typing import Any

import yaml

from nlu.content.strict_yaml import parse_yaml

# What may stand in a plain scalar anywhere in a line; everything else is put in quotes.
_PLAIN = frozenset(" .,?!'()/+%-;")
_BREAKS = "\r\n"


class CannotAdd(Exception):
    """The file is written in a way that this program does not understand; it was not changed."""


def add_examples(text: str, entry: str, phrasings: Sequence[str]) -> str:
    """The file's text with more examples at the end of an entry's list. Raises CannotAdd."""
    wanted = _wanted(text, entry, phrasings)
    grown = text
    for phrasing in phrasings:
        grown = _add(grown, entry, phrasing)
    try:
        came_out = parse_yaml(grown)
    except yaml.YAMLError as error:
        raise CannotAdd(f"{entry}: the list of examples has an unusual form") from error
    if came_out != wanted:
        raise CannotAdd(f"{entry}: the list of examples has an unusual form")
    return grown


def scalar(phrasing: str, *, flow: bool = False) -> str:
    """A phrasing as YAML reads it back: plain where that is safe (inside brackets: `flow`), else in double quotes."""
    harmless = all(one.isalpha() or one.isdecimal() or one in _PLAIN for one in phrasing)
    if harmless and phrasing[:1].isalpha() and _is_read_back(phrasing, f"[{phrasing}]" if flow else f"- {phrasing}"):
        return phrasing
    return '"' + "".join(map(_escaped, phrasing)) + '"'


def _is_read_back(phrasing: str, text: str) -> bool:
    # "no" and "1e5" are harmless letters, and no texts for YAML.
    try:
        return bool(parse_yaml(text) == [phrasing])
    except yaml.YAMLError:
        return False


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    # Only what is seen stands in the file as it is; a line break of any kind would end the scalar's line.
    if character == " " or unicodedata.category(character)[0] not in "CZ":
        return character
    point = ord(character)
    return f"\\U{point:08X}" if point > 0xFFFF else f"\\u{point:04X}"


def _wanted(text: str, entry: str, phrasings: Sequence[str]) -> Any:
    """What the file has to say afterwards."""
    body = copy.deepcopy(parse_yaml(text))
    found = [one for one in body["entries"] if one["id"] == entry]
    if len(found) != 1:
        raise CannotAdd(f"{entry}: is not one entry of this file")
    found[0]["examples"] = [*found[0]["examples"], *phrasings]
    return body


def _add(text: str, entry: str, phrasing: str) -> str:
    node = _examples(text, entry)
    if node.flow_style:
        return _add_to_flow(text, node, phrasing)
    return _add_to_block(text, node, phrasing)


def _examples(text: str, entry: str) -> yaml.SequenceNode:
    # The loader in Python knows the place of every character; the quick one in C counts bytes.
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for one in _child(root, "entries").value:
        if _child(one, "id").value == entry:
            node = _child(one, "examples")
            if isinstance(node, yaml.SequenceNode) and node.value:
                return node
    raise CannotAdd(f"{entry}: has no list of examples in this file")


def _child(node: Any, name: str) -> Any:
    for key, value in node.value:
        if key.value == name:
            return value
    raise CannotAdd(f"{name} is missing")


def _add_to_flow(text: str, node: yaml.SequenceNode, phrasing: str) -> str:
    """`[a, b]`: behind the last one, wherever the bracket stands."""
    place = node.value[-1].end_mark.index
    return f"{text[:place]}, {scalar(phrasing, flow=True)}{text[place:]}"


def _add_to_block(text: str, node: yaml.SequenceNode, phrasing: str) -> str:
    """`- a`: on a line of its own below the last one, whose line may end in a comment."""
    first = node.start_mark
    # The line before the dash holds nothing but spaces.
    lead = text[first.index - first.column : first.index]
    ending = "\r\n" if "\r\n" in text else "\n"
    item = f"{lead}- {scalar(phrasing)}"
    end = node.value[-1].end_mark
    line_start = end.index - end.column
    if end.line > first.line and not text[line_start : end.index].strip():
        # A scalar in `|` form ends where the next line begins.
        return f"{text[:line_start]}{item}{ending}{text[line_start:]}"
    place = end.index
    while place < len(text) and text[place] not in _BREAKS:
        place += 1
    return f"{text[:place]}{ending}{item}{text[place:]}"
