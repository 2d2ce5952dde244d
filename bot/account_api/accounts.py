"""The accounts in the database: put in at the start, read, and moved into another's situation."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.account_api.problems import Refusal
from bot.account_api.situations import Person


@dataclass(frozen=True)
class Account:
    """A stored record; dates in `situation` are days from today."""

    id: str
    name: str
    about: str
    situation: dict[str, Any]


def seed(connection: sqlite3.Connection, people: Sequence[Person]) -> None:
    """Everybody in their own situation, as the code has it; grants and links stay as they are."""
    connection.executemany(
        "INSERT INTO accounts (id, name, phone, about, situation) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, phone = excluded.phone,"
        " about = excluded.about, situation = excluded.situation",
        [(each.id, each.name, each.phone, each.about, json.dumps(each.situation)) for each in people],
    )


def account(connection: sqlite3.Connection, person: str) -> Account:
    """One account. Raises Refusal when there is none."""
    row = connection.execute("SELECT * FROM accounts WHERE id = ?", (person,)).fetchone()
    if row is None:
        raise Refusal("not-found")
    return _read(row)


def everybody(connection: sqlite3.Connection) -> tuple[Account, ...]:
    """All accounts in the order in which they were put in."""
    return tuple(_read(row) for row in connection.execute("SELECT * FROM accounts ORDER BY rowid"))


def move(connection: sqlite3.Connection, person: str, like: str) -> None:
    """Put a person into the situation that another is in now. Raises Refusal."""
    other = account(connection, like)
    changed = connection.execute(
        "UPDATE accounts SET about = ?, situation = ? WHERE id = ?", (other.about, json.dumps(other.situation), person)
    ).rowcount
    if not changed:
        raise Refusal("not-found")


def _read(row: sqlite3.Row) -> Account:
    return Account(row["id"], row["name"], row["about"], json.loads(row["situation"]))
