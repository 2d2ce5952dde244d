"""What the account actions work with: content, the account service, a clock."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from actions.accounts.client import AccountClient
from actions.accounts.service import Accounts
from actions.accounts.settings import AccountSettings, read_account_settings
from bot.contract.connection import connect
from bot.contract.environment import Environment
from bot.contract.keys import Keys
from bot.contract.logs import Pseudonyms
from bot.contract.scripts import Client
from bot.contract.settings import SharedSettings, read_shared
from nlu.content.live import LiveCatalogue

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Tools:
    """One set for each process. Without `accounts` there is no account service, and nobody is offered it."""

    catalogue: LiveCatalogue
    accounts: Accounts | None
    clock: Callable[[], float] = time.time

    @property
    def dashboard(self) -> str:
        """Where people find the button that links a chat; empty without an account service."""
        return self.accounts.settings.dashboard if self.accounts else ""


def make_tools(shared: SharedSettings, settings: AccountSettings, catalogue: LiveCatalogue, redis: Client) -> Tools:
    """The tools of a worker, on its own connection to Redis."""
    if not settings.on:
        return Tools(catalogue, None)
    accounts = Accounts(
        settings,
        AccountClient(settings),
        redis,
        Keys(shared.mailroom.partitions),
        secret=shared.log_key,
        pseudonyms=Pseudonyms(shared.log_key),
    )
    return Tools(catalogue, accounts)


def tools_from_environment() -> Tools:
    """The tools where nobody hands any over: under `rasa run actions`. Raises SettingsError and ContentError."""
    env = Environment(os.environ)
    shared = read_shared(env)
    settings = read_account_settings(env, production=shared.production)
    env.finish()
    redis = connect(shared.redis_url, cluster=shared.redis_cluster)
    return make_tools(shared, settings, LiveCatalogue(PROJECT), redis)
