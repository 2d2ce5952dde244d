"""What is sent to Fonnte, and what is made of its answers: HTTP says 200 to failures as well."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from aiohttp.test_utils import unused_port

from bot.channels.platform import AccountState, Bubble
from bot.channels.whatsapp.fonnte import FonnteAccount
from bot.contract.outcomes import Fate, Outcome, Trouble
from tests.channels.fonnte.harness import settings
from tests.channels.gateway_stub import Answer, Stub, hang_up, page, says, silence

TOKEN = "token-fonnte-rahasia"


def bubble(text: str = "halo & *Kak* 🙏", **values: Any) -> Bubble:
    return Bubble(**{"id": "r1", "to": "6281234567890", "text": text, "plain": text, **values})


def refused(reason: Any) -> Answer:
    return says({"status": False, "reason": reason, "requestid": 1})


def retry(code: str, trouble: Trouble, **values: Any) -> Outcome:
    return Outcome(Fate.RETRY, code=code, trouble=trouble, **values)


def final(code: str, trouble: Trouble) -> Outcome:
    return Outcome(Fate.REJECTED, code=code, trouble=trouble)


async def test_text_goes_to_the_number_as_it_is(account: FonnteAccount, stub: Stub) -> None:
    stub.line_up(says({"status": True, "id": ["80367170"], "process": "pending", "target": ["6281234567890"]}))
    assert await account.send(bubble()) == Outcome(Fate.ACCEPTED, receipt="80367170")
    (call,) = stub.calls
    assert (call.method, call.path, call.headers["Authorization"]) == ("POST", "/send", TOKEN)
    assert call.values == {
        "target": "6281234567890",
        "message": "halo & *Kak* 🙏",
        "countryCode": "0",
        "preview": "false",
    }


async def test_half_a_character_does_not_stop_the_rest(account: FonnteAccount, stub: Stub) -> None:
    stub.line_up(says({"status": True, "id": ["1"]}))
    assert (await account.send(bubble("halo \ud83d Kak"))).fate is Fate.ACCEPTED
    assert stub.calls[0].values["message"] == "halo ? Kak"


@pytest.mark.parametrize(
    ("identity", "receipt"),
    [(["80367170"], "80367170"), ([80367170], "80367170"), ("80367170", "80367170"), ([], ""), (None, ""), ([{}], "")],
)
async def test_receipt_in_whatever_shape(account: FonnteAccount, stub: Stub, identity: Any, receipt: str) -> None:
    stub.line_up(says({"status": True, "id": identity}))
    assert await account.send(bubble()) == Outcome(Fate.ACCEPTED, receipt=receipt)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (refused("token invalid"), retry("token", Trouble.AUTH)),
        (refused("Invalid Token"), retry("token", Trouble.AUTH)),
        (refused("unknown user"), retry("unknown_user", Trouble.AUTH)),
        (refused("request invalid on disconnected device"), retry("device_disconnected", Trouble.TRANSIENT)),
        (refused("device not connected"), retry("device_disconnected", Trouble.TRANSIENT)),
        (refused("insufficient quota"), retry("quota", Trouble.PAYMENT)),
        (refused("limit reached"), retry("limit", Trouble.PAYMENT)),
        (refused("target invalid"), final("target", Trouble.UNDELIVERABLE)),
        (refused("invalid number"), final("invalid", Trouble.UNDELIVERABLE)),
        (refused("invalid/empty body value"), final("bad_body", Trouble.INVALID)),
        (refused("JSON format invalid"), final("bad_body", Trouble.INVALID)),
        (refused("input invalid"), final("bad_body", Trouble.INVALID)),
        (refused("sesuatu yang baru"), final("refused", Trouble.INVALID)),
        (refused(None), final("refused", Trouble.INVALID)),
        (refused({"a": 1}), final("refused", Trouble.INVALID)),
        (says({"Status": False, "reason": "token invalid"}), retry("token", Trouble.AUTH)),
        (says({"status": "false", "reason": "token invalid"}), retry("token", Trouble.AUTH)),
        (says({"status": "true", "id": "1"}), Outcome(Fate.ACCEPTED, receipt="1")),
        (says({}), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (says({"status": 1}), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (says([]), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (page(200), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (says({}, 400), final("400", Trouble.INVALID)),
        (page(401), retry("401", Trouble.AUTH)),
        (page(403), retry("403", Trouble.AUTH)),
        (says({}, 429, **{"Retry-After": "9"}), retry("429", Trouble.THROTTLED_ACCOUNT, retry_after=9.0)),
        (page(301), retry("301", Trouble.TRANSIENT)),
        (page(502), retry("502", Trouble.TRANSIENT)),
        (hang_up, Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)),
    ],
)
async def test_answer_becomes_an_outcome(account: FonnteAccount, stub: Stub, answer: Answer, outcome: Outcome) -> None:
    stub.line_up(answer)
    assert await account.send(bubble()) == outcome
    assert len(stub.calls) == 1


class TestNobodyThere:
    async def test_silence_after_the_request_leaves_doubt(self, stub: Stub) -> None:
        account = FonnteAccount("default", settings(api_url=stub.url), answer_seconds=1.5)
        await account.open()
        stub.line_up(silence)
        outcome = await account.send(bubble())
        await account.close()
        assert outcome == Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)
        assert len(stub.calls) == 1

    async def test_unreachable_server_took_nothing(self) -> None:
        account = FonnteAccount("default", settings(api_url=f"http://127.0.0.1:{unused_port()}"))
        await account.open()
        assert await account.send(bubble()) == retry("unreachable", Trouble.TRANSIENT)
        assert await account.check() == AccountState(False, "unreachable")
        await account.close()

    async def test_closed_account_took_nothing(self) -> None:
        assert (await FonnteAccount("default", settings()).send(bubble())).fate is Fate.RETRY


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (says({"status": True, "device_status": "connect", "quota": "78"}), AccountState(True)),
        (says({"status": True, "device_status": "Connected"}), AccountState(True)),
        (says({"status": True, "device_status": "disconnect"}), AccountState(False, "session_down")),
        (says({"status": True}), AccountState(False, "session_down")),
        (refused("token invalid"), AccountState(False, "token")),
        (refused("nomor 6281234567890"), AccountState(False, "refused")),
        (page(200), AccountState(False, "bad_answer")),
        (page(403), AccountState(False, "auth")),
        (page(502), AccountState(False, "status_502")),
        (hang_up, AccountState(False, "unreachable")),
    ],
)
async def test_state_names_what_is_wrong(
    account: FonnteAccount, stub: Stub, answer: Answer, state: AccountState
) -> None:
    stub.line_up(answer)
    assert await account.check() == state
    assert (stub.calls[0].method, stub.calls[0].path) == ("POST", "/device")
    assert stub.calls[0].headers["Authorization"] == TOKEN


async def test_no_log_line_and_no_outcome_holds_token_number_or_text(
    account: FonnteAccount, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bot")
    answers = [says({"status": True, "detail": "rahasia-sekali"}), refused("6281234567890 invalid"), page(500), hang_up]
    stub.line_up(*answers)
    outcomes = [await account.send(bubble("rahasia-sekali")) for _ in answers]
    written = caplog.text + repr(outcomes)
    for secret in (TOKEN, "6281234567890", "rahasia-sekali"):
        assert secret not in written
