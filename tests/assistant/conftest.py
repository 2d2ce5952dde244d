"""Fixtures of the assistant's tests: one trained model for all of them, a small content folder, a Redis."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from actions.accounts.service import Accounts
from actions.tools import Tools
from bot.assistant.training import ensure_model
from bot.contract import claim_loop
from bot.contract.breaker import Breaker
from bot.contract.scripts import Client
from nlu.content.live import LiveCatalogue
from tests.assistant.account_server import AccountServer
from tests.assistant.content_folder import ContentFolder

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.modules.setdefault("jax", None)  # type: ignore[arg-type]  # as the worker does: it only costs time
with warnings.catch_warnings(record=True):
    # Rasa's pinned dependencies announce their deprecations once, when they are imported. Ours stay errors.
    warnings.simplefilter("ignore")
    import rasa.graph_components.validators.default_recipe_validator  # loading a model imports it
    import rasa.model_training  # noqa: F401

    from bot.assistant.engine import Engine
    from tests.assistant.accounts_world import Town, account_settings, make_accounts
    from tests.assistant.talk import Clock, turn_taker

# What Rasa and its dependencies say later on, whatever we do. Each is one message of theirs.
THEIR_WARNINGS = (
    "Slot auto-fill has been removed:UserWarning",
    "the load_module:DeprecationWarning",
)

PROJECT = Path(__file__).resolve().parents[2]


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors (pyproject.toml), except for those that are not ours."""
    for warning in THEIR_WARNINGS:
        config.addinivalue_line("filterwarnings", f"ignore:{warning}")


@pytest.fixture(scope="session")
def project() -> Path:
    """The repository."""
    return PROJECT


@pytest.fixture(scope="session")
def model() -> Path:
    """A model that fits the content: the one that MODEL_PATH names, else trained now if need be."""
    named = os.environ.get("MODEL_PATH")
    return Path(named) if named else ensure_model(force=False)


@pytest.fixture(scope="session")
def engine(model: Path) -> Engine:
    """The model, loaded once."""
    return Engine(model, action_seconds=2.0)


@pytest.fixture(scope="session")
def catalogue() -> LiveCatalogue:
    """The project's own content."""
    return LiveCatalogue(PROJECT)


@pytest.fixture
def content(tmp_path: Path) -> ContentFolder:
    """A small, valid content folder to break."""
    return ContentFolder(tmp_path)


@pytest.fixture(autouse=True)
def quick_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that stops finishes its waiting claim first; here that shall not cost a second each time."""
    monkeypatch.setattr(claim_loop, "CLAIM_WAIT_SECONDS", 0.05)


@pytest.fixture(scope="session")
def account_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccountServer]:
    """The reference account server, with its invented people."""
    with AccountServer(tmp_path_factory.mktemp("accounts")) as server:
        yield server


@pytest.fixture
def breaker() -> Breaker:
    """Of the account client."""
    return Breaker()


@pytest_asyncio.fixture
async def accounts(redis: Client, account_server: AccountServer, breaker: Breaker) -> AsyncIterator[Accounts]:
    """The account service on an empty Redis; the server answers as it should."""
    account_server.fault("ok")
    accounts = make_accounts(redis, account_settings(account_server.url), breaker)
    yield accounts
    account_server.fault("ok")
    await accounts.close()


@pytest.fixture
def town(
    engine: Engine,
    catalogue: LiveCatalogue,
    account_server: AccountServer,
    accounts: Accounts,
    redis: Client,
    breaker: Breaker,
) -> Iterator[Town]:
    """People who can link accounts, on a clock that starts now, as the server's does."""
    clock = Clock(time.time())
    engine.equip(Tools(catalogue, accounts, clock))
    yield Town(turn_taker(engine, catalogue, clock), clock, account_server, accounts, redis, breaker)
    engine.equip(Tools(catalogue, None))
