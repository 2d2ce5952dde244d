"""What can come of a call to the account API, other than what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Trouble(str, Enum):
    """Why there is no answer. None of these is an exception: each has its own words for the person."""

    NOT_LINKED = "not_linked"  # this chat has no account
    ENDED = "ended"  # it had one: revoked, replaced or expired at the backend
    LINK_UNKNOWN = "link_unknown"
    LINK_USED = "link_used"
    LINK_EXPIRED = "link_expired"
    NOT_FOUND = "not_found"  # no account has this phone number
    DOWN = "down"  # no answer, or none that can be used; nothing is known of what it did
    LIMITED = "limited"  # ours or the backend's limit
    TOO_MANY_FAILURES = "too_many_failures"  # this chat tried too many links that were none


@dataclass(frozen=True)
class Refused:
    """No answer. `retry_after`: seconds, 0 when nobody said."""

    trouble: Trouble
    retry_after: float = 0.0
