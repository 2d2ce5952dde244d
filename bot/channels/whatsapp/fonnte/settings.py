"""Which Fonnte devices the environment names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.channels.accounts import FIRST, account_prefixes
from bot.channels.whatsapp.numbers import digits_of
from bot.contract.environment import Environment

API_URL = "https://api.fonnte.com"
_PLATFORM = "WHATSAPP_FONNTE"
_SCHEMES = ("https", "http")
_SECRET = re.compile(r"[A-Za-z0-9_-]{20,128}")
_MAKE_ONE = 'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'


@dataclass(frozen=True)
class FonnteSettings:
    """One device. `device`: its own number as digits; empty takes messages to whichever device calls."""

    token: str = field(repr=False)
    secret: str = field(repr=False)
    device: str = field(default="", repr=False)
    api_url: str = API_URL


def read_settings(env: Environment) -> list[tuple[str, FonnteSettings]]:
    """(account name, settings) of each device, none when there is nothing about Fonnte. Problems are noted in `env`."""
    found: list[tuple[str, FonnteSettings]] = []
    for name, prefix in account_prefixes(env, _PLATFORM):
        token, secret = env.text(f"{prefix}TOKEN", ""), env.text(f"{prefix}SECRET", "")
        if name != FIRST or token or secret:
            one = FonnteSettings(token, secret, _device(env, prefix), _api_url(env, prefix))
            _check(env, prefix, one)
            _compare(env, prefix, one, [settings for _, settings in found])
            found.append((name, one))
    return found


def _device(env: Environment, prefix: str) -> str:
    written = env.text(f"{prefix}DEVICE", "")
    number = digits_of(written)
    env.require(bool(number) or not written, f"{prefix}DEVICE", "is no phone number", "write it as 622150000000")
    return number


def _api_url(env: Environment, prefix: str) -> str:
    inherited = env.text(f"{_PLATFORM}_API_URL", API_URL)
    return env.url(f"{prefix}API_URL", inherited, _SCHEMES).rstrip("/")


def _check(env: Environment, prefix: str, one: FonnteSettings) -> None:
    env.require(bool(one.token), f"{prefix}TOKEN", "is missing", "copy the device's token from Fonnte's console")
    env.require(
        one.token.isascii() and one.token.isprintable(),
        f"{prefix}TOKEN",
        "holds characters that no token has",
        "copy it from Fonnte's console again",
    )
    env.require(
        bool(_SECRET.fullmatch(one.secret)),
        f"{prefix}SECRET",
        "is easy to guess or holds other signs, and it is all that guards the webhook" if one.secret else "is missing",
        f"use 20 to 128 random letters, digits, _ or -; {_MAKE_ONE}",
    )


def _compare(env: Environment, prefix: str, one: FonnteSettings, earlier: Sequence[FonnteSettings]) -> None:
    env.require(
        all(not one.secret or one.secret != other.secret for other in earlier),
        f"{prefix}SECRET",
        "is also another account's secret",
        _MAKE_ONE,
    )
    env.require(
        all(not one.token or one.token != other.token for other in earlier),
        f"{prefix}TOKEN",
        "is also another account's token",
        "each account needs a device of its own",
    )
