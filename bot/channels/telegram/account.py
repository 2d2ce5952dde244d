"""One Telegram bot as an account of the gateway."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import BadRequest, TelegramError

from bot.channels.platform import Account, AccountState, Bubble, Event, Limit, Limits, RawRequest, Take, Verified
from bot.channels.port import Arrival, Capabilities
from bot.channels.telegram.client import Client
from bot.channels.telegram.commands import set_commands
from bot.channels.telegram.condition import condition_of
from bot.channels.telegram.errors import QUERY_TOO_OLD, UNREACHABLE, says
from bot.channels.telegram.parse import parse_update
from bot.channels.telegram.polling import Pauses, Poller
from bot.channels.telegram.profile import WEBHOOK_PATH, BotProfile
from bot.channels.telegram.send import send_bubble
from bot.contract.logs import fields
from bot.contract.outcomes import Outcome

PROOF_HEADER = "X-Telegram-Bot-Api-Secret-Token"

logger = logging.getLogger(__name__)


class TelegramAccount(Account):
    """Private chats with one bot. The webhook is open whenever there is a secret, also while polling."""

    platform = "telegram"
    path = WEBHOOK_PATH
    capabilities = Capabilities(
        text_limit=4096, buttons=8, button_title=64, utf16=True, markup="html", request_contact=True
    )
    limits = Limits(account=Limit(30, 1.0), person=Limit(1, 1.0, burst=3), group=Limit(20, 60.0))

    def __init__(self, profile: BotProfile, *, pauses: Pauses | None = None) -> None:
        super().__init__(profile.name)
        self.profile = profile
        self._secrets = [secret.encode() for secret in profile.secrets]
        self._pauses = pauses
        self._client: Client | None = None
        self._poller: Poller | None = None

    def is_group(self, person: str) -> bool:
        """Groups have negative ids."""
        return person.startswith("-")

    def verify(self, request: RawRequest) -> Verified:
        """Whether the request carries one of our secrets."""
        if not self._secrets:
            return Verified.BAD
        given = request.headers.get(PROOF_HEADER)
        if given is None:
            return Verified.MISSING
        proof = given.encode("utf-8", "surrogatepass")
        # All are compared, so that the time does not tell which one was nearly right.
        fits = [hmac.compare_digest(proof, secret) for secret in self._secrets]
        return Verified.OK if any(fits) else Verified.BAD

    def parse(self, request: RawRequest) -> Sequence[Event]:
        """The events of the one update in a request. Raises BadMessage."""
        return self.parse_update(request.json_object())

    def parse_update(self, update: Mapping[str, Any]) -> Sequence[Event]:
        """The events of an update, however it came. Raises BadMessage."""
        return parse_update(update, self.address, self.profile.user_id)

    async def send(self, bubble: Bubble) -> Outcome:
        """One message to one chat."""
        return await send_bubble(self._client.bot, bubble) if self._client else UNREACHABLE

    async def noticed(self, arrival: Arrival) -> None:
        """End the little clock on a pressed button; Telegram forgets presses after some minutes."""
        if arrival.kind != "choice" or not arrival.handle:
            return
        try:
            await self._bot().answer_callback_query(arrival.handle)
        except BadRequest as error:
            if not says(error, QUERY_TOO_OLD):
                raise

    async def typing(self, arrival: Arrival) -> bool:
        """The sign lasts five seconds, so it has to be given again."""
        await self._bot().send_chat_action(arrival.address.person, ChatAction.TYPING)
        return True

    async def check(self) -> AccountState:
        """Whether the Bot API lets us in, and what keeps updates from coming."""
        if self._client is None:
            return AccountState(False, "closed")
        state = await condition_of(self._client.bot, self.profile)
        trouble = self._poller.trouble if self._poller else ""
        return AccountState(True, trouble) if state.up and not state.detail else state

    async def open(self) -> None:
        """Make the connections; nothing is asked of Telegram yet."""
        if self._client is None:
            self._client = Client(self.profile)

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def prepare(self) -> None:
        """Put our commands into the chat's menu; people can do without, so a failure is only noted."""
        try:
            await set_commands(self._bot())
        except Exception as error:
            named = fields(channel=self.platform, account=self.name, error=type(error).__name__)
            logger.warning("commands not set", extra=named)

    async def listen(self, take: Take) -> None:
        """Poll until cancelled; with a webhook there is nothing to fetch."""
        if self.profile.mode == "webhook":
            await asyncio.Event().wait()
        self._poller = Poller(
            self._bot(), self.parse_update, take, self.prepare, account=self.name, pauses=self._pauses
        )
        try:
            await self._poller.run()
        finally:
            self._poller = None

    def _bot(self) -> Bot:
        if self._client is None:
            raise TelegramError("the account is not open")
        return self._client.bot
