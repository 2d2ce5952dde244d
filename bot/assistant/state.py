"""The dialogue state between turns: recent events, what can be picked, what was already said once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

VERSION = 1
CHOICE_SECONDS = 24 * 3600.0
MAX_CHOICES = 30


@dataclass(frozen=True)
class Offer:
    """Something that a person can pick: its opaque id, its label, the intent behind it, and its turn."""

    id: str
    title: str
    intent: str
    turn: int
    expires_at: float


@dataclass(frozen=True)
class DialogueState:
    """Everything that the next turn needs. `events` are Rasa's, trimmed to the recent turns."""

    turn: int = 0
    events: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    offers: tuple[Offer, ...] = ()
    privacy_noted: bool = False

    def to_bytes(self) -> bytes:
        """Compact JSON."""
        return json.dumps(
            {
                "v": VERSION,
                "turn": self.turn,
                "events": self.events,
                "offers": [[one.id, one.title, one.intent, one.turn, one.expires_at] for one in self.offers],
                "privacy_noted": self.privacy_noted,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()

    @classmethod
    def from_bytes(cls, raw: bytes | None) -> DialogueState:
        """Undo `to_bytes`. A state of another version, or none, is a fresh start."""
        if not raw:
            return cls()
        body = json.loads(raw)
        if body.get("v") != VERSION:
            return cls()
        return cls(
            turn=body["turn"],
            events=tuple(body["events"]),
            offers=tuple(Offer(*one) for one in body["offers"]),
            privacy_noted=body["privacy_noted"],
        )

    def with_offers(self, offers: tuple[Offer, ...]) -> DialogueState:
        """Remember new offers, the newest first, and forget the oldest beyond a limit."""
        return replace(self, offers=(offers + self.offers)[:MAX_CHOICES])

    def offer_by_id(self, offer_id: str, now: float) -> Offer | None:
        """The offer that a pressed button stands for; None when it is unknown here or expired."""
        return next((one for one in self.offers if one.id == offer_id and one.expires_at > now), None)

    def latest_offers(self, now: float) -> tuple[Offer, ...]:
        """What the last turn offered, in the order shown: what a typed number refers to."""
        return tuple(one for one in self.offers if one.turn == self.turn and one.expires_at > now)
