"""The fake Telegram behaves like the real one, seen by python-telegram-bot and by plain HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup
from telegram import ReplyKeyboardRemove as TakeKeyboardAway
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError

from tests.fakes import faults
from tests.fakes.faults import Rule
from tests.fakes.page import CannotDo, NotKnown
from tests.fakes.telegram import TelegramFake

TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


class Clock:
    """Real time, and as much more as a test wants."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Api:
    """Calls the fake by plain HTTP and gives the status and the JSON."""

    def __init__(self, fake: TelegramFake, session: aiohttp.ClientSession) -> None:
        self._fake = fake
        self._session = session

    async def __call__(self, method: str, *, token: str = "", **parameters: Any) -> tuple[int, dict[str, Any]]:
        url = f"{self._fake.url}/bot{token or self._fake.token}/{method}"
        async with self._session.post(url, json=parameters) as response:
            return response.status, await response.json()

    async def updates(self, **parameters: Any) -> list[dict[str, Any]]:
        _, body = await self("getUpdates", **parameters)
        found: list[dict[str, Any]] = body["result"]
        return found

    async def complaint(self, method: str, **parameters: Any) -> str:
        status, body = await self(method, **parameters)
        assert (body["ok"], body["error_code"]) == (False, status)
        return str(body["description"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def fake(clock: Clock) -> AsyncIterator[TelegramFake]:
    async with TelegramFake(clock=clock, retry_second=0.01) as fake:
        yield fake


@pytest_asyncio.fixture
async def api(fake: TelegramFake) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(fake, session)


@pytest_asyncio.fixture
async def bot(fake: TelegramFake) -> AsyncIterator[telegram.Bot]:
    async with telegram.Bot(fake.token, base_url=f"{fake.url}/bot") as bot:
        yield bot


# --- by the library


async def test_the_library_talks_to_a_person_and_back(fake: TelegramFake, bot: telegram.Bot) -> None:
    siti = fake.person(42, "Siti")
    siti.start("lapor")
    (update,) = await bot.get_updates(timeout=1)
    assert update.message is not None
    assert (update.message.text, update.message.from_user) == ("/start lapor", telegram.User(42, "Siti", False))
    button = InlineKeyboardMarkup.from_button(InlineKeyboardButton("Ya", callback_data="pilih:1"))
    await bot.send_chat_action(42, "typing")
    sent = await bot.send_message(42, "<b>Halo</b> &lt;Siti&gt;", parse_mode="HTML", reply_markup=button)
    (bubble,) = await siti.read()
    assert (bubble.text, bubble.titles, bubble.message_id) == ("Halo <Siti>", ["Ya"], sent.message_id)
    assert len(bubble.typing_at) == 1
    siti.press("Ya")
    (update,) = await bot.get_updates(offset=update.update_id + 1, timeout=1)
    assert update.callback_query is not None
    assert (update.callback_query.data, update.callback_query.message) == ("pilih:1", sent)
    assert siti.spinning == 1
    await update.callback_query.answer("Baik")
    assert (siti.spinning, siti.toasts[0].text) == (0, "Baik")


async def test_the_library_reads_everything_that_a_person_can_send(fake: TelegramFake, bot: telegram.Bot) -> None:
    siti = fake.person(42, "Siti")
    first = siti.write("Halo")
    siti.edit(first, "Halo Kak")
    siti.share_contact()
    siti.share_contact(own=False, forwarded=True)
    siti.send_photo("KTP")
    siti.album(3, "Tiga")
    siti.sticker()
    siti.voice()
    siti.location()
    siti.group_message()
    siti.channel_post()
    siti.block()
    siti.unblock()
    updates = await bot.get_updates(limit=100)
    messages = [update.message for update in updates if update.message]
    edited = updates[1].edited_message
    assert edited is not None
    assert (edited.message_id, edited.text) == (first, "Halo Kak")
    contacts = [message.contact for message in messages if message.contact]
    assert [(contact.user_id, contact.phone_number) for contact in contacts] == [
        (42, siti.phone),
        (None, "+6281299990000"),
    ]
    photos = [message for message in messages if message.photo]
    assert [message.caption for message in photos] == ["KTP", "Tiga", None, None]
    assert len({message.media_group_id for message in photos}) == 2
    assert [bool(one.sticker or one.voice or one.location) for one in messages[-4:]] == [True, True, True, False]
    assert messages[-1].chat.type == "supergroup"
    changes = [update.my_chat_member for update in updates if update.my_chat_member]
    assert [change.new_chat_member.status for change in changes] == ["kicked", "member"]
    assert len(updates) == 15
    assert updates[-3].channel_post is not None


async def test_the_library_sees_the_real_errors(fake: TelegramFake, bot: telegram.Bot) -> None:
    siti = fake.person(42)
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(42, "Halo")
    siti.start()
    with pytest.raises(BadRequest, match='find end tag corresponding to start tag "b"'):
        await bot.send_message(42, "<b>Halo", parse_mode="HTML")
    siti.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(42, "Halo")
    await bot.set_webhook("http://127.0.0.1:1/x")
    with pytest.raises(Conflict):
        await bot.get_updates()
    fake.faults.add(Rule(faults.ServerError(502)))
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.get_me()


async def test_a_wrong_token_is_unauthorized(fake: TelegramFake, api: Api) -> None:
    assert await api.complaint("getMe", token="123:" + "A" * 35) == "Unauthorized"
    assert (await api("getMe", token="123:" + "A" * 35))[0] == 401
    with pytest.raises(InvalidToken):
        async with telegram.Bot("nonsense", base_url=f"{fake.url}/bot"):
            pass


async def test_commands_are_kept_by_scope(bot: telegram.Bot) -> None:
    await bot.set_my_commands([("mulai", "Mulai dari awal")])
    assert [command.command for command in await bot.get_my_commands()] == ["mulai"]
    assert await bot.get_my_commands(language_code="en") == ()
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()


async def test_a_contact_key_is_shown_pressed_and_taken_away(fake: TelegramFake, bot: telegram.Bot) -> None:
    siti = fake.person(42)
    siti.start()
    keyboard = ReplyKeyboardMarkup([[KeyboardButton("Bagikan nomor", request_contact=True)]])
    await bot.send_message(42, "Nomornya?", reply_markup=keyboard)
    siti.press("Bagikan nomor")
    updates = await bot.get_updates()
    assert updates[-1].message is not None
    assert updates[-1].message.contact is not None
    await bot.send_message(42, "Terima kasih", reply_markup=TakeKeyboardAway())
    with pytest.raises(NotKnown):
        siti.press("Bagikan nomor")


# --- calls


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


# --- polling


async def test_an_update_is_given_until_a_higher_offset_is_asked_for(fake: TelegramFake, api: Api) -> None:
    siti = fake.person(42)
    for text in ("satu", "dua", "tiga"):
        siti.write(text)
    first = await api.updates(limit=2)
    assert [update["message"]["text"] for update in first] == ["satu", "dua"]
    assert await api.updates(limit=2) == first
    rest = await api.updates(offset=first[-1]["update_id"] + 1)
    assert [update["message"]["text"] for update in rest] == ["tiga"]
    assert fake.pending == 1
    assert await api.updates(offset=rest[-1]["update_id"] + 1) == []
    assert fake.pending == 0


async def test_a_negative_offset_keeps_only_the_newest(fake: TelegramFake, api: Api) -> None:
    for number in range(5):
        fake.person(42).write(str(number))
    assert [update["message"]["text"] for update in await api.updates(offset=-2)] == ["3", "4"]
    assert fake.pending == 2


async def test_a_long_poll_waits_for_the_next_update(fake: TelegramFake, api: Api) -> None:
    poll = asyncio.create_task(api.updates(timeout=20))
    await asyncio.sleep(0.1)
    assert not poll.done()
    fake.person(42).write("Halo")
    assert [update["message"]["text"] for update in await poll] == ["Halo"]


async def test_a_long_poll_ends_empty_after_its_time(api: Api) -> None:
    assert await api.updates(timeout=1) == []


async def test_a_second_poller_ends_the_first(api: Api, fake: TelegramFake) -> None:
    first = asyncio.create_task(api("getUpdates", timeout=20))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(api("getUpdates", timeout=20))
    status, body = await first
    assert status == 409
    assert body["description"].startswith("Conflict: terminated by other getUpdates request")
    fake.person(42).write("Halo")
    assert len((await second)[1]["result"]) == 1


async def test_setting_a_webhook_ends_a_poll(api: Api) -> None:
    poll = asyncio.create_task(api("getUpdates", timeout=20))
    await asyncio.sleep(0.1)
    await api("setWebhook", url="http://127.0.0.1:1/x")
    assert (await poll)[1]["description"] == "Conflict: terminated by setWebhook request"
    status, body = await api("getUpdates")
    assert (status, body["description"].partition(";")[0]) == (
        409,
        "Conflict: can't use getUpdates method while webhook is active",
    )


async def test_only_wanted_kinds_are_given_and_the_choice_lasts(fake: TelegramFake, api: Api) -> None:
    await api.updates(allowed_updates=["callback_query"])
    fake.person(42).write("Halo")
    assert await api.updates() == []
    await api.updates(allowed_updates=[])
    fake.person(42).write("Halo")
    assert len(await api.updates()) == 1


async def test_updates_are_gone_after_a_day(fake: TelegramFake, api: Api, clock: Clock) -> None:
    fake.person(42).write("Halo")
    clock.ahead = 24 * 3600 + 1
    assert await api.updates() == []


# --- faults


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


# --- limits


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


# --- people


async def test_a_person_can_do_only_what_the_app_offers(fake: TelegramFake, api: Api) -> None:
    siti = fake.person(42)
    siti.start()
    await api(
        "sendMessage", chat_id=42, text="x", reply_markup={"inline_keyboard": [[{"text": "S", "url": "https://a.id"}]]}
    )
    with pytest.raises(CannotDo):
        siti.press("S")
    with pytest.raises(NotKnown):
        siti.press("Tidak ada")
    with pytest.raises(NotKnown):
        siti.edit(999, "x")
    with pytest.raises(CannotDo):
        siti.write("  ")
    siti.block()
    with pytest.raises(CannotDo):
        siti.write("Halo")
    siti.start()
    assert siti.write("Halo") > 0


async def test_any_data_can_be_pressed_from_under_a_message_that_is_gone(fake: TelegramFake, api: Api) -> None:
    fake.person(42).press("pilih:palsu", forged=True)
    (update,) = await api.updates()
    assert update["callback_query"]["data"] == "pilih:palsu"
    assert update["callback_query"]["message"]["date"] == 0


async def test_waiting_for_an_answer_that_never_comes_ends(fake: TelegramFake) -> None:
    with pytest.raises(TimeoutError):
        await fake.person(42).read(seconds=0.05)
    fake.person(42).write("Halo")
    with pytest.raises(TimeoutError):
        await fake.settled(seconds=0.05)


async def test_a_kind_of_update_that_nobody_knows_can_be_pushed(fake: TelegramFake, api: Api) -> None:
    fake.push("thought", {"id": 1})
    assert [set(update) for update in await api.updates()] == [{"update_id", "thought"}]
