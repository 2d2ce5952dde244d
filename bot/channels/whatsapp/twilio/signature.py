"""Twilio's proof of origin: HMAC-SHA1 over the address that it called and the fields that it sent.

The rules are those of Twilio's own validator: fields sorted by name, values of a repeated name sorted and taken
once, empty values included; the address with and without its standard port; a JSON body by its digest in the address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit, urlunsplit

STANDARD_PORTS = {"https": 443, "http": 80}


def fits(signature: str, url: str, body: bytes, fields: Iterable[tuple[str, str]], tokens: Iterable[str]) -> bool:
    """Whether one of the tokens signed this request. Every comparison is made, in constant time."""
    given = signature.encode("utf-8", "surrogateescape")
    digest = parse_qs(urlsplit(url).query).get("bodySHA256")
    if digest is not None:
        right = hashlib.sha256(body).hexdigest()
        if not hmac.compare_digest(digest[-1].lower().encode("utf-8", "surrogateescape"), right.encode()):
            return False
        fields = ()
    signed = joined(fields)
    answers = [
        hmac.compare_digest(given, sign(token, address + signed))
        for token in tokens
        for address in with_and_without_port(url)
    ]
    return any(answers)


def sign(token: str, text: str) -> bytes:
    """The signature of a text, in Base64."""
    raw = hmac.new(token.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha1).digest()
    return base64.b64encode(raw)


def joined(fields: Iterable[tuple[str, str]]) -> str:
    """All fields as one text: names in order, each with its different values in order."""
    values: dict[str, set[str]] = {}
    for name, value in fields:
        values.setdefault(name, set()).add(value)
    return "".join(name + value for name in sorted(values) for value in sorted(values[name]))


def with_and_without_port(url: str) -> tuple[str, str]:
    """The address in both forms; which one Twilio signed depends on its age."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = parts.port or STANDARD_PORTS.get(parts.scheme)
    if port is None or (parts.port and parts.port != STANDARD_PORTS.get(parts.scheme)):
        return url, url
    bare = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
    return bare, urlunsplit((parts.scheme, f"{host}:{port}", parts.path, parts.query, ""))
