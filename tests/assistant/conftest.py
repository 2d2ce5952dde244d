"""Fixtures of the assistant's tests: one trained model for all of them, a small content folder, a Redis."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import pytest

from bot.assistant.training import ensure_model
from bot.contract import claim_loop
from nlu.content.live import LiveCatalogue
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
