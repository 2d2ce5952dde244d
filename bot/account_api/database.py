"""The SQLite file: its schema, how it moves to newer ones, and one transaction at a time, off the event loop."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bot.account_api.problems import Refusal
from bot.contract.errors import SettingsError

T = TypeVar("T")

BUSY_SECONDS = 10.0

logger = logging.getLogger(__name__)

# One entry for each version of the schema, applied in order; `user_version` says how many are in.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE accounts (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            phone TEXT NOT NULL,
            about TEXT NOT NULL,
            situation TEXT NOT NULL
        )
        """,
        "CREATE INDEX accounts_by_phone ON accounts (phone)",
        """
        CREATE TABLE grants (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            reference_hash BLOB NOT NULL UNIQUE,
            salt BLOB NOT NULL,
            account TEXT NOT NULL REFERENCES accounts (id),
            chat TEXT NOT NULL,
            channel TEXT NOT NULL CHECK (channel IN ('telegram', 'whatsapp', 'web', 'rest')),
            level TEXT NOT NULL CHECK (level IN ('full', 'stage')),
            linked_at REAL NOT NULL,
            expires_at REAL NOT NULL,
            ended_at REAL,
            ended_by TEXT CHECK (ended_by IN ('replaced', 'moved', 'revoked', 'disputed')),
            CHECK ((ended_at IS NULL) = (ended_by IS NULL))
        )
        """,
        "CREATE INDEX open_grants_by_account ON grants (account) WHERE ended_at IS NULL",
        "CREATE INDEX open_grants_by_chat ON grants (chat) WHERE ended_at IS NULL",
        """
        CREATE TABLE links (
            nonce_hash BLOB PRIMARY KEY,
            account TEXT NOT NULL REFERENCES accounts (id),
            ends_at INTEGER NOT NULL,
            redeemed_as INTEGER REFERENCES grants (id),
            others TEXT
        ) WITHOUT ROWID
        """,
        "CREATE INDEX links_by_account ON links (account)",
    ),
)


class Database:
    """One connection. `transact` is atomic against every thread and every process that has the file open."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # It says which chat may see which account: nobody else's to read.
            path.touch(mode=0o600, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        try:
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode = WAL")
            # A grant that was answered is on the disk.
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self.transact_here(lambda connection: _migrate(connection, path))
        except sqlite3.Error as error:
            self._connection.close()
            raise _unusable(path, error) from error
        except SettingsError:
            self._connection.close()
            raise

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in one transaction in a worker thread; an exception in it undoes everything."""
        try:
            return await asyncio.to_thread(self.transact_here, work)
        except sqlite3.OperationalError as error:
            # Locked for too long, or the disk is full: nothing was changed, and it may pass.
            logger.exception("database away")
            raise Refusal("unavailable") from error

    def transact_here(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The same in this thread, for the start."""
        with self._lock:
            # IMMEDIATE: what `work` reads stays true until it has written.
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            return result

    def close(self) -> None:
        """Waits for the running transaction."""
        with self._lock:
            self._connection.close()


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        problem = f"--database {path} was written by a newer version of this server; use that one, or another file"
        raise SettingsError([problem])
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _unusable(path: Path, error: Exception) -> SettingsError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return SettingsError([f"--database {path} cannot be used ({reason}); name a file that can be written"])
