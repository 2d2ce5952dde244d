"""`.env.example` names every setting, with the default that the code uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.assistant import settings as assistant
from bot.gateway import settings as gateway

PROJECT = Path(__file__).resolve().parents[2]
_LINE = re.compile(r"([A-Z_]+)=(.*)")


# Platforms ask for the rest of their settings only when these are there.
PLATFORMS = {
    "ACCOUNT_API_TOKEN": "rahasia-layanan-akun",
    "TELEGRAM_TOKEN": "1:token",
    "WHATSAPP_META_PHONE_NUMBER_ID": "1000000001",
    "WHATSAPP_META_TOKEN": "token",
    "WHATSAPP_META_APP_SECRET": "rahasia",
    "WHATSAPP_META_VERIFY_TOKEN": "verifikasi",
    "WHATSAPP_WAHA_URL": "http://127.0.0.1:3000",
    "WHATSAPP_WAHA_API_KEY": "kunci",
    "WHATSAPP_WAHA_HMAC_KEY": "kunci-hmac",
    "WHATSAPP_TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
    "WHATSAPP_TWILIO_AUTH_TOKEN": "token",
    "WHATSAPP_TWILIO_FROM": "whatsapp:+622150000000",
    "WHATSAPP_FONNTE_TOKEN": "token",
    "WHATSAPP_FONNTE_SECRET": "jalur-rahasia-yang-panjang",
}


class Recorder(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.asked: set[str] = set()
        self._values = values

    def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
        self.asked.add(key)
        return self._values.get(key, default)

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@pytest.fixture
def example() -> dict[str, str]:
    text = (PROJECT / ".env.example").read_text(encoding="utf-8")
    return {match.group(1): match.group(2) for match in map(_LINE.fullmatch, text.splitlines()) if match}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The assistant insists on a model; these tests are about names and defaults only."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "kawan-0.tar.gz").touch()
    monkeypatch.setattr(assistant, "PROJECT", tmp_path)


@pytest.mark.usefixtures("model")
def test_every_setting_is_in_the_example_and_nothing_else(example: dict[str, str]) -> None:
    recorder = Recorder(PLATFORMS)
    gateway.read_settings(recorder)
    assistant.read_settings(recorder)
    # One is set by the launcher for each worker process, the other is the launcher's and the reference server's.
    assert recorder.asked - {"WORKER_NAME"} == set(example) - {"ACCOUNT_API_PORT"}


@pytest.mark.usefixtures("model")
def test_the_example_as_it_stands_changes_nothing(example: dict[str, str]) -> None:
    assert gateway.read_settings(example) == gateway.read_settings({})
    assert assistant.read_settings(example) == assistant.read_settings({})
