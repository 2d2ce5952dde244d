"""What each failure of python-telegram-bot means for a message: one table for all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

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
    TimedOut,
)

from bot.contract.outcomes import Fate, Outcome, Trouble

T = TypeVar("T")

# Longer pauses are not about one chat: the whole bot was too fast.
PERSON_PAUSE_SECONDS = 60.0
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

# Telegram has no finer codes than 400 and 403, so here the words have to tell.
_FORBIDDEN = {
    "bot was blocked": Trouble.BLOCKED,
    "user is deactivated": Trouble.BLOCKED,
    "can't initiate conversation": Trouble.BLOCKED,
    "bot was kicked": Trouble.UNDELIVERABLE,
}
_BAD_REQUEST = {
    "chat not found": ("chat_not_found", Trouble.UNDELIVERABLE),
    "user not found": ("user_not_found", Trouble.UNDELIVERABLE),
    "message thread not found": ("thread_not_found", Trouble.UNDELIVERABLE),
    "topic_closed": ("topic_closed", Trouble.UNDELIVERABLE),
    "not enough rights": ("no_rights", Trouble.POLICY),
    "can't parse entities": ("bad_markup", Trouble.INVALID),
    "message is too long": ("too_long", Trouble.INVALID),
}


def outcome_of(error: TelegramError) -> Outcome:
    """The outcome of a failed call. Its code holds nothing of Telegram's words."""
    match error:
        case RetryAfter():
            return _throttled(seconds_of(error))
        case ChatMigrated():
            return Outcome(Fate.RETRY, code="moved", trouble=Trouble.MOVED, moved_to=str(error.new_chat_id))
        case Forbidden():
            return Outcome(Fate.REJECTED, code="forbidden", trouble=_first(_FORBIDDEN, error, Trouble.UNDELIVERABLE))
        case InvalidToken():
            return Outcome(Fate.RETRY, code="invalid_token", trouble=Trouble.AUTH)
        case BadRequest():
            return _bad_request(error)
        case Conflict():
            return Outcome(Fate.RETRY, code="conflict", trouble=Trouble.TRANSIENT)
        case TimedOut() | NetworkError():
            return _network(error)
        case _:
            return Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)


def seconds_of(error: RetryAfter) -> float:
    """How long to wait; the library is changing from a number to a timedelta."""
    wait: object = error._retry_after  # the public name warns about its own type
    return wait.total_seconds() if isinstance(wait, timedelta) else float(str(wait))


def is_bad_markup(error: BadRequest) -> bool:
    """Whether the same text may go out without its markup."""
    return "can't parse entities" in error.message.lower()


def _throttled(wait: float) -> Outcome:
    whole = wait > PERSON_PAUSE_SECONDS
    trouble = Trouble.THROTTLED_ACCOUNT if whole else Trouble.THROTTLED_PERSON
    return Outcome(Fate.RETRY, retry_after=wait, code="flood", trouble=trouble)


def _bad_request(error: BadRequest) -> Outcome:
    words = error.message.lower()
    if "message is not modified" in words:
        return Outcome(Fate.ACCEPTED)
    code, trouble = _first(_BAD_REQUEST, error, ("bad_request", Trouble.INVALID))
    return Outcome(Fate.REJECTED, code=code, trouble=trouble)


def _network(error: NetworkError) -> Outcome:
    """Not taken, or not known: only what lies beneath the library's error can tell."""
    cause = error.__cause__
    if isinstance(cause, NOT_SENT):
        return Outcome(Fate.RETRY, code="unreachable", trouble=Trouble.TRANSIENT)
    if isinstance(cause, httpx.HTTPError):
        return Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)
    # Telegram itself answered, with a server's error.
    return Outcome(Fate.RETRY, code="server_error", trouble=Trouble.TRANSIENT)


def _first(table: dict[str, T], error: TelegramError, otherwise: T) -> T:
    words = error.message.lower()
    return next((value for part, value in table.items() if part in words), otherwise)
