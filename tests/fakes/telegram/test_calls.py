"""Calls by plain HTTP are taken and refused as the real server does it."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram.api import Api, Clock

TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def test_parameters_come_by_query_form_multipart_and_json(fake: TelegramFake, api: Api) -> None:
    siti = fake.person(42)
    siti.start()
    url = f"{fake.url}/bot{fake.token}/sendMessage"
    markup = '{"inline_keyboard": [[{"text": "Ya", "callback_data": "y"}]]}'
    async with aiohttp.ClientSession() as session:
        await session.get(url, params={"chat_id": "42", "text": "query"})
        await session.post(url, data={"chat_id": "42", "text": "form", "reply_markup": markup})
        multipart = aiohttp.FormData({"chat_id": "42", "text": "multipart"}, default_to_multipart=True)
        await session.post(url, data=multipart)
        await session.post(url.replace("sendMessage", "SENDMESSAGE"), json={"chat_id": 42, "text": "json"})
        async with session.post(url, data=b"{", headers={"Content-Type": "application/json"}) as response:
            assert response.status == 400
    assert [bubble.text for bubble in siti.answers] == ["query", "form", "multipart", "json"]
    assert siti.answers[1].titles == ["Ya"]


def keys(count: int, data: str = "x") -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Ya", "callback_data": data}] for _ in range(count)]}


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"text": ""}, "Bad Request: message text is empty"),
        ({}, "Bad Request: message text is empty"),
        ({"text": "  \n"}, "Bad Request: text must be non-empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "Bad Request: text must be non-empty"),
        ({"text": "a" * 4097}, "Bad Request: message is too long"),
        ({"text": "😀" * 2049}, "Bad Request: message is too long"),
        ({"text": "Halo", "chat_id": ""}, "Bad Request: chat_id is empty"),
        ({"text": "Halo", "chat_id": 99}, "Bad Request: chat not found"),
        ({"text": "Halo", "chat_id": "@kanal"}, "Bad Request: chat not found"),
        ({"text": "Halo", "reply_markup": keys(1, "x" * 65)}, "Bad Request: BUTTON_DATA_INVALID"),
        ({"text": "Halo", "reply_markup": keys(1, "é" * 33)}, "Bad Request: BUTTON_DATA_INVALID"),
        ({"text": "Halo", "reply_markup": keys(1, "")}, "Bad Request: BUTTON_DATA_INVALID"),
        ({"text": "Halo", "reply_markup": keys(101)}, "Bad Request: reply markup is too long"),
        ({"text": "Halo", "reply_markup": "{"}, "Bad Request: can't parse reply keyboard markup JSON object"),
        ({"text": "Halo", "reply_markup": [1]}, "Bad Request: object expected as reply markup"),
        ({"text": "Halo", "reply_parameters": {"message_id": 99}}, "Bad Request: message to be replied not found"),
        ({"text": "Halo", "parse_mode": "BBCode"}, "Bad Request: unsupported parse_mode"),
    ],
)
async def test_what_the_real_server_refuses_is_refused(
    fake: TelegramFake, api: Api, parameters: dict[str, Any], complaint: str
) -> None:
    fake.person(42).start()
    assert await api.complaint("sendMessage", **{"chat_id": 42, **parameters}) == complaint
    assert fake.person(42).answers == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"text": "a" * 4096},
        {"text": "😀" * 2048},
        {"text": "<b>" + "&amp;" * 4096 + "</b>", "parse_mode": "HTML"},
        {"text": "Halo", "reply_markup": keys(100, "é" * 32)},
        {"text": "Halo", "reply_parameters": {"message_id": 99, "allow_sending_without_reply": True}},
    ],
    ids=["4096", "4096 units", "4096 after parsing", "100 buttons of 64 bytes", "reply to nothing"],
)
async def test_what_is_just_within_the_limits_is_taken(
    fake: TelegramFake, api: Api, parameters: dict[str, Any]
) -> None:
    fake.person(42).start()
    assert (await api("sendMessage", chat_id=42, **parameters))[0] == 200


async def test_half_an_emoji_is_no_utf8(fake: TelegramFake, api: Api) -> None:
    fake.person(42).start()
    assert (
        await api.complaint("sendMessage", chat_id=42, text="\ud83d") == "Bad Request: strings must be encoded in UTF-8"
    )


async def test_an_unknown_method_is_not_found(api: Api) -> None:
    assert await api("sendTelepathy") == (404, {"ok": False, "error_code": 404, "description": "Not Found"})


async def test_a_deleted_account_cannot_be_written_to(fake: TelegramFake, api: Api) -> None:
    fake.person(42).start()
    fake.person(42).deactivate()
    assert await api.complaint("sendMessage", chat_id=42, text="Halo") == "Forbidden: user is deactivated"


async def test_a_press_can_be_answered_for_150_seconds(fake: TelegramFake, api: Api, clock: Clock) -> None:
    siti = fake.person(42)
    siti.start()
    await api("sendMessage", chat_id=42, text="Ya?", reply_markup=keys(1))
    query = siti.press("Ya")
    clock.ahead = 149
    assert (await api("answerCallbackQuery", callback_query_id=query))[0] == 200
    clock.ahead = 151
    assert await api.complaint("answerCallbackQuery", callback_query_id=query) == TOO_OLD
    assert await api.complaint("answerCallbackQuery", callback_query_id="1") == TOO_OLD
    assert [update for update in await api.updates() if "callback_query" in update] == []


async def test_edits_change_what_the_person_sees(fake: TelegramFake, api: Api) -> None:
    siti = fake.person(42)
    theirs = siti.start()
    _, body = await api("sendMessage", chat_id=42, text="Satu")
    number = body["result"]["message_id"]
    assert (await api("editMessageText", chat_id=42, message_id=number, text="Dua", reply_markup=keys(1)))[0] == 200
    assert (siti.answers[0].text, siti.answers[0].titles, siti.answers[0].edited) == ("Dua", ["Ya"], True)
    same = await api.complaint("editMessageText", chat_id=42, message_id=number, text="Dua", reply_markup=keys(1))
    assert same.startswith("Bad Request: message is not modified: specified new message content")
    assert (await api("editMessageReplyMarkup", chat_id=42, message_id=number))[0] == 200
    assert (siti.answers[0].text, siti.answers[0].titles) == ("Dua", [])
    gone = await api.complaint("editMessageText", chat_id=42, message_id=999, text="x")
    assert gone == "Bad Request: message to edit not found"
    foreign = await api.complaint("editMessageText", chat_id=42, message_id=theirs, text="x")
    assert foreign == "Bad Request: message can't be edited"


async def test_deleted_messages_are_not_seen_any_more(fake: TelegramFake, api: Api) -> None:
    siti = fake.person(42)
    theirs = siti.write("3201011506900001")
    assert (await api("deleteMessage", chat_id=42, message_id=theirs))[0] == 200
    assert siti.seen == []
    again = await api.complaint("deleteMessage", chat_id=42, message_id=theirs)
    assert again == "Bad Request: message to delete not found"


async def test_an_action_that_does_not_exist_is_refused(fake: TelegramFake, api: Api) -> None:
    fake.person(42).start()
    complaint = await api.complaint("sendChatAction", chat_id=42, action="dancing")
    assert complaint == "Bad Request: wrong parameter action in request"
