"""What a turn asks of the worker beside words: messages to oneself, now or later, here or in another chat, and notes.

An action asks with a custom message (actions/account_action.py). The worker does it before its commit, under ids that
follow from the turn: a turn that is repeated asks for the same, and the mailroom does it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.contract.errors import KawanError
from bot.contract.messages import Inbound, Wake
from bot.contract.reviews import Review


class AgainLater(KawanError):
    """An action could not do its work because Redis was away; the whole turn is to be tried again."""


@dataclass(frozen=True)
class Promised:
    """A message to oneself, and when it is due (seconds UTC); `due` 0 is at once, through the front door."""

    message: Inbound
    due: float = 0.0


@dataclass(frozen=True)
class Effects:
    """What is to be done besides sending replies. `quiet`: the turn says nothing on purpose.

    `reviews` are put down for editors, `unreviewed` are the ids of those that are taken away again, after that.
    """

    wakes: tuple[Promised, ...] = ()
    forget_promise: bool = False
    quiet: bool = False
    ask_contact: bool = False
    reviews: tuple[Review, ...] = ()
    unreviewed: tuple[str, ...] = ()

    def and_then(self, later: Effects) -> Effects:
        """Both, in order."""
        return Effects(
            self.wakes + later.wakes,
            self.forget_promise or later.forget_promise,
            self.quiet or later.quiet,
            self.ask_contact or later.ask_contact,
            self.reviews + later.reviews,
            self.unreviewed + later.unreviewed,
        )


def effects_of(messages: Sequence[Mapping[str, Any]], answered: Inbound, now: float, first: int = 0) -> Effects:
    """The effects among the messages of a turn that answers `answered`, numbered from `first`. Raises AgainLater."""
    asked = [message["custom"] for message in messages if isinstance(message.get("custom"), dict)]
    if any(one.get("again") for one in asked):
        raise AgainLater("an action could not reach redis")
    wakes = [one["wake"] for one in asked if "wake" in one]
    return Effects(
        tuple(_wake(wake, answered, now, number) for number, wake in enumerate(wakes, first)),
        forget_promise=any(one.get("forget_promise") for one in asked),
        quiet=any(one.get("quiet") for one in asked),
        ask_contact=any(one.get("ask_contact") for one in asked),
    )


def _wake(wake: Mapping[str, Any], answered: Inbound, now: float, number: int) -> Promised:
    source = f"{answered.conversation}\0{answered.id}\0{number}"
    message = Inbound(
        id=f"wake.{hashlib.sha256(source.encode()).hexdigest()[:24]}",
        conversation=wake["conversation"] or answered.conversation,
        kind="wake",
        received_at=now,
        wake=Wake(wake["intent"], tuple((str(name), str(value)) for name, value in wake["entities"])),
    )
    return Promised(message, now + wake["seconds"] if wake["seconds"] else 0.0)
