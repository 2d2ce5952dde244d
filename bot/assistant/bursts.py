"""Joins the pieces of a thought that a person typed as several quick messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.assistant.parses import Parse
from bot.assistant.reading import could_be_pick
from bot.contract.messages import Inbound

GAP_SECONDS = 4.0
MAX_JOINED = 1000
# An opening or something unclear may be the first half of a question; a clear question stands alone.
OPEN_ENDED = {"nlu_fallback", "greet", "chitchat", "help"}


@dataclass(frozen=True)
class Piece:
    """One or more messages that are read as one text, with its parse (None: nothing to classify)."""

    messages: tuple[Inbound, ...]
    text: str
    parse: Parse | None


def join_bursts(
    messages: Sequence[Inbound], parses: Sequence[Parse | None], parse: Callable[[Sequence[str]], list[Parse]]
) -> list[Piece]:
    """Pieces in order. A joined text is classified again, together with nothing else."""
    pieces: list[Piece] = []
    for message, own in zip(messages, parses):
        previous = pieces[-1] if pieces else None
        if previous and own and _belongs_together(previous, message):
            text = f"{previous.text} {message.text}"
            pieces[-1] = Piece((*previous.messages, message), text, parse([text])[0])
        else:
            pieces.append(Piece((message,), message.text, own))
    return pieces


def _belongs_together(previous: Piece, message: Inbound) -> bool:
    if previous.parse is None or previous.parse["intent"]["name"] not in OPEN_ENDED:
        return False
    gap = message.received_at - previous.messages[-1].received_at
    short = len(previous.text) + len(message.text) < MAX_JOINED
    return 0 <= gap <= GAP_SECONDS and short and not could_be_pick(message.text)
