"""Web chat sessions: a random cookie is the key to a conversation; only its hash names the conversation."""

from __future__ import annotations

import hashlib
import re
import secrets

from aiohttp import web

from bot.contract.messages import Address

COOKIE = "kawan_sesi"
DAYS = 30
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """A fresh session secret, 256 bits."""
    return secrets.token_urlsafe(32)


def secret_of(request: web.Request) -> str | None:
    """The secret that the browser sent, if it has our form."""
    cookie = request.cookies.get(COOKIE, "")
    return cookie if _FORM.fullmatch(cookie) else None


def address_of(secret: str) -> Address:
    """The conversation of a secret. Knowing the address, in a log or in Redis, opens nothing."""
    return Address("web", "default", hashlib.sha256(secret.encode()).hexdigest()[:32])


def set_cookie(response: web.StreamResponse, secret: str, *, secure: bool) -> None:
    """Give the browser its secret; scripts cannot read it, other sites cannot make it be sent with a POST."""
    response.set_cookie(COOKIE, secret, max_age=DAYS * 86400, httponly=True, samesite="Lax", secure=secure, path="/")
