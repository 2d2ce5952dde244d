"""Reads Rasa's parse data: which entry it is about, and how sure the classifier was."""

from __future__ import annotations

from typing import Any

Parse = dict[str, Any]


def entry_of(parse: Parse) -> str:
    """The id of the FAQ entry; empty when it is about none."""
    return str(parse["intent"].get("full_retrieval_intent_name") or "").partition("/")[2]


def confidence_of(parse: Parse) -> float:
    """The probability of the best guess, 0 to 1."""
    return float(parse["intent"].get("confidence", 0.0))


def entity_of(parse: Parse, kind: str) -> str:
    """The value of the first entity of a kind; empty when there is none."""
    return next((str(one["value"]) for one in parse.get("entities", ()) if one.get("entity") == kind), "")
