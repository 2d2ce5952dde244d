"""The worker starts only with settings that make sense, and says which one does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.assistant.settings import read_settings
from bot.contract.errors import SettingsError


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    file = tmp_path / "kawan.tar.gz"
    file.write_bytes(b"")
    return file


def complaints(**variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings(variables)
    return str(caught.value)


def test_defaults_are_enough_beside_a_model(trained: Path) -> None:
    settings = read_settings({"MODEL_PATH": str(trained)})
    assert settings.model_path == trained
    assert settings.in_flight == 4 * settings.batch
    assert settings.turn_seconds > settings.action_seconds


def test_folder_with_a_model_will_do_and_an_empty_one_will_not(trained: Path, tmp_path: Path) -> None:
    assert read_settings({"MODEL_PATH": str(tmp_path)}).model_path == tmp_path
    trained.unlink()
    assert "MODEL_PATH is " in complaints(MODEL_PATH=str(tmp_path))
    assert "train first: ./kawan train" in complaints(MODEL_PATH=str(tmp_path / "nowhere"))


def test_turn_must_outlast_its_actions(trained: Path) -> None:
    text = complaints(MODEL_PATH=str(trained), TURN_SECONDS="3", ACTION_SECONDS="3")
    assert "TURN_SECONDS is 3.0, not longer than ACTION_SECONDS (3.0)" in text


def test_all_wrong_settings_are_named_at_once(trained: Path) -> None:
    text = complaints(MODEL_PATH=str(trained), BATCH="none", DRAIN_SECONDS="-1", REDIS_URL="http://x", LOG_LEVEL="loud")
    assert all(name in text for name in ("BATCH", "DRAIN_SECONDS", "REDIS_URL", "LOG_LEVEL"))
