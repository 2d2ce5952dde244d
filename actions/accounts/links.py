"""Which account a chat is linked to, in Redis: an opaque reference, never a person's identity."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from typing import Any

from bot.contract.keys import Keys
from bot.contract.keys import chat as chat_key
from bot.contract.scripts import Client, redis_errors

ENDED_SECONDS = 24 * 3600  # how long a chat that lost its link may still say "that was not me"


@dataclass(frozen=True)
class Link:
    """One chat's account. `label` is its masked name. `ended`: another chat took its place; it can only be disputed."""

    reference: str = field(repr=False)
    level: str
    label: str = field(repr=False)
    token: str = ""  # digest of the token that made it, to know a second press from a second account
    ended: bool = False


class LinkStore:
    """Links live until they were not used for `seconds`. Raises MailroomUnavailable."""

    def __init__(self, redis: Client, keys: Keys, secret: str, seconds: int) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._secret = secret.encode()
        self._seconds = seconds

    async def get(self, conversation: str) -> Link | None:
        """The chat's link, which counts as a use; None when it has none. The way back from its name lives as long."""
        link = await self.peek(conversation)
        if link and not link.ended:
            with redis_errors():
                await self._redis.expire(self._keys.link(conversation), self._seconds)
                await self._redis.expire(chat_key(self.name_of(conversation)), self._seconds + ENDED_SECONDS)
        return link

    async def peek(self, conversation: str) -> Link | None:
        """The chat's link, without counting as a use."""
        with redis_errors():
            raw = await self._redis.get(self._keys.link(conversation))
        return _load(raw) if raw else None

    async def put(self, conversation: str, link: Link) -> None:
        """Link a chat; what was known of another account goes."""
        name = self.name_of(conversation)
        with redis_errors():
            await self._redis.delete(self._keys.status(conversation))
            await self._redis.set(chat_key(name), conversation.encode(), ex=self._seconds + ENDED_SECONDS)
            await self._redis.set(self._keys.link(conversation), _dump(link), ex=self._seconds)

    async def drop(self, conversation: str) -> None:
        """Forget the link and the status."""
        with redis_errors():
            await self._redis.delete(self._keys.link(conversation), self._keys.status(conversation))

    async def end(self, conversation: str, link: Link) -> None:
        """Keep the link for disputes only."""
        with redis_errors():
            await self._redis.delete(self._keys.status(conversation))
            await self._redis.set(self._keys.link(conversation), _dump(replace(link, ended=True)), ex=ENDED_SECONDS)

    async def conversation_of(self, name: str) -> str:
        """The conversation behind a name that we gave to the backend; empty when it is no longer known."""
        with redis_errors():
            raw = await self._redis.get(chat_key(name))
        return raw.decode() if raw else ""

    def name_of(self, conversation: str) -> str:
        """The chat's name for the backend: says nothing about the person without our secret."""
        return self._digest("chat", conversation)

    def digest_of(self, token: str) -> str:
        """What is remembered of a token."""
        return self._digest("token", token)

    def name_of_link(self, link: Link) -> str:
        """A name that says which link it is, and opens nothing."""
        return self._digest("link", link.reference)

    def _digest(self, purpose: str, value: str) -> str:
        return hmac.new(self._secret, f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()[:32]


def _dump(link: Link) -> str:
    return json.dumps([link.reference, link.level, link.label, link.token, link.ended])


def _load(raw: bytes) -> Link | None:
    try:
        return Link(*json.loads(raw))
    except (ValueError, TypeError):
        return None
