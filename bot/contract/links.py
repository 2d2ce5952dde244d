"""Recognises a link token of the account API (docs/account-api.yml) in what a person sends."""

from __future__ import annotations

import re
import unicodedata

PREFIX = "kp1_"
LENGTH = 54  # four signs and 37 bytes in base64url
PLACEHOLDER = "[tautan]"

# Whatever touches it: a token is a key, and must not stay among the words because something is glued to it.
_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{8,}}")


def take_token(text: str) -> tuple[str, str]:
    """The first token of a text, and the text without any. One that lost its end on the way is a token, too."""
    if PREFIX not in text and not any(unicodedata.category(sign) == "Cf" for sign in text):
        return "", text
    # Invisible signs come along when a text is copied, also into the middle of a word.
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    found = _TOKEN.search(seen)
    return (found[0][:LENGTH], _TOKEN.sub(PLACEHOLDER, seen)) if found else ("", text)
