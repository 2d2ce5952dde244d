"""Who may see what: every decision on links and grants, each to be run inside one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass

from bot.account_api.problems import Refusal
from bot.account_api.statuses import masked_name
from bot.account_api.tokens import Tokens, digest

GRANT_SECONDS = 180 * 86400.0
DISPUTE_SECONDS = 86400.0


@dataclass(frozen=True)
class Other:
    """A chat that should hear of a new link."""

    chat: str
    channel: str
    ended: bool


@dataclass(frozen=True)
class Grant:
    """What a chat gets."""

    reference: str
    level: str
    label: str
    linked_at: float
    expires_at: float
    others: tuple[Other, ...] = ()


@dataclass(frozen=True)
class View:
    """What a grant opens."""

    account: str
    level: str


@dataclass(frozen=True)
class Connected:
    """A chat of an account, as its dashboard lists it."""

    number: int
    channel: str
    level: str
    linked_at: float


class Grants:
    """The first argument of each method is the connection of a running transaction."""

    def __init__(self, tokens: Tokens, clock: Callable[[], float]) -> None:
        self._tokens = tokens
        self._clock = clock

    def make_link(self, connection: sqlite3.Connection, account: str) -> str:
        """A new link token for this account."""
        now = self._clock()
        token = self._tokens.make(now)
        reading = self._tokens.read(token)
        # Past this, no grant that came of a link can be alive, so nobody can repeat its redemption.
        connection.execute("DELETE FROM links WHERE ends_at < ?", (int(now - GRANT_SECONDS),))
        connection.execute(
            "INSERT INTO links (nonce_hash, account, ends_at) VALUES (?, ?, ?)",
            (reading.nonce_hash, account, reading.ends_at),
        )
        return token

    def redeem(self, connection: sqlite3.Connection, token: str, chat: str, channel: str) -> Grant:
        """A grant of the level `full`, once. Raises Refusal."""
        now = self._clock()
        reading = self._tokens.read(token)
        # Looked up even when the signature is wrong: both ways to fail take the same time.
        link = connection.execute("SELECT * FROM links WHERE nonce_hash = ?", (reading.nonce_hash,)).fetchone()
        if not reading.genuine or link is None:
            raise Refusal("link-unknown")
        if link["redeemed_as"] is not None:
            return self._repeat(connection, link, chat, channel, now)
        if now >= reading.ends_at:
            raise Refusal("link-expired")
        others = self._make_room(connection, link["account"], chat, channel, now)
        number, grant = self._insert(connection, link["account"], chat, channel, "full", now, others)
        connection.execute(
            "UPDATE links SET redeemed_as = ?, others = ? WHERE nonce_hash = ?",
            (number, json.dumps([asdict(other) for other in others]), reading.nonce_hash),
        )
        return grant

    def find(self, connection: sqlite3.Connection, phone: str, chat: str, channel: str) -> Grant:
        """A grant of the level `stage` for a number that exactly one account has. Raises Refusal."""
        now = self._clock()
        accounts = connection.execute("SELECT id FROM accounts WHERE phone = ? LIMIT 2", (phone,)).fetchall()
        if len(accounts) != 1:
            raise Refusal("account-unknown")
        account = accounts[0]["id"]
        row = connection.execute(
            "SELECT * FROM grants WHERE account = ? AND chat = ? AND channel = ? AND level = 'stage'"
            " AND ended_at IS NULL AND expires_at > ?",
            (account, chat, channel, now),
        ).fetchone()
        if row is not None:
            return self._told(connection, row, ())
        return self._insert(connection, account, chat, channel, "stage", now, ())[1]

    def view(self, connection: sqlite3.Connection, reference: str) -> View:
        """What this reference opens now. Raises Refusal."""
        row = _by_reference(connection, reference)
        if not _active(row, self._clock()):
            raise Refusal("grant-ended")
        return View(account=row["account"], level=row["level"])

    def revoke(self, connection: sqlite3.Connection, reference: str) -> None:
        """End this grant, if there is one to end."""
        connection.execute(
            "UPDATE grants SET ended_at = ?, ended_by = 'revoked' WHERE reference_hash = ? AND ended_at IS NULL",
            (self._clock(), digest(reference.encode())),
        )

    def dispute(self, connection: sqlite3.Connection, reference: str) -> tuple[str, ...]:
        """End all grants and open links of the account, and say which chats that were. Raises Refusal."""
        now = self._clock()
        row = _by_reference(connection, reference)
        replaced = row["ended_by"] == "replaced" and now < row["ended_at"] + DISPUTE_SECONDS
        if not replaced and not _active(row, now):
            raise Refusal("grant-ended")
        if row["level"] != "full":
            raise Refusal("level-too-low", "only a grant of the level full can dispute")
        return self.end_all(connection, row["account"], "disputed")

    def end_all(self, connection: sqlite3.Connection, account: str, by: str) -> tuple[str, ...]:
        """End every grant and every open link of an account; the chats that saw it until now."""
        now = self._clock()
        rows = _active_grants(connection, account, now)
        connection.execute(
            "UPDATE grants SET ended_at = ?, ended_by = ? WHERE account = ? AND ended_at IS NULL", (now, by, account)
        )
        connection.execute("DELETE FROM links WHERE account = ? AND redeemed_as IS NULL", (account,))
        return tuple(dict.fromkeys(row["chat"] for row in rows))

    def end_one(self, connection: sqlite3.Connection, account: str, number: int) -> None:
        """End one grant of an account from its dashboard, if there is one to end."""
        connection.execute(
            "UPDATE grants SET ended_at = ?, ended_by = 'revoked' WHERE id = ? AND account = ? AND ended_at IS NULL",
            (self._clock(), number, account),
        )

    def connected(self, connection: sqlite3.Connection, account: str) -> tuple[Connected, ...]:
        """The chats that see this account now, the newest first."""
        rows = reversed(_active_grants(connection, account, self._clock()))
        return tuple(Connected(row["id"], row["channel"], row["level"], row["linked_at"]) for row in rows)

    def _repeat(self, connection: sqlite3.Connection, link: sqlite3.Row, chat: str, channel: str, now: float) -> Grant:
        row = connection.execute("SELECT * FROM grants WHERE id = ?", (link["redeemed_as"],)).fetchone()
        if row["chat"] != chat or row["channel"] != channel or not _active(row, now):
            raise Refusal("link-used")
        return self._told(connection, row, tuple(Other(**other) for other in json.loads(link["others"])))

    def _make_room(
        self, connection: sqlite3.Connection, account: str, chat: str, channel: str, now: float
    ) -> tuple[Other, ...]:
        """End what a new full grant ends; the chats that should hear of it."""
        others: dict[str, Other] = {}
        for row in _active_grants(connection, account, now):
            ended = row["channel"] == channel
            # A chat that only a phone number let in is no witness, unless it loses what it had.
            if row["chat"] != chat and (ended or row["level"] == "full"):
                others[row["chat"]] = Other(row["chat"], row["channel"], ended)
        connection.execute(
            "UPDATE grants SET ended_at = ?, ended_by = 'replaced'"
            " WHERE account = ? AND channel = ? AND ended_at IS NULL",
            (now, account, channel),
        )
        # One chat sees one account.
        connection.execute(
            "UPDATE grants SET ended_at = ?, ended_by = 'moved' WHERE chat = ? AND ended_at IS NULL", (now, chat)
        )
        return tuple(others.values())

    def _insert(
        self,
        connection: sqlite3.Connection,
        account: str,
        chat: str,
        channel: str,
        level: str,
        now: float,
        others: tuple[Other, ...],
    ) -> tuple[int, Grant]:
        salt = self._tokens.salt()
        reference_hash = digest(self._tokens.reference(salt, chat).encode())
        number = connection.execute(
            "INSERT INTO grants (reference_hash, salt, account, chat, channel, level, linked_at, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (reference_hash, salt, account, chat, channel, level, now, now + GRANT_SECONDS),
        ).lastrowid
        row = connection.execute("SELECT * FROM grants WHERE id = ?", (number,)).fetchone()
        return row["id"], self._told(connection, row, others)

    def _told(self, connection: sqlite3.Connection, row: sqlite3.Row, others: tuple[Other, ...]) -> Grant:
        label = ""
        if row["level"] == "full":
            account = connection.execute("SELECT name FROM accounts WHERE id = ?", (row["account"],)).fetchone()
            label = masked_name(account["name"])
        return Grant(
            reference=self._tokens.reference(row["salt"], row["chat"]),
            level=row["level"],
            label=label,
            linked_at=row["linked_at"],
            expires_at=row["expires_at"],
            others=others,
        )


def _by_reference(connection: sqlite3.Connection, reference: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM grants WHERE reference_hash = ?", (digest(reference.encode()),)
    ).fetchone()
    if row is None:
        raise Refusal("grant-unknown")
    return row


def _active(row: sqlite3.Row, now: float) -> bool:
    return row["ended_at"] is None and now < float(row["expires_at"])


def _active_grants(connection: sqlite3.Connection, account: str, now: float) -> list[sqlite3.Row]:
    return connection.execute(
        "SELECT * FROM grants WHERE account = ? AND ended_at IS NULL AND expires_at > ? ORDER BY id", (account, now)
    ).fetchall()
