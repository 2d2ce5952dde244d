"""Twilio's error codes and answers in the vocabulary of outcomes: one table."""

from __future__ import annotations

from collections.abc import Mapping

from bot.channels.http import Answer
from bot.contract.outcomes import Fate, Outcome, Trouble

TROUBLES: Mapping[int, Trouble] = {
    63016: Trouble.WINDOW_CLOSED,
    **dict.fromkeys((63018, 20429), Trouble.THROTTLED_ACCOUNT),
    **dict.fromkeys((63024, 63003, 21211, 21614), Trouble.UNDELIVERABLE),
    **dict.fromkeys((63032, 63033, 21610), Trouble.BLOCKED),
    **dict.fromkeys((63013, 63020, 63038), Trouble.POLICY),
    **dict.fromkeys((63005, 63021, 63030, 21617), Trouble.INVALID),
    63019: Trouble.MEDIA,
    **dict.fromkeys((63001, 63007, 20003), Trouble.AUTH),
    **dict.fromkeys((63010, 63012), Trouble.TRANSIENT),
}
# 404: there is no such account, or it was closed.
_STATUSES = {401: Trouble.AUTH, 403: Trouble.AUTH, 404: Trouble.AUTH, 429: Trouble.THROTTLED_ACCOUNT}
_FATES = {
    Trouble.AUTH: Fate.RETRY,
    Trouble.TRANSIENT: Fate.RETRY,
    Trouble.THROTTLED_ACCOUNT: Fate.RETRY,
    Trouble.BLOCKED: Fate.DROPPED,
}


def outcome_of_answer(answer: Answer) -> Outcome:
    """What an HTTP answer means for the message."""
    if answer.status in (200, 201):
        failure = trouble_of(answer.fields.get("error_code"))
        if failure:
            return _failed(str(answer.fields["error_code"]), failure, answer)
        sid = answer.fields.get("sid")
        if not isinstance(sid, str) or not sid:
            return Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)
        return Outcome(Fate.ACCEPTED, receipt=sid)
    code = answer.fields.get("code")
    known = trouble_of(code)
    if known:
        return _failed(str(code), known, answer)
    return _failed(str(answer.status), _by_status(answer.status), answer)


def trouble_of(code: object) -> Trouble | None:
    """What an error code stands for, a number or its digits; None for codes that are not in the table."""
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 10:
        code = int(code)
    return TROUBLES.get(code) if isinstance(code, int) else None


def _failed(code: str, trouble: Trouble, answer: Answer) -> Outcome:
    return Outcome(_FATES.get(trouble, Fate.REJECTED), code=code, trouble=trouble, retry_after=answer.retry_after)


def _by_status(status: int) -> Trouble:
    """For codes that are not in the table. A redirect comes from a server in between that is set up wrongly."""
    if status in _STATUSES:
        return _STATUSES[status]
    return Trouble.INVALID if 400 <= status < 500 else Trouble.TRANSIENT
