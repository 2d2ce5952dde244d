"""Which Telegram bots the settings name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, cast

from bot.channels.accounts import account_prefixes
from bot.channels.platform import Account
from bot.contract.environment import Environment

API_URL = "https://api.telegram.org"
PLATFORM = "TELEGRAM"
Mode = Literal["webhook", "polling"]

# Real tokens are <digits>:<letters>; emulators use others. A slash or a space would change the address called.
_TOKEN = re.compile(r"[A-Za-z0-9:_\-.]{1,256}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True)
class TelegramSettings:
    """One bot. `secrets`: those that a webhook request may carry, the current one first."""

    token: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    api_url: str
    mode: Mode


def read_settings(env: Environment, public_url: str) -> list[tuple[str, TelegramSettings]]:
    """(account name, settings) of each bot; problems are noted in `env`."""
    found = []
    first_url = env.url("TELEGRAM_API_URL", API_URL, ("https", "http"))
    for name, prefix in account_prefixes(env, PLATFORM):
        token = env.text(f"{prefix}TOKEN", "")
        secrets = tuple(filter(None, (env.text(f"{prefix}SECRET", ""), env.text(f"{prefix}SECRET_OLD", ""))))
        default: Mode = "webhook" if public_url else "polling"
        mode = cast(Mode, env.one_of(f"{prefix}MODE", default, ("webhook", "polling")))
        url = env.url(f"{prefix}API_URL", first_url, ("https", "http"))
        if not token:
            env.require(not secrets, f"{prefix}TOKEN", "is missing", "copy it from @BotFather, or remove the secret")
            continue
        _check(env, prefix, token, secrets, mode)
        found.append((name, TelegramSettings(token, secrets, url.rstrip("/"), mode)))
    _check_apart(env, [settings for _, settings in found])
    return found


def read_accounts(env: Environment, public_url: str) -> list[Account]:
    """The bots as accounts of the gateway."""
    # Here, so that reading settings does not need the library.
    from bot.channels.telegram.account import TelegramAccount  # noqa: PLC0415

    return [TelegramAccount(name, settings) for name, settings in read_settings(env, public_url)]


def _check(env: Environment, prefix: str, token: str, secrets: tuple[str, ...], mode: Mode) -> None:
    env.require(
        bool(_TOKEN.fullmatch(token)), f"{prefix}TOKEN", "is not a bot token", "copy it from @BotFather, like 123:ABC"
    )
    env.require(
        mode == "polling" or bool(secrets),
        f"{prefix}SECRET",
        "is missing, and a webhook without it would take messages from anybody",
        "set 1 to 256 of A-Z a-z 0-9 _ - and run ./kawan telegram set-webhook, or set the mode to polling",
    )
    for secret in secrets:
        env.require(
            bool(_SECRET.fullmatch(secret)),
            f"{prefix}SECRET",
            "(or the old one) holds characters that Telegram does not allow",
            "use 1 to 256 of A-Z a-z 0-9 _ -",
        )


def _check_apart(env: Environment, bots: list[TelegramSettings]) -> None:
    """The secret tells whose webhook it is, so that it must not be two bots'."""
    secrets = [secret for bot in bots for secret in set(bot.secrets)]
    env.require(
        len(secrets) == len(set(secrets)), "TELEGRAM_ACCOUNTS", "names bots with the same secret", "give each its own"
    )
    tokens = [bot.token for bot in bots]
    env.require(
        len(tokens) == len(set(tokens)), "TELEGRAM_ACCOUNTS", "names the same bot twice", "give each its own token"
    )
