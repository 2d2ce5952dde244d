"""The files: made for their owner only, moved to newer schemas, and refused with a reason when they cannot be used."""

from __future__ import annotations

import base64
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bot.account_api import database
from bot.account_api.accounts import account, move, seed
from bot.account_api.database import MIGRATIONS, Database
from bot.account_api.grants import Grants
from bot.account_api.keys import read_key
from bot.account_api.people import PEOPLE
from bot.account_api.tokens import PREFIX, Tokens
from bot.contract.errors import SettingsError
from tests.account_api.serving import NOW, chat


def test_files_are_their_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "db"
    Database(path).close()
    read_key(path.with_name("key"))
    assert path.stat().st_mode & 0o077 == 0
    assert path.with_name("key").stat().st_mode & 0o077 == 0
    assert {file.name for file in path.parent.iterdir()} == {"db", "key"}


def test_the_key_stays(tmp_path: Path) -> None:
    key = read_key(tmp_path / "key")
    assert len(key) == 32
    assert read_key(tmp_path / "key") == key
    assert read_key(tmp_path / "other") != key


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(SettingsError, match="damaged; delete"):
        read_key(tmp_path / "key")


def test_migrations_run_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "db"
    Database(path).close()
    newer = (*MIGRATIONS, ("CREATE TABLE later (id INTEGER)", "INSERT INTO later VALUES (7)"))
    monkeypatch.setattr(database, "MIGRATIONS", newer)
    for _ in range(2):
        opened = Database(path)
        rows = opened.transact_here(lambda connection: connection.execute("SELECT id FROM later").fetchall())
        assert [row["id"] for row in rows] == [7]
        opened.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "db"
    Database(path).close()
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE later (id INTEGER)", "NONSENSE")))
    with pytest.raises(SettingsError, match="--database"):
        Database(path)
    monkeypatch.undo()
    opened = Database(path)
    tables = opened.transact_here(lambda connection: connection.execute("SELECT name FROM sqlite_master").fetchall())
    assert "later" not in {row["name"] for row in tables}
    opened.close()


def test_a_file_of_a_newer_server_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "db"
    Database(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(SettingsError, match="newer version"):
        Database(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.write_bytes(b"ini bukan basis data " * 100)
    with pytest.raises(SettingsError, match=r"--database .* name a file"):
        Database(path)
    with pytest.raises(SettingsError, match=r"--database .* name a file"):
        Database(path / "below-a-file")


def test_an_exception_undoes_everything(tmp_path: Path) -> None:
    opened = Database(tmp_path / "db")

    def half(connection: sqlite3.Connection) -> None:
        seed(connection, PEOPLE)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        opened.transact_here(half)
    count = opened.transact_here(lambda connection: connection.execute("SELECT count(*) FROM accounts").fetchone()[0])
    assert count == 0
    opened.close()


def test_what_is_stored_opens_nothing(tmp_path: Path) -> None:
    """Neither tokens nor references can be read from the file or computed without the key beside it."""
    opened = Database(tmp_path / "db")
    tokens = Tokens(bytes(32))
    grants = Grants(tokens, lambda: NOW)
    opened.transact_here(lambda connection: seed(connection, PEOPLE))
    token = opened.transact_here(lambda connection: grants.make_link(connection, "siti"))
    unused = opened.transact_here(lambda connection: grants.make_link(connection, "siti"))
    grant = opened.transact_here(lambda connection: grants.redeem(connection, token, chat(1), "telegram"))
    opened.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert chat(1).encode() in stored
    assert PREFIX.encode() not in stored
    for secret in (grant.reference, token, unused):
        text = secret.removeprefix(PREFIX)
        assert text[:20].encode() not in stored
        assert base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[:16] not in stored


def test_a_start_puts_everybody_back_and_keeps_grants(tmp_path: Path) -> None:
    opened = Database(tmp_path / "db")
    grants = Grants(Tokens(bytes(32)), lambda: NOW)
    opened.transact_here(lambda connection: seed(connection, PEOPLE))
    token = opened.transact_here(lambda connection: grants.make_link(connection, "siti"))
    grant = opened.transact_here(lambda connection: grants.redeem(connection, token, chat(1), "telegram"))
    opened.transact_here(lambda connection: move(connection, "siti", "budi"))
    renamed = (replace(PEOPLE[0], name="Siti Aminah"), *PEOPLE[1:])
    opened.transact_here(lambda connection: seed(connection, renamed))
    siti = opened.transact_here(lambda connection: account(connection, "siti"))
    assert (siti.name, siti.about, siti.situation) == ("Siti Aminah", PEOPLE[0].about, PEOPLE[0].situation)
    assert opened.transact_here(lambda connection: grants.view(connection, grant.reference)).account == "siti"
    opened.close()


def test_links_that_nobody_can_repeat_are_forgotten(tmp_path: Path) -> None:
    opened = Database(tmp_path / "db")
    now = NOW
    grants = Grants(Tokens(bytes(32)), lambda: now)
    opened.transact_here(lambda connection: seed(connection, PEOPLE))
    for _ in range(3):
        opened.transact_here(lambda connection: grants.make_link(connection, "siti"))
    now += 181 * 86400
    opened.transact_here(lambda connection: grants.make_link(connection, "budi"))
    count = opened.transact_here(lambda connection: connection.execute("SELECT count(*) FROM links").fetchone()[0])
    assert count == 1
    opened.close()
