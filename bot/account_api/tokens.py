"""Link tokens as docs/account-api.yml describes them, and references: made and read with a key, nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

PREFIX = "kp1_"
LIFETIME_SECONDS = 600
NONCE_BYTES = 16
END_BYTES = 5
MAC_BYTES = 16
SALT_BYTES = 16

_SHAPE = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{50}}", re.ASCII)
_NOTHING = bytes(NONCE_BYTES + END_BYTES + MAC_BYTES)


@dataclass(frozen=True)
class Reading:
    """What a token says. Where `genuine` is false the rest means nothing, but can be looked up all the same."""

    nonce_hash: bytes
    ends_at: int
    genuine: bool


class Tokens:
    """Everything that needs the backend's key."""

    def __init__(self, key: bytes, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        # One key each, so that a signature of one kind can never pass for one of the other.
        self._link_key = hmac.digest(key, b"links", "sha256")
        self._reference_key = hmac.digest(key, b"references", "sha256")
        self._random_bytes = random_bytes

    def make(self, now: float) -> str:
        """A new link token, to be redeemed within ten minutes."""
        content = self._random_bytes(NONCE_BYTES) + (int(now) + LIFETIME_SECONDS).to_bytes(END_BYTES, "big")
        return PREFIX + _encode(content + self._mac(content))

    def read(self, token: str) -> Reading:
        """What a token says; does the same work whether it is genuine or not."""
        raw = _decode(token)
        content, mac = (raw or _NOTHING)[:-MAC_BYTES], (raw or _NOTHING)[-MAC_BYTES:]
        signed = hmac.compare_digest(self._mac(content), mac)
        return Reading(
            nonce_hash=digest(content[:NONCE_BYTES]),
            ends_at=int.from_bytes(content[NONCE_BYTES:], "big"),
            genuine=signed and raw is not None,
        )

    def salt(self) -> bytes:
        """What is kept of a reference, so that it can be said again without being stored."""
        return self._random_bytes(SALT_BYTES)

    def reference(self, salt: bytes, chat: str) -> str:
        """The reference of a grant, the same each time."""
        return _encode(hmac.digest(self._reference_key, salt + chat.encode(), "sha256"))

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._link_key, PREFIX.encode() + content, "sha256")[:MAC_BYTES]


def digest(secret: bytes) -> bytes:
    """How nonces and references are stored."""
    return hashlib.sha256(secret).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(token: str) -> bytes | None:
    if not _SHAPE.fullmatch(token):
        return None
    text = token[len(PREFIX) :]
    raw = base64.urlsafe_b64decode(text + "==")
    # The last letter has bits to spare: without this, one token could be written in sixteen ways.
    return raw if _encode(raw) == text else None
