"""One Telegram bot: proof of origin, sending, signs of life."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Sequence

from telegram import Bot, LinkPreviewOptions
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.platform import (
    Account,
    AccountState,
    Bubble,
    Event,
    Ignored,
    Limit,
    Limits,
    RawRequest,
    Take,
    Verified,
)
from bot.channels.port import Arrival, Capabilities
from bot.channels.telegram.commands import set_commands
from bot.channels.telegram.errors import is_bad_markup, outcome_of
from bot.channels.telegram.keyboards import keyboard_of, too_long
from bot.channels.telegram.parse import parse_update
from bot.channels.telegram.polling import poll
from bot.channels.telegram.settings import TelegramSettings
from bot.contract.errors import BadMessage
from bot.contract.logs import fields
from bot.contract.outcomes import Fate, Outcome, Trouble

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
PATH = "/webhooks/telegram/webhook"
CONNECTIONS = 64
ANSWER_SECONDS = 15.0
CONNECT_SECONDS = 5.0
POLL_SECONDS = 30

logger = logging.getLogger(__name__)


class TelegramAccount(Account):
    """One bot. Its webhook works in polling mode too, as long as there is a secret."""

    platform = "telegram"
    path = PATH
    capabilities = Capabilities(
        text_limit=4096, buttons=8, button_title=64, utf16=True, markup="html", request_contact=True
    )
    # Telegram's FAQ: about 30 messages a second in all, one a second to a chat, 20 a minute to a group.
    limits = Limits(account=Limit(30, 1), person=Limit(1, 1, burst=3), group=Limit(20, 60))

    def __init__(self, name: str, settings: TelegramSettings) -> None:
        super().__init__(name)
        self._settings = settings
        self._bot: Bot | None = None

    @property
    def bot(self) -> Bot:
        """The library's bot; there is one between `open` and `close`."""
        if self._bot is None:
            raise RuntimeError("the account is not open")
        return self._bot

    def verify(self, request: RawRequest) -> Verified:
        """Telegram signs nothing; it repeats the secret that set_webhook gave it."""
        given = request.headers.get(SECRET_HEADER)
        if given is None:
            return Verified.MISSING
        raw = given.encode("utf-8", "surrogateescape")
        fits = [hmac.compare_digest(raw, secret.encode()) for secret in self._settings.secrets]
        return Verified.OK if any(fits) else Verified.BAD

    def parse(self, request: RawRequest) -> Sequence[Event]:
        """A request is one update."""
        return self.events_of(request.json_object(), now=int(request.received_at))

    def events_of(self, update: dict[str, object], *, now: int) -> list[Event]:
        """The events of an update, however it came. Raises BadMessage."""
        try:
            return parse_update(update, self.address, now=now)
        except BadMessage as error:
            if error.code == "bad_address":
                return [Ignored("bad_address")]
            raise

    async def send(self, bubble: Bubble) -> Outcome:
        """One message. What Telegram does not want as HTML goes out once more as plain text."""
        if too_long(bubble):
            return Outcome(Fate.REJECTED, code="callback_data_too_long", trouble=Trouble.INVALID)
        try:
            try:
                return await self._send(bubble, bubble.text, ParseMode.HTML)
            except BadRequest as error:
                if not is_bad_markup(error):
                    raise
                logger.warning("markup refused", extra=fields(channel=self.platform))
                return await self._send(bubble, bubble.plain, None)
        except TelegramError as error:
            return outcome_of(error)

    async def _send(self, bubble: Bubble, text: str, markup: str | None) -> Outcome:
        message = await self.bot.send_message(
            chat_id=int(bubble.to),
            text=text,
            parse_mode=markup,
            reply_markup=keyboard_of(bubble),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        return Outcome(Fate.ACCEPTED, receipt=str(message.message_id))

    async def noticed(self, arrival: Arrival) -> None:
        """A pressed button stops spinning at once. That it was pressed too long ago is no matter."""
        if arrival.kind == "choice" and arrival.handle:
            try:
                await self.bot.answer_callback_query(arrival.handle)
            except BadRequest:
                logger.debug("press too old", extra=fields(channel=self.platform))

    async def typing(self, arrival: Arrival) -> bool:
        """Telegram shows it for five seconds."""
        await self.bot.send_chat_action(chat_id=int(arrival.address.person), action=ChatAction.TYPING)
        return True

    async def check(self) -> AccountState:
        """Whether Telegram lets this bot in."""
        try:
            await self.bot.get_me()
        except InvalidToken:
            return AccountState(False, "invalid_token")
        except TelegramError:
            return AccountState(False, "unreachable")
        return AccountState(True)

    async def open(self) -> None:
        """Make the connections' pools; nothing is called yet."""
        self._bot = make_bot(self._settings)

    async def listen(self, take: Take) -> None:
        """Show our commands, then fetch updates if that is the mode."""
        try:
            await set_commands(self.bot)
        except TelegramError as error:
            logger.warning("commands not set", extra=fields(channel=self.platform, error=type(error).__name__))
        if self._settings.mode == "polling":
            await poll(self, take, wait_seconds=POLL_SECONDS)

    async def close(self) -> None:
        """Close all connections."""
        if self._bot is not None:
            for request in self._bot._request:  # Bot.shutdown wants an initialize, which calls Telegram
                await request.shutdown()
            self._bot = None


def make_bot(settings: TelegramSettings) -> Bot:
    """A bot for the settings' server; no call is made."""

    def request(seconds: float) -> HTTPXRequest:
        return HTTPXRequest(
            connection_pool_size=CONNECTIONS,
            read_timeout=seconds,
            write_timeout=ANSWER_SECONDS,
            connect_timeout=CONNECT_SECONDS,
            pool_timeout=ANSWER_SECONDS,
        )

    return Bot(
        settings.token,
        base_url=f"{settings.api_url}/bot",
        base_file_url=f"{settings.api_url}/file/bot",
        request=request(ANSWER_SECONDS),
        get_updates_request=request(POLL_SECONDS + ANSWER_SECONDS),
    )
