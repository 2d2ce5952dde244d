"""Reads fields of webhooks that may be missing or of any type."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from bot.contract.messages import MAX_ID_LENGTH

MILLISECONDS_FROM = 10**12  # no time in seconds that we will see is as large


def text_of(body: Mapping[str, Any], name: str) -> str:
    """A text, empty for anything else."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def object_of(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A JSON object, empty for anything else."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def objects_of(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The JSON objects in a list; what else is in it is left out."""
    value = body.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def number_of(body: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number, or the default."""
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def moment(value: Any) -> float | None:
    """Seconds since the epoch, from a number or a text, in seconds or milliseconds; None when it is no time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    if seconds >= MILLISECONDS_FROM:
        seconds /= 1000
    return seconds if 0 < seconds < MILLISECONDS_FROM else None


def short_id(message_id: str) -> str:
    """The id, or a digest where it cannot be kept as it is."""
    if message_id and len(message_id) <= MAX_ID_LENGTH and message_id.isprintable():
        return message_id
    return hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()
