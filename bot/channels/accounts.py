"""Which accounts of a platform the settings name: the first one without a name of its own, and any further ones."""

from __future__ import annotations

import re

from bot.contract.environment import Environment

FIRST = "default"
_NAME = re.compile(r"[a-z][a-z0-9]{0,19}")


def account_prefixes(env: Environment, platform: str) -> list[tuple[str, str]]:
    """(account name, prefix of its variables) for each account: PLATFORM_TOKEN is of the account `default`,
    and with PLATFORM_ACCOUNTS=kedua also PLATFORM_KEDUA_TOKEN of the account `kedua`.
    """
    listed = [name.strip().lower() for name in env.text(f"{platform}_ACCOUNTS", "").split(",") if name.strip()]
    for name in listed:
        env.require(
            bool(_NAME.fullmatch(name)) and name != FIRST and listed.count(name) == 1,
            f"{platform}_ACCOUNTS",
            f"holds {name!r}",
            f"name each further account once, with 1 to 20 letters or digits, not {FIRST!r}",
        )
    return [(FIRST, f"{platform}_"), *((name, f"{platform}_{name.upper()}_") for name in listed)]
