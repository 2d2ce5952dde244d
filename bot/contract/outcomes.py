"""What became of an attempt to send, in one vocabulary for all platforms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Fate(str, Enum):
    """What is known after an attempt."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    WAIT = "wait"
    DROPPED = "dropped"


class Trouble(str, Enum):
    """Why an attempt did not go through: each platform's codes are translated to these, and the sender decides."""

    NONE = ""
    THROTTLED_PERSON = "throttled_person"
    THROTTLED_ACCOUNT = "throttled_account"
    WINDOW_CLOSED = "window_closed"
    BLOCKED = "blocked"
    UNDELIVERABLE = "undeliverable"
    AUTH = "auth"
    POLICY = "policy"
    PAYMENT = "payment"
    TEMPLATE = "template"
    MEDIA = "media"
    INVALID = "invalid"
    MOVED = "moved"
    TRANSIENT = "transient"


@dataclass(frozen=True)
class Outcome:
    """The result of one attempt to send one outbound message.

    - ACCEPTED carries the platform's `receipt` (its message id).
    - RETRY was not taken and may be tried again after `retry_after` seconds; `trouble` says who has to wait.
    - REJECTED is final for this message.
    - UNKNOWN: the platform may or may not have taken it (a timeout after the request was written).
    - WAIT: nothing was attempted, because of a limit or a pause of ours; come back after `retry_after` seconds.
    - DROPPED: nobody is there to read it (the person blocked us); not an error.

    `code` is stable and short, for logs and dead letters; it never holds a text, a token or an address.
    With MOVED, `moved_to` is the person part of the new address.
    """

    fate: Fate
    receipt: str = ""
    retry_after: float = 0.0
    code: str = ""
    trouble: Trouble = Trouble.NONE
    moved_to: str = ""
