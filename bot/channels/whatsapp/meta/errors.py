"""Meta's error codes in the vocabulary of outcomes: one table (support/error-codes, May 2026)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.http import Answer
from bot.contract.outcomes import Fate, Outcome, Trouble

PAIR_SECONDS = 4.0

TROUBLES: Mapping[int, Trouble] = {
    4: Trouble.THROTTLED_ACCOUNT,
    80007: Trouble.THROTTLED_ACCOUNT,
    130429: Trouble.THROTTLED_ACCOUNT,
    131048: Trouble.THROTTLED_ACCOUNT,
    131064: Trouble.THROTTLED_ACCOUNT,
    133016: Trouble.THROTTLED_ACCOUNT,
    131056: Trouble.THROTTLED_PERSON,
    131047: Trouble.WINDOW_CLOSED,
    131026: Trouble.UNDELIVERABLE,
    131050: Trouble.BLOCKED,
    131049: Trouble.POLICY,
    130472: Trouble.POLICY,
    130497: Trouble.POLICY,
    368: Trouble.POLICY,
    131031: Trouble.POLICY,
    131021: Trouble.INVALID,
    131030: Trouble.INVALID,
    131051: Trouble.INVALID,
    131062: Trouble.INVALID,
    131008: Trouble.INVALID,
    131009: Trouble.INVALID,
    100: Trouble.INVALID,
    131052: Trouble.MEDIA,
    131053: Trouble.TRANSIENT,  # often passes by itself
    131042: Trouble.PAYMENT,
    131045: Trouble.AUTH,
    133010: Trouble.AUTH,
    131005: Trouble.AUTH,
    0: Trouble.AUTH,
    3: Trouble.AUTH,
    10: Trouble.AUTH,
    190: Trouble.AUTH,
    131000: Trouble.TRANSIENT,
    131016: Trouble.TRANSIENT,
    131057: Trouble.TRANSIENT,
    135000: Trouble.TRANSIENT,
    **dict.fromkeys(range(200, 300), Trouble.AUTH),
    **dict.fromkeys((132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069), Trouble.TEMPLATE),
}
_AGAIN = {Trouble.THROTTLED_ACCOUNT, Trouble.THROTTLED_PERSON, Trouble.AUTH, Trouble.TRANSIENT}


def trouble_of(error: Any) -> tuple[str, Trouble]:
    """(code, trouble) of an error object, which may be anything; unknown codes are final."""
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        return "unknown", Trouble.INVALID
    return str(code), TROUBLES.get(code, Trouble.INVALID)


def outcome_of_answer(answer: Answer) -> Outcome:
    """What an HTTP answer means for the message."""
    if answer.status == 200:
        return _accepted(answer)
    error = answer.fields.get("error")
    if isinstance(error, dict) and "code" in error:
        code, trouble = trouble_of(error)
        trouble = Trouble.TRANSIENT if answer.status >= 500 and trouble is Trouble.INVALID else trouble
    else:
        code, trouble = str(answer.status), _by_status(answer.status)
    wait = answer.retry_after or (PAIR_SECONDS if trouble is Trouble.THROTTLED_PERSON else 0.0)
    return Outcome(Fate.RETRY if trouble in _AGAIN else Fate.REJECTED, code=code, trouble=trouble, retry_after=wait)


def _accepted(answer: Answer) -> Outcome:
    messages = answer.fields.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    receipt = first.get("id") if isinstance(first, dict) else None
    if not isinstance(receipt, str) or not receipt:
        return Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)
    return Outcome(Fate.ACCEPTED, receipt=receipt)


def _by_status(status: int) -> Trouble:
    """A proxy in between answers without a code."""
    if status == 429:
        return Trouble.THROTTLED_ACCOUNT
    if status in (401, 403):
        return Trouble.AUTH
    # A redirect or a proxy's timeout is no verdict on the message.
    return Trouble.TRANSIENT if status >= 500 or status < 400 or status == 408 else Trouble.INVALID
