"""All platforms that the gateway knows; a new one joins with one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.channels import telegram
from bot.channels.platform import Account
from bot.channels.whatsapp import fonnte, meta, twilio, waha
from bot.contract.environment import Environment

PLATFORMS: Sequence[Callable[[Environment, str], Sequence[Account]]] = (
    telegram.read_accounts,
    meta.read_accounts,
    waha.read_accounts,
    twilio.read_accounts,
    fonnte.read_accounts,
)


def read_accounts(env: Environment, public_url: str) -> list[Account]:
    """Every account that the settings name; problems are noted in `env`, whose `finish` raises them."""
    return [account for platform in PLATFORMS for account in platform(env, public_url)]
