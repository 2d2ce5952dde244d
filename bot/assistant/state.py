"""The dialogue state between turns: recent events, what can be picked, what was already said once."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from typing import Any

VERSION = 1
CHOICE_SECONDS = 24 * 3600.0
MAX_CHOICES = 30

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Offer:
    """Something that a person can pick: its opaque id, its label, the intent behind it, and its turn.

    `means` is "yes" or "no" for what answers a question that was asked with it.
    """

    id: str
    title: str
    intent: str
    turn: int
    expires_at: float
    means: str = ""


@dataclass(frozen=True)
class Asked:
    """The question of the last turn, for the opinion or the pick that may follow at once; the next turn forgets it.

    `source` names its message in bot/contract/reviews.py. `answered` holds the entries that answered it; without any,
    guesses were offered. A question that was a pressed button has neither text nor ranking.
    """

    source: str
    text: str = field(default="", repr=False)
    ranking: tuple[tuple[str, float], ...] = ()
    answered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What was talked of last: an entry, or a part of the person's own status; and in which turn."""

    entry: str
    status: str
    turn: int


@dataclass(frozen=True)
class DialogueState:
    """Everything that the next turn needs. `events` are Rasa's, trimmed to the recent turns.

    `unsure` counts the messages in a row that were not understood. `opinion_asked`: the person knows that a thumb
    up or down is welcome.
    """

    turn: int = 0
    events: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    offers: tuple[Offer, ...] = ()
    privacy_noted: bool = False
    unsure: int = 0
    asked: Asked | None = None
    opinion_asked: bool = False
    subject: Subject | None = None

    def to_bytes(self) -> bytes:
        """Compact JSON."""
        return json.dumps(
            {
                "v": VERSION,
                "turn": self.turn,
                "events": self.events,
                "offers": [[one.id, one.title, one.intent, one.turn, one.expires_at, one.means] for one in self.offers],
                "privacy_noted": self.privacy_noted,
                "unsure": self.unsure,
                "asked": self.asked and [self.asked.source, self.asked.text, self.asked.ranking, self.asked.answered],
                "opinion_asked": self.opinion_asked,
                "subject": self.subject and [self.subject.entry, self.subject.status, self.subject.turn],
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()

    @classmethod
    def from_bytes(cls, raw: bytes | None) -> DialogueState:
        """Undo `to_bytes`. None, one of another version or a garbled one is a fresh start."""
        if not raw:
            return cls()
        try:
            body = json.loads(raw)
            if body["v"] != VERSION:
                return cls()
            return cls(
                turn=body["turn"],
                events=tuple(body["events"]),
                offers=tuple(Offer(*one) for one in body["offers"]),
                privacy_noted=body["privacy_noted"],
                unsure=int(body.get("unsure", 0)),
                asked=_asked(body.get("asked")),
                opinion_asked=bool(body.get("opinion_asked", False)),
                subject=Subject(*body["subject"]) if body.get("subject") else None,
            )
        except (ValueError, KeyError, TypeError):
            # Raised here, it would end every further turn of this conversation.
            logger.error("dialogue state garbled, starting afresh")
            return cls()

    def with_offers(self, offers: tuple[Offer, ...]) -> DialogueState:
        """Remember new offers, the newest first, and forget the oldest beyond a limit."""
        return replace(self, offers=(offers + self.offers)[:MAX_CHOICES])

    def offer_by_id(self, offer_id: str, now: float) -> Offer | None:
        """The offer that a pressed button stands for; None when it is unknown here or expired."""
        return next((one for one in self.offers if one.id == offer_id and one.expires_at > now), None)

    def latest_offers(self, now: float) -> tuple[Offer, ...]:
        """What was offered last, in the order shown: what a typed number refers to.

        Turns without an offer do not count: who gets an apology for a "2" types the "2" again.
        """
        newest = self.offers[0].turn if self.offers else 0
        return tuple(one for one in self.offers if one.turn == newest and one.expires_at > now)


def _asked(body: Any) -> Asked | None:
    if not body:
        return None
    source, text, ranking, answered = body
    return Asked(source, text, tuple((str(name), float(share)) for name, share in ranking), tuple(answered))
