"""Meta's Cloud API: what is sent, what the answers mean, which settings are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.http import Caller
from bot.channels.platform import (
    Bubble,
    Ignored,
    RawRequest,
)
from bot.channels.port import Arrival
from bot.channels.whatsapp.meta.account import MetaAccount, read_accounts
from bot.contract.environment import Environment
from bot.contract.errors import SettingsError
from bot.contract.messages import Choice
from bot.contract.outcomes import Fate, Outcome, Trouble
from tests.channels.harness import request
from tests.channels.meta.harness import PERSON, MetaHarness, envelope, message, settings
from tests.channels.meta.stub import answering, opened

BSUID = "ID.1234567890123"


def bubble(**changes: Any) -> Bubble:
    values: dict[str, Any] = {"id": "o1", "to": PERSON, "text": "Halo, Kak", "plain": "Halo, Kak"}
    return Bubble(**{**values, **changes})


def taken(receipt: str = "wamid.B") -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "messages": [{"id": receipt}]}


def error(code: int) -> dict[str, Any]:
    return {"error": {"message": "teks dari luar", "code": code}}


async def sent(one: Bubble, *answers: Any, **changes: Any) -> tuple[Outcome, list[dict[str, Any]]]:
    async with answering(*answers) as stub:
        account = MetaAccount("default", settings(api_url=stub.url, **changes))
        async with opened(account):
            outcome = await account.send(one)
        assert all(headers["Authorization"] == "Bearer token-meta-rahasia" for *_, headers in stub.asked)
        return outcome, stub.bodies


class TestSending:
    async def test_text(self) -> None:
        outcome, (body,) = await sent(bubble(), (200, taken()))
        assert outcome == Outcome(Fate.ACCEPTED, receipt="wamid.B")
        assert body == {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": PERSON,
            "biz_opaque_callback_data": "o1",
            "type": "text",
            "text": {"body": "Halo, Kak", "preview_url": False},
        }

    async def test_person_without_a_number_is_a_recipient(self) -> None:
        _, (body,) = await sent(bubble(to=BSUID), (200, taken()))
        assert body["recipient"] == BSUID
        assert "to" not in body

    async def test_buttons(self) -> None:
        _, (body,) = await sent(bubble(buttons=(Choice("pilih:a", "Ya"),)), (200, taken()))
        assert body["interactive"]["action"]["buttons"] == [
            {"type": "reply", "reply": {"id": "pilih:a", "title": "Ya"}}
        ]

    async def test_list(self) -> None:
        _, (body,) = await sent(bubble(rows=(Choice("pilih:a", "Ya"),)), (200, taken()))
        assert body["interactive"]["action"]["sections"] == [{"rows": [{"id": "pilih:a", "title": "Ya"}]}]

    async def test_closed_window_takes_only_the_template(self) -> None:
        _, (body,) = await sent(bubble(reopen=True), (200, taken()), template="lanjut_obrolan")
        assert body["template"]["name"] == "lanjut_obrolan"
        assert "text" not in body
        outcome, asked = await sent(bubble(reopen=True), (200, taken()))
        assert (outcome.trouble, asked) == (Trouble.WINDOW_CLOSED, [])

    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            ((200, {"messages": []}), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
            ((200, "<html>"), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
            ((400, error(131056)), Outcome(Fate.RETRY, "", 4.0, "131056", Trouble.THROTTLED_PERSON)),
            (
                (429, error(130429), {"Retry-After": "9"}),
                Outcome(Fate.RETRY, "", 9.0, "130429", Trouble.THROTTLED_ACCOUNT),
            ),
            ((429, "<html>"), Outcome(Fate.RETRY, "", 0.0, "429", Trouble.THROTTLED_ACCOUNT)),
            ((400, error(131047)), Outcome(Fate.REJECTED, code="131047", trouble=Trouble.WINDOW_CLOSED)),
            ((400, error(131026)), Outcome(Fate.REJECTED, code="131026", trouble=Trouble.UNDELIVERABLE)),
            ((401, error(190)), Outcome(Fate.RETRY, code="190", trouble=Trouble.AUTH)),
            ((403, error(200)), Outcome(Fate.RETRY, code="200", trouble=Trouble.AUTH)),
            ((400, error(132001)), Outcome(Fate.REJECTED, code="132001", trouble=Trouble.TEMPLATE)),
            ((400, error(999999)), Outcome(Fate.REJECTED, code="999999", trouble=Trouble.INVALID)),
            ((500, error(999999)), Outcome(Fate.RETRY, code="999999", trouble=Trouble.TRANSIENT)),
            ((500, error(131000)), Outcome(Fate.RETRY, code="131000", trouble=Trouble.TRANSIENT)),
            ((502, "<html>Bad gateway</html>"), Outcome(Fate.RETRY, code="502", trouble=Trouble.TRANSIENT)),
            ((400, {"error": "x"}), Outcome(Fate.REJECTED, code="400", trouble=Trouble.INVALID)),
        ],
    )
    async def test_answer_has_its_outcome(self, answer: Any, outcome: Outcome) -> None:
        assert (await sent(bubble(), answer))[0] == outcome

    async def test_refused_connection_was_not_sent(self) -> None:
        account = MetaAccount("default", settings(api_url="http://127.0.0.1:9"))
        async with opened(account):
            assert await account.send(bubble()) == Outcome(Fate.RETRY, code="unreachable", trouble=Trouble.TRANSIENT)

    async def test_silence_after_the_call_is_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with answering(None) as stub:
            account = MetaAccount("default", settings(api_url=stub.url))
            monkeypatch.setattr(account, "_caller", Caller(answer_seconds=1.5))
            async with opened(account):
                outcome = await account.send(bubble())
        assert outcome == Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)

    async def test_typing_marks_as_read_in_the_same_call(self) -> None:
        async with answering((200, {"success": True})) as stub:
            account = MetaAccount("default", settings(api_url=stub.url))
            async with opened(account):
                arrival = Arrival("m1", account.address(PERSON), "text", text="x", handle="wamid.A")
                assert not await account.typing(arrival)
        (body,) = stub.bodies
        assert (body["status"], body["message_id"], body["typing_indicator"]) == ("read", "wamid.A", {"type": "text"})

    @pytest.mark.parametrize(
        ("answer", "up", "detail"),
        [((200, {"id": "1"}), True, ""), ((401, error(190)), False, "invalid_token"), ((500, "x"), False, "500")],
    )
    async def test_check(self, answer: Any, up: bool, detail: str) -> None:
        async with answering(answer) as stub:
            account = MetaAccount("default", settings(api_url=stub.url))
            async with opened(account):
                state = await account.check()
        assert (state.up, state.detail) == (up, detail)


WHOLE = {
    "WHATSAPP_META_PHONE_NUMBER_ID": "1",
    "WHATSAPP_META_TOKEN": "t",
    "WHATSAPP_META_APP_SECRET": "s",
    "WHATSAPP_META_VERIFY_TOKEN": "v",
}


def accounts(variables: dict[str, str]) -> list[Any]:
    env = Environment(variables)
    found = read_accounts(env, "")
    env.finish()
    return found


class TestSettings:
    def test_nothing_set_is_no_account(self) -> None:
        assert accounts({}) == []

    def test_second_number_inherits_what_it_does_not_set(self) -> None:
        more = {"WHATSAPP_META_ACCOUNTS": "kedua", "WHATSAPP_META_KEDUA_PHONE_NUMBER_ID": "2"}
        first, second = accounts({**WHOLE, **more})
        assert (first.name, second.name) == ("default", "kedua")
        assert isinstance(second.parse(_at("2"))[0], Arrival)
        assert second.parse(_at("1")) == [Ignored("other_account")]

    @pytest.mark.parametrize("missing", WHOLE)
    def test_what_is_missing_is_named(self, missing: str) -> None:
        with pytest.raises(SettingsError, match=missing):
            accounts({name: value for name, value in WHOLE.items() if name != missing})

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("WHATSAPP_META_PHONE_NUMBER_ID", "+62 812"),
            ("WHATSAPP_META_API_VERSION", "25"),
            ("WHATSAPP_META_API_URL", "graph.facebook.com"),
            ("WHATSAPP_META_ACCOUNTS", "Kedua!"),
        ],
    )
    def test_wrong_value_is_named(self, name: str, value: str) -> None:
        with pytest.raises(SettingsError, match=name):
            accounts({**WHOLE, name: value})

    def test_one_number_twice_is_refused(self) -> None:
        more = {"WHATSAPP_META_ACCOUNTS": "kedua", "WHATSAPP_META_KEDUA_PHONE_NUMBER_ID": "1"}
        with pytest.raises(SettingsError, match="twice"):
            accounts({**WHOLE, **more})


def _at(number: str) -> RawRequest:
    return request("/x", envelope(number, messages=[message(type="text", text={"body": "x"})]), {})


def test_harness_is_the_account_that_is_tested_here() -> None:
    assert isinstance(MetaHarness().account, MetaAccount)
