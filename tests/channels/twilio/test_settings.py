"""Settings: which senders there are, and problems that name the setting and the fix but never a secret."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.twilio import TwilioAccount, TwilioSettings, read_accounts
from bot.channels.whatsapp.twilio.settings import read_settings
from bot.contract.environment import Environment
from bot.contract.errors import SettingsError
from tests.channels.harness import BASE
from tests.channels.twilio.harness import OWN, SID

ONE = {
    "WHATSAPP_TWILIO_ACCOUNT_SID": SID,
    "WHATSAPP_TWILIO_AUTH_TOKEN": "token-rahasia",
    "WHATSAPP_TWILIO_FROM": OWN,
}
TWO = {**ONE, "WHATSAPP_TWILIO_ACCOUNTS": "kedua", "WHATSAPP_TWILIO_KEDUA_FROM": "whatsapp:+622150000001"}


def found(variables: dict[str, str], public_url: str = BASE) -> list[tuple[str, TwilioSettings]]:
    env = Environment(variables)
    senders = read_settings(env, public_url)
    env.finish()
    return senders


def only(variables: dict[str, str], public_url: str = BASE) -> TwilioSettings:
    ((_, one),) = found(variables, public_url)
    return one


@pytest.mark.parametrize(
    "variables", [{}, {"WHATSAPP_TWILIO_API_URL": "https://api.twilio.com"}, {"WHATSAPP_TWILIO_FROM": " "}]
)
def test_nothing_about_twilio_is_no_account(variables: dict[str, str]) -> None:
    assert found(variables) == []


def test_one_sender() -> None:
    assert only(ONE) == TwilioSettings(
        sid=SID,
        tokens=("token-rahasia",),
        sender=OWN,
        api_url="https://api.twilio.com",
        messaging_url="https://messaging.twilio.com",
        content_sid="",
        webhook_url=f"{BASE}/webhooks/whatsapp/twilio",
    )


@pytest.mark.parametrize("written", [OWN, "+622150000000", "622150000000", "whatsapp:+62 21-5000-0000", "02150000000"])
def test_number_may_be_written_in_any_way(written: str) -> None:
    assert only({**ONE, "WHATSAPP_TWILIO_FROM": written}).sender == OWN


def test_token_that_is_being_changed_comes_second() -> None:
    assert only({**ONE, "WHATSAPP_TWILIO_AUTH_TOKEN_OLD": "lama"}).tokens == ("token-rahasia", "lama")


@pytest.mark.parametrize(
    ("written", "public_url", "url"),
    [
        ("", "", ""),
        ("", BASE, f"{BASE}/webhooks/whatsapp/twilio"),
        ("https://lain.example.id/wa", BASE, "https://lain.example.id/wa"),
        ("https://lain.example.id:8443/wa?kanal=1#rc=3", "", "https://lain.example.id:8443/wa"),
    ],
)
def test_webhook_address_has_no_query_of_its_own(written: str, public_url: str, url: str) -> None:
    assert only({**ONE, "WHATSAPP_TWILIO_WEBHOOK_URL": written}, public_url).webhook_url == url


def test_further_sender_inherits_all_but_its_number() -> None:
    variables = {**TWO, "WHATSAPP_TWILIO_API_URL": "http://127.0.0.1:9/"}
    (_, first), (name, second) = found(variables)
    assert name == "kedua"
    assert (second.sid, second.tokens, second.api_url) == (first.sid, first.tokens, "http://127.0.0.1:9")
    assert (first.sender, second.sender) == (OWN, "whatsapp:+622150000001")


@pytest.mark.parametrize("missing", ONE)
def test_problem_names_what_is_missing(missing: str) -> None:
    with pytest.raises(SettingsError) as caught:
        found({name: value for name, value in ONE.items() if name != missing})
    (problem,) = caught.value.problems
    assert problem.startswith(f"{missing} is missing; ")


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({**ONE, "WHATSAPP_TWILIO_ACCOUNT_SID": "SK" + "0" * 32}, "WHATSAPP_TWILIO_ACCOUNT_SID"),
        ({**ONE, "WHATSAPP_TWILIO_ACCOUNT_SID": SID + "/../x"}, "WHATSAPP_TWILIO_ACCOUNT_SID"),
        ({**ONE, "WHATSAPP_TWILIO_AUTH_TOKEN": "token-é"}, "WHATSAPP_TWILIO_AUTH_TOKEN"),
        ({**ONE, "WHATSAPP_TWILIO_AUTH_TOKEN_OLD": "lama\x07"}, "WHATSAPP_TWILIO_AUTH_TOKEN_OLD"),
        ({**ONE, "WHATSAPP_TWILIO_FROM": "kawan"}, "WHATSAPP_TWILIO_FROM"),
        ({**ONE, "WHATSAPP_TWILIO_CONTENT_SID": "template"}, "WHATSAPP_TWILIO_CONTENT_SID"),
        ({**ONE, "WHATSAPP_TWILIO_API_URL": "api.twilio.com"}, "WHATSAPP_TWILIO_API_URL"),
        ({**ONE, "WHATSAPP_TWILIO_MESSAGING_URL": "ftp://x"}, "WHATSAPP_TWILIO_MESSAGING_URL"),
        ({**ONE, "WHATSAPP_TWILIO_WEBHOOK_URL": "/wa"}, "WHATSAPP_TWILIO_WEBHOOK_URL"),
        ({**ONE, "WHATSAPP_TWILIO_ACCOUNTS": "kedua"}, "WHATSAPP_TWILIO_KEDUA_FROM"),
        ({**TWO, "WHATSAPP_TWILIO_KEDUA_FROM": "+622150000000"}, "WHATSAPP_TWILIO_KEDUA_FROM"),
    ],
)
def test_problem_names_the_setting_and_a_fix_but_no_secret(variables: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        found(variables)
    problems = caught.value.problems
    assert any(problem.startswith(f"{named} ") and ";" in problem for problem in problems), problems
    for name, value in variables.items():
        if "TOKEN" in name:
            assert not any(value in problem for problem in problems)


def test_accounts_share_the_webhook_address() -> None:
    accounts = read_accounts(Environment(TWO), BASE)
    assert all(isinstance(account, TwilioAccount) for account in accounts)
    assert [(account.platform, account.name, account.path) for account in accounts] == [
        ("whatsapp-twilio", "default", "/webhooks/whatsapp/twilio"),
        ("whatsapp-twilio", "kedua", "/webhooks/whatsapp/twilio"),
    ]
