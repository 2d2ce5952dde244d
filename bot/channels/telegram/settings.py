"""Which Telegram bots the environment names, and whether their settings fit together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.channels.accounts import FIRST, account_prefixes
from bot.channels.platform import Account
from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.profile import API_URL, BotProfile, Mode
from bot.contract.environment import Environment

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
# The token is a part of every request's path. Emulators use shorter ones than Telegram, so its form stays open.
_TOKEN = re.compile(r"[^\s/?#%{}\\]+")
_MAKE_ONE = 'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'


def read_accounts(env: Environment, public_url: str) -> list[Account]:
    """The bots that the environment names, none when there is no token. Problems are noted in `env`."""
    return [TelegramAccount(profile) for profile in read_profiles(env, public_url)]


def read_profiles(env: Environment, public_url: str) -> list[BotProfile]:
    """As `read_accounts`, without anything that could be opened."""
    profiles = []
    for name, prefix in account_prefixes(env, "TELEGRAM"):
        token = env.text(f"{prefix}TOKEN", "")
        if token:
            profiles.append(_profile(env, name, prefix, token, public_url))
        else:
            env.require(
                name == FIRST,
                f"{prefix}TOKEN",
                "is not set, but TELEGRAM_ACCOUNTS names this bot",
                "set the token from @BotFather, or take the name out of TELEGRAM_ACCOUNTS",
            )
    _compare(env, profiles)
    return profiles


def variable(account: str, name: str) -> str:
    """The environment variable of a bot's setting: (`kedua`, `TOKEN`) is TELEGRAM_KEDUA_TOKEN."""
    return f"TELEGRAM_{name}" if account == FIRST else f"TELEGRAM_{account.upper()}_{name}"


def _profile(env: Environment, name: str, prefix: str, token: str, public_url: str) -> BotProfile:
    env.require(
        token.isprintable() and token.isascii() and bool(_TOKEN.fullmatch(token)),
        f"{prefix}TOKEN",
        "does not look like a bot token",
        "copy it from @BotFather again, it looks like 123456789:AA...",
    )
    mode = _mode(env, prefix, public_url)
    secrets = _secrets(env, prefix)
    env.require(
        mode == "polling" or bool(env.text(f"{prefix}SECRET", "")),
        f"{prefix}SECRET",
        "is not set, but the bot works by webhook",
        f"{_MAKE_ONE}; or set {prefix}MODE=polling",
    )
    api_url = env.url("TELEGRAM_API_URL", API_URL, ("https", "http"))
    if name != FIRST and env.text(f"{prefix}API_URL", ""):
        api_url = env.url(f"{prefix}API_URL", api_url, ("https", "http"))
    return BotProfile(name, token, secrets, api_url.rstrip("/"), mode, public_url)


def _mode(env: Environment, prefix: str, public_url: str) -> Mode:
    default = "webhook" if public_url else "polling"
    return "webhook" if env.one_of(f"{prefix}MODE", default, ("webhook", "polling")) == "webhook" else "polling"


def _secrets(env: Environment, prefix: str) -> tuple[str, ...]:
    secrets = []
    for name in (f"{prefix}SECRET", f"{prefix}SECRET_OLD"):
        secret = env.text(name, "")
        if not secret:
            continue
        env.require(
            bool(_SECRET.fullmatch(secret)),
            name,
            "holds what Telegram does not allow there",
            f"use 1 to 256 letters, digits, _ or -; {_MAKE_ONE}",
        )
        secrets.append(secret)
    return tuple(secrets)


def _compare(env: Environment, profiles: Sequence[BotProfile]) -> None:
    """All bots share one webhook address, and the secret alone tells which one a request is for."""
    for index, profile in enumerate(profiles):
        earlier = profiles[:index]
        env.require(
            not any(set(profile.secrets) & set(other.secrets) for other in earlier),
            variable(profile.name, "SECRET"),
            "is also another bot's secret",
            _MAKE_ONE,
        )
        env.require(
            all(profile.token != other.token for other in earlier),
            variable(profile.name, "TOKEN"),
            "is also another bot's token",
            "each bot has a token of its own from @BotFather",
        )
