"""What is sent to a WAHA server, and what is made of its answers."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from aiohttp.test_utils import unused_port

from bot.channels.platform import AccountState, Bubble
from bot.channels.port import Arrival
from bot.channels.whatsapp.waha import WahaAccount
from bot.channels.whatsapp.waha.send import receipt_of
from bot.contract.messages import Address
from bot.contract.outcomes import Fate, Outcome, Trouble
from tests.channels.gateway_stub import Answer, Stub, hang_up, page, says, silence
from tests.channels.waha.harness import API_KEY, SITI, settings

SENT = Outcome(Fate.ACCEPTED, receipt="3EB0BB")
ARRIVAL = Arrival(
    f"false_{SITI}_A", Address("whatsapp-waha", "default", "6281234567890"), "text", handle=f"false_{SITI}_A"
)


def bubble(text: str = "halo *Kak* 🙏", **values: Any) -> Bubble:
    return Bubble(**{"id": "r1", "to": "6281234567890", "text": text, "plain": text, **values})


@pytest.mark.parametrize(("person", "chat"), [("6281234567890", SITI), ("123456789012345@lid", "123456789012345@lid")])
async def test_text_goes_to_the_persons_chat_without_a_preview(
    account: WahaAccount, stub: Stub, person: str, chat: str
) -> None:
    stub.line_up(says({"id": f"true_{chat}_3EB0BB"}, 201))
    assert await account.send(bubble(to=person)) == SENT
    (call,) = stub.calls
    assert (call.method, call.path, call.headers["X-Api-Key"]) == ("POST", "/api/sendText", API_KEY)
    assert call.values == {"session": "default", "chatId": chat, "text": "halo *Kak* 🙏", "linkPreview": False}


@pytest.mark.parametrize(
    "body",
    [
        {"id": f"true_{SITI}_3EB0BB"},
        {"id": "3EB0BB"},
        {"id": {"fromMe": True, "remote": SITI, "id": "3EB0BB", "_serialized": f"true_{SITI}_3EB0BB"}},
        {"id": {"id": "3EB0BB"}},
        {"key": {"remoteJid": "6281234567890@s.whatsapp.net", "fromMe": True, "id": "3EB0BB"}, "status": "PENDING"},
        {"_data": {"id": {"_serialized": f"true_{SITI}_3EB0BB"}}},
        {"_data": {"key": {"id": "3EB0BB"}}, "id": None},
        {"messageId": "3EB0BB"},
    ],
)
async def test_receipt_is_found_in_every_engines_answer(account: WahaAccount, stub: Stub, body: Any) -> None:
    stub.line_up(says(body, 201))
    assert await account.send(bubble()) == SENT


@pytest.mark.parametrize("body", [{}, {"id": 5}, {"id": []}, {"key": "", "id": {}}, {"_data": "x"}])
def test_answer_without_an_id_is_still_an_answer(body: dict[str, Any]) -> None:
    assert receipt_of(body) == ""


def retry(code: str, trouble: Trouble, **values: Any) -> Outcome:
    return Outcome(Fate.RETRY, code=code, trouble=trouble, **values)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (says({}, 201), Outcome(Fate.ACCEPTED)),
        (says([], 201), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (page(200), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (says({"message": "x"}, 400), Outcome(Fate.REJECTED, code="400", trouble=Trouble.INVALID)),
        (says({}, 413), Outcome(Fate.REJECTED, code="413", trouble=Trouble.INVALID)),
        (says({"message": "Unauthorized"}, 401), retry("401", Trouble.AUTH)),
        (says({}, 403), retry("403", Trouble.AUTH)),
        (says({"message": "Session not found"}, 404), retry("404", Trouble.TRANSIENT)),
        (says({"status": "SCAN_QR_CODE"}, 422), retry("422", Trouble.TRANSIENT)),
        (says({}, 429), retry("429", Trouble.THROTTLED_ACCOUNT)),
        (says({}, 429, **{"Retry-After": "7"}), retry("429", Trouble.THROTTLED_ACCOUNT, retry_after=7.0)),
        (says({}, 500), retry("500", Trouble.TRANSIENT)),
        (page(502), retry("502", Trouble.TRANSIENT)),
        (page(301), retry("301", Trouble.TRANSIENT)),
        (hang_up, Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)),
    ],
)
async def test_answer_becomes_an_outcome(account: WahaAccount, stub: Stub, answer: Answer, outcome: Outcome) -> None:
    stub.line_up(answer)
    assert await account.send(bubble()) == outcome
    assert len(stub.calls) == 1


class TestNobodyThere:
    async def test_silence_after_the_request_leaves_doubt(self, stub: Stub) -> None:
        account = WahaAccount(settings(url=stub.url), answer_seconds=1.5)
        await account.open()
        stub.line_up(silence)
        outcome = await account.send(bubble())
        await account.close()
        assert outcome == Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)
        assert len(stub.calls) == 1

    async def test_unreachable_server_took_nothing(self) -> None:
        account = WahaAccount(settings(url=f"http://127.0.0.1:{unused_port()}"))
        await account.open()
        assert await account.send(bubble()) == retry("unreachable", Trouble.TRANSIENT)
        assert await account.check() == AccountState(False, "unreachable")
        await account.close()

    async def test_closed_account_took_nothing(self) -> None:
        account = WahaAccount(settings())
        assert (await account.send(bubble())).fate is Fate.RETRY
        await account.close()


class TestGestures:
    async def test_message_is_marked_as_seen(self, account: WahaAccount, stub: Stub) -> None:
        await account.noticed(ARRIVAL)
        (call,) = stub.calls
        assert call.path == "/api/sendSeen"
        assert call.values == {"session": "default", "chatId": SITI, "messageIds": [f"false_{SITI}_A"]}

    async def test_typing_needs_to_be_shown_once(self, account: WahaAccount, stub: Stub) -> None:
        assert await account.typing(ARRIVAL) is False
        (call,) = stub.calls
        assert (call.path, call.values) == ("/api/startTyping", {"session": "default", "chatId": SITI})


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (says({"name": "default", "status": "WORKING"}), AccountState(True)),
        (says({"name": "default", "status": "SCAN_QR_CODE"}), AccountState(False, "session_scan_qr_code")),
        (says({"status": "FAILED"}), AccountState(False, "session_failed")),
        (says({"status": "nomor 6281234567890"}), AccountState(False, "bad_answer")),
        (says({"status": None}), AccountState(False, "bad_answer")),
        (page(200), AccountState(False, "bad_answer")),
        (says({}, 401), AccountState(False, "auth")),
        (says({}, 404), AccountState(False, "no_session")),
        (page(502), AccountState(False, "status_502")),
        (hang_up, AccountState(False, "unreachable")),
    ],
)
async def test_state_names_what_is_wrong(account: WahaAccount, stub: Stub, answer: Answer, state: AccountState) -> None:
    stub.line_up(answer, answer)  # a lost question may be asked again
    assert await account.check() == state
    assert (stub.calls[0].method, stub.calls[0].path) == ("GET", "/api/sessions/default")


async def test_no_log_line_and_no_outcome_holds_key_chat_or_text(
    account: WahaAccount, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bot")
    answers = [says({"id": 5, "text": "rahasia-sekali"}), says({"message": SITI}, 500), page(400, SITI), hang_up]
    stub.line_up(*answers)
    outcomes = [await account.send(bubble("rahasia-sekali")) for _ in answers]
    written = caplog.text + repr(outcomes)
    for secret in (API_KEY, "6281234567890", "rahasia-sekali"):
        assert secret not in written
