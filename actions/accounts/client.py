"""Client of the account API (docs/account-api.yml): one call each, short patience, a breaker, no exception outside."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import aiohttp

from actions.accounts.outcomes import Refused, Trouble
from actions.accounts.settings import AccountSettings
from actions.accounts.status import (
    FULL,
    NAME_LENGTH,
    STAGE,
    BadAnswer,
    Status,
    Wave,
    moment,
    read_status,
    read_waves,
    shown,
)
from bot.contract.breaker import Breaker
from bot.contract.logs import fields

ATTEMPTS = 2
PAUSE_SECONDS = 0.15
LARGEST_ANSWER = 256 * 1024
PROBLEM = "urn:prakerja:problem:"
_TROUBLES: Mapping[str, Trouble] = {
    "link-unknown": Trouble.LINK_UNKNOWN,
    "link-used": Trouble.LINK_USED,
    "link-expired": Trouble.LINK_EXPIRED,
    "account-unknown": Trouble.NOT_FOUND,
    "grant-unknown": Trouble.ENDED,
    "grant-ended": Trouble.ENDED,
}

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OtherChat:
    """Another chat that sees the account, or did until now."""

    chat: str
    channel: str
    ended: bool


@dataclass(frozen=True)
class Grant:
    """The right of one chat to see one account at one level."""

    reference: str
    level: str
    label: str
    linked_at: datetime
    others: tuple[OtherChat, ...]


class AccountClient:
    """Speaks to one backend. Every call is safe to repeat by the contract, so each is tried twice within its time.

    Never raises; what goes wrong is a Refused. Opens its connections at the first call, on the running loop.
    """

    def __init__(self, settings: AccountSettings, breaker: Breaker | None = None) -> None:
        self._settings = settings
        self._breaker = breaker or Breaker()
        self._session: aiohttp.ClientSession | None = None

    @property
    def down_for(self) -> float:
        """How many seconds no call will be made, because the last ones all failed; 0 when one may be."""
        return self._breaker.wait_seconds

    @property
    def up(self) -> bool:
        """Whether the last calls were answered, as far as is known."""
        return not self._breaker.down

    async def close(self) -> None:
        """Let go of connections."""
        if self._session:
            await self._session.close()
            self._session = None

    async def redeem(self, token: str, chat: str, channel: str) -> Grant | Refused:
        """A grant of the level `full` for a link token."""
        answer = await self._call("POST", "/v1/links/redeem", {"token": token, "chat": chat, "channel": channel})
        return answer if isinstance(answer, Refused) else self._read(_grant, answer)

    async def find(self, phone: str, chat: str, channel: str) -> Grant | Refused:
        """A grant of the level `stage` for a phone number (E.164) that the platform vouches for."""
        answer = await self._call("POST", "/v1/accounts/find", {"phone": phone, "chat": chat, "channel": channel})
        return answer if isinstance(answer, Refused) else self._read(_grant, answer)

    async def status(self, reference: str) -> tuple[Status, dict[str, Any]] | Refused:
        """The status, and the same as JSON for a cache."""
        answer = await self._call("GET", f"/v1/accounts/{quote(reference, safe='')}/status")
        if isinstance(answer, Refused):
            return answer
        status = self._read(read_status, answer)
        return status if isinstance(status, Refused) else (status, answer)

    async def revoke(self, reference: str) -> Refused | None:
        """End a grant."""
        answer = await self._call("DELETE", f"/v1/accounts/{quote(reference, safe='')}/link")
        return answer if isinstance(answer, Refused) else None

    async def dispute(self, reference: str) -> tuple[str, ...] | Refused:
        """End all grants of the account; the chats that had one."""
        answer = await self._call("POST", f"/v1/accounts/{quote(reference, safe='')}/dispute")
        return answer if isinstance(answer, Refused) else self._read(_ended, answer)

    async def waves(self) -> tuple[Wave, ...] | Refused:
        """The waves that are open or announced."""
        answer = await self._call("GET", "/v1/waves/current")
        return answer if isinstance(answer, Refused) else self._read(read_waves, answer)

    async def _call(self, method: str, path: str, body: Mapping[str, str] | None = None) -> dict[str, Any] | Refused:
        if self._breaker.wait_seconds:
            return Refused(Trouble.DOWN, self._breaker.wait_seconds)
        try:
            answer = await asyncio.wait_for(self._try(method, path, body), self._settings.seconds)
        except asyncio.TimeoutError:
            answer = self._failed("timeout")
        if not (isinstance(answer, Refused) and answer.trouble is Trouble.DOWN):
            self._breaker.worked()
        return answer

    async def _try(self, method: str, path: str, body: Mapping[str, str] | None) -> dict[str, Any] | Refused:
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS
            try:
                status, raw, wait = await self._once(method, path, body)
            except (aiohttp.ClientError, OSError) as error:
                if last:
                    return self._failed(type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if status < 500:
                return self._understand(status, raw, wait)
            if last or wait:
                return self._failed(str(status), wait)
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError("the last attempt returns")

    async def _once(self, method: str, path: str, body: Mapping[str, str] | None) -> tuple[int, bytes, float]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={
                    "Authorization": f"Bearer {self._settings.token}",
                    "Accept": "application/json",
                    # A packed answer may be small on the way and endless here.
                    "Accept-Encoding": "identity",
                },
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=self._settings.seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        # A redirect could carry the service's secret to another host.
        async with self._session.request(
            method, self._settings.url + path, json=body, allow_redirects=False
        ) as response:
            # `read(n)` gives what has arrived, which need not be all.
            raw = bytearray()
            async for part in response.content.iter_chunked(16 * 1024):
                raw += part
                if len(raw) > LARGEST_ANSWER:
                    response.close()  # what is left of it must not be read as the next answer
                    raise aiohttp.ClientPayloadError("too large")
            return response.status, bytes(raw), _seconds(response.headers.get("Retry-After", ""))

    def _understand(self, status: int, raw: bytes, wait: float) -> dict[str, Any] | Refused:
        if status == 204:
            return {}
        body = _object(raw)
        if status == 429:
            return Refused(Trouble.LIMITED, wait)
        if status == 200 and body is not None:
            return body
        kind = str((body or {}).get("type", "")).removeprefix(PROBLEM)
        trouble = _TROUBLES.get(kind)
        if trouble is None or status not in (404, 409, 410):
            # A wrong secret or version: for people it is as good as down, for operators it is not.
            logger.error("account api refuses", extra=fields(status=status))
            # What it finds wrong with one call says nothing about the next one.
            return Refused(Trouble.DOWN) if status in (400, 403) else self._failed(str(status))
        return Refused(trouble)

    def _read(self, read: Any, answer: dict[str, Any]) -> Any:
        try:
            return read(answer)
        except (BadAnswer, KeyError, TypeError, ValueError, AttributeError) as error:
            logger.error("account api answers outside its contract", extra=fields(error=type(error).__name__))
            return Refused(Trouble.DOWN)

    def _failed(self, reason: str, wait: float = 0.0) -> Refused:
        was_down = self._breaker.down
        self._breaker.failed()
        if self._breaker.down and not was_down:
            logger.warning("account api is down", extra=fields(reason=reason))
        return Refused(Trouble.DOWN, wait)


def _grant(body: dict[str, Any]) -> Grant:
    reference, level, label = (body[name] for name in ("reference", "level", "label"))
    if not (isinstance(reference, str) and isinstance(label, str) and level in (FULL, STAGE)):
        raise TypeError("grant")
    # It becomes part of an address.
    if not _REFERENCE.fullmatch(reference):
        raise ValueError("reference")
    others = tuple(OtherChat(str(one["chat"]), str(one["channel"]), one["ended"] is True) for one in body["others"])
    return Grant(reference, level, shown(label, NAME_LENGTH), moment(body, "linked_at"), others)


def _ended(body: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(one) for one in body["ended"])


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _seconds(text: str) -> float:
    return min(float(text), 3600.0) if text.isdecimal() else 0.0
