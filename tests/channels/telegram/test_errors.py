"""The table of the library's exceptions: what each means for a message."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
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

from bot.channels.telegram.errors import outcome_of, seconds_of
from bot.contract.outcomes import Fate, Outcome, Trouble


def because(error: TelegramError, cause: BaseException) -> TelegramError:
    error.__cause__ = cause
    return error


REJECTED, RETRY, UNKNOWN, DROPPED = Fate.REJECTED, Fate.RETRY, Fate.UNKNOWN, Fate.DROPPED


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (RetryAfter(5), Outcome(RETRY, retry_after=5, code="flood", trouble=Trouble.THROTTLED_PERSON)),
        (
            RetryAfter(timedelta(seconds=60)),
            Outcome(RETRY, retry_after=60, code="flood", trouble=Trouble.THROTTLED_PERSON),
        ),
        (RetryAfter(61), Outcome(RETRY, retry_after=61, code="flood", trouble=Trouble.THROTTLED_ACCOUNT)),
        (
            NetworkError("Too Many Requests (429)"),
            Outcome(RETRY, code="flood", trouble=Trouble.THROTTLED_PERSON),
        ),
        (
            Forbidden("Forbidden: bot was blocked by the user"),
            Outcome(DROPPED, code="blocked", trouble=Trouble.BLOCKED),
        ),
        (Forbidden("Forbidden: user is deactivated"), Outcome(DROPPED, code="deactivated", trouble=Trouble.BLOCKED)),
        (
            Forbidden("Forbidden: bot can't initiate conversation with a user"),
            Outcome(DROPPED, code="not_started", trouble=Trouble.BLOCKED),
        ),
        (
            Forbidden("Forbidden: bot was kicked from the supergroup chat"),
            Outcome(REJECTED, code="kicked", trouble=Trouble.UNDELIVERABLE),
        ),
        (Forbidden("Forbidden: lain"), Outcome(REJECTED, code="forbidden", trouble=Trouble.UNDELIVERABLE)),
        (
            BadRequest("Bad Request: chat not found"),
            Outcome(REJECTED, code="chat_not_found", trouble=Trouble.UNDELIVERABLE),
        ),
        (
            BadRequest("Bad Request: PEER_ID_INVALID"),
            Outcome(REJECTED, code="chat_not_found", trouble=Trouble.UNDELIVERABLE),
        ),
        (
            BadRequest("Bad Request: message thread not found"),
            Outcome(REJECTED, code="topic_not_found", trouble=Trouble.UNDELIVERABLE),
        ),
        (
            BadRequest("Bad Request: TOPIC_CLOSED"),
            Outcome(REJECTED, code="topic_closed", trouble=Trouble.UNDELIVERABLE),
        ),
        (
            BadRequest("Bad Request: not enough rights to send text messages to the chat"),
            Outcome(REJECTED, code="no_rights", trouble=Trouble.UNDELIVERABLE),
        ),
        (BadRequest("Bad Request: message is not modified: specified..."), Outcome(Fate.ACCEPTED)),
        (BadRequest("Query is too old and response timeout expired or query ID is invalid"), Outcome(Fate.ACCEPTED)),
        (
            BadRequest("Bad Request: can't parse entities: unsupported start tag"),
            Outcome(REJECTED, code="bad_markup", trouble=Trouble.INVALID),
        ),
        (BadRequest("Bad Request: message is too long"), Outcome(REJECTED, code="too_long", trouble=Trouble.INVALID)),
        (BadRequest("Bad Request: baru"), Outcome(REJECTED, code="bad_request", trouble=Trouble.INVALID)),
        (ChatMigrated(-1001), Outcome(RETRY, code="moved", trouble=Trouble.MOVED, moved_to="-1001")),
        (InvalidToken("Unauthorized"), Outcome(RETRY, code="invalid_token", trouble=Trouble.AUTH)),
        (Conflict("Conflict: terminated"), Outcome(RETRY, code="conflict", trouble=Trouble.TRANSIENT)),
        (NetworkError("Bad Gateway"), Outcome(RETRY, code="server_error", trouble=Trouble.TRANSIENT)),
        (
            because(NetworkError("Bad Gateway"), TelegramError("Invalid server response")),
            Outcome(RETRY, code="server_error", trouble=Trouble.TRANSIENT),
        ),
        (TelegramError("Invalid server response"), Outcome(UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
    ],
    ids=lambda value: f"{type(value).__name__}" if isinstance(value, Exception) else "",
)
def test_exception_has_one_meaning(error: TelegramError, outcome: Outcome) -> None:
    assert outcome_of(error) == outcome


@pytest.mark.parametrize(
    ("cause", "fate"),
    [
        (httpx.ConnectError("x"), RETRY),
        (httpx.ConnectTimeout("x"), RETRY),
        (httpx.PoolTimeout("x"), RETRY),
        (httpx.UnsupportedProtocol("x"), RETRY),
        (httpx.InvalidURL("x"), RETRY),
        (httpx.ReadTimeout("x"), UNKNOWN),
        (httpx.WriteTimeout("x"), UNKNOWN),
        (httpx.ReadError("x"), UNKNOWN),
        (httpx.WriteError("x"), UNKNOWN),
        (httpx.RemoteProtocolError("x"), UNKNOWN),
        (RuntimeError("x"), UNKNOWN),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("kind", [TimedOut, NetworkError])
def test_silence_is_harmless_only_before_the_request_was_written(
    kind: type[NetworkError], cause: Exception, fate: Fate
) -> None:
    outcome = outcome_of(because(kind("x"), cause))
    assert (outcome.fate, outcome.trouble) == (fate, Trouble.TRANSIENT)


@pytest.mark.parametrize("duration", [90, 90.0, timedelta(minutes=1, seconds=30)])
def test_durations_of_either_type(duration: float | timedelta) -> None:
    assert seconds_of(duration) == 90.0


def test_negative_pause_is_none() -> None:
    assert seconds_of(-5) == 0.0


def test_code_holds_nothing_of_telegrams_words() -> None:
    assert "budi" not in repr(outcome_of(BadRequest("Bad Request: budi 0812")))
