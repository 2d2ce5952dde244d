"""Calls to platforms over HTTP, with the one distinction that matters for sending: not taken, or not known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.contract.errors import KawanError
from bot.contract.outcomes import Fate, Outcome, Trouble

ANSWER_SECONDS = 20.0
CONNECT_SECONDS = 5.0
KEEPALIVE_SECONDS = 15.0
CONNECTIONS = 64
ANSWER_LIMIT = 1024 * 1024
LONGEST_RETRY_SECONDS = 3600.0


class NotSent(KawanError):
    """The request never left us; trying again is harmless."""


class Unsure(KawanError):
    """The request was written, and no answer came: the platform may have taken it."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `body` is its JSON, or None when it holds none. `retry_after` in seconds, 0 if not said."""

    status: int
    body: Any = field(repr=False)
    retry_after: float = 0.0

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body when it is a JSON object, else nothing."""
        return self.body if isinstance(self.body, dict) else {}


class Caller:
    """One account's HTTP connections. Errors hold neither address nor body."""

    def __init__(self, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._timeout = aiohttp.ClientTimeout(total=answer_seconds, connect=CONNECT_SECONDS)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the connection pool on the running event loop."""
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEPALIVE_SECONDS)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(
        self,
        method: str,
        url: str,
        *,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, JSON (`body`) or form encoded. Raises NotSent and Unsure."""
        if self._session is None:
            raise NotSent("closed")
        try:
            async with self._session.request(
                method, url, json=body, data=form, headers=headers, allow_redirects=False
            ) as response:
                raw = await _start(response.content)
                return Answer(response.status, _json(raw), _seconds(response.headers.get("Retry-After", "")))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotSent(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unsure(type(error).__name__) from None


def outcome_of(error: NotSent | Unsure) -> Outcome:
    """What a call without an answer means for the message."""
    if isinstance(error, NotSent):
        return Outcome(Fate.RETRY, code="unreachable", trouble=Trouble.TRANSIENT)
    return Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)


async def _start(content: aiohttp.StreamReader) -> bytes:
    """The answer's first bytes, at most the limit. One `read` would give what has arrived so far, however little."""
    raw = bytearray()
    while len(raw) < ANSWER_LIMIT:
        piece = await content.read(ANSWER_LIMIT - len(raw))
        if not piece:
            break
        raw += piece
    return bytes(raw)


def _json(raw: bytes) -> Any:
    """None for what is no JSON: a proxy in between may answer with a page."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _seconds(text: str) -> float:
    """Retry-After in seconds; its form as a date is not used by the platforms here."""
    try:
        return min(max(float(text), 0.0), LONGEST_RETRY_SECONDS)
    except ValueError:
        return 0.0
