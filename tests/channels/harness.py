"""What the conformance suite needs of a platform: its requests, authentic and forged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy
from yarl import URL

from bot.channels.platform import Account, RawRequest

BASE = "https://bot.example.id"
NOW = 1_760_000_000.0


def request(
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    method: str = "POST",
    match: Mapping[str, str] | None = None,
) -> RawRequest:
    """A request as the gateway would hand it to an account."""
    url = URL(BASE + path)
    return RawRequest(
        method=method,
        url=str(url),
        query=MultiDictProxy(MultiDict(url.query)),
        headers=CIMultiDictProxy(CIMultiDict(headers)),
        body=body,
        received_at=NOW,
        match=match or {},
    )


class Harness(ABC):
    """Builds what one platform sends. `None` where the platform has no such thing."""

    name: ClassVar[str]
    person: ClassVar[str]  # an id as the platform gives it, and as it stands in the parsed address
    account: Account

    @abstractmethod
    def authentic(self, body: bytes) -> RawRequest:
        """A request of the platform that holds these bytes, whatever they are."""

    @abstractmethod
    def forgeries(self, body: bytes) -> list[RawRequest]:
        """The same bytes with a missing, wrong, truncated, non-ASCII ... proof of origin."""

    @abstractmethod
    def text(self, message_id: str, text: str) -> bytes: ...

    @abstractmethod
    def media(self, message_id: str) -> bytes | None: ...

    @abstractmethod
    def unknown_kind(self, message_id: str) -> bytes | None:
        """A message of a kind that did not exist when the adapter was written."""

    @abstractmethod
    def choice(self, message_id: str, choice_id: str, title: str) -> bytes | None: ...

    @abstractmethod
    def contact(self, message_id: str) -> bytes | None:
        """Somebody's contact card; never proof of the sender's own number."""

    @abstractmethod
    def status(self, receipt: str) -> bytes | None:
        """Our message `receipt` was delivered."""

    @abstractmethod
    def group(self, message_id: str) -> bytes | None:
        """A message in a group."""

    @abstractmethod
    def echo(self, message_id: str) -> bytes | None:
        """A message of our own, reported back."""
