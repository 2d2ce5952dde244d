"""What Meta says of our account, what we never ask of it, and settings that only fail later."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.channels.platform import AccountNews, AccountState, Bubble, Verified
from bot.channels.whatsapp.meta.account import MetaAccount, read_accounts
from bot.contract.environment import Environment
from bot.contract.errors import SettingsError
from bot.contract.messages import Choice
from bot.contract.outcomes import Fate, Outcome, Trouble
from tests.channels.harness import request
from tests.channels.meta.harness import PERSON, settings, signed
from tests.channels.meta.stub import answering, opened

TAKEN = {"messages": [{"id": "wamid.B"}]}
WHOLE = {
    "WHATSAPP_META_PHONE_NUMBER_ID": "1",
    "WHATSAPP_META_TOKEN": "t",
    "WHATSAPP_META_APP_SECRET": "s",
    "WHATSAPP_META_APP_SECRET_OLD": "lama",
    "WHATSAPP_META_VERIFY_TOKEN": "v",
    "WHATSAPP_META_ACCOUNTS": "kedua",
    "WHATSAPP_META_KEDUA_PHONE_NUMBER_ID": "2",
}


def accounts(**changes: str) -> list[Any]:
    env = Environment({**WHOLE, **changes})
    found = read_accounts(env, "")
    env.finish()
    return found


def choices(*titles: str) -> tuple[Choice, ...]:
    return tuple(Choice(f"pilih:{number}", title) for number, title in enumerate(titles))


class TestNews:
    @pytest.mark.parametrize(
        ("value", "up"),
        [
            ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, False),
            ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}}, None),
            ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}, True),
            ({"event": "DISABLED_UPDATE", "ban_info": 3}, None),
            ({"event": "ACCOUNT_DELETED"}, False),
            ({"event": "ACCOUNT_VIOLATION"}, None),
            ({"event": ["DISABLE"]}, None),
            ({}, None),
        ],
    )
    def test_account_that_is_banned_is_down(self, value: dict[str, Any], up: bool | None) -> None:
        body = {"entry": [{"changes": [{"field": "account_update", "value": value}]}]}
        account = MetaAccount("default", settings())
        assert account.parse(request(account.path, json.dumps(body).encode(), {})) == [
            AccountNews("account_update", up)
        ]

    def test_template_that_is_disabled_does_not_take_the_account_down(self) -> None:
        value = {"event": "DISABLED", "ban_info": {"waba_ban_state": "DISABLE"}}
        body = {"entry": [{"changes": [{"field": "message_template_status_update", "value": value}]}]}
        account = MetaAccount("default", settings())
        (event,) = account.parse(request(account.path, json.dumps(body).encode(), {}))
        assert event == AccountNews("message_template_status_update")


class TestLimits:
    @pytest.mark.parametrize(
        "changes",
        [
            {"text": "x" * 4097},
            {"text": ""},
            {"text": "x" * 1025, "buttons": choices("Ya")},
            {"buttons": choices("a", "b", "c", "d")},
            {"buttons": choices("x" * 21)},
            {"buttons": choices("Ya", "Ya")},
            {"buttons": choices("")},
            {"rows": choices(*map(str, range(11)))},
            {"rows": choices("x" * 25)},
        ],
    )
    async def test_what_meta_would_refuse_is_not_sent(self, changes: dict[str, Any]) -> None:
        async with answering((200, TAKEN)) as stub:
            account = MetaAccount("default", settings(api_url=stub.url))
            async with opened(account):
                outcome = await account.send(Bubble(**{"id": "o1", "to": PERSON, "text": "x", "plain": "x", **changes}))
        assert (outcome, stub.asked) == (Outcome(Fate.REJECTED, code="too_large", trouble=Trouble.INVALID), [])

    @pytest.mark.parametrize(
        "changes",
        [
            {"text": "x" * 4096},
            {"text": "x" * 1024, "buttons": choices("a" * 20, "b" * 20, "c" * 20)},
            {"rows": choices(*(str(number) * 24 for number in range(10)))},
        ],
    )
    async def test_the_most_that_fits_is_sent(self, changes: dict[str, Any]) -> None:
        async with answering((200, TAKEN)) as stub:
            account = MetaAccount("default", settings(api_url=stub.url))
            async with opened(account):
                outcome = await account.send(Bubble(**{"id": "o1", "to": PERSON, "text": "x", "plain": "x", **changes}))
        assert outcome == Outcome(Fate.ACCEPTED, receipt="wamid.B")


class TestAnswers:
    @pytest.mark.parametrize("status", [301, 307, 408])
    async def test_answer_that_is_no_verdict_loses_no_message(self, status: int) -> None:
        async with answering((status, "<html>", {"Location": "https://lain.example/"})) as stub:
            account = MetaAccount("default", settings(api_url=stub.url))
            async with opened(account):
                outcome = await account.send(Bubble("o1", PERSON, "x", "x"))
        assert outcome == Outcome(Fate.RETRY, code=str(status), trouble=Trouble.TRANSIENT)

    @pytest.mark.parametrize(("rating", "detail"), [("GREEN", ""), ("RED", "quality_red"), (["RED"], ""), (None, "")])
    async def test_check_warns_of_a_number_that_people_complain_about(self, rating: Any, detail: str) -> None:
        async with answering((200, {"verified_name": "Kawan", "quality_rating": rating, "id": "1"})) as stub:
            account = MetaAccount("default", settings(api_url=stub.url))
            async with opened(account):
                assert await account.check() == AccountState(True, detail)
        assert stub.asked[0][1] == "/v25.0/1000000001?fields=verified_name,quality_rating"


class TestSettings:
    @pytest.mark.parametrize("token", ["a b", "a\nb", "a\u0000b"])
    def test_token_that_no_header_can_hold_is_named_and_not_repeated(self, token: str) -> None:
        with pytest.raises(SettingsError, match="WHATSAPP_META_TOKEN") as caught:
            accounts(WHATSAPP_META_TOKEN=token)
        assert token not in str(caught.value)

    def test_old_secret_is_of_the_app_that_had_it(self) -> None:
        body = b"{}"

        def verdict(secret: str, **changes: str) -> Verified:
            return accounts(**changes)[1].verify(  # type: ignore[no-any-return]
                request("/x", body, {"X-Hub-Signature-256": signed(body, secret)})
            )

        assert verdict("lama") is Verified.OK
        assert verdict("lama", WHATSAPP_META_KEDUA_APP_SECRET="lain") is Verified.BAD
        own = {"WHATSAPP_META_KEDUA_APP_SECRET": "lain", "WHATSAPP_META_KEDUA_APP_SECRET_OLD": "lain-lama"}
        assert verdict("lain-lama", **own) is Verified.OK
