"""Fonnte's answers in the vocabulary of outcomes. A failure is answered with 200 and a reason in words."""

from __future__ import annotations

from collections.abc import Sequence

from bot.channels.http import Answer
from bot.contract.outcomes import Fate, Outcome, Trouble

# There are no codes to decide by. The first words that are found count: "request invalid on disconnected device".
REASONS: Sequence[tuple[str, str, Trouble]] = (
    ("token", "token", Trouble.AUTH),
    ("unknown user", "unknown_user", Trouble.AUTH),
    ("disconnect", "device_disconnected", Trouble.TRANSIENT),
    ("not connected", "device_disconnected", Trouble.TRANSIENT),
    ("quota", "quota", Trouble.PAYMENT),
    ("limit", "limit", Trouble.PAYMENT),
    ("body", "bad_body", Trouble.INVALID),
    ("json", "bad_body", Trouble.INVALID),
    ("input", "bad_body", Trouble.INVALID),
    ("target", "target", Trouble.UNDELIVERABLE),
    ("invalid", "invalid", Trouble.UNDELIVERABLE),
)
_STATUSES = {401: Trouble.AUTH, 403: Trouble.AUTH, 429: Trouble.THROTTLED_ACCOUNT}
# An empty quota may be filled up while the answer still matters.
_AGAIN = {Trouble.AUTH, Trouble.TRANSIENT, Trouble.THROTTLED_ACCOUNT, Trouble.PAYMENT}


def outcome_of_answer(answer: Answer) -> Outcome:
    """What an answer means for the message; the words of a failure go no further than this."""
    if answer.status != 200:
        return _failed(str(answer.status), _by_status(answer.status), answer)
    taken = succeeded(answer)
    if taken is None:
        return Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)
    if taken:
        return Outcome(Fate.ACCEPTED, receipt=_receipt(answer.fields.get("id")))
    code, trouble = reason_of(answer)
    return _failed(code, trouble, answer)


def succeeded(answer: Answer) -> bool | None:
    """Fonnte's own word on it; None when it says nothing that can be understood."""
    status = answer.fields.get("status", answer.fields.get("Status"))
    if isinstance(status, bool):
        return status
    return {"true": True, "false": False}.get(status.lower()) if isinstance(status, str) else None


def reason_of(answer: Answer) -> tuple[str, Trouble]:
    """(our code, trouble) of a refusal."""
    reason = answer.fields.get("reason")
    words = reason.lower() if isinstance(reason, str) else ""
    return next(((code, trouble) for part, code, trouble in REASONS if part in words), ("refused", Trouble.INVALID))


def _failed(code: str, trouble: Trouble, answer: Answer) -> Outcome:
    fate = Fate.RETRY if trouble in _AGAIN else Fate.REJECTED
    return Outcome(fate, code=code, trouble=trouble, retry_after=answer.retry_after)


def _by_status(status: int) -> Trouble:
    """A redirect comes from a server in between that is set up wrongly."""
    if status in _STATUSES:
        return _STATUSES[status]
    return Trouble.INVALID if 400 <= status < 500 else Trouble.TRANSIENT


def _receipt(identity: object) -> str:
    """One id, or a list with one for each receiver; numbers or texts."""
    first = identity[0] if isinstance(identity, list) and identity else identity
    return str(first) if isinstance(first, str | int) and not isinstance(first, bool) else ""
