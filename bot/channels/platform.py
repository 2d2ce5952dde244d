"""What a messaging platform is to the rest of the program: verify, parse, acknowledge, send.

One object stands for one account of ours on one platform (a bot, a WhatsApp number). Several accounts of a
platform may share one webhook address: a request belongs to those accounts whose `verify` says OK, and each
parses only what is its own.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from multidict import CIMultiDictProxy, MultiMapping

from bot.channels.port import Arrival, Capabilities
from bot.contract.errors import BadMessage
from bot.contract.messages import Address, Choice
from bot.contract.outcomes import Outcome, Trouble


@dataclass(frozen=True)
class RawRequest:
    """A webhook request as bytes. `url` is the address that the *caller* used, built from PUBLIC_URL.

    `match` holds the variable parts of the route (a secret path segment). `received_at`: seconds UTC.
    """

    method: str
    url: str
    query: MultiMapping[str] = field(repr=False)
    headers: CIMultiDictProxy[str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: float
    match: Mapping[str, str] = field(default_factory=dict, repr=False)

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises BadMessage for anything else, however deep or broken."""
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise BadMessage("bad_json", "the body is not JSON") from error
        if not isinstance(body, dict):
            raise BadMessage("bad_json", "the body must be a JSON object")
        return body


@dataclass(frozen=True)
class RawResponse:
    """What a platform wants to hear."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain"


class Verified(Enum):
    """Whether a request is really the platform's, and meant for this account."""

    OK = "ok"
    MISSING = "missing"
    BAD = "bad"


Status = Literal["accepted", "sent", "delivered", "read", "failed"]


@dataclass(frozen=True)
class Delivery:
    """A delivery report. `receipt` is the platform's message id; `outbound` is ours, where the platform repeats it."""

    address: Address | None
    receipt: str
    status: Status
    outbound: str = ""
    trouble: Trouble = Trouble.NONE
    code: str = ""
    at: float | None = None


@dataclass(frozen=True)
class Reachability:
    """The person blocked us or came back."""

    address: Address
    reachable: bool


@dataclass(frozen=True)
class Revoked:
    """The person took a message back: what we hold of its text must go."""

    address: Address
    message_id: str


@dataclass(frozen=True)
class IdentityChanged:
    """The person behind these addresses may be another one now; nothing personal may carry over."""

    addresses: tuple[Address, ...]
    kind: str


@dataclass(frozen=True)
class Moved:
    """A chat got a new address."""

    old: Address
    new: Address


@dataclass(frozen=True)
class AccountNews:
    """Something about our account: a session down, a template paused. `up` is None when it says nothing of that."""

    kind: str
    up: bool | None = None


@dataclass(frozen=True)
class Ignored:
    """Something that is no business of ours: a group, an echo of our own message, another account's message."""

    reason: str


Event = Arrival | Delivery | Reachability | Revoked | IdentityChanged | Moved | AccountNews | Ignored


@dataclass(frozen=True)
class Limit:
    """At most `count` in `seconds`, spent evenly after a burst of `burst`."""

    count: int
    seconds: float
    burst: int = 1


@dataclass(frozen=True)
class Limits:
    """What the platform allows an account to send: in all, to one person, to one group."""

    account: Limit
    person: Limit
    group: Limit | None = None


@dataclass(frozen=True)
class Bubble:
    """One message for one platform call, rendered for the channel's capabilities.

    `id` is the outbox message's, the same on every attempt. `text` is in the channel's markup, `plain` is the
    same without any, for a platform that refuses the markup. At most one of `buttons` and `rows` is filled.
    With `reopen` the text window is closed, and only an approved template may go out.
    """

    id: str
    to: str = field(repr=False)
    text: str = field(repr=False)
    plain: str = field(repr=False)
    buttons: tuple[Choice, ...] = ()
    rows: tuple[Choice, ...] = ()
    request_contact: bool = False
    reopen: bool = False


@dataclass(frozen=True)
class AccountState:
    """How an account is doing, for health. `detail` holds no secret."""

    up: bool
    detail: str = ""


Take = Callable[[Event], Awaitable[None]]


class Account:
    """One account of ours on one platform; each adapter is a subclass in a module of its own.

    `verify`, `parse` and `acknowledge` are pure: every webhook test needs bytes and no server. The abilities
    below them are optional.
    """

    platform: str  # the first part of its conversations' keys
    path: str  # the route of its webhook, below the gateway's root; empty when it has none
    capabilities: Capabilities
    limits: Limits

    def __init__(self, name: str) -> None:
        self.name = name  # the second part of its conversations' keys

    def address(self, person: str) -> Address:
        """A person's address on this account. Raises BadMessage when the id cannot be one."""
        return Address(self.platform, self.name, person)

    def vouched_phone(self, person: str) -> str:
        """The sender's phone number (E.164) if this platform proves it with every message; empty if it does not.

        Only where requests are signed: whoever could forge one could otherwise ask for anybody's account.
        """
        return ""

    def is_group(self, person: str) -> bool:
        """Whether an id is a group's, which has a limit of its own."""
        return False

    def handshake(self, request: RawRequest) -> RawResponse | None:
        """The answer to a GET by which the platform checks the address; None when this is none for us."""
        return None

    def verify(self, request: RawRequest) -> Verified:
        """Whether the request is authentic. Never raises; compares secrets in constant time."""
        raise NotImplementedError

    def parse(self, request: RawRequest) -> Sequence[Event]:
        """What a verified request says, in order. One bad element does not lose its siblings.

        Raises BadMessage only when the body as a whole cannot be read.
        """
        raise NotImplementedError

    def acknowledge(self, request: RawRequest) -> RawResponse:
        """What the platform wants to hear once everything is stored."""
        return RawResponse()

    async def send(self, bubble: Bubble) -> Outcome:
        """One call to the platform. Never raises; whatever happens is an Outcome."""
        raise NotImplementedError

    async def noticed(self, arrival: Arrival) -> None:
        """Show that a message was seen (answer a callback, mark as read). Best effort; may raise anything."""

    async def typing(self, arrival: Arrival) -> bool:
        """Show that an answer is being written; False when there is no need to call again. Best effort."""
        return False

    async def check(self) -> AccountState:
        """Ask the platform whether the account works. Never raises."""
        return AccountState(True)

    async def open(self) -> None:
        """Get ready on the running event loop. Must not need the platform to be up."""

    async def listen(self, take: Take) -> None:
        """Fetch events until cancelled, for accounts without a webhook. `take` stores one and may raise
        MailroomUnavailable; an event counts as fetched only after it."""

    async def close(self) -> None:
        """Let go of connections."""
