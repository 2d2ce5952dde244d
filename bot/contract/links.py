"""Recognises a link token of the account API (docs/account-api.yml) in what a person sends."""

from __future__ import annotations

import re

# Not by its exact length: a token that lost its end on the way shall be told so, not read as a question.
_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])kp1_[A-Za-z0-9_-]{8,60}(?![A-Za-z0-9_-])")
PLACEHOLDER = "[tautan]"


def take_token(text: str) -> tuple[str, str]:
    """The first token of a text, and the text without any: a token is a key, so it must not be stored or shown."""
    found = _TOKEN.search(text)
    return (found[0], _TOKEN.sub(PLACEHOLDER, text)) if found else ("", text)
