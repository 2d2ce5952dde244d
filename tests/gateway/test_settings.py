"""Settings: every wrong value is named with its fix, all at once, and no secret is repeated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.contract.errors import SettingsError
from bot.gateway.settings import GatewaySettings, read_settings

SECRET = "redis://:rahasia-sekali@"
GOOD_KEY = "kunci-acak-yang-panjang"
ROOT = Path(__file__).resolve().parents[2]


def problems(**variables: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read_settings(variables)
    return caught.value.problems


def test_nothing_set_means_the_defaults() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port, settings.rest, settings.web_chat) == ("127.0.0.1", 8080, True, True)
    assert settings.shared.mailroom.lease_seconds == 8.0
    assert not settings.shared.production


def test_empty_and_blank_values_count_as_not_set() -> None:
    assert read_settings({"PORT": "", "REDIS_URL": "  ", "WEB_CHAT": ""}) == read_settings({})


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("PORT", "delapan", "use a number from 1 to 65535"),
        ("PORT", "70000", "use a number from 1 to 65535"),
        ("PORT", "0", "use a number from 1 to 65535"),
        ("TEXT_LIMIT", "99", "use a number from 100 to 20000"),
        ("BODY_LIMIT", "1e6", "use a number from 16384 to 16777216"),
        ("DRAIN_SECONDS", "sebentar", "use seconds from 0.0 to 300.0"),
        ("DRAIN_SECONDS", "nan", "use seconds from 0.0 to 300.0"),
        ("DRAIN_SECONDS", "-1", "use seconds from 0.0 to 300.0"),
        ("LEASE_SECONDS", "0", "use seconds from 1.0 to 300.0"),
        ("DEDUPE_HOURS", "0", "use a number from"),
        ("MAILBOX_LIMIT", "0", "use a number from 1 to 10000"),
        ("MAILROOM_PARTITIONS", "300", "use a number from 1 to 256"),
        ("DIALOGUE_HOURS", "x", "use a number from"),
        ("WEB_CHAT", "mungkin", "use on or off"),
        ("REST_CHANNEL", "2", "use on or off"),
        ("REDIS_CLUSTER", "?", "use on or off"),
        ("KAWAN_ENV", "prod", "use one of development, production"),
        ("LOG_LEVEL", "loud", "use one of debug, info, warning, error"),
        ("REDIS_URL", "localhost:6379", "start it with redis:// or rediss:// or unix://"),
        ("REDIS_URL", "redis://", "start it with redis://"),
        ("REDIS_URL", f"{SECRET}host:enam/0", "start it with redis://"),
        ("REDIS_URL", f"{SECRET}[::1/0", "start it with redis://"),
        ("REDIS_URL", "http://127.0.0.1/", "start it with redis://"),
    ],
)
def test_wrong_value_is_named_with_its_fix(name: str, value: str, fix: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name} is ")
    assert fix in problem


@pytest.mark.parametrize("value", ["redis://h", "rediss://u:p@h:6380/2", "unix:///run/redis.sock?db=1"])
def test_usable_redis_addresses(value: str) -> None:
    assert read_settings({"REDIS_URL": value}).shared.redis_url == value


@pytest.mark.parametrize(
    ("value", "meaning"), [("1", True), ("YA", True), ("On", True), ("tidak", False), ("0", False)]
)
def test_flags_are_read_as_people_write_them(value: str, meaning: bool) -> None:
    assert read_settings({"WEB_CHAT": value}).web_chat is meaning


def test_all_problems_are_told_at_once() -> None:
    found = problems(PORT="x", LOG_LEVEL="loud", LEASE_SECONDS="0", KAWAN_ENV="prod", REST_CHANNEL="hm")
    assert [problem.split()[0] for problem in found] == [
        "KAWAN_ENV",
        "LEASE_SECONDS",
        "LOG_LEVEL",
        "PORT",
        "REST_CHANNEL",
    ]


def test_production_wants_a_key_for_its_logs() -> None:
    for key in ("", "pendek"):
        (problem,) = problems(KAWAN_ENV="production", LOG_KEY=key)
        assert problem.startswith("LOG_KEY is missing or short in production")
        assert not key or key not in problem


def test_production_turns_the_rest_channel_off_unless_asked() -> None:
    production = {"KAWAN_ENV": "production", "LOG_KEY": GOOD_KEY}
    assert not read_settings(production).rest
    assert read_settings({**production, "REST_CHANNEL": "on"}).rest


def test_secrets_are_neither_in_errors_nor_in_the_settings_own_words() -> None:
    (problem,) = problems(REDIS_URL=f"{SECRET}host:enam/0")
    assert "rahasia" not in problem
    settings: GatewaySettings = read_settings({"REDIS_URL": f"{SECRET}host", "LOG_KEY": GOOD_KEY})
    assert "rahasia" not in repr(settings)
    assert GOOD_KEY not in repr(settings)


def check(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot.gateway", "--check"],
        env=variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_program_refuses_wrong_settings_with_all_their_names() -> None:
    done = check(PORT="x", LOG_LEVEL="loud", REDIS_URL=f"{SECRET}host:enam")
    assert done.returncode == 2
    assert [line.split()[1] for line in done.stderr.splitlines() if line.startswith("  - ")] == [
        "REDIS_URL",
        "LOG_LEVEL",
        "PORT",
    ]
    assert "rahasia" not in done.stderr
    assert "Traceback" not in done.stderr


def test_program_says_that_settings_are_right() -> None:
    done = check()
    assert (done.returncode, done.stderr) == (0, "")
