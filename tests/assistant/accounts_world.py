"""People who talk about their own accounts: real model, reference server, real Redis, and a clock that tests move."""

from __future__ import annotations

from dataclasses import dataclass, field

from actions.accounts.client import AccountClient
from actions.accounts.service import Accounts
from actions.accounts.settings import AccountSettings
from bot.assistant.turns import TurnTaker
from bot.contract.breaker import Breaker
from bot.contract.keys import Keys
from bot.contract.logs import Pseudonyms
from bot.contract.messages import Inbound
from bot.contract.scripts import Client
from tests.assistant.account_server import TOKEN, AccountServer
from tests.assistant.talk import Clock, Talk

DAY = 86400
TELEGRAM = "telegram:default:{}"
WHATSAPP = "whatsapp-meta:default:{}"
WEB = "web:main:{}"
REST = "rest:main:{}"


def account_settings(url: str, *, seconds: float = 3.0, token: str = TOKEN, cache_seconds: int = 30) -> AccountSettings:
    """Settings as an operator would make them."""
    return AccountSettings(url, token, seconds, cache_seconds, 90 * DAY, "prakerja.go.id")


def make_accounts(redis: Client, settings: AccountSettings, breaker: Breaker | None = None) -> Accounts:
    """The service on an empty Redis."""
    return Accounts(
        settings,
        AccountClient(settings, breaker),
        redis,
        Keys(1),
        secret="rahasia-untuk-nama-chat",
        pseudonyms=Pseudonyms("tes"),
    )


@dataclass
class Town:
    """All conversations of one test. Messages that the assistant sends itself into another one arrive by `post`."""

    turns: TurnTaker
    clock: Clock
    server: AccountServer
    accounts: Accounts
    redis: Client
    breaker: Breaker
    talks: dict[str, Talk] = field(default_factory=dict)

    def telegram(self, name: str) -> Talk:
        """A person on Telegram, where a number can be shared."""
        return self._talk(TELEGRAM.format(name), can_share=True)

    def whatsapp(self, phone: str) -> Talk:
        """A person on WhatsApp, whose number is known."""
        return self._talk(WHATSAPP.format(phone.lstrip("+")), phone=phone)

    def web(self, name: str) -> Talk:
        """A person in the web chat, of whom nothing is known."""
        return self._talk(WEB.format(name))

    def rest(self, name: str) -> Talk:
        """A program that asks for somebody over REST and hears only what answers its requests."""
        return self._talk(REST.format(name))

    async def linked(self, person: str) -> Talk:
        """Somebody on Telegram who has linked the account of `person`."""
        talk = self.telegram(person)
        await talk.opens(self.server.token(person))
        talk.sees("sudah terhubung")
        return talk

    async def goes_down(self) -> None:
        """The backend answers nobody, and what was heard of it a moment ago has grown old."""
        self.server.fault("down")
        await self.cache_expires()

    async def comes_back(self) -> None:
        """The backend answers again; the breaker has waited long enough."""
        self.server.fault("ok")
        self.breaker.worked()

    async def cache_expires(self) -> None:
        """Half a minute is over."""
        for conversation in self.talks:
            await self.redis.delete(Keys(1).status(conversation))

    async def post(self) -> list[Inbound]:
        """Deliver what conversations sent to each other; returns it."""
        delivered = [wake for talk in self.talks.values() for wake in talk.elsewhere]
        for talk in self.talks.values():
            talk.elsewhere.clear()
        for wake in delivered:
            await self.talks[wake.conversation].hears(wake)
        return delivered

    def _talk(self, conversation: str, *, phone: str = "", can_share: bool = False) -> Talk:
        if conversation not in self.talks:
            self.talks[conversation] = Talk(
                self.turns, self.clock, conversation=conversation, phone=phone, can_share=can_share
            )
        return self.talks[conversation]
