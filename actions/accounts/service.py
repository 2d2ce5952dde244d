"""Everything that the dialogue may do with accounts: link a chat, look at a status, let go, object."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from actions.accounts.client import AccountClient, Grant
from actions.accounts.links import Link, LinkStore
from actions.accounts.outcomes import Refused, Trouble
from actions.accounts.settings import AccountSettings
from actions.accounts.status import FULL, STAGE, BadAnswer, Status, Wave, read_status
from actions.accounts.tallies import FAILED_LINKS, LOOK_UPS, Tallies
from bot.contract.keys import Keys
from bot.contract.logs import Pseudonyms, fields
from bot.contract.scripts import Client, redis_errors

CHANNELS = ("telegram", "whatsapp", "web", "rest")
_FAILED_LINK = (Trouble.LINK_UNKNOWN, Trouble.LINK_USED, Trouble.LINK_EXPIRED)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Other:
    """A conversation that should hear of a new link: whether its own has ended by it, and which one it had."""

    conversation: str
    ended: bool
    link: str


@dataclass(frozen=True)
class Linked:
    """A chat that was just linked, and who should hear of it."""

    link: Link
    others: tuple[Other, ...]


class Accounts:
    """One object for each process. Raises MailroomUnavailable when Redis is away; trouble of the API is a Refused."""

    def __init__(
        self,
        settings: AccountSettings,
        client: AccountClient,
        redis: Client,
        keys: Keys,
        *,
        secret: str,
        pseudonyms: Pseudonyms,
    ) -> None:
        self.settings = settings
        self._client = client
        self._redis: Any = redis
        self._keys = keys
        self._links = LinkStore(redis, keys, secret, settings.link_seconds)
        self._tallies = Tallies(redis, keys)
        self._pseudonyms = pseudonyms

    @property
    def up(self) -> bool:
        """Whether the account API answers, as far as is known."""
        return self._client.up

    async def close(self) -> None:
        """Let go of connections to the API. Redis is the owner's."""
        await self._client.close()

    async def link_of(self, conversation: str) -> Link | None:
        """The chat's link; None when it sees no account."""
        link = await self._links.get(conversation)
        return None if link is None or link.ended else link

    def is_of(self, link: Link, token: str) -> bool:
        """Whether this very token made the link: the person pressed it twice."""
        return bool(link.token) and link.token == self._links.digest_of(token)

    async def status(self, conversation: str) -> Status | Refused:
        """What this chat may see, at most `cache_seconds` old."""
        link = await self.link_of(conversation)
        if link is None:
            return Refused(Trouble.NOT_LINKED)
        kept = await self._kept(conversation, link)
        if kept:
            return kept
        refused = await self._may_look_up(conversation)
        if refused:
            return refused
        answer = await self._client.status(link.reference)
        if isinstance(answer, Refused):
            if answer.trouble is Trouble.ENDED:
                await self._links.drop(conversation)
            self._note("status", conversation, answer.trouble.value)
            return answer
        status, body = answer
        if status.full and link.level != FULL:
            # The API must not show more than this link was made for.
            logger.error("account api shows more than was granted")
            return Refused(Trouble.DOWN)
        with redis_errors():
            await self._redis.set(
                self._keys.status(conversation),
                json.dumps({"reference": link.reference, "status": body}),
                ex=self.settings.cache_seconds,
            )
        self._note("status", conversation, "found")
        return status

    async def redeem(self, conversation: str, token: str) -> Linked | Refused:
        """Link the chat by a link token, for everything."""
        if await self._tallies.is_spent(FAILED_LINKS, conversation):
            return Refused(Trouble.TOO_MANY_FAILURES)
        grant = await self._client.redeem(token, self._links.name_of(conversation), channel_of(conversation))
        if isinstance(grant, Refused):
            if grant.trouble in _FAILED_LINK:
                await self._tallies.spend(FAILED_LINKS, conversation)
            self._note("redeem", conversation, grant.trouble.value)
            return grant
        return await self._linked("redeem", conversation, grant, self._links.digest_of(token))

    async def use_number(self, conversation: str, phone: str) -> Linked | Refused:
        """Link the chat by a phone number that its platform vouches for, for the stage only."""
        refused = await self._may_look_up(conversation)
        if refused:
            return refused
        grant = await self._client.find(phone, self._links.name_of(conversation), channel_of(conversation))
        if isinstance(grant, Refused):
            self._note("find", conversation, grant.trouble.value)
            return grant
        # A number opens the stage, whatever the API says.
        grant = replace(grant, level=STAGE, label="", others=())
        return await self._linked("find", conversation, grant, "")

    async def unlink(self, conversation: str) -> Refused | None:
        """Let the chat see nothing any more, whatever the API says to it."""
        link = await self._links.get(conversation)
        if link is None or link.ended:
            return Refused(Trouble.NOT_LINKED)
        await self._links.drop(conversation)
        answer = await self._client.revoke(link.reference)
        self._note("unlink", conversation, answer.trouble.value if answer else "done")
        return answer

    async def linked_elsewhere(self, conversation: str, name: str, *, ended: bool) -> Link | None:
        """Another chat was linked to the account behind the link `name`; None when this chat has another one now."""
        link = await self._links.get(conversation)
        if link is None or self._links.name_of_link(link) != name:
            return None
        if ended and not link.ended:
            await self._links.end(conversation, link)
        return link

    async def may_dispute(self, conversation: str) -> bool:
        """Whether this chat sees an account, or did until another chat took its place."""
        link = await self._links.get(conversation)
        return link is not None and link.level == FULL

    async def dispute(self, conversation: str) -> tuple[str, ...] | Refused:
        """End every link of the account, for who says "that was not me"; the other conversations that lost theirs."""
        link = await self._links.get(conversation)
        if link is None or link.level != FULL:
            return Refused(Trouble.NOT_LINKED)
        answer = await self._client.dispute(link.reference)
        self._note("dispute", conversation, answer.trouble.value if isinstance(answer, Refused) else "done")
        if isinstance(answer, Refused) and answer.trouble is not Trouble.ENDED:
            return answer
        await self._links.drop(conversation)
        if isinstance(answer, Refused):
            return answer
        others = [await self._links.conversation_of(name) for name in answer]
        for other in others:
            if other:
                await self._links.drop(other)
        return tuple(one for one in others if one and one != conversation)

    async def waves(self) -> tuple[Wave, ...]:
        """The waves that are open or announced; none when nobody can tell."""
        answer = await self._client.waves()
        return () if isinstance(answer, Refused) else answer

    async def _may_look_up(self, conversation: str) -> Refused | None:
        if self._client.down_for:
            return Refused(Trouble.DOWN, self._client.down_for)  # nothing is asked, so nothing is counted
        wait = await self._tallies.spend(LOOK_UPS, conversation)
        return Refused(Trouble.LIMITED, wait) if wait else None

    async def _linked(self, call: str, conversation: str, grant: Grant, token: str) -> Linked:
        link = Link(grant.reference, grant.level, grant.label, token)
        await self._links.put(conversation, link)
        self._note(call, conversation, f"linked_{grant.level}")
        others = [await self._other(one.chat, one.ended) for one in grant.others]
        return Linked(link, tuple(one for one in others if one and one.conversation != conversation))

    async def _other(self, chat: str, ended: bool) -> Other | None:
        conversation = await self._links.conversation_of(chat)
        link = await self._links.peek(conversation) if conversation else None
        return Other(conversation, ended, self._links.name_of_link(link)) if link else None

    async def _kept(self, conversation: str, link: Link) -> Status | None:
        with redis_errors():
            raw = await self._redis.get(self._keys.status(conversation))
        if not raw:
            return None
        try:
            kept: Mapping[str, Any] = json.loads(raw)
            # Of this link, and not of one that it has replaced meanwhile.
            return read_status(kept["status"]) if kept["reference"] == link.reference else None
        except (ValueError, KeyError, TypeError, BadAnswer):
            return None

    def _note(self, call: str, conversation: str, outcome: str) -> None:
        logger.info("account", extra=fields(call=call, conversation=self._pseudonyms(conversation), outcome=outcome))


def channel_of(conversation: str) -> str:
    """The kind of chat, as the account API names it: the start of a conversation's key."""
    kind = conversation.partition(":")[0].partition("-")[0]
    return kind if kind in CHANNELS else "rest"
