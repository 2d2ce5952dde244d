"""Settings: which devices there are, and problems that name the setting and the fix but never a secret."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.fonnte import API_URL, FonnteAccount, FonnteSettings, read_accounts
from bot.channels.whatsapp.fonnte.settings import read_settings
from bot.contract.environment import Environment
from bot.contract.errors import SettingsError
from tests.channels.fonnte.harness import SECRET

ONE = {"WHATSAPP_FONNTE_TOKEN": "token-rahasia", "WHATSAPP_FONNTE_SECRET": SECRET}
TWO = {
    **ONE,
    "WHATSAPP_FONNTE_ACCOUNTS": "kedua",
    "WHATSAPP_FONNTE_KEDUA_TOKEN": "token-kedua",
    "WHATSAPP_FONNTE_KEDUA_SECRET": "jalur-rahasia-yang-kedua",
}


def found(variables: dict[str, str]) -> list[tuple[str, FonnteSettings]]:
    env = Environment(variables)
    devices = read_settings(env)
    env.finish()
    return devices


@pytest.mark.parametrize("variables", [{}, {"WHATSAPP_FONNTE_API_URL": API_URL}, {"WHATSAPP_FONNTE_TOKEN": " "}])
def test_nothing_about_fonnte_is_no_account(variables: dict[str, str]) -> None:
    assert found(variables) == []


def test_one_device() -> None:
    variables = {**ONE, "WHATSAPP_FONNTE_DEVICE": "021-5000-0000"}
    assert found(variables) == [("default", FonnteSettings("token-rahasia", SECRET, "622150000000", API_URL))]


def test_further_device_has_settings_of_its_own_and_the_same_server() -> None:
    (_, first), (name, second) = found({**TWO, "WHATSAPP_FONNTE_API_URL": "http://127.0.0.1:9/"})
    assert name == "kedua"
    assert (second.token, second.secret, second.device) == ("token-kedua", "jalur-rahasia-yang-kedua", "")
    assert first.api_url == second.api_url == "http://127.0.0.1:9"


@pytest.mark.parametrize("missing", ONE)
def test_problem_names_what_is_missing(missing: str) -> None:
    with pytest.raises(SettingsError) as caught:
        found({name: value for name, value in ONE.items() if name != missing})
    (problem,) = caught.value.problems
    assert problem.startswith(f"{missing} is missing; ")


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({**ONE, "WHATSAPP_FONNTE_SECRET": "terlalu-pendek"}, "WHATSAPP_FONNTE_SECRET"),
        ({**ONE, "WHATSAPP_FONNTE_SECRET": "jalur/rahasia/yang/panjang"}, "WHATSAPP_FONNTE_SECRET"),
        ({**ONE, "WHATSAPP_FONNTE_SECRET": "jalur-rahasia-{panjang}"}, "WHATSAPP_FONNTE_SECRET"),
        ({**ONE, "WHATSAPP_FONNTE_SECRET": "é" * 30}, "WHATSAPP_FONNTE_SECRET"),
        ({**ONE, "WHATSAPP_FONNTE_TOKEN": "token\r\nX: y"}, "WHATSAPP_FONNTE_TOKEN"),
        ({**ONE, "WHATSAPP_FONNTE_DEVICE": "kawan"}, "WHATSAPP_FONNTE_DEVICE"),
        ({**ONE, "WHATSAPP_FONNTE_API_URL": "api.fonnte.com"}, "WHATSAPP_FONNTE_API_URL"),
        ({**ONE, "WHATSAPP_FONNTE_ACCOUNTS": "kedua"}, "WHATSAPP_FONNTE_KEDUA_TOKEN"),
        ({**TWO, "WHATSAPP_FONNTE_KEDUA_SECRET": SECRET}, "WHATSAPP_FONNTE_KEDUA_SECRET"),
        ({**TWO, "WHATSAPP_FONNTE_KEDUA_TOKEN": "token-rahasia"}, "WHATSAPP_FONNTE_KEDUA_TOKEN"),
    ],
)
def test_problem_names_the_setting_and_a_fix_but_no_secret(variables: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        found(variables)
    problems = caught.value.problems
    assert any(problem.startswith(f"{named} ") and ";" in problem for problem in problems), problems
    for name, value in variables.items():
        if name.endswith(("TOKEN", "SECRET")):
            assert not any(value in problem for problem in problems)


def test_accounts_share_the_webhook_route() -> None:
    accounts = read_accounts(Environment(TWO), "https://bot.example.id")
    assert all(isinstance(account, FonnteAccount) for account in accounts)
    assert [(account.platform, account.name, account.path) for account in accounts] == [
        ("whatsapp-fonnte", "default", "/webhooks/whatsapp/fonnte/{secret}"),
        ("whatsapp-fonnte", "kedua", "/webhooks/whatsapp/fonnte/{secret}"),
    ]
