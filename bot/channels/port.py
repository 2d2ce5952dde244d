"""What a channel is to the rest of the program, and what the program is to a channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from aiohttp import web

from bot.contract.messages import Address, Contact, Inbound, Kind, Media, Outbound, Outcome


@dataclass(frozen=True)
class Capabilities:
    """What a channel can show. The sender and renderers ask this object, never the channel's name.

    `repeatable` means that sending the same message id twice shows it once, so that a batch may be
    committed together and a lost answer is no danger.
    """

    text_limit: int
    buttons: int
    button_title: int
    repeatable: bool = False


@dataclass(frozen=True)
class Arrival:
    """One message as a channel parsed it, not yet redacted: it goes to the door and nowhere else.

    For a choice, `choice` is its opaque id and `text` the label that the person saw.
    """

    id: str
    address: Address
    kind: Kind
    text: str = field(default="", repr=False)
    choice: str = field(default="", repr=False)
    media: Media | None = None
    contact: Contact | None = field(default=None, repr=False)
    sent_at: float | None = None


class Fate(str, Enum):
    """What the door did with an arrival."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    FULL = "full"


@dataclass(frozen=True)
class Receipt:
    """The door's answer: the fate, and the message as it was stored (redacted)."""

    fate: Fate
    stored: Inbound


class Door(Protocol):
    """The only way in. Raises BadMessage for what cannot be a message, MailroomUnavailable when Redis is away."""

    async def take(self, arrival: Arrival) -> Receipt: ...


class Channel(Protocol):
    """One platform, or one way of talking to us."""

    @property
    def name(self) -> str:
        """The first part of its conversations' keys."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can show."""

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """The HTTP routes that it listens on."""

    async def send(self, message: Outbound) -> Outcome:
        """Deliver one message. Raises nothing but MailroomUnavailable; platform trouble is an Outcome."""
