"""Settings: which bots there are, and problems that name the setting and the fix but never a secret."""

from __future__ import annotations

import pytest

from bot.channels.telegram import read_accounts
from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.profile import BotProfile
from bot.channels.telegram.settings import read_profiles
from bot.contract.environment import Environment
from bot.contract.errors import SettingsError
from tests.channels.harness import BASE
from tests.channels.telegram.harness import SECRET, TOKEN

ONE = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_SECRET": SECRET}
TWO = {**ONE, "TELEGRAM_ACCOUNTS": "Kedua", "TELEGRAM_KEDUA_TOKEN": "2:BB", "TELEGRAM_KEDUA_SECRET": "lain"}


def profiles(variables: dict[str, str], public_url: str = BASE) -> list[BotProfile]:
    env = Environment(variables)
    found = read_profiles(env, public_url)
    env.finish()
    return found


def problems(variables: dict[str, str], public_url: str = BASE) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        profiles(variables, public_url)
    return caught.value.problems


@pytest.mark.parametrize("variables", [{}, {"TELEGRAM_TOKEN": " "}, {"TELEGRAM_SECRET": "x"}, {"TELEGRAM_MODE": "?"}])
def test_no_token_is_no_bot(variables: dict[str, str]) -> None:
    assert profiles(variables) == []


def test_bot_with_a_public_address_works_by_webhook() -> None:
    (one,) = profiles(ONE)
    assert one == BotProfile("default", TOKEN, (SECRET,), "https://api.telegram.org", "webhook", BASE)
    assert one.webhook_url == f"{BASE}/webhooks/telegram/webhook"
    assert one.user_id == 123_456_789


def test_bot_without_a_public_address_polls_and_needs_no_secret() -> None:
    (one,) = profiles({"TELEGRAM_TOKEN": TOKEN}, "")
    assert (one.mode, one.secrets, one.webhook_url) == ("polling", (), "")


@pytest.mark.parametrize(("mode", "public_url"), [("polling", BASE), ("webhook", "")])
def test_mode_can_be_chosen(mode: str, public_url: str) -> None:
    assert profiles({**ONE, "TELEGRAM_MODE": mode}, public_url)[0].mode == mode


def test_secret_that_is_being_changed_comes_second() -> None:
    assert profiles({**ONE, "TELEGRAM_SECRET_OLD": "lama"})[0].secrets == (SECRET, "lama")


def test_further_bots_have_settings_of_their_own() -> None:
    first, second = profiles({**TWO, "TELEGRAM_API_URL": "http://127.0.0.1:9000/", "TELEGRAM_KEDUA_MODE": "polling"})
    assert (first.name, second.name) == ("default", "kedua")
    assert (first.mode, second.mode) == ("webhook", "polling")
    assert (second.token, second.secrets) == ("2:BB", ("lain",))
    assert first.api_url == second.api_url == "http://127.0.0.1:9000"


def test_further_bot_may_use_another_server() -> None:
    first, second = profiles({**TWO, "TELEGRAM_KEDUA_API_URL": "http://127.0.0.1:9001"})
    assert (first.api_url, second.api_url) == ("https://api.telegram.org", "http://127.0.0.1:9001")


def test_further_bot_needs_no_first_one() -> None:
    variables = {"TELEGRAM_ACCOUNTS": "kedua", "TELEGRAM_KEDUA_TOKEN": "2:BB"}
    assert [profile.name for profile in profiles(variables, "")] == ["kedua"]


@pytest.mark.parametrize(("token", "identity"), [("token-emulator", 0), ("1:A", 1), ("x:A", 0), ("9" * 40 + ":A", 0)])
def test_emulators_token_is_taken(token: str, identity: int) -> None:
    assert profiles({"TELEGRAM_TOKEN": token}, "")[0].user_id == identity


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({**ONE, "TELEGRAM_TOKEN": "1:A B"}, "TELEGRAM_TOKEN"),
        ({**ONE, "TELEGRAM_TOKEN": "1:A/B"}, "TELEGRAM_TOKEN"),
        ({**ONE, "TELEGRAM_TOKEN": "1:A\u0007B"}, "TELEGRAM_TOKEN"),
        ({**ONE, "TELEGRAM_TOKEN": "1:A{token}"}, "TELEGRAM_TOKEN"),
        ({**ONE, "TELEGRAM_TOKEN": "1:Aé"}, "TELEGRAM_TOKEN"),
        ({"TELEGRAM_TOKEN": TOKEN}, "TELEGRAM_SECRET"),
        ({"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_SECRET_OLD": "lama"}, "TELEGRAM_SECRET"),
        ({**ONE, "TELEGRAM_SECRET": "dengan spasi"}, "TELEGRAM_SECRET"),
        ({**ONE, "TELEGRAM_SECRET": "x" * 257}, "TELEGRAM_SECRET"),
        ({**ONE, "TELEGRAM_SECRET_OLD": "é"}, "TELEGRAM_SECRET_OLD"),
        ({**ONE, "TELEGRAM_MODE": "push"}, "TELEGRAM_MODE"),
        ({**ONE, "TELEGRAM_API_URL": "ftp://x"}, "TELEGRAM_API_URL"),
        ({**ONE, "TELEGRAM_ACCOUNTS": "default"}, "TELEGRAM_ACCOUNTS"),
        ({**ONE, "TELEGRAM_ACCOUNTS": "kedua"}, "TELEGRAM_KEDUA_TOKEN"),
        ({**TWO, "TELEGRAM_KEDUA_SECRET": SECRET}, "TELEGRAM_KEDUA_SECRET"),
        ({**TWO, "TELEGRAM_KEDUA_SECRET_OLD": SECRET}, "TELEGRAM_KEDUA_SECRET"),
        ({**TWO, "TELEGRAM_KEDUA_TOKEN": TOKEN}, "TELEGRAM_KEDUA_TOKEN"),
        ({**TWO, "TELEGRAM_KEDUA_API_URL": "x"}, "TELEGRAM_KEDUA_API_URL"),
    ],
)
def test_problem_names_the_setting_and_a_fix_but_no_secret(variables: dict[str, str], named: str) -> None:
    found = problems(variables)
    assert any(problem.startswith(f"{named} ") and ";" in problem for problem in found), found
    for name, value in variables.items():
        if name.endswith(("TOKEN", "SECRET", "OLD")):
            assert not any(value in problem for problem in found)


def test_every_problem_is_told_at_once() -> None:
    assert len(problems({"TELEGRAM_TOKEN": "a b", "TELEGRAM_MODE": "x", "TELEGRAM_API_URL": "x"})) == 4


def test_accounts_share_the_webhook_address() -> None:
    accounts = read_accounts(Environment(TWO), BASE)
    assert all(isinstance(account, TelegramAccount) for account in accounts)
    assert [(account.platform, account.name, account.path) for account in accounts] == [
        ("telegram", "default", "/webhooks/telegram/webhook"),
        ("telegram", "kedua", "/webhooks/telegram/webhook"),
    ]
