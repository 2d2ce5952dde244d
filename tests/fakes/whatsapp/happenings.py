"""What can come to the bot's webhook, before a gateway puts it into its own words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from tests.fakes.whatsapp.people import Bubble


@dataclass(frozen=True)
class Identity:
    """Who somebody is: their number (digits), the ids that stand for it where it is not told, and their name."""

    number: str
    name: str

    @property
    def bsuid(self) -> str:
        """Meta's business-scoped id; another number has another one."""
        return f"ID.{self.number[::-1]}"

    @property
    def lid(self) -> str:
        """The hidden id of linked devices."""
        return f"{self.number[::-1]}@lid"


class Happening(Protocol):
    """Something that a webhook is told: `kind` and `person` (a number) are what fault plans go by.

    `aside`: it is nothing that a person did.
    """

    @property
    def kind(self) -> str: ...

    @property
    def person(self) -> str: ...

    @property
    def aside(self) -> bool: ...

    def without_number(self) -> Self:
        """The same, with the person named by a hidden id alone."""
        ...


@dataclass(frozen=True)
class Incoming:
    """Something that a person did. `target`: the message that it is about, or the new number."""

    kind: str
    who: Identity
    id: str
    at: float
    text: str = ""
    choice: str = ""
    target: str = ""
    own: bool = False
    hidden: bool = False

    @property
    def person(self) -> str:
        return self.who.number

    @property
    def aside(self) -> bool:
        return False

    def without_number(self) -> Self:
        return replace(self, hidden=True)


@dataclass(frozen=True)
class Sent:
    """A message that the bot sent, and its own reference for it, which comes back in reports.

    `hidden`: the bot addressed the person by a hidden id.
    """

    who: Identity
    bubble: Bubble
    reference: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class Report:
    """How far a message of the bot's has come: sent, delivered, read, or failed with a code."""

    sent: Sent
    status: str
    at: float
    code: int = 0

    @property
    def kind(self) -> str:
        return f"status_{self.status}"

    @property
    def person(self) -> str:
        return self.sent.who.number

    @property
    def aside(self) -> bool:
        return True

    def without_number(self) -> Self:
        return replace(self, sent=replace(self.sent, hidden=True))
