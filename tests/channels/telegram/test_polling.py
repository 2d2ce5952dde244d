"""Long polling: nothing is confirmed before it is stored, and nothing bad stops the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.channels.platform import AccountState, Event, Ignored
from bot.channels.port import Arrival
from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.commands import COMMANDS
from bot.contract.errors import BadMessage, MailboxFull, MailroomUnavailable
from tests.channels.telegram.harness import message, profile
from tests.channels.telegram.stub import Answer, Stub, hang_up, ok, page, refusal
from tests.contract.samples import PATIENCE_SECONDS


def update(number: int, text: str = "halo", **changes: Any) -> dict[str, Any]:
    return {"update_id": number, "message": message(message_id=number, text=text, **changes)}


class Desk:
    """Takes events, or refuses them as a test has lined up."""

    def __init__(self) -> None:
        self.taken: list[Event] = []
        self.refusals: dict[str, list[Exception]] = {}
        self.changed = asyncio.Condition()

    async def take(self, event: Event) -> None:
        if isinstance(event, Arrival) and self.refusals.get(event.text):
            raise self.refusals[event.text].pop(0)
        async with self.changed:
            self.taken.append(event)
            self.changed.notify_all()

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.taken if isinstance(event, Arrival)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), self.changed:
            await self.changed.wait_for(condition)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@asynccontextmanager
async def listening(bot: TelegramAccount, desk: Desk) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(bot.listen(desk.take))
    yield task
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def offsets(stub: Stub) -> list[int | None]:
    return [values.get("offset") for values in stub.of("getUpdates")]


async def test_updates_arrive_once_and_in_order(bot: TelegramAccount, stub: Stub, desk: Desk) -> None:
    stub.updates = [update(5, "satu"), update(6, "dua"), update(9, "tiga")]
    async with listening(bot, desk):
        await stub.until(lambda: 10 in offsets(stub))
        stub.updates.append(update(12, "empat"))
        await stub.until(lambda: 13 in offsets(stub))
    assert desk.texts == ["satu", "dua", "tiga", "empat"]


async def test_question_names_what_we_want(bot: TelegramAccount, stub: Stub, desk: Desk) -> None:
    async with listening(bot, desk):
        await stub.until(lambda: len(offsets(stub)) >= 2)
    first, second = stub.of("getUpdates")[:2]
    assert first["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
    assert (first.get("timeout", 0), second["timeout"]) == (0, 1)


async def test_nothing_is_confirmed_before_it_is_stored(bot: TelegramAccount, stub: Stub, desk: Desk) -> None:
    stub.updates = [update(5, "satu"), update(6, "dua")]
    desk.refusals["dua"] = [MailroomUnavailable("redis"), MailroomUnavailable("redis")]
    async with listening(bot, desk):
        await stub.until(lambda: 7 in offsets(stub))
    assert offsets(stub)[:4] == [None, 6, 6, 7]
    assert desk.texts == ["satu", "dua"]


@pytest.mark.parametrize(
    "refused", [BadMessage("bad", "x"), MailboxFull("full"), ValueError("an adapter's mistake")], ids=repr
)
async def test_message_that_cannot_be_taken_does_not_stop_the_next(
    bot: TelegramAccount, stub: Stub, desk: Desk, refused: Exception
) -> None:
    stub.updates = [update(5, "buruk"), update(6, "baik")]
    desk.refusals["buruk"] = [refused] * 9
    async with listening(bot, desk):
        await stub.until(lambda: 7 in offsets(stub))
    assert desk.texts == ["baik"]


@pytest.mark.parametrize(
    "poison",
    [
        {"update_id": 5},
        {"update_id": 5, "message": {"message_id": 1}},
        {"update_id": 5, "message": {**message(), "photo": [{"rusak": 1}], "entities": 7}},
        {"update_id": 5, "hologram": {"a": 1}},
    ],
)
async def test_poison_update_hides_nobody(bot: TelegramAccount, stub: Stub, desk: Desk, poison: dict[str, Any]) -> None:
    stub.updates = [update(4, "sebelum"), poison, update(6, "sesudah")]
    async with listening(bot, desk):
        await stub.until(lambda: 7 in offsets(stub))
    assert [text for text in desk.texts if text] == ["sebelum", "sesudah"]


async def test_update_without_a_number_is_left_out(bot: TelegramAccount, stub: Stub, desk: Desk) -> None:
    stub.line_up("getUpdates", ok([None, 5, {}, {"update_id": "5"}, {"update_id": True}, update(8, "baik")]))
    async with listening(bot, desk):
        await desk.until(lambda: desk.texts == ["baik"])
        await stub.until(lambda: 9 in offsets(stub))


async def test_ignored_updates_are_reported_and_confirmed(bot: TelegramAccount, stub: Stub, desk: Desk) -> None:
    stub.updates = [update(5, chat={"id": -1_001_234_567_890, "type": "supergroup"})]
    async with listening(bot, desk):
        await stub.until(lambda: 6 in offsets(stub))
    assert desk.taken == [Ignored("group")]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal(409, "Conflict: terminated by other getUpdates request"), "conflict"),
        (refusal(401, "Unauthorized"), "invalid_token"),
        (refusal(404, "Not Found"), "invalid_token"),
        (refusal(502, "Bad Gateway"), "unreachable"),
        (page(200), "unreachable"),
        (page(200, "[]"), "unreachable"),
        (page(200, '{"ok": true}'), "unreachable"),
        (ok({"bukan": "daftar"}), "unreachable"),
        (hang_up, "unreachable"),
    ],
)
async def test_trouble_is_waited_out_and_named(
    bot: TelegramAccount, stub: Stub, desk: Desk, answer: Answer, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    stub.updates = [update(5, "satu")]
    stub.line_up("getUpdates", answer, answer)
    async with listening(bot, desk):
        await desk.until(lambda: desk.texts == ["satu"])
    noted = [record.__dict__["kawan_fields"]["code"] for record in caplog.records if "kawan_fields" in record.__dict__]
    assert noted == [code, code]


async def test_flood_is_waited_out_for_as_long_as_telegram_says(
    bot: TelegramAccount, stub: Stub, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    stub.updates = [update(5, "satu")]
    stub.line_up("getUpdates", refusal(429, "Too Many Requests: retry after 1", retry_after=1))
    async with listening(bot, desk):
        await desk.until(lambda: desk.texts == ["satu"])
    (record,) = [record for record in caplog.records if "kawan_fields" in record.__dict__]
    assert record.__dict__["kawan_fields"]["wait_seconds"] == 1.0


async def test_conflict_is_seen_in_the_accounts_state(bot: TelegramAccount, stub: Stub, desk: Desk) -> None:
    stub.line_up("getUpdates", *[refusal(409, "Conflict")] * 500)
    async with listening(bot, desk):
        await stub.until(lambda: len(offsets(stub)) >= 2)
        assert await bot.check() == AccountState(True, "conflict")
    assert await bot.check() == AccountState(True)


async def test_commands_are_set_once_when_telegram_can_be_reached(bot: TelegramAccount, stub: Stub, desk: Desk) -> None:
    stub.line_up("getUpdates", page(502), page(502))
    stub.updates = [update(5)]
    async with listening(bot, desk):
        await stub.until(lambda: 6 in offsets(stub))
    (values,) = stub.of("setMyCommands")
    assert [command["command"] for command in values["commands"]] == [command.command for command in COMMANDS]
    assert [call.method for call in stub.calls][:4] == ["getUpdates"] * 3 + ["setMyCommands"]


async def test_commands_that_cannot_be_set_stop_nothing(bot: TelegramAccount, stub: Stub, desk: Desk) -> None:
    stub.line_up("setMyCommands", refusal(400, "Bad Request: BOT_COMMAND_INVALID"))
    stub.updates = [update(5, "satu")]
    async with listening(bot, desk):
        await desk.until(lambda: desk.texts == ["satu"])


async def test_bot_by_webhook_fetches_nothing(stub: Stub, desk: Desk) -> None:
    account = TelegramAccount(profile(api_url=stub.url, mode="webhook"))
    await account.open()
    async with listening(account, desk) as task:
        done, _ = await asyncio.wait([task], timeout=0.1)
        assert not done
    assert stub.calls == []
    await account.close()


async def test_new_life_asks_again_for_what_was_not_confirmed(bot: TelegramAccount, stub: Stub, desk: Desk) -> None:
    stub.updates = [update(5, "satu")]
    desk.refusals["satu"] = [MailroomUnavailable("redis")] * 100_000
    async with listening(bot, desk):
        await stub.until(lambda: len(offsets(stub)) >= 2)
    assert set(offsets(stub)) == {None}
    desk.refusals.clear()
    async with listening(bot, desk):
        await desk.until(lambda: desk.texts == ["satu"])
