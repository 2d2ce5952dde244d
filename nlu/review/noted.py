"""What the review needs to know of noted messages and of where they are kept; bot/assistant/review.py brings both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Noted(Protocol):
    """One message, as bot/contract/reviews.py keeps it: redacted, and nobody's."""

    @property
    def id(self) -> str:
        """Its name in the store."""

    @property
    def kind(self) -> str:
        """`unanswered`, `picked`, `none_fits` or `downvoted`."""

    @property
    def at(self) -> float:
        """When, to the hour (seconds UTC)."""

    @property
    def text(self) -> str:
        """What the person wrote; a stranger's words."""

    @property
    def ranking(self) -> Sequence[tuple[str, float]]:
        """What the classifier made of it, best first: `faq/<id>` and other intents."""

    @property
    def answered(self) -> Sequence[str]:
        """The entries that it got for an answer, or the one that was picked."""


class Store(Protocol):
    """Where the messages wait."""

    def all(self) -> Sequence[Noted]:
        """All of them, oldest first."""

    def remove(self, ids: Sequence[str]) -> None:
        """These are dealt with."""

    def totals(self) -> Mapping[str, int]:
        """How often each kind was noted lately, and for which entry (`upvoted:lupa-sandi`)."""
