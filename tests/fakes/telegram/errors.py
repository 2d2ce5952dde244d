"""The Bot API's refusals, word for word."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_SET = "Conflict: terminated by setWebhook request"


class ApiError(Exception):
    """A call is refused; the server answers `status` with this description."""

    def __init__(self, status: int, description: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        if self.parameters:
            body["parameters"] = dict(self.parameters)
        return body


def bad_request(what: str) -> ApiError:
    """400 with the prefix that all of them have."""
    return ApiError(400, what if what.startswith("Bad Request") else f"Bad Request: {what}")


def blocked() -> ApiError:
    """The person pressed "Block"."""
    return ApiError(403, "Forbidden: bot was blocked by the user")


def deactivated() -> ApiError:
    """The person's account is gone."""
    return ApiError(403, "Forbidden: user is deactivated")


def too_many(seconds: float) -> ApiError:
    """429; the server counts in whole seconds, at least one."""
    wait = max(math.ceil(seconds), 1)
    return ApiError(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
