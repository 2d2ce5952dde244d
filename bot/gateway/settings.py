"""Settings of the gateway, read once at the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from bot.channels.platform import Account
from bot.channels.roster import read_accounts
from bot.contract.environment import Environment
from bot.contract.settings import SharedSettings, read_shared


@dataclass(frozen=True)
class GatewaySettings:
    """`text_limit` is in characters, `body_limit` in bytes, the rest of the limits in seconds."""

    shared: SharedSettings
    host: str
    port: int
    rest: bool
    web_chat: bool
    text_limit: int
    body_limit: int
    drain_seconds: float
    public_url: str = ""
    accounts: tuple[Account, ...] = ()


def read_settings(variables: Mapping[str, str] = os.environ) -> GatewaySettings:
    """Raises SettingsError that lists every wrong setting."""
    env = Environment(variables)
    shared = read_shared(env)
    public_url = env.optional_url("PUBLIC_URL", ("https", "http")).rstrip("/")
    settings = GatewaySettings(
        shared=shared,
        host=env.text("HOST", "127.0.0.1"),
        port=env.integer("PORT", 8080, 1, 65535),
        rest=env.flag("REST_CHANNEL", not shared.production),
        web_chat=env.flag("WEB_CHAT", True),
        text_limit=env.integer("TEXT_LIMIT", 4000, 100, 20_000),
        body_limit=env.integer("BODY_LIMIT", 256 * 1024, 16 * 1024, 16 * 1024 * 1024),
        drain_seconds=env.seconds("DRAIN_SECONDS", 15.0, 0.0, 300.0),
        public_url=public_url,
        accounts=tuple(read_accounts(env, public_url)),
    )
    env.finish()
    return settings
