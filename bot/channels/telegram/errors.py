"""Telegram's refusals and the library's exceptions in the vocabulary of outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.contract.outcomes import Fate, Outcome, Trouble

LONGEST_PERSON_PAUSE_SECONDS = 60.0
NOT_MODIFIED = "message is not modified"
QUERY_TOO_OLD = "query is too old"
BAD_MARKUP = "can't parse entities"

# The same status stands for several things, and only the description tells them apart.
_FORBIDDEN: Sequence[tuple[str, Outcome]] = (
    ("blocked by the user", Outcome(Fate.DROPPED, code="blocked", trouble=Trouble.BLOCKED)),
    ("user is deactivated", Outcome(Fate.DROPPED, code="deactivated", trouble=Trouble.BLOCKED)),
    ("can't initiate conversation", Outcome(Fate.DROPPED, code="not_started", trouble=Trouble.BLOCKED)),
    ("was kicked", Outcome(Fate.REJECTED, code="kicked", trouble=Trouble.UNDELIVERABLE)),
    ("", Outcome(Fate.REJECTED, code="forbidden", trouble=Trouble.UNDELIVERABLE)),
)
_BAD_REQUEST: Sequence[tuple[str, Outcome]] = (
    (NOT_MODIFIED, Outcome(Fate.ACCEPTED)),
    (QUERY_TOO_OLD, Outcome(Fate.ACCEPTED)),
    ("chat not found", Outcome(Fate.REJECTED, code="chat_not_found", trouble=Trouble.UNDELIVERABLE)),
    ("peer_id_invalid", Outcome(Fate.REJECTED, code="chat_not_found", trouble=Trouble.UNDELIVERABLE)),
    ("user not found", Outcome(Fate.REJECTED, code="chat_not_found", trouble=Trouble.UNDELIVERABLE)),
    ("thread not found", Outcome(Fate.REJECTED, code="topic_not_found", trouble=Trouble.UNDELIVERABLE)),
    ("topic_closed", Outcome(Fate.REJECTED, code="topic_closed", trouble=Trouble.UNDELIVERABLE)),
    ("not enough rights", Outcome(Fate.REJECTED, code="no_rights", trouble=Trouble.UNDELIVERABLE)),
    (BAD_MARKUP, Outcome(Fate.REJECTED, code="bad_markup", trouble=Trouble.INVALID)),
    ("too long", Outcome(Fate.REJECTED, code="too_long", trouble=Trouble.INVALID)),
    ("", Outcome(Fate.REJECTED, code="bad_request", trouble=Trouble.INVALID)),
)
_NOT_SENT = (
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ConnectError,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)

UNREACHABLE = Outcome(Fate.RETRY, code="unreachable", trouble=Trouble.TRANSIENT)
NO_ANSWER = Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)
BAD_ANSWER = Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)
SERVER_ERROR = Outcome(Fate.RETRY, code="server_error", trouble=Trouble.TRANSIENT)


def outcome_of(error: TelegramError) -> Outcome:
    """What an exception of a call means for the message that it should have sent."""
    match error:
        case RetryAfter():
            outcome = _flood(seconds_of(error.retry_after))
        case ChatMigrated():
            outcome = Outcome(Fate.RETRY, code="moved", trouble=Trouble.MOVED, moved_to=str(error.new_chat_id))
        case InvalidToken():
            outcome = Outcome(Fate.RETRY, code="invalid_token", trouble=Trouble.AUTH)
        case Conflict():
            outcome = Outcome(Fate.RETRY, code="conflict", trouble=Trouble.TRANSIENT)
        case Forbidden():
            outcome = _first(_FORBIDDEN, error)
        case BadRequest():
            outcome = _first(_BAD_REQUEST, error)
        case NetworkError():
            outcome = _silence(error)
        case _:
            outcome = BAD_ANSWER
    return outcome


def says(error: TelegramError, words: str) -> bool:
    """Whether Telegram's description holds these words, whatever their case."""
    return words in error.message.lower()


def seconds_of(duration: int | float | timedelta) -> float:
    """Seconds; the library is changing from numbers to timedeltas."""
    return max(0.0, duration.total_seconds() if isinstance(duration, timedelta) else float(duration))


def _flood(seconds: float) -> Outcome:
    """Short pauses are about one chat, long ones about the bot: Telegram does not say which."""
    person = seconds <= LONGEST_PERSON_PAUSE_SECONDS
    trouble = Trouble.THROTTLED_PERSON if person else Trouble.THROTTLED_ACCOUNT
    return Outcome(Fate.RETRY, code="flood", trouble=trouble, retry_after=seconds)


def _silence(error: NetworkError) -> Outcome:
    """Between "never left us" and "may have been taken" stands what the HTTP client raised underneath."""
    cause = error.__cause__
    if isinstance(cause, _NOT_SENT):
        return UNREACHABLE
    if cause is not None and not isinstance(cause, TelegramError):
        return NO_ANSWER
    if says(error, "too many requests"):
        return _flood(0.0)  # of a proxy in between, which does not say for how long
    return SERVER_ERROR


def _first(table: Sequence[tuple[str, Outcome]], error: TelegramError) -> Outcome:
    return next(outcome for words, outcome in table if says(error, words))
