"""Every Redis key of the project: its name, type, lifetime and owner.

All keys of a conversation carry the hash tag of its partition, so that one script can touch the
mailbox, the state and the ready stream together on Redis Cluster too. On a single Redis one
partition is enough.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import Enum

PREFIX = "kawan"
PARTITIONS = f"{PREFIX}:partitions"  # string, for ever: guards against a changed setting
WORKERS = f"{PREFIX}:workers"  # hash name -> JSON with `at`; stale ones are swept by their readers
BELL = f"{PREFIX}:bell"  # pub/sub channel: the conversation whose transcript grew
# Of all messages to review, under one hash tag. Both live for REVIEW_DAYS after the last message was put down.
REVIEW_ORDER = f"{PREFIX}:{{review}}:order"  # sorted set: their names, scored by when (s); bounded
REVIEW_COUNTS = f"{PREFIX}:{{review}}:counts"  # hash: how often each kind was noted, and for which entry


class Lane(str, Enum):
    """The three directions of mail. BULK is for broadcasts: it waits behind replies."""

    INBOX = "inbox"
    OUTBOX = "outbox"
    BULK = "bulk"


@dataclass(frozen=True)
class Keys:
    """Names the keys for a given number of partitions."""

    partitions: int

    def partition(self, conversation: str) -> int:
        """The conversation's partition, 0 to partitions - 1; the same in every process and release."""
        return zlib.crc32(conversation.encode()) % self.partitions

    def _tag(self, partition: int) -> str:
        return f"{PREFIX}:{{{partition}}}"

    def _of(self, conversation: str) -> str:
        return self._tag(self.partition(conversation))

    def ready(self, lane: Lane, partition: int) -> str:
        """Stream: conversations with mail that nobody works on. An entry lives until its commit."""
        return f"{self._tag(partition)}:ready:{lane.value}"

    def delayed(self, lane: Lane, partition: int) -> str:
        """Sorted set: conversations put aside, scored by when they are due (ms)."""
        return f"{self._tag(partition)}:delayed:{lane.value}"

    def counts(self, partition: int) -> str:
        """Hash: totals since the beginning, `lane:event`."""
        return f"{self._tag(partition)}:counts"

    def dead(self, partition: int) -> str:
        """List: dead letters, newest last, bounded."""
        return f"{self._tag(partition)}:dead"

    def box(self, lane: Lane, conversation: str) -> str:
        """List: the mailbox, oldest first. Gone when empty."""
        return f"{self._of(conversation)}:box:{lane.value}:{conversation}"

    def flag(self, lane: Lane, conversation: str) -> str:
        """String: the ready entry of a conversation that is not idle, or `delayed`."""
        return f"{self._of(conversation)}:flag:{lane.value}:{conversation}"

    def tries(self, lane: Lane, conversation: str) -> str:
        """Hash: attempts at the mailbox's head. Gone when the head is."""
        return f"{self._of(conversation)}:tries:{lane.value}:{conversation}"

    def receipt(self, lane: Lane, conversation: str, entry: str) -> str:
        """String: how the claim of this ready entry ended, so that ending it can be repeated. Lives ten minutes."""
        return f"{self._of(conversation)}:receipt:{lane.value}:{conversation}:{entry}"

    def seen(self, lane: Lane, conversation: str, message_id: str) -> str:
        """String: this message id was taken, and by which call. Lives for the dedupe time."""
        return f"{self._of(conversation)}:seen:{lane.value}:{conversation}:{message_id}"

    def state(self, conversation: str) -> str:
        """String: the dialogue state. Lives for the dialogue time after the last turn."""
        return f"{self._of(conversation)}:state:{conversation}"

    def link(self, conversation: str) -> str:
        """String: the account that the person linked to this chat (JSON). Lives until it was not used for long."""
        return f"{self._of(conversation)}:link:{conversation}"

    def status(self, conversation: str) -> str:
        """String: the account's status as last heard (JSON). Lives half a minute."""
        return f"{self._of(conversation)}:status:{conversation}"

    def tally(self, name: str, conversation: str) -> str:
        """String: how often a person did something lately. Lives for the limit's period."""
        return f"{self._of(conversation)}:tally:{name}:{conversation}"

    def promised(self, partition: int) -> str:
        """Sorted set: conversations in which something is to be said later, scored by when (ms)."""
        return f"{self._tag(partition)}:promised"

    def promises(self, partition: int) -> str:
        """Hash: what is to be said there, by conversation. One promise for each."""
        return f"{self._tag(partition)}:promises"

    def transcript(self, conversation: str) -> str:
        """Stream: what a pull channel (web chat, REST) shows. Lives for the channel's time."""
        return f"{self._of(conversation)}:transcript:{conversation}"

    def shown(self, conversation: str, message_id: str) -> str:
        """String: this line stands in the transcript already. Lives an hour."""
        return f"{self._of(conversation)}:shown:{conversation}:{message_id}"

    def card(self, conversation: str) -> str:
        """Hash: what the gateway must know to reach a person (heard from, blocked, moved). Lives a month."""
        return f"{self._of(conversation)}:card:{conversation}"


def bucket(channel: str, account: str, name: str) -> str:
    """String: when a limit's next token is due (microseconds). Lives until then. One hash tag for each account."""
    return f"{PREFIX}:{{rate:{channel}:{account}}}:{name}"


def delivery(channel: str, account: str, reference: str) -> str:
    """Hash: what became of a sent message, by the platform's id or by ours. Lives a few days."""
    return f"{PREFIX}:delivery:{channel}:{account}:{reference}"


def chat(name: str) -> str:
    """String: the conversation behind a name that we gave to the account API. Lives as long as its link."""
    return f"{PREFIX}:chat:{name}"


def poller(channel: str, account: str) -> str:
    """String: which process fetches this account's messages. Lives as long as its lease."""
    return f"{PREFIX}:poller:{channel}:{account}"


def review(name: str) -> str:
    """String: a message to review (JSON), redacted and nobody's. Lives for REVIEW_DAYS."""
    return f"{PREFIX}:{{review}}:message:{name}"


def review_seen(name: str, kind: str) -> str:
    """String: this message was put down, as this kind, so that a repeated turn does not do it again. Lives two days."""
    return f"{PREFIX}:{{review}}:seen:{name}:{kind}"
