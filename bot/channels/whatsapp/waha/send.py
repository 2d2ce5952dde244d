"""WAHA's answers in the vocabulary of outcomes. It has no error codes, so the HTTP status decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.http import Answer
from bot.channels.whatsapp.waha.parse import bare_id
from bot.contract.outcomes import Fate, Outcome, Trouble

TROUBLES: Mapping[int, Trouble] = {
    401: Trouble.AUTH,
    403: Trouble.AUTH,
    404: Trouble.TRANSIENT,  # the session is not there, or not yet
    408: Trouble.TRANSIENT,
    422: Trouble.TRANSIENT,  # the session is not in working order
    429: Trouble.THROTTLED_ACCOUNT,
}


def outcome_of_answer(answer: Answer) -> Outcome:
    """What an answer to sendText means for the message."""
    if answer.status in (200, 201):
        if not isinstance(answer.body, dict):
            return Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)
        return Outcome(Fate.ACCEPTED, receipt=receipt_of(answer.fields))
    trouble = trouble_of(answer.status)
    fate = Fate.REJECTED if trouble is Trouble.INVALID else Fate.RETRY
    return Outcome(fate, code=str(answer.status), trouble=trouble, retry_after=answer.retry_after)


def trouble_of(status: int) -> Trouble:
    """What an HTTP status other than success stands for. Redirects are a server in between that is set up wrongly."""
    if status in TROUBLES:
        return TROUBLES[status]
    return Trouble.INVALID if 400 <= status < 500 else Trouble.TRANSIENT


def receipt_of(message: Mapping[str, Any]) -> str:
    """The bare message id in an answer, in whatever shape the engine wrote it; empty when there is none."""
    for holder in (message, _object(message.get("_data"))):
        for value in (holder.get("id"), holder.get("key"), holder.get("messageId")):
            found = _id(value)
            if found:
                return bare_id(found)
    return ""


def _id(value: Any) -> str:
    if isinstance(value, str):
        return value
    parts = _object(value)
    return next((part for part in (parts.get("_serialized"), parts.get("id")) if isinstance(part, str)), "")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
