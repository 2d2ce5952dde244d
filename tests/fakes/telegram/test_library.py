"""The fake Telegram behaves like the real one, seen by python-telegram-bot."""

from __future__ import annotations

import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup
from telegram import ReplyKeyboardRemove as TakeKeyboardAway
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError

from tests.fakes import faults
from tests.fakes.faults import Rule
from tests.fakes.page import NotKnown
from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram.api import Api


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
