"""Which WAHA sessions the environment names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.channels.accounts import FIRST, account_prefixes
from bot.contract.environment import Environment

DEFAULT_SESSION = "default"
_REQUIRED = {
    "URL": "set the address of the WAHA server, for example http://127.0.0.1:3000",
    "API_KEY": "set the key that WAHA asks for in X-Api-Key",
    "HMAC_KEY": "set the same text as in WAHA's webhook settings under hmac.key",
}
_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class WahaSettings:
    """One session on one server. `url` has no slash at its end."""

    name: str
    url: str
    api_key: str = field(repr=False)
    hmac_key: str = field(repr=False)
    session: str = DEFAULT_SESSION


def read_settings(env: Environment) -> list[WahaSettings]:
    """The sessions that the environment names, none when there is nothing about WAHA. Problems are noted in `env`."""
    found: list[WahaSettings] = []
    for name, prefix in account_prefixes(env, "WHATSAPP_WAHA"):
        given = {part: env.text(prefix + part, "") for part in _REQUIRED}
        if name != FIRST or any(given.values()):
            one = _one(env, name, prefix, given)
            _compare(env, prefix, one, found)
            found.append(one)
    return found


def _one(env: Environment, name: str, prefix: str, given: dict[str, str]) -> WahaSettings:
    for part, fix in _REQUIRED.items():
        env.require(bool(given[part]), prefix + part, "is missing", fix)
    env.require(
        given["API_KEY"].isascii() and given["API_KEY"].isprintable(),
        f"{prefix}API_KEY",
        "holds characters that cannot stand in a header",
        "copy the key again",
    )
    session = env.text(f"{prefix}SESSION", DEFAULT_SESSION)
    env.require(
        bool(_SESSION.fullmatch(session)),
        f"{prefix}SESSION",
        f"is {session!r}",
        "use the session's name in WAHA: letters, digits, _ and -",
    )
    url = env.optional_url(f"{prefix}URL", ("http", "https")).rstrip("/")
    return WahaSettings(name, url, given["API_KEY"], given["HMAC_KEY"], session)


def _compare(env: Environment, prefix: str, one: WahaSettings, earlier: Sequence[WahaSettings]) -> None:
    env.require(
        all((one.url, one.session) != (other.url, other.session) for other in earlier),
        f"{prefix}SESSION",
        "is also another account's session",
        "each account needs a session, and so a number, of its own",
    )
