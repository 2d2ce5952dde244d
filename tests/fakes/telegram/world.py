"""Everything that the fake server remembers: chats, callback queries, commands, and the queue of updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.faults import Clock, FaultPlan
from tests.fakes.telegram.chats import Bubble, Chat, Content, Toast, inline_markup
from tests.fakes.telegram.errors import too_many
from tests.fakes.telegram.pace import Pace
from tests.fakes.telegram.updates import Updates

FIRST_UPDATE = 900_000_001
FIRST_QUERY = 4_382_000_000_000_001


@dataclass
class Query:
    """A press that waits to be answered."""

    id: str
    chat: int
    at: float
    answered_at: float | None = None


@dataclass(frozen=True)
class Bot:
    """Who the bot is."""

    token: str
    name: str
    username: str

    @property
    def id(self) -> int:
        """The number before the colon of the token."""
        number = self.token.partition(":")[0]
        return int(number) if number.isdigit() else 1

    def user(self) -> Content:
        """As the Bot API tells a bot."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}


class World:
    """The server's memory. One message counter serves all private chats, as with a real bot.

    `strict`: what comes too often for Telegram's limits is refused.
    """

    def __init__(self, bot: Bot, clock: Clock, faults: FaultPlan, pace: Pace, *, strict: bool = False) -> None:
        self.bot = bot
        self.clock = clock
        self.faults = faults
        self.pace = pace
        self._strict = strict
        self.updates = Updates(clock, faults, FIRST_UPDATE)
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, Query] = {}
        self.commands: dict[tuple[str, str], list[Content]] = {}
        self._messages = 0

    def next_message(self) -> int:
        """A message id."""
        self._messages += 1
        return self._messages

    def keep_pace(self, chat: int) -> None:
        """Notes a send that is otherwise in order. When strict, raises ApiError for one that comes too early."""
        early = self.pace.note(chat, self.clock())
        if early and self._strict:
            raise too_many(early)

    def message(self, chat: Chat, message_id: int, extra: Mapping[str, Any]) -> Content:
        """A message of a person, as updates carry it."""
        return {
            "message_id": message_id,
            "from": chat.user(),
            "chat": chat.described(),
            "date": int(self.clock()),
            **extra,
        }

    def bot_message(self, chat: Chat, bubble: Bubble) -> Content:
        """A message of the bot, as calls and callback queries carry it."""
        message: Content = {
            "message_id": bubble.message_id,
            "from": self.bot.user(),
            "chat": chat.described(),
            "date": int(bubble.at),
            "text": bubble.text,
        }
        if bubble.entities:
            message["entities"] = bubble.entities
        if bubble.buttons:
            message["reply_markup"] = inline_markup(bubble.buttons)
        if bubble.edited:
            message["edit_date"] = int(self.clock())
        return message

    def ask(self, chat: Chat, data: str, message: Content) -> Query:
        """A press of a button: the bot gets a callback query."""
        query = Query(str(FIRST_QUERY + len(self.queries)), chat.id, self.clock())
        self.queries[query.id] = query
        content = {
            "id": query.id,
            "from": chat.user(),
            "chat_instance": str(7_000_000_000 + chat.id),
            "data": data,
            "message": message,
        }
        self.updates.add("callback_query", chat.id, content)
        return query

    def toast(self, query: Query, text: str, *, alert: bool) -> None:
        """The answer to a press, shown over the chat."""
        chat = self.chats[query.chat]
        chat.toasts.append(Toast(text, alert, self.clock()))
        chat.revision += 1
