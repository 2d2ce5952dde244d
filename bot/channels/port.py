"""What a channel is to the rest of the program, and what the program is to a channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Protocol

from aiohttp import web

from bot.contract.messages import Address, Contact, Inbound, Kind, Media, Outbound
from bot.contract.outcomes import Outcome

Markup = Literal["plain", "html"]


@dataclass(frozen=True)
class Capabilities:
    """What a channel can show, as data. Sender and renderer ask this object, never the channel's name.

    - `text_limit` is counted as the platform counts: in UTF-16 units when `utf16`, else in code points.
    - `buttons`, `rows`: how many of each fit under one message; 0 means that it has none, and choices become
      numbered text. `choice_text_limit` is the longest text above buttons or a list (0: as `text_limit`).
    - `window_hours`: how long after the person's last message free text may be sent; 0 is for ever.
    - `repeatable`: sending the same message id twice shows it once, so that a batch may be committed together
      and a lost answer is no danger.
    """

    text_limit: int
    buttons: int = 0
    button_title: int = 0
    rows: int = 0
    row_title: int = 0
    choice_text_limit: int = 0
    utf16: bool = False
    markup: Markup = "plain"
    request_contact: bool = False
    window_hours: int = 0
    repeatable: bool = False


@dataclass(frozen=True)
class Arrival:
    """One message as a channel parsed it, not yet redacted: it goes to the door and nowhere else.

    For a choice, `choice` is its opaque id and `text` the label that the person saw. `start` is the token of a
    deep link. Parts of one album share `album`. `handle` is what the platform needs to show that we saw the
    message (a callback query's id, a message id); it is used at once and never stored. `position` grows with
    each message of a conversation where the platform says so, and with `edited` this is a new version of it.
    `revokes` is the id of a message that the person took back (kind `revoked`). `phone` and `can_share`: as in
    `Inbound`; set from what the account promises, not by parsers.
    """

    id: str
    address: Address
    kind: Kind
    text: str = field(default="", repr=False)
    choice: str = field(default="", repr=False)
    media: Media | None = None
    contact: Contact | None = field(default=None, repr=False)
    sent_at: float | None = None
    start: str = field(default="", repr=False)
    album: str = ""
    handle: str = field(default="", repr=False)
    position: int = 0
    edited: bool = False
    revokes: str = ""
    phone: str = field(default="", repr=False)
    can_share: bool = False


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
    """A way of talking to us whose people fetch their replies (web chat, REST). Platforms: platform.py."""

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
