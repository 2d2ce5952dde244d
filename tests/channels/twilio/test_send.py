"""What is sent to Twilio's REST API, and what is made of its answers."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest
from aiohttp.test_utils import unused_port

from bot.channels.platform import AccountState, Bubble
from bot.channels.port import Arrival
from bot.channels.whatsapp.twilio import TwilioAccount
from bot.contract.messages import Address
from bot.contract.outcomes import Fate, Outcome, Trouble
from tests.channels.gateway_stub import Answer, Stub, hang_up, page, says, silence
from tests.channels.harness import BASE
from tests.channels.twilio.harness import OWN, SID, TOKEN, settings

SENT = Outcome(Fate.ACCEPTED, receipt="SM7")
CONTENT = "HX00000000000000000000000000000001"
ARRIVAL = Arrival("SM1", Address("whatsapp-twilio", "default", "6281234567890"), "text", handle="SM1")


def bubble(text: str = "halo & *Kak* 🙏", **values: Any) -> Bubble:
    return Bubble(**{"id": "r1", "to": "6281234567890", "text": text, "plain": text, **values})


def created(**more: Any) -> Answer:
    return says({"sid": "SM7", "status": "queued", "error_code": None, **more}, 201)


def failure(status: int, code: int | None = None, **headers: str) -> Answer:
    body = {"message": "gagal ke +6281234567890", "status": status} | ({} if code is None else {"code": code})
    return says(body, status, **headers)


@pytest.mark.parametrize(
    ("person", "to"),
    [("6281234567890", "whatsapp:+6281234567890"), ("ID.5550001", "whatsapp:ID.5550001")],
)
async def test_text_goes_to_the_person_and_asks_for_reports(
    account: TwilioAccount, stub: Stub, person: str, to: str
) -> None:
    stub.line_up(created())
    assert await account.send(bubble(to=person)) == SENT
    (call,) = stub.calls
    assert (call.method, call.path) == ("POST", f"/2010-04-01/Accounts/{SID}/Messages.json")
    assert call.headers["Authorization"] == "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    assert call.values == {
        "To": to,
        "From": OWN,
        "Body": "halo & *Kak* 🙏",
        "StatusCallback": f"{BASE}/webhooks/whatsapp/twilio?outbound=r1",
    }


async def test_no_reports_are_asked_for_where_our_address_is_unknown(stub: Stub) -> None:
    account = TwilioAccount("default", settings(api_url=stub.url, webhook_url=""))
    await account.open()
    stub.line_up(created())
    await account.send(bubble())
    await account.close()
    assert "StatusCallback" not in stub.calls[0].values


async def test_closed_window_is_reopened_by_the_template(stub: Stub) -> None:
    account = TwilioAccount("default", settings(api_url=stub.url, content_sid=CONTENT))
    await account.open()
    stub.line_up(created())
    assert await account.send(bubble(reopen=True, id="r1.reopen")) == SENT
    await account.close()
    values = stub.calls[0].values
    assert values["ContentSid"] == CONTENT
    assert "Body" not in values
    assert values["StatusCallback"].endswith("?outbound=r1.reopen")


async def test_without_a_template_the_window_stays_closed(account: TwilioAccount, stub: Stub) -> None:
    outcome = await account.send(bubble(reopen=True))
    assert (outcome.trouble, outcome.code) == (Trouble.WINDOW_CLOSED, "window_closed")
    assert stub.calls == []


async def test_half_a_character_does_not_stop_the_rest(account: TwilioAccount, stub: Stub) -> None:
    stub.line_up(created())
    assert await account.send(bubble("halo \ud83d Kak")) == SENT
    assert stub.calls[0].values["Body"] == "halo ? Kak"


def retry(code: str, trouble: Trouble, **values: Any) -> Outcome:
    return Outcome(Fate.RETRY, code=code, trouble=trouble, **values)


def final(code: str, trouble: Trouble) -> Outcome:
    return Outcome(Fate.REJECTED, code=code, trouble=trouble)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (failure(400, 63016), final("63016", Trouble.WINDOW_CLOSED)),
        (failure(429, 20429), retry("20429", Trouble.THROTTLED_ACCOUNT)),
        (failure(429, 63018, **{"Retry-After": "3"}), retry("63018", Trouble.THROTTLED_ACCOUNT, retry_after=3.0)),
        (failure(429), retry("429", Trouble.THROTTLED_ACCOUNT)),
        (failure(400, 21211), final("21211", Trouble.UNDELIVERABLE)),
        (failure(400, 21614), final("21614", Trouble.UNDELIVERABLE)),
        (failure(400, 63024), final("63024", Trouble.UNDELIVERABLE)),
        (failure(400, 63003), final("63003", Trouble.UNDELIVERABLE)),
        (failure(400, 21610), Outcome(Fate.DROPPED, code="21610", trouble=Trouble.BLOCKED)),
        (failure(400, 63032), Outcome(Fate.DROPPED, code="63032", trouble=Trouble.BLOCKED)),
        (failure(400, 63033), Outcome(Fate.DROPPED, code="63033", trouble=Trouble.BLOCKED)),
        (failure(400, 63013), final("63013", Trouble.POLICY)),
        (failure(400, 63020), final("63020", Trouble.POLICY)),
        (failure(400, 63038), final("63038", Trouble.POLICY)),
        (failure(400, 63005), final("63005", Trouble.INVALID)),
        (failure(400, 63021), final("63021", Trouble.INVALID)),
        (failure(400, 63030), final("63030", Trouble.INVALID)),
        (failure(400, 21617), final("21617", Trouble.INVALID)),
        (failure(400, 63019), final("63019", Trouble.MEDIA)),
        (failure(400, 63001), retry("63001", Trouble.AUTH)),
        (failure(400, 63007), retry("63007", Trouble.AUTH)),
        (failure(401, 20003), retry("20003", Trouble.AUTH)),
        (failure(403), retry("403", Trouble.AUTH)),
        (failure(404, 20404), retry("404", Trouble.AUTH)),
        (failure(400, 63010), retry("63010", Trouble.TRANSIENT)),
        (failure(400, 63012), retry("63012", Trouble.TRANSIENT)),
        (failure(400, 21999), final("400", Trouble.INVALID)),
        (failure(400), final("400", Trouble.INVALID)),
        (says({"code": "tidak"}, 400), final("400", Trouble.INVALID)),
        (says({"code": [63016]}, 400), final("400", Trouble.INVALID)),
        (says({"code": True}, 400), final("400", Trouble.INVALID)),
        (page(400), final("400", Trouble.INVALID)),
        (page(301), retry("301", Trouble.TRANSIENT)),
        (failure(500, 20500), retry("500", Trouble.TRANSIENT)),
        (page(503), retry("503", Trouble.TRANSIENT)),
        (created(status="failed", error_code=63016), final("63016", Trouble.WINDOW_CLOSED)),
        (created(error_code="63024"), final("63024", Trouble.UNDELIVERABLE)),
        (created(error_code=12345), SENT),
        (says({"status": "queued"}, 201), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (says([], 201), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (page(200), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (hang_up, Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)),
    ],
)
async def test_answer_becomes_an_outcome(account: TwilioAccount, stub: Stub, answer: Answer, outcome: Outcome) -> None:
    stub.line_up(answer)
    assert await account.send(bubble()) == outcome
    assert len(stub.calls) == 1


class TestNobodyThere:
    async def test_silence_after_the_request_leaves_doubt(self, stub: Stub) -> None:
        account = TwilioAccount("default", settings(api_url=stub.url), answer_seconds=1.5)
        await account.open()
        stub.line_up(silence)
        outcome = await account.send(bubble())
        await account.close()
        assert outcome == Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)
        assert len(stub.calls) == 1

    async def test_unreachable_server_took_nothing(self) -> None:
        account = TwilioAccount("default", settings(api_url=f"http://127.0.0.1:{unused_port()}"))
        await account.open()
        assert await account.send(bubble()) == retry("unreachable", Trouble.TRANSIENT)
        assert await account.check() == AccountState(False, "unreachable")
        await account.close()

    async def test_closed_account_took_nothing(self) -> None:
        assert (await TwilioAccount("default", settings()).send(bubble())).fate is Fate.RETRY


class TestTyping:
    async def test_is_shown_once(self, account: TwilioAccount, stub: Stub) -> None:
        assert await account.typing(ARRIVAL) is False
        (call,) = stub.calls
        assert (call.method, call.path) == ("POST", "/v3/Indicators/Typing.json")
        assert call.values == {"channel": "WHATSAPP", "messageId": "SM1"}

    async def test_needs_a_message(self, account: TwilioAccount, stub: Stub) -> None:
        assert await account.typing(Arrival("SM1", ARRIVAL.address, "text")) is False
        assert stub.calls == []


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (says({"sid": SID, "status": "active"}), AccountState(True)),
        (says({"sid": SID}), AccountState(True)),
        (says({"sid": SID, "status": "suspended"}), AccountState(False, "not_active")),
        (failure(401, 20003), AccountState(False, "auth")),
        (failure(404, 20404), AccountState(False, "no_account")),
        (page(502), AccountState(False, "status_502")),
        (hang_up, AccountState(False, "unreachable")),
    ],
)
async def test_state_names_what_is_wrong(
    account: TwilioAccount, stub: Stub, answer: Answer, state: AccountState
) -> None:
    stub.line_up(answer, answer)  # a lost question may be asked again
    assert await account.check() == state
    assert (stub.calls[0].method, stub.calls[0].path) == ("GET", f"/2010-04-01/Accounts/{SID}.json")


async def test_no_log_line_and_no_outcome_holds_token_number_or_text(
    account: TwilioAccount, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bot")
    answers = [created(body="rahasia-sekali"), failure(500), failure(400, 21211), page(400, "+6281234567890"), hang_up]
    stub.line_up(*answers)
    outcomes = [await account.send(bubble("rahasia-sekali")) for _ in answers]
    written = caplog.text + repr(outcomes)
    for secret in (TOKEN, "6281234567890", "rahasia-sekali"):
        assert secret not in written
