"""What every gateway writes in its own way, in one form: phone numbers, times, ids and kinds of files."""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any

from bot.contract.messages import MAX_ID_LENGTH

MILLISECONDS_FROM = 1e12  # as seconds, this is some 30,000 years away
LATEST_SECONDS = 1e11
HOME = "62"

_DECORATION = re.compile(r"[\s().\-]+")
_PHONE = re.compile(r"[0-9]{6,20}")
_FILE_KINDS = ("image", "audio", "video")


def digits_of(written: str) -> str:
    """A phone number as bare digits with its country, as WhatsApp names people; empty when it is none.

    A leading 0 is Indonesian: +62.
    """
    bare = _DECORATION.sub("", written).removeprefix("+")
    if bare.startswith("00"):
        bare = bare[2:]
    elif bare.startswith("0"):
        bare = HOME + bare[1:]
    return bare if _PHONE.fullmatch(bare) else ""


def seconds_of(value: Any) -> float | None:
    """Seconds UTC from seconds or milliseconds, a number or a text, with or without decimals; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    seconds = number / 1000 if number >= MILLISECONDS_FROM else number
    return seconds if 0 < seconds < LATEST_SECONDS else None


def text_of(value: Any) -> str:
    """A text, or a whole number as its digits: gateways send ids as either. Empty for all else."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        return str(value)
    return ""


def id_of(written: str) -> str:
    """A message id that can be kept: as it is, or its digest where it is too long or holds control characters."""
    if len(written) <= MAX_ID_LENGTH and written.isprintable():
        return written
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def file_kind(mime: str) -> str:
    """Our name for a kind of file. WhatsApp's stickers are WebP, its voice notes Ogg."""
    kind, _, form = mime.partition(";")[0].strip().lower().partition("/")
    if (kind, form) == ("image", "webp"):
        return "sticker"
    if (kind, form) == ("audio", "ogg"):
        return "voice"
    return kind if kind in _FILE_KINDS else "document"
