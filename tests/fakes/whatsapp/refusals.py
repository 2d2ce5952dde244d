"""What a gateway does not take, and lines that are cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fakes.faults import Action, BadRequest, Blocked, RateLimited, Refuse, ServerError

PAGE = "<!doctype html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"
PROXY_ERRORS = (502, 504)  # these come from a server in between, which knows nothing of JSON


class Cut(Exception):
    """The connection ends without an answer."""


class Refused(Exception):
    """The gateway does not take a call: HTTP status and its own error code.

    `page`: the answer is an HTML page. `retry_after`: seconds.
    """

    def __init__(
        self, status: int, code: int = 0, words: str = "", *, retry_after: float = 0.0, page: bool = False
    ) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.words = words
        self.retry_after = retry_after
        self.page = page


@dataclass(frozen=True)
class Codes:
    """A gateway's own codes for what all of them refuse; 0 where it has none."""

    unknown_person: int = 0
    account_rate: int = 0
    person_rate: int = 0
    window: int = 0
    trouble: int = 0
    blocked: int = 0
    bad_body: int = 0


def complain(fault: Action | None, codes: Codes) -> None:
    """Raises Refused or Cut for faults that keep a call from being taken."""
    match fault:
        case Refuse():
            raise Cut
        case RateLimited():
            raise Refused(429, codes.account_rate, "too often", retry_after=fault.retry_after)
        case Blocked():
            raise Refused(400, codes.blocked, "blocked")
        case BadRequest():
            page = not fault.code and fault.status >= 500
            raise Refused(fault.status, fault.code, fault.description, page=page)
        case ServerError():
            raise Refused(fault.status, codes.trouble, "server trouble", page=fault.status in PROXY_ERRORS)


def object_in(holder: Any, name: str) -> dict[str, Any]:
    """The JSON object of that name, empty for anything else."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}


def list_in(holder: Any, name: str) -> list[Any]:
    """The list of that name, empty for anything else."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else []
