"""A person on WhatsApp and what they see; every verb puts something into the bot's webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

READ_SECONDS = 10.0
LOOK_SECONDS = 0.01


@dataclass
class Bubble:
    """One message in the chat. `choices` are (id, title) of buttons or list rows."""

    id: str
    sender: str
    text: str
    at: float
    kind: str = "text"
    buttons: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    state: str = ""
    revision: int = 0

    @property
    def titles(self) -> list[str]:
        """The labels that can be tapped."""
        return [title for _, title in (*self.buttons, *self.rows)]


@dataclass(frozen=True)
class Incoming:
    """Something that a person did, before a gateway puts it into its own words."""

    kind: str
    person: str
    id: str
    at: float
    text: str = ""
    choice: str = ""
    target: str = ""
    hidden: bool = False  # the gateway shall not tell the phone number


@dataclass
class Person:
    """One phone number. `hidden_id` is what stands for it where the number is not told."""

    number: str
    name: str
    send: Callable[[Incoming], None]
    clock: Callable[[], float]
    next_id: Callable[[], str]
    chat: list[Bubble] = field(default_factory=list)
    revision: int = 0
    heard_at: float = 0.0
    blocked: bool = False
    typing_until: float = 0.0

    @property
    def hidden_id(self) -> str:
        return f"ID.{self.number[::-1]}"

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
        return self._do("text", text=text)

    def press(self, what: str) -> str:
        """Taps a button or row of the newest message that has it, by id or title. Raises LookupError."""
        for bubble in reversed(self.chat):
            for choice, title in (*bubble.buttons, *bubble.rows):
                if what in (choice, title):
                    kind = "button" if bubble.buttons else "row"
                    return self._do(kind, text=title, choice=choice, target=bubble.id)
        raise LookupError(f"nothing to press is called {what}")

    def send_image(self, caption: str = "") -> str:
        return self._do("image", text=caption)

    def voice(self) -> str:
        return self._do("voice")

    def sticker(self) -> str:
        return self._do("sticker")

    def location(self) -> str:
        return self._do("location")

    def contact(self) -> str:
        return self._do("contact")

    def react(self, message_id: str, emoji: str = "👍") -> str:
        return self._do("reaction", text=emoji, target=message_id, quiet=True)

    def edit(self, message_id: str, text: str) -> str:
        self._bubble(message_id).text = text
        self._mark(message_id, "edited")
        return self._do("edit", text=text, target=message_id, quiet=True)

    def revoke(self, message_id: str) -> str:
        self._mark(message_id, "deleted")
        return self._do("revoke", target=message_id, quiet=True)

    def group_message(self, text: str = "Halo semua") -> str:
        return self._do("group", text=text, quiet=True)

    def change_number(self, number: str) -> str:
        return self._do("number", target=number, quiet=True)

    def show(self, bubble: Bubble) -> None:
        """A message appears in the chat."""
        self.revision += 1
        bubble.revision = self.revision
        self.chat.append(bubble)

    def mark(self, message_id: str, state: str) -> None:
        """The ticks of a message change."""
        self._mark(message_id, state)

    def _do(self, kind: str, *, text: str = "", choice: str = "", target: str = "", quiet: bool = False) -> str:
        message_id, now = self.next_id(), self.clock()
        self.heard_at = now
        if not quiet:
            self.show(Bubble(message_id, "person", text or f"[{kind}]", now, _shown_kind(kind)))
        self.send(Incoming(kind, self.number, message_id, now, text, choice, target))
        return message_id

    def _bubble(self, message_id: str) -> Bubble:
        found = next((bubble for bubble in self.chat if bubble.id == message_id), None)
        if found is None:
            raise LookupError(f"no message {message_id}")
        return found

    def _mark(self, message_id: str, state: str) -> None:
        bubble = next((one for one in self.chat if one.id == message_id), None)
        if bubble is not None:
            self.revision += 1
            bubble.state, bubble.revision = state, self.revision


def _shown_kind(kind: str) -> str:
    return {"image": "photo", "button": "text", "row": "text"}.get(kind, kind)


def described(person: Person) -> dict[str, Any]:
    """For the page."""
    return {"id": person.number, "name": person.name, "started": True, "blocked": person.blocked}
