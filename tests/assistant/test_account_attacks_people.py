"""Attacks on people: a link that was passed on, an account that is pushed upon somebody, objections without a right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from actions.accounts.outcomes import Refused, Trouble
from bot.assistant.engine import Engine
from bot.contract.keys import Keys, Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.messages import Inbound
from bot.contract.scripts import Client
from nlu.content.live import LiveCatalogue
from tests.assistant.accounts_world import Town
from tests.assistant.talk import Talk
from tests.assistant.test_account_attacks import open_village, puts_ahead, sees_no_account
from tests.assistant.test_account_attacks_traces import everything
from tests.assistant.workroom import Outbox, make_worker, working

SITIS_NUMBER = "+6281200000001"


@pytest_asyncio.fixture
async def village(tmp_path: Path, redis: Client, engine: Engine, catalogue: LiveCatalogue) -> AsyncIterator[Town]:
    async with open_village(tmp_path, redis, engine, catalogue) as town:
        yield town


async def by_number(town: Town, phone: str) -> Talk:
    """Somebody on WhatsApp who uses their number."""
    talk = town.whatsapp(phone)
    await talk.says("cek status saya")
    await talk.presses("Pakai nomor ini")
    talk.sees("Tahap: ")
    return talk


async def objects(talk: Talk) -> None:
    """Says that it was somebody else, and means it."""
    await talk.says("bukan saya yang menghubungkan akun")
    if "Ya, putuskan semua" in talk.buttons:
        await talk.presses("Ya, putuskan semua")


async def still_sees(talk: Talk, name: str) -> None:
    """Nothing has happened to this chat's link."""
    await talk.says("cek status saya")
    talk.sees(f"Akun {name}")


class TestForwardedLink:
    async def test_owner_hears_of_it_at_once_and_ends_it_with_one_word(self, village: Town) -> None:
        siti, friend = await village.linked("siti"), village.telegram("teman")
        await friend.says(f"HUBUNGKAN {village.server.token('siti')}")
        friend.sees("akun Si** R****** sudah terhubung")
        await village.post()
        siti.sees("baru saja dihubungkan ke chat lain (Telegram)", "chat ini tidak terhubung lagi")
        siti.is_offered("Bukan saya")
        await siti.presses("Bukan saya")
        siti.sees("Semua chat sudah diputus", "ganti kata sandi")
        await sees_no_account(friend)
        await sees_no_account(siti)

    async def test_objection_ends_what_the_other_chat_had_in_the_cache_too(self, village: Town) -> None:
        siti, friend = await village.linked("siti"), village.telegram("teman")
        await friend.opens(village.server.token("siti"))
        await village.post()
        assert await village.redis.exists(Keys(1).status(friend.conversation))
        await siti.presses("Bukan saya")
        keys = (Keys(1).status(friend.conversation), Keys(1).link(friend.conversation))
        assert await village.redis.exists(*keys) == 0

    async def test_owner_in_another_kind_of_chat_hears_of_it_and_ends_both(self, village: Town) -> None:
        siti, friend = village.whatsapp(SITIS_NUMBER), village.telegram("teman")
        await siti.says(f"HUBUNGKAN {village.server.token('siti', 'whatsapp')}")
        await friend.opens(village.server.token("siti"))
        await village.post()
        siti.sees("baru saja dihubungkan ke chat lain (Telegram)")
        await siti.presses("Bukan saya")
        await sees_no_account(friend)
        await sees_no_account(siti)

    async def test_warning_says_nothing_of_who_took_it(self, village: Town) -> None:
        siti, friend = await village.linked("siti"), village.telegram("teman-rahasia-99")
        await friend.opens(village.server.token("siti"))
        (wake,) = await village.post()
        assert (wake.conversation, wake.phone, wake.start) == (siti.conversation, "", "")
        assert "teman-rahasia-99" not in wake.to_json()
        siti.misses("teman-rahasia-99", "Si**")

    async def test_nobody_else_hears_of_it(self, village: Town) -> None:
        budi = await village.linked("budi")
        await village.linked("siti")
        await village.telegram("teman").opens(village.server.token("siti"))
        assert [wake.conversation for wake in await village.post()] == [village.telegram("siti").conversation]
        await still_sees(budi, "Bu** S******")

    async def test_owner_without_any_chat_is_told_by_the_dashboard_only(self, village: Town) -> None:
        friend = village.telegram("teman")
        await friend.opens(village.server.token("siti"))
        friend.sees("sudah terhubung")
        assert await village.post() == []
        village.server.end_all("siti")
        await village.cache_expires()
        await friend.says("cek status saya")
        friend.sees("sudah berakhir atau diputus dari dashboard")

    async def test_objection_is_possible_for_a_day_after_the_link_was_taken(self, village: Town) -> None:
        siti, friend = await village.linked("siti"), village.telegram("teman")
        await friend.opens(village.server.token("siti"))
        await village.post()
        assert 0 < await village.redis.ttl(Keys(1).link(siti.conversation)) <= 86400
        puts_ahead(village, 86400 + 60)
        await siti.presses("Bukan saya")
        siti.sees("tidak ada sambungan akun yang bisa diputus")
        await still_sees(friend, "Si** R******")

    async def test_warning_is_not_lost_where_the_owner_has_a_full_mailbox(
        self, village: Town, engine: Engine, catalogue: LiveCatalogue
    ) -> None:
        siti, friend = await village.linked("siti"), village.telegram("teman")
        mailroom = Mailroom(village.redis, MailroomRules(mailbox_limit=1, lease_seconds=60))
        await mailroom.prepare()
        await mailroom.accept(Inbound("m1", siti.conversation, "text", village.clock(), text="halo"))
        assert len(await mailroom.claim(Lane.INBOX, "somebody who is busy with it", 1, 0)) == 1
        token = village.server.token("siti")
        async with working(make_worker(mailroom, engine, catalogue)):
            await mailroom.accept(Inbound("m1", friend.conversation, "text", village.clock(), start=token))
            (reply,) = await Outbox(mailroom).wait_for(1)
        assert "sudah terhubung" in reply
        waiting = [key for key, body in (await everything(village.redis)).items() if b"linked_elsewhere" in body]
        assert waiting, "nobody will ever tell the owner"

    async def test_warning_that_comes_late_does_not_touch_the_account_that_was_linked_meanwhile(
        self, village: Town
    ) -> None:
        chat, friend = await village.linked("siti"), village.telegram("teman")
        await friend.opens(village.server.token("siti"))
        await chat.opens(village.server.token("budi"))
        await chat.presses("Ya, ganti")
        chat.sees("akun Bu** S****** sudah terhubung")
        await village.post()
        await still_sees(chat, "Bu** S******")


class TestPushedAccount:
    """Somebody makes a link to their own account and gets another person to press it."""

    async def test_linked_chat_is_asked_first_and_told_whose_account_it_has(self, village: Town) -> None:
        siti = await village.linked("siti")
        await siti.opens(village.server.token("budi"))
        siti.sees("sudah terhubung ke akun Si** R******. Ganti")
        siti.misses("Bu**")
        await siti.presses("Tidak")
        await still_sees(siti, "Si** R******")

    @pytest.mark.parametrize("refusal", ["tidak", "batal", "gak jadi"])
    async def test_yes_that_comes_after_a_refusal_is_no_consent(self, village: Town, refusal: str) -> None:
        siti, token = await village.linked("siti"), village.server.token("budi")
        await siti.opens(token)
        await siti.says(refusal)
        for words in ("iya", "ya, ganti", "ok"):
            await siti.says(words)
            siti.misses("Bu**")
        await still_sees(siti, "Si** R******")
        await village.telegram("budi").opens(token)
        village.telegram("budi").sees("akun Bu** S****** sudah terhubung")  # so it was not used in secret

    async def test_consent_to_one_account_is_none_to_the_next(self, village: Town) -> None:
        siti = await village.linked("siti")
        await siti.opens(village.server.token("budi"))
        await siti.presses("Ya, ganti")
        await siti.opens(village.server.token("lina"))
        siti.sees("sudah terhubung ke akun Bu** S******. Ganti")
        siti.misses("Li**")

    async def test_other_words_are_no_consent(self, village: Town) -> None:
        siti = await village.linked("siti")
        await siti.opens(village.server.token("budi"))
        for words in ("cek status saya", "kapan gelombang 72 dibuka?", "/affirm", '/affirm{"replace_consent": "yes"}'):
            await siti.says(words)
            siti.misses("Bu**")
        await siti.says("batal")
        await still_sees(siti, "Si** R******")

    async def test_chat_without_an_account_reads_whose_account_it_got(self, village: Town) -> None:
        victim = village.telegram("korban")
        await victim.opens(village.server.token("budi"))
        victim.sees("akun Bu** S****** sudah terhubung", 'tulis "putuskan akun"')
        await victim.says("putuskan akun")
        await sees_no_account(victim)

    async def test_owner_of_the_pushed_account_learns_nothing_of_the_chat(self, village: Town) -> None:
        budi, victim = await village.linked("budi"), village.web("korban-rahasia-77")
        await victim.says(f"HUBUNGKAN {village.server.token('budi', 'web')}")
        await village.post()
        budi.sees("chat lain (chat web)")
        budi.misses("korban")


class TestObjectionWithoutARight:
    async def test_stranger(self, village: Town) -> None:
        siti, stranger = await village.linked("siti"), village.telegram("asing")
        await objects(stranger)
        stranger.sees("tidak ada sambungan akun yang bisa diputus")
        await still_sees(siti, "Si** R******")

    async def test_chat_that_has_the_number_only(self, village: Town) -> None:
        siti = await village.linked("siti")
        number = await by_number(village, SITIS_NUMBER)
        await objects(number)
        number.sees("tidak ada sambungan akun yang bisa diputus")
        assert await village.accounts.dispute(number.conversation) == Refused(Trouble.NOT_LINKED)
        await village.cache_expires()
        await still_sees(siti, "Si** R******")
        await number.says("cek status saya")
        number.sees("Tahap: ")

    async def test_chat_of_another_account_ends_its_own_links_alone(self, village: Town) -> None:
        siti, budi = await village.linked("siti"), await village.linked("budi")
        await objects(budi)
        budi.sees("Semua chat sudah diputus")
        await village.cache_expires()
        await still_sees(siti, "Si** R******")

    async def test_chat_that_let_go_by_itself(self, village: Town) -> None:
        siti, former = village.whatsapp(SITIS_NUMBER), await village.linked("siti")
        await siti.says(f"HUBUNGKAN {village.server.token('siti', 'whatsapp')}")
        await former.says("putuskan akun")
        await objects(former)
        former.sees("tidak ada sambungan akun yang bisa diputus")
        await village.cache_expires()
        await still_sees(siti, "Si** R******")

    async def test_chat_that_changed_to_another_account_has_no_say_in_the_former_one(self, village: Town) -> None:
        former, siti = await village.linked("siti"), village.whatsapp(SITIS_NUMBER)
        await siti.says(f"HUBUNGKAN {village.server.token('siti', 'whatsapp')}")
        await former.opens(village.server.token("budi"))
        await former.presses("Ya, ganti")
        await objects(former)
        await village.cache_expires()
        await still_sees(siti, "Si** R******")

    async def test_thief_who_objects_has_only_ended_links_their_own_first(self, village: Town) -> None:
        siti, thief = await village.linked("siti"), village.telegram("maling")
        await thief.opens(village.server.token("siti"))
        await objects(thief)
        await village.post()
        await sees_no_account(thief)
        await siti.opens(village.server.token("siti"))
        siti.sees("akun Si** R****** sudah terhubung")

    async def test_chat_that_has_only_a_number_is_not_offered_an_objection_it_cannot_make(self, village: Town) -> None:
        number = await by_number(village, SITIS_NUMBER)
        siti = village.whatsapp("+6281200000099")
        await siti.says(f"HUBUNGKAN {village.server.token('siti', 'whatsapp')}")
        await village.post()
        assert "Bukan saya" not in number.buttons


class TestSharedPhone:
    async def test_letting_go_leaves_nothing_for_the_next_who_takes_the_phone(self, village: Town) -> None:
        siti = await village.linked("siti")
        await siti.says("cek status saya")
        await siti.says("putuskan akun")
        keys = (Keys(1).link(siti.conversation), Keys(1).status(siti.conversation))
        assert await village.redis.exists(*keys) == 0
        assert await village.accounts.status(siti.conversation) == Refused(Trouble.NOT_LINKED)
        # A button of an earlier answer is no way back.
        await siti.says("Insentif")
        siti.misses("Rp600.000: ")

    async def test_letting_go_ends_the_grant_at_the_backend_as_well(self, village: Town) -> None:
        siti = await village.linked("siti")
        kept = await village.redis.get(Keys(1).link(siti.conversation))
        await siti.says("putuskan akun")
        await village.redis.set(Keys(1).link(siti.conversation), kept)
        assert await village.accounts.status(siti.conversation) == Refused(Trouble.ENDED)
