"""Settings: which sessions there are, and problems that name the setting and the fix but never a secret."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.waha import WahaAccount, WahaSettings, read_accounts
from bot.channels.whatsapp.waha.settings import read_settings
from bot.contract.environment import Environment
from bot.contract.errors import SettingsError

ONE = {
    "WHATSAPP_WAHA_URL": "http://waha:3000/",
    "WHATSAPP_WAHA_API_KEY": "kunci-api",
    "WHATSAPP_WAHA_HMAC_KEY": "kunci-hmac",
}
TWO = {
    **ONE,
    "WHATSAPP_WAHA_ACCOUNTS": "kedua",
    "WHATSAPP_WAHA_KEDUA_URL": "http://waha:3000",
    "WHATSAPP_WAHA_KEDUA_API_KEY": "kunci-api",
    "WHATSAPP_WAHA_KEDUA_HMAC_KEY": "kunci-lain",
    "WHATSAPP_WAHA_KEDUA_SESSION": "cadangan",
}


def found(variables: dict[str, str]) -> list[WahaSettings]:
    env = Environment(variables)
    sessions = read_settings(env)
    env.finish()
    return sessions


def without(variables: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in variables.items() if key != name}


@pytest.mark.parametrize("variables", [{}, {"WHATSAPP_WAHA_SESSION": "default"}, {"WHATSAPP_WAHA_URL": " "}])
def test_nothing_about_waha_is_no_account(variables: dict[str, str]) -> None:
    assert found(variables) == []


def test_one_session() -> None:
    assert found(ONE) == [WahaSettings("default", "http://waha:3000", "kunci-api", "kunci-hmac", "default")]


def test_further_session_has_settings_of_its_own() -> None:
    first, second = found(TWO)
    assert (first.name, first.session, second.name, second.session) == ("default", "default", "kedua", "cadangan")
    assert second.hmac_key == "kunci-lain"


@pytest.mark.parametrize("missing", ONE)
def test_problem_names_what_is_missing(missing: str) -> None:
    with pytest.raises(SettingsError) as caught:
        found(without(ONE, missing))
    (problem,) = caught.value.problems
    assert problem.startswith(f"{missing} is missing; ")


def test_named_account_without_settings_is_a_problem() -> None:
    with pytest.raises(SettingsError) as caught:
        found({**ONE, "WHATSAPP_WAHA_ACCOUNTS": "kedua"})
    named = [problem.partition(" ")[0] for problem in caught.value.problems]
    assert {"WHATSAPP_WAHA_KEDUA_URL", "WHATSAPP_WAHA_KEDUA_API_KEY", "WHATSAPP_WAHA_KEDUA_HMAC_KEY"} <= set(named)


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({**ONE, "WHATSAPP_WAHA_URL": "waha:3000"}, "WHATSAPP_WAHA_URL"),
        ({**ONE, "WHATSAPP_WAHA_API_KEY": "kunci\r\nX: y"}, "WHATSAPP_WAHA_API_KEY"),
        ({**ONE, "WHATSAPP_WAHA_API_KEY": "kunci-é"}, "WHATSAPP_WAHA_API_KEY"),
        ({**ONE, "WHATSAPP_WAHA_SESSION": "../lain"}, "WHATSAPP_WAHA_SESSION"),
        ({**TWO, "WHATSAPP_WAHA_KEDUA_SESSION": "default"}, "WHATSAPP_WAHA_KEDUA_SESSION"),
        ({**ONE, "WHATSAPP_WAHA_ACCOUNTS": "default"}, "WHATSAPP_WAHA_ACCOUNTS"),
    ],
)
def test_problem_names_the_setting_and_a_fix_but_no_secret(variables: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        found(variables)
    problems = caught.value.problems
    assert any(problem.startswith(f"{named} ") and ";" in problem for problem in problems), problems
    for name, value in variables.items():
        if name.endswith("KEY"):
            assert not any(value in problem for problem in problems)


def test_accounts_share_the_webhook_address() -> None:
    accounts = read_accounts(Environment(TWO), "https://bot.example.id")
    assert all(isinstance(account, WahaAccount) for account in accounts)
    assert [(account.platform, account.name, account.path) for account in accounts] == [
        ("whatsapp-waha", "default", "/webhooks/whatsapp/waha"),
        ("whatsapp-waha", "kedua", "/webhooks/whatsapp/waha"),
    ]
