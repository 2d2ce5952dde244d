"""Settings of the assistant worker, read once at the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from actions.accounts.settings import AccountSettings, read_account_settings
from bot.contract.environment import Environment
from bot.contract.settings import SharedSettings, read_shared

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class AssistantSettings:
    """Limits are in seconds. `batch` is how many conversations are parsed together."""

    shared: SharedSettings
    accounts: AccountSettings
    model_path: Path
    name: str
    batch: int
    in_flight: int
    action_seconds: float
    turn_seconds: float
    drain_seconds: float


def read_settings(variables: Mapping[str, str] = os.environ) -> AssistantSettings:
    """Raises SettingsError that lists every wrong setting."""
    env = Environment(variables)
    shared = read_shared(env)
    accounts = read_account_settings(env, production=shared.production)
    batch = env.integer("BATCH", 32, 1, 512)
    action = env.seconds("ACTION_SECONDS", 4.0, 0.1, 60.0)
    turn = env.seconds("TURN_SECONDS", 10.0, 0.5, 120.0)
    env.require(
        turn > action,
        "TURN_SECONDS",
        f"is {turn}, not longer than ACTION_SECONDS ({action})",
        "make it longer, so that a slow action ends before its turn does",
    )
    env.require(
        action > accounts.seconds or not accounts.on,
        "ACTION_SECONDS",
        f"is {action}, not longer than ACCOUNT_API_SECONDS ({accounts.seconds})",
        "make it longer, so that a slow account service can be told from a broken action",
    )
    model = Path(env.text("MODEL_PATH", str(PROJECT / "models")))
    trained = model.is_file() or any(model.glob("*.tar.gz"))
    env.require(trained, "MODEL_PATH", f"is {model}, where no model is", "train first: ./kawan train")
    settings = AssistantSettings(
        shared=shared,
        accounts=accounts,
        model_path=model,
        name=env.text("WORKER_NAME", "worker"),
        batch=batch,
        in_flight=env.integer("IN_FLIGHT", 4 * batch, batch, 4096),
        action_seconds=action,
        turn_seconds=turn,
        drain_seconds=env.seconds("DRAIN_SECONDS", 15.0, 0.0, 300.0),
    )
    env.finish()
    return settings
