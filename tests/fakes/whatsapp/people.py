"""A person on WhatsApp and what they see; every verb puts something into the bot's webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.fakes.whatsapp.happenings import Identity, Incoming

READ_SECONDS = 10.0
LOOK_SECONDS = 0.01
LADDER = ("sent", "delivered", "read")
SHOWN = {"image": "photo", "button": "text", "row": "text"}


class Option(NamedTuple):
    """A button or a row of a list."""

    id: str
    title: str
    description: str = ""


@dataclass
class Bubble:
    """One message in the chat. `state`: what its ticks show, or edited or deleted; `reports`: all that was reported."""

    id: str
    sender: str
    text: str
    at: float
    kind: str = "text"
    buttons: tuple[Option, ...] = ()
    rows: tuple[Option, ...] = ()
    list_label: str = ""
    state: str = ""
    reports: list[str] = field(default_factory=list)
    revision: int = 0

    @property
    def titles(self) -> list[str]:
        """The labels that can be tapped."""
        return [option.title for option in (*self.buttons, *self.rows)]


@dataclass(frozen=True)
class Line:
    """How a person is connected to the gateway."""

    put: Callable[[Incoming], None]
    moved: Callable[[Person, str], None]
    clock: Callable[[], float]
    next_id: Callable[[], str]


@dataclass
class Person:
    """Somebody with a phone. `heard_at`: when they last wrote, which opens the window; `receipts`: shows blue ticks."""

    number: str
    name: str
    line: Line
    chat: list[Bubble] = field(default_factory=list)
    revision: int = 0
    heard_at: float = 0.0
    blocked: bool = False
    receipts: bool = True
    typing_until: float = 0.0

    @property
    def identity(self) -> Identity:
        """Who they are now."""
        return Identity(self.number, self.name)

    @property
    def seen(self) -> list[Bubble]:
        """What the bot sent, in order."""
        return [bubble for bubble in self.chat if bubble.sender == "bot"]

    async def read(self, count: int = 1, seconds: float = READ_SECONDS) -> list[Bubble]:
        """Waits until the bot has sent at least `count` messages. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while len(self.seen) < count:
                await asyncio.sleep(LOOK_SECONDS)
        return self.seen

    def write(self, text: str) -> str:
        """Raises ValueError for an empty text, which no phone sends."""
        if not text.strip():
            raise ValueError("a message has words")
        return self._say("text", text=text)

    def press(self, what: str, message: str = "") -> str:
        """Taps a button or row, by id or title, of that message or the newest that has it. Raises LookupError."""
        for bubble in reversed(self.chat):
            if message and bubble.id != message:
                continue
            for option in (*bubble.buttons, *bubble.rows):
                if what in (option.id, option.title):
                    kind = "button" if bubble.buttons else "row"
                    return self._say(kind, text=option.title, choice=option.id, target=bubble.id)
        raise LookupError(f"nothing to press is called {what}")

    def send_image(self, caption: str = "") -> str:
        return self._say("image", text=caption)

    def voice(self) -> str:
        return self._say("voice")

    def sticker(self) -> str:
        return self._say("sticker")

    def location(self) -> str:
        return self._say("location")

    def contact(self, own: bool = False) -> str:
        """Shares a card: their own, or somebody else's."""
        return self._say("contact", own=own)

    def react(self, message_id: str, emoji: str = "👍") -> str:
        """An empty emoji takes the reaction back."""
        return self._do("reaction", text=emoji, target=message_id)

    def edit(self, message_id: str, text: str) -> str:
        """Changes a message of their own. Raises LookupError."""
        self._own(message_id).text = text
        self._change(message_id, "edited")
        return self._do("edit", text=text, target=message_id)

    def revoke(self, message_id: str) -> str:
        """Takes a message of their own back. Raises LookupError."""
        self._own(message_id).text = ""
        self._change(message_id, "deleted")
        return self._do("revoke", target=message_id)

    def group_message(self, text: str = "Halo semua") -> str:
        """Writes in a group that the bot is in."""
        return self._do("group", text=text)

    def change_number(self, number: str) -> str:
        """Moves to another number, and keeps the chat."""
        message_id = self._do("number", target=number)
        self.line.moved(self, number)
        self.number = number
        return message_id

    def block(self) -> None:
        """From now on nothing that the bot sends arrives; WhatsApp does not say so."""
        self.blocked = True

    def unblock(self) -> None:
        self.blocked = False

    def show(self, bubble: Bubble) -> None:
        """A message appears in the chat."""
        self.revision += 1
        bubble.revision = self.revision
        self.chat.append(bubble)

    def tick(self, message_id: str, status: str) -> None:
        """A report on a message of the bot's went out. Ticks only ever grow."""
        bubble = next((one for one in self.chat if one.id == message_id), None)
        if bubble is None:
            return
        bubble.reports.append(status)
        if status not in LADDER or bubble.state not in LADDER or LADDER.index(status) > LADDER.index(bubble.state):
            self._change(message_id, status)

    def _say(self, kind: str, *, text: str = "", choice: str = "", target: str = "", own: bool = False) -> str:
        """A message in the chat with the bot."""
        self.heard_at = self.line.clock()
        message_id = self._do(kind, text=text, choice=choice, target=target, own=own)
        self.show(Bubble(message_id, "person", text, self.heard_at, SHOWN.get(kind, kind)))
        return message_id

    def _do(self, kind: str, *, text: str = "", choice: str = "", target: str = "", own: bool = False) -> str:
        message_id = self.line.next_id()
        self.line.put(Incoming(kind, self.identity, message_id, self.line.clock(), text, choice, target, own))
        return message_id

    def _own(self, message_id: str) -> Bubble:
        for bubble in self.chat:
            if bubble.id == message_id and bubble.sender == "person":
                return bubble
        raise LookupError(f"no message {message_id} of this person's")

    def _change(self, message_id: str, state: str) -> None:
        for bubble in self.chat:
            if bubble.id == message_id:
                self.revision += 1
                bubble.state, bubble.revision = state, self.revision


def described(person: Person) -> dict[str, Any]:
    """For the page."""
    return {"id": person.number, "name": person.name, "started": True, "blocked": person.blocked}
