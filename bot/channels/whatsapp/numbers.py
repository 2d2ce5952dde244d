"""What every gateway writes in its own way, in one form: phone numbers and kinds of files."""

from __future__ import annotations

import re

HOME = "62"

_DECORATION = re.compile(r"[\s().\-]+")
_PHONE = re.compile(r"[0-9]{6,20}")
_E164 = re.compile(r"[1-9][0-9]{7,14}")
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


def e164_of(person: str) -> str:
    """The number behind a person's id, with its plus; empty when the platform hides it behind an id of its own."""
    return f"+{person}" if _E164.fullmatch(person) else ""


def file_kind(mime: str) -> str:
    """Our name for a kind of file. WhatsApp's stickers are WebP, its voice notes Ogg."""
    kind, _, form = mime.partition(";")[0].strip().lower().partition("/")
    if (kind, form) == ("image", "webp"):
        return "sticker"
    if (kind, form) == ("audio", "ogg"):
        return "voice"
    return kind if kind in _FILE_KINDS else "document"
