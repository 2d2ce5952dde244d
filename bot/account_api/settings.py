"""Settings of the reference server: the environment, and options that go before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.account_api.addresses import Addresses
from bot.contract.environment import Environment

DEFAULT_PORT = 8090
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"
MIN_SECRET = 16

_SECRET = re.compile(r"[!-~]*", re.ASCII)
_BOT = re.compile(r"[A-Za-z0-9_]{5,32}", re.ASCII)
_DIGITS = re.compile(r"[1-9][0-9]{7,14}", re.ASCII)


@dataclass(frozen=True)
class ServerSettings:
    """`database` is a file, its key lies beside it; `secret` is the service's, not a person's."""

    host: str
    port: int
    database: Path
    secret: str = field(repr=False)
    addresses: Addresses
    dashboard: bool
    log_level: str

    @property
    def key_file(self) -> Path:
        """Where the backend's key is kept."""
        return self.database.with_name(self.database.name + ".key")


def read_settings(
    options: Mapping[str, str], variables: Mapping[str, str], *, dashboard: bool = True
) -> ServerSettings:
    """`options` as given on the command line, without the absent ones. Raises SettingsError that lists every fault."""
    env = Environment({**variables, **options})
    secret = env.text("ACCOUNT_API_TOKEN", "")
    env.require(
        bool(secret),
        "ACCOUNT_API_TOKEN",
        "is missing",
        f"set a random text of at least {MIN_SECRET} characters, the same for the assistant",
    )
    env.require(
        not secret or (len(secret) >= MIN_SECRET and bool(_SECRET.fullmatch(secret))),
        "ACCOUNT_API_TOKEN",
        f"is shorter than {MIN_SECRET} characters or has others than visible ASCII",
        "set a random text, for example of `openssl rand -hex 32`",
    )
    bot = env.text("--telegram-bot", "").removeprefix("@")
    env.require(not bot or bool(_BOT.fullmatch(bot)), "--telegram-bot", "is no bot's name", "write it as in t.me/NAME")
    number = env.text("--whatsapp-number", "").removeprefix("+")
    env.require(
        not number or bool(_DIGITS.fullmatch(number)),
        "--whatsapp-number",
        "is no international number",
        "write the digits only, from the country code on",
    )
    root = Path(env.text("KAWAN_ROOT", str(Path.cwd())))
    settings = ServerSettings(
        host=env.text("--host", "127.0.0.1"),
        port=env.integer("--port" if "--port" in options else "ACCOUNT_API_PORT", DEFAULT_PORT, 0, 65535),
        database=Path(env.text("--database", str(root / ".kawan" / "data" / "account-api.sqlite3"))),
        secret=secret,
        addresses=Addresses(
            telegram_bot=bot,
            whatsapp_number=number,
            web_url=env.url("--web-url", "http://127.0.0.1:8080", ("http", "https")).rstrip("/"),
        ),
        dashboard=dashboard,
        log_level=env.one_of("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
    )
    env.finish()
    return settings
