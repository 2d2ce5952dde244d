"""The backend's key, in a file of its own beside the database: whoever has one without the other can make nothing."""

from __future__ import annotations

import secrets
from pathlib import Path

from bot.contract.errors import SettingsError

KEY_BYTES = 32


def read_key(path: Path) -> bytes:
    """The key in this file, made when there is none."""
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        problem = (
            f"the key file {path} cannot be used ({error.strerror}); make it readable, or choose another --database"
        )
        raise SettingsError([problem]) from error
    if len(key) != KEY_BYTES:
        raise SettingsError(
            [f"the key file {path} is damaged; delete it and the database, people then link their chats again"]
        )
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and then linked: another process sees the whole key or none, and the first one stays.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600, exist_ok=False)
    try:
        draft.write_bytes(secrets.token_bytes(KEY_BYTES))
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
