"""Settings of the account API's client, read with the worker's."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.contract.environment import Environment

DAY = 86400
DASHBOARD = "prakerja.go.id"


@dataclass(frozen=True)
class AccountSettings:
    """`seconds` is for one call with its repetition. Empty `url`: there is no account service, and none is offered."""

    url: str
    token: str = field(repr=False)
    seconds: float
    cache_seconds: int
    link_seconds: int
    dashboard: str

    @property
    def on(self) -> bool:
        """Whether there is a service to ask."""
        return bool(self.url)


def read_account_settings(env: Environment, *, production: bool) -> AccountSettings:
    """The settings; problems are noted in `env`, whose `finish` raises them."""
    url = env.optional_url("ACCOUNT_API_URL", ("http", "https")).rstrip("/")
    token = env.text("ACCOUNT_API_TOKEN", "")
    env.require(
        not url or len(token) >= 16,
        "ACCOUNT_API_TOKEN",
        "is missing or short",
        "set the secret of at least 16 characters that the account service gave you, or leave ACCOUNT_API_URL empty",
    )
    env.require(
        not (production and url.startswith("http://") and not _is_here(url)),
        "ACCOUNT_API_URL",
        "is not encrypted in production",
        "start it with https://: people's data and the service's secret travel on it",
    )
    return AccountSettings(
        url=url,
        token=token,
        seconds=env.seconds("ACCOUNT_API_SECONDS", 3.0, 0.2, 30.0),
        cache_seconds=env.integer("ACCOUNT_CACHE_SECONDS", 30, 1, 600),
        link_seconds=env.integer("ACCOUNT_LINK_DAYS", 90, 1, 365) * DAY,
        dashboard=env.text("ACCOUNT_DASHBOARD", DASHBOARD),
    )


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
