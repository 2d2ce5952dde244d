"""Updates as they are polled, and what people can do to bring them about."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.page import CannotDo, NotKnown
from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram.api import Api, Clock


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
