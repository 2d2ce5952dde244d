"""Sending through the library to a local Bot API: what is called, and what is made of the answer."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from aiohttp.test_utils import unused_port

from bot.channels.platform import AccountState, Bubble
from bot.channels.port import Arrival
from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.send import SHARE_CONTACT
from bot.contract.logs import set_up_logs
from bot.contract.messages import Address, Choice
from bot.contract.outcomes import Fate, Outcome, Trouble
from tests.channels.telegram.harness import TOKEN, profile
from tests.channels.telegram.stub import Answer, Stub, hang_up, ok, page, refusal

SITI = Address("telegram", "default", "42")
PRESS = Arrival("1.cb", SITI, "choice", choice="pilih:1", handle="777")
SENT = Outcome(Fate.ACCEPTED, receipt="77")


def bubble(text: str = "halo <b>Kak</b>", **values: Any) -> Bubble:
    return Bubble(**{"id": "r1", "to": "42", "text": text, "plain": "halo Kak", **values})


def choices(*titles: str) -> tuple[Choice, ...]:
    return tuple(Choice(f"pilih:{number}", title) for number, title in enumerate(titles))


class TestMessage:
    async def test_text_goes_out_as_html_without_previews(self, bot: TelegramAccount, stub: Stub) -> None:
        assert await bot.send(bubble()) == SENT
        assert stub.of("sendMessage") == [
            {
                "chat_id": 42,
                "text": "halo <b>Kak</b>",
                "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": True},
            }
        ]

    @pytest.mark.parametrize(
        ("titles", "rows"),
        [
            (["Ya"], [1]),
            (["Ya", "Tidak"], [2]),
            (["Satu", "Dua", "Tiga"], [2, 1]),
            (["Cara daftar Prakerja"], [1]),
            (["Cara daftar Prakerja", "x" * 20], [2]),
            (["Bagaimana cara daftar?", "Lain"], [1, 1]),
        ],
    )
    async def test_long_titles_stand_alone(
        self, bot: TelegramAccount, stub: Stub, titles: list[str], rows: list[int]
    ) -> None:
        await bot.send(bubble(buttons=choices(*titles)))
        keyboard = stub.of("sendMessage")[0]["reply_markup"]["inline_keyboard"]
        assert [len(row) for row in keyboard] == rows
        buttons = [(button["text"], button["callback_data"]) for row in keyboard for button in row]
        assert buttons == [(choice.title, choice.id) for choice in choices(*titles)]

    @pytest.mark.parametrize("identity", ["x" * 65, "é" * 33])
    async def test_choice_id_that_does_not_fit_is_never_cut(
        self, bot: TelegramAccount, stub: Stub, identity: str
    ) -> None:
        outcome = await bot.send(bubble(buttons=(Choice(identity, "Ya"),)))
        assert outcome == Outcome(Fate.REJECTED, code="callback_data_too_long", trouble=Trouble.INVALID)
        assert stub.calls == []

    async def test_longest_choice_id_goes_out_whole(self, bot: TelegramAccount, stub: Stub) -> None:
        await bot.send(bubble(buttons=(Choice("é" * 32, "Ya"),)))
        keyboard = stub.of("sendMessage")[0]["reply_markup"]["inline_keyboard"]
        assert keyboard == [[{"text": "Ya", "callback_data": "é" * 32}]]

    async def test_request_for_the_number_is_a_keyboard_of_one_button(self, bot: TelegramAccount, stub: Stub) -> None:
        await bot.send(bubble(request_contact=True))
        keyboard = stub.of("sendMessage")[0]["reply_markup"]
        assert [[button["text"] for button in row] for row in keyboard["keyboard"]] == [[SHARE_CONTACT]]
        assert keyboard["keyboard"][0][0]["request_contact"] is True
        assert (keyboard["resize_keyboard"], keyboard["one_time_keyboard"]) == (True, True)

    async def test_refused_markup_goes_out_once_more_as_plain_text(self, bot: TelegramAccount, stub: Stub) -> None:
        stub.line_up("sendMessage", refusal(400, "Bad Request: can't parse entities: bad tag"))
        assert await bot.send(bubble(buttons=choices("Ya"))) == SENT
        first, second = stub.of("sendMessage")
        assert second["text"] == "halo Kak"
        assert "parse_mode" not in second
        assert second["reply_markup"] == first["reply_markup"]

    async def test_markup_refused_twice_is_our_mistake(self, bot: TelegramAccount, stub: Stub) -> None:
        stub.line_up("sendMessage", *[refusal(400, "Bad Request: can't parse entities")] * 2)
        assert (await bot.send(bubble())).code == "bad_markup"
        assert len(stub.calls) == 2


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (
            refusal(429, "Too Many Requests: retry after 7", retry_after=7),
            Outcome(Fate.RETRY, retry_after=7, code="flood", trouble=Trouble.THROTTLED_PERSON),
        ),
        (
            refusal(429, "Too Many Requests: retry after 900", retry_after=900),
            Outcome(Fate.RETRY, retry_after=900, code="flood", trouble=Trouble.THROTTLED_ACCOUNT),
        ),
        (page(429), Outcome(Fate.RETRY, code="flood", trouble=Trouble.THROTTLED_PERSON)),
        (
            refusal(403, "Forbidden: bot was blocked by the user"),
            Outcome(Fate.DROPPED, code="blocked", trouble=Trouble.BLOCKED),
        ),
        (
            refusal(400, "Bad Request: chat not found"),
            Outcome(Fate.REJECTED, code="chat_not_found", trouble=Trouble.UNDELIVERABLE),
        ),
        (
            refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001),
            Outcome(Fate.RETRY, code="moved", trouble=Trouble.MOVED, moved_to="-1001"),
        ),
        (refusal(401, "Unauthorized"), Outcome(Fate.RETRY, code="invalid_token", trouble=Trouble.AUTH)),
        (refusal(404, "Not Found"), Outcome(Fate.RETRY, code="invalid_token", trouble=Trouble.AUTH)),
        (refusal(409, "Conflict"), Outcome(Fate.RETRY, code="conflict", trouble=Trouble.TRANSIENT)),
        (refusal(500, "Internal Server Error"), Outcome(Fate.RETRY, code="server_error", trouble=Trouble.TRANSIENT)),
        (page(502), Outcome(Fate.RETRY, code="server_error", trouble=Trouble.TRANSIENT)),
        (page(200), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (page(200, "[]"), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (page(200, '{"ok": true}'), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (page(400, "[]"), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (ok("bukan pesan"), Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)),
        (hang_up, Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)),
    ],
)
async def test_answer_becomes_an_outcome(bot: TelegramAccount, stub: Stub, answer: Answer, outcome: Outcome) -> None:
    stub.line_up("sendMessage", answer)
    assert await bot.send(bubble()) == outcome
    assert len(stub.calls) == 1


class TestNobodyThere:
    async def test_unreachable_server_took_nothing(self) -> None:
        account = TelegramAccount(profile(api_url=f"http://127.0.0.1:{unused_port()}"))
        await account.open()
        outcome = await account.send(bubble())
        assert outcome == Outcome(Fate.RETRY, code="unreachable", trouble=Trouble.TRANSIENT)
        assert await account.check() == AccountState(False, "unreachable")
        await account.close()

    async def test_closed_account_took_nothing(self) -> None:
        account = TelegramAccount(profile())
        assert (await account.send(bubble())).fate is Fate.RETRY
        assert await account.check() == AccountState(False, "closed")
        await account.close()

    async def test_account_can_be_opened_again(self, bot: TelegramAccount) -> None:
        await bot.close()
        await bot.open()
        await bot.open()
        assert await bot.send(bubble()) == SENT


class TestGestures:
    async def test_press_is_answered(self, bot: TelegramAccount, stub: Stub) -> None:
        await bot.noticed(PRESS)
        assert stub.of("answerCallbackQuery") == [{"callback_query_id": 777}]

    async def test_press_that_telegram_forgot_is_fine(self, bot: TelegramAccount, stub: Stub) -> None:
        stub.line_up("answerCallbackQuery", refusal(400, "Bad Request: query is too old and response timeout expired"))
        await bot.noticed(PRESS)
        assert len(stub.calls) == 1

    async def test_text_needs_no_sign(self, bot: TelegramAccount, stub: Stub) -> None:
        await bot.noticed(Arrival("1.12", SITI, "text", text="halo"))
        assert stub.calls == []

    async def test_typing_asks_to_be_called_again(self, bot: TelegramAccount, stub: Stub) -> None:
        assert await bot.typing(PRESS) is True
        assert stub.of("sendChatAction") == [{"chat_id": 42, "action": "typing"}]


URL = profile().webhook_url


def webhook(url: str, **values: Any) -> Answer:
    return ok({"url": url, "has_custom_certificate": False, "pending_update_count": 0, **values})


class TestCheck:
    @pytest.mark.parametrize(
        ("mode", "info", "state"),
        [
            ("polling", webhook(""), AccountState(True)),
            ("polling", webhook("https://lain.example.id/x"), AccountState(True, "webhook_set")),
            ("webhook", webhook(URL), AccountState(True)),
            ("webhook", webhook(""), AccountState(True, "webhook_missing")),
            ("webhook", webhook("https://lain.example.id/x"), AccountState(True, "webhook_elsewhere")),
            ("webhook", webhook(URL, last_error_date=4_000_000_000), AccountState(True)),
            ("webhook", webhook(URL, last_error_date=1_000_000_000, pending_update_count=3), AccountState(True)),
            (
                "webhook",
                webhook(URL, last_error_date=4_000_000_000, pending_update_count=3, last_error_message="403"),
                AccountState(True, "webhook_failing"),
            ),
            ("webhook", refusal(401, "Unauthorized"), AccountState(False, "invalid_token")),
            ("webhook", page(502), AccountState(False, "server_error")),
            ("webhook", page(200, "[]"), AccountState(False, "bad_answer")),
        ],
    )
    async def test_state_names_what_is_wrong(self, stub: Stub, mode: str, info: Answer, state: AccountState) -> None:
        account = TelegramAccount(profile(api_url=stub.url, mode=mode))
        await account.open()
        stub.line_up("getWebhookInfo", info)
        assert await account.check() == state
        await account.close()

    async def test_revoked_token_takes_the_account_down(self, bot: TelegramAccount, stub: Stub) -> None:
        stub.line_up("getMe", refusal(401, "Unauthorized"))
        assert await bot.check() == AccountState(False, "invalid_token")


@pytest.mark.parametrize("level", ["debug", "info", "warning"])
async def test_no_log_line_holds_token_chat_or_text(
    bot: TelegramAccount, stub: Stub, level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    set_up_logs(level)
    try:
        # Before it is opened, so that the library's words about its addresses are seen too.
        account = TelegramAccount(profile(api_url=stub.url))
        await account.open()
        answers = [
            ok({"message_id": 5, "text": "rahasia-sekali"}),
            ok("rahasia-sekali"),
            refusal(400, "Bad Request: 4242424242"),
            page(200, "rahasia-sekali"),
            hang_up,
        ]
        stub.line_up("sendMessage", *answers)
        for _ in answers:
            await account.send(bubble("rahasia-sekali", to="4242424242"))
        await account.check()
        await account.prepare()
        await account.close()
    finally:
        root.handlers[:], root.level = before
    written = capsys.readouterr().err
    for secret in (TOKEN, TOKEN.partition(":")[2], "4242424242", "rahasia-sekali"):
        assert secret not in written
    assert '"answer not readable"' in written


@pytest.mark.parametrize(
    "detail", [{}, {"date": 1_760_000_000_000_000}, {"date": "kemarin"}, {"chat": None}, {"entities": 7}, {"from": {}}]
)
async def test_answer_with_an_odd_detail_is_still_a_receipt(
    bot: TelegramAccount, stub: Stub, detail: dict[str, Any]
) -> None:
    stub.line_up("sendMessage", ok({"message_id": 77, **detail}))
    assert await bot.send(bubble()) == SENT


async def test_libraries_do_not_even_make_lines_about_their_calls(stub: Stub, caplog: pytest.LogCaptureFixture) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    set_up_logs("debug")
    root.addHandler(caplog.handler)
    try:
        account = TelegramAccount(profile(api_url=stub.url))
        await account.open()
        await account.send(bubble("rahasia-sekali"))
        await account.close()
    finally:
        root.handlers[:], root.level = before
    libraries = [record.name for record in caplog.records if record.name.startswith(("telegram", "http"))]
    assert libraries == []
