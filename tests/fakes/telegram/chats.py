"""What a chat holds: the messages in it, as the server keeps them and as a person sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TYPING_SECONDS = 5.0

Content = dict[str, Any]


@dataclass(frozen=True)
class Button:
    """A button under a message (`data` or `url`), or a key of the keyboard that the bot showed."""

    title: str
    data: str = ""
    url: str = ""
    contact: bool = False


Rows = tuple[tuple[Button, ...], ...]


@dataclass
class Bubble:
    """One message as the person sees it. `typing_at`: when the bot showed that it writes, since the bubble before."""

    message_id: int
    sender: Literal["person", "bot", "notice"]
    at: float
    kind: str = "text"
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    buttons: Rows = ()
    keyboard: Rows | None = None  # a reply keyboard that came with it; empty: it took the keyboard away
    typing_at: tuple[float, ...] = ()
    edited: bool = False
    deleted: bool = False
    revision: int = 0

    @property
    def titles(self) -> list[str]:
        """The labels of the buttons under it, in reading order."""
        return [button.title for row in self.buttons for button in row]


@dataclass(frozen=True)
class Toast:
    """A short text that a press brought up over the chat."""

    text: str
    alert: bool
    at: float


@dataclass
class Chat:
    """A private chat of one person with the bot. `revision` grows with every change that the person can see."""

    id: int
    name: str
    started: bool = False
    blocked: bool = False
    deactivated: bool = False
    bubbles: list[Bubble] = field(default_factory=list)
    keyboard: Rows = ()
    typing_at: list[float] = field(default_factory=list)
    toasts: list[Toast] = field(default_factory=list)
    revision: int = 0

    @property
    def asks_contact(self) -> str:
        """The title of the key that shares the number, if the bot shows one."""
        return next((button.title for row in self.keyboard for button in row if button.contact), "")

    def types(self, now: float) -> bool:
        """Whether the person sees that the bot writes."""
        return bool(self.typing_at) and now < self.typing_at[-1] + TYPING_SECONDS

    def add(self, bubble: Bubble) -> Bubble:
        """Shows a message; one of the bot ends its typing."""
        if bubble.sender == "bot":
            bubble.typing_at = tuple(self.typing_at)
            self.typing_at.clear()
        if bubble.keyboard is not None:
            self.keyboard = bubble.keyboard
        self.bubbles.append(bubble)
        self.touch(bubble)
        return bubble

    def touch(self, bubble: Bubble) -> None:
        """A bubble changed."""
        self.revision += 1
        bubble.revision = self.revision

    def find(self, message_id: int) -> Bubble | None:
        """A message that is still there."""
        return next((one for one in self.bubbles if one.message_id == message_id and not one.deleted), None)

    def described(self) -> Content:
        """As the Bot API tells a private chat."""
        return {"id": self.id, "type": "private", "first_name": self.name}

    def user(self) -> Content:
        """As the Bot API tells the person."""
        return {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": "id"}


def inline_markup(rows: Rows) -> Content:
    """Buttons as the Bot API gives them back."""
    return {"inline_keyboard": [[_button(button) for button in row] for row in rows]}


def _button(button: Button) -> Mapping[str, str]:
    return {"text": button.title, **({"url": button.url} if button.url else {"callback_data": button.data})}
