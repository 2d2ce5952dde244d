"""What the fake Telegram does wrong when it is told to, and the limits that it keeps."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.fakes import faults
from tests.fakes.faults import Rule
from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram.api import Api, Clock


async def test_a_call_is_refused_as_too_frequent(fake: TelegramFake, api: Api) -> None:
    fake.person(42).start()
    fake.faults.add(Rule(faults.RateLimited(7), method="sendMessage", times=1))
    status, body = await api("sendMessage", chat_id=42, text="Halo")
    assert (status, body["parameters"]) == (429, {"retry_after": 7})
    assert body["description"] == "Too Many Requests: retry after 7"
    assert (await api("sendMessage", chat_id=42, text="Halo"))[0] == 200


@pytest.mark.parametrize(
    ("action", "shown"),
    [(faults.Refuse(), 0), (faults.TimeoutAfterTaken(0.05), 1)],
    ids=["not taken", "taken"],
)
async def test_the_line_breaks_before_or_after_the_message_was_taken(
    fake: TelegramFake, api: Api, action: faults.Action, shown: int
) -> None:
    fake.person(42).start()
    fake.faults.add(Rule(action, method="sendMessage"))
    with pytest.raises(aiohttp.ClientError):
        await api("sendMessage", chat_id=42, text="Halo")
    assert len(fake.person(42).answers) == shown
    assert [call.status for call in fake.calls] == [0]


async def test_a_slow_answer_comes_late_and_the_message_is_there_already(fake: TelegramFake, api: Api) -> None:
    fake.person(42).start()
    fake.faults.add(Rule(faults.Slow(0.2)))
    call = asyncio.create_task(api("sendMessage", chat_id=42, text="Halo"))
    await fake.person(42).read()
    assert not call.done()
    assert (await call)[0] == 200


@pytest.mark.parametrize(
    ("action", "status", "description"),
    [
        (faults.Blocked(), 403, "Forbidden: bot was blocked by the user"),
        (faults.BadRequest("message thread not found"), 400, "Bad Request: message thread not found"),
        (faults.BadRequest("Unauthorized", status=401), 401, "Unauthorized"),
        (faults.ServerError(503), 503, "Service Unavailable"),
    ],
)
async def test_a_call_is_refused_in_the_platforms_words(
    fake: TelegramFake, api: Api, action: faults.Action, status: int, description: str
) -> None:
    fake.person(42).start()
    fake.faults.add(Rule(action, person="42"))
    answer = await api("sendMessage", chat_id=42, text="Halo")
    assert answer == (status, {"ok": False, "error_code": status, "description": description})
    assert fake.person(42).answers == []


async def test_an_update_comes_twice_with_the_same_number(fake: TelegramFake, api: Api) -> None:
    fake.faults.add(Rule(faults.Duplicate(), times=1))
    fake.person(42).write("Halo")
    (first,) = await api.updates()
    (second,) = await api.updates(offset=first["update_id"] + 1, timeout=5)
    assert second == first
    assert await api.updates(offset=first["update_id"] + 1) == []


async def test_messages_of_a_person_come_in_reverse(fake: TelegramFake, api: Api) -> None:
    fake.faults.add(Rule(faults.Reorder(3), times=1))
    for text in ("satu", "dua", "tiga", "empat"):
        fake.person(42).write(text)
    texts = [update["message"]["text"] for update in await api.updates()]
    assert texts == ["tiga", "dua", "satu", "empat"]


async def test_held_messages_come_even_when_no_other_follows(fake: TelegramFake, api: Api) -> None:
    fake.faults.add(Rule(faults.Reorder(3, seconds=0.05), times=1))
    fake.person(42).write("sendiri")
    assert len(await api.updates(timeout=5)) == 1


async def test_a_closed_port_refuses_and_the_chat_is_still_there_afterwards(fake: TelegramFake, api: Api) -> None:
    fake.person(42).start()
    await fake.close_port()
    with pytest.raises(aiohttp.ClientConnectorError):
        async with aiohttp.ClientSession() as fresh:
            await Api(fake, fresh)("getMe")
    await fake.open_port()
    assert (await api("sendMessage", chat_id=42, text="Halo"))[0] == 200


async def test_limits_are_noted_without_being_enforced(fake: TelegramFake, api: Api) -> None:
    fake.person(42).start()
    for _ in range(7):
        assert (await api("sendMessage", chat_id=42, text="Halo"))[0] == 200
    assert [violation.chat for violation in fake.pace.violations] == [42, 42]
    assert len(fake.pace.sent[42]) == 7


async def test_a_strict_server_refuses_what_comes_too_often(clock: Clock) -> None:
    async with TelegramFake(limits=True, clock=clock) as fake, aiohttp.ClientSession() as session:
        api = Api(fake, session)
        fake.person(42).start()
        statuses = [(await api("sendMessage", chat_id=42, text="Halo"))[0] for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        clock.ahead = 1.1
        assert (await api("sendMessage", chat_id=42, text="Halo"))[0] == 200


async def test_all_chats_share_one_limit(clock: Clock) -> None:
    async with TelegramFake(clock=lambda: 1000.0) as fake, aiohttp.ClientSession() as session:
        api = Api(fake, session)
        for number in range(1, 33):
            fake.person(number).start()
            await api("sendMessage", chat_id=number, text="Halo")
        assert [violation.chat for violation in fake.pace.violations] == [None, None]
        assert fake.pace.all_sent == [1000.0] * 32
