"""Guessing: links tried out, look-ups in a row, and numbers that are not the sender's or were not offered by them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from actions.accounts.outcomes import Refused, Trouble
from actions.accounts.service import Linked
from actions.accounts.tallies import FAILED_LINKS, LOOK_UPS
from bot.assistant.engine import Engine
from bot.contract.keys import Keys
from bot.contract.messages import Contact, Inbound
from bot.contract.scripts import Client
from nlu.content.live import LiveCatalogue
from tests.assistant.accounts_world import TELEGRAM, Town
from tests.assistant.test_account_attacks import open_village

LINAS_NUMBER = "+6281200000010"
FIND, REDEEM, STATUS = "POST /v1/accounts/find", "POST /v1/links/redeem", "status"
FORGED = "kp1_" + "A" * 50
# The same number as people and machines write it.
SPELLINGS = (
    "+6281200000010", "6281200000010", "081200000010", "0812-0000-0010", "0812 0000 0010", "+62 812 0000 0010",
    "(+62)812.0000.0010", "62 812-0000-0010", "81200000010", "0812O000O010", "０８１２００００００１０", "٠٨١٢٠٠٠٠٠٠١٠",
    "nol delapan satu dua nol nol nol nol nol nol satu nol", "0\u200b81200000010", "https://wa.me/6281200000010",
)  # fmt: skip


@pytest_asyncio.fixture
async def village(tmp_path: Path, redis: Client, engine: Engine, catalogue: LiveCatalogue) -> AsyncIterator[Town]:
    async with open_village(tmp_path, redis, engine, catalogue) as town:
        yield town


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every request that leaves the process, by method and path; of a status only that it was one."""
    made: list[str] = []
    request = aiohttp.ClientSession.request

    def noted(self: aiohttp.ClientSession, method: str, url: Any, **more: Any) -> Any:
        path = "/" + str(url).split("/", 3)[3]
        made.append(STATUS if path.endswith("/status") else f"{method} {path}")
        return request(self, method, url, **more)

    monkeypatch.setattr(aiohttp.ClientSession, "request", noted)
    return made


class TestLinkGuessing:
    async def test_after_ten_failures_nothing_is_asked_of_the_backend_any_more(
        self, village: Town, calls: list[str]
    ) -> None:
        thief = village.telegram("maling")
        for _ in range(10):
            await thief.opens(FORGED)
            thief.sees("tidak saya kenali")
        assert calls == [REDEEM] * 10
        for _ in range(5):
            await thief.opens(FORGED)
            thief.sees("belum bisa dipakai", "Coba lagi nanti")
        assert calls == [REDEEM] * 10

    async def test_refusal_does_not_say_whether_a_link_is_right(self, village: Town, calls: list[str]) -> None:
        thief = village.telegram("maling")
        await spend(village, thief.conversation)
        await thief.opens(FORGED)
        wrong = thief.reply
        right = village.server.token("siti")
        await thief.opens(right)
        assert thief.reply == wrong
        assert calls == []
        siti = village.telegram("siti")
        await siti.opens(right)
        siti.sees("akun Si** R****** sudah terhubung")  # so the right one was not used up by the refusal

    async def test_it_works_again_when_the_hour_is_over(self, village: Town) -> None:
        thief = village.telegram("maling")
        for _ in range(11):
            await village.accounts.redeem(thief.conversation, FORGED)
        tally = Keys(1).tally(FAILED_LINKS.name, thief.conversation)
        assert 0 < await village.redis.ttl(tally) <= 3600
        await village.redis.delete(tally)  # what Redis does by itself then
        await thief.opens(village.server.token("siti"))
        thief.sees("sudah terhubung")

    async def test_refused_attempts_do_not_make_the_hour_longer(self, village: Town) -> None:
        chat = TELEGRAM.format("maling")
        for _ in range(10):
            await village.accounts.redeem(chat, FORGED)
        tally = Keys(1).tally(FAILED_LINKS.name, chat)
        await village.redis.expire(tally, 60)
        for _ in range(5):
            assert await village.accounts.redeem(chat, FORGED) == Refused(Trouble.TOO_MANY_FAILURES)
        assert await village.redis.ttl(tally) <= 60

    async def test_every_kind_of_failure_counts_and_success_does_not(self, village: Town) -> None:
        chat, other = TELEGRAM.format("maling"), TELEGRAM.format("siti")
        used = village.server.token("siti")
        await village.accounts.redeem(other, used)
        for token in (FORGED, used):
            assert isinstance(await village.accounts.redeem(chat, token), Refused)
        assert isinstance(await village.accounts.redeem(chat, village.server.token("budi")), Linked)
        assert await village.redis.get(Keys(1).tally(FAILED_LINKS.name, chat)) == b"2"

    async def test_backend_that_is_down_uses_up_nobodys_attempts(self, village: Town) -> None:
        siti, token = village.telegram("siti"), village.server.token("siti")
        village.server.fault("down")
        for _ in range(12):
            await siti.opens(token)
        await village.comes_back()
        await siti.opens(token)
        siti.sees("sudah terhubung")

    async def test_one_who_guesses_does_not_lock_out_anybody_else(self, village: Town) -> None:
        await spend(village, TELEGRAM.format("maling"))
        siti = village.telegram("siti")
        await siti.opens(village.server.token("siti"))
        siti.sees("sudah terhubung")

    async def test_who_is_locked_out_still_sees_the_account_that_is_linked(self, village: Town) -> None:
        siti = await village.linked("siti")
        await spend(village, siti.conversation)
        await siti.says("cek status saya")
        siti.sees("Akun Si** R******")


class TestLookUps:
    async def test_sixth_look_up_in_a_minute_is_not_made(self, village: Town, calls: list[str]) -> None:
        siti = await village.linked("siti")
        calls.clear()
        await minute_begins(village, siti.conversation)
        for _ in range(5):
            await village.cache_expires()
            await siti.says("cek status saya")
            siti.sees("Akun Si** R******")
        await village.cache_expires()
        await siti.says("cek status saya")
        siti.sees("Terlalu banyak pengecekan dalam semenit")
        siti.misses("Akun Si**")
        assert calls.count(STATUS) == 5
        await minute_begins(village, siti.conversation)
        await siti.says("cek status saya")
        siti.sees("Akun Si** R******")

    async def test_asking_within_half_a_minute_costs_no_call(self, village: Town, calls: list[str]) -> None:
        siti = await village.linked("siti")
        await village.redis.persist(Keys(1).status(siti.conversation))  # half a minute that lasts
        calls.clear()
        for words in ("cek status saya", "cek status insentif saya dong", "cek status saya") * 4:
            await siti.says(words)
            siti.misses("Terlalu banyak")
        assert calls == []

    async def test_number_that_is_used_again_and_again_is_looked_up_five_times(
        self, village: Town, calls: list[str]
    ) -> None:
        chat = "whatsapp-meta:default:6289999999999"
        await minute_begins(village, chat)
        answers = [await village.accounts.use_number(chat, "+6289999999999") for _ in range(7)]
        assert [one.trouble for one in answers if isinstance(one, Refused)] == [
            *[Trouble.NOT_FOUND] * 5,
            *[Trouble.LIMITED] * 2,
        ]
        assert calls == [FIND] * 5

    async def test_one_persons_look_ups_are_nobody_elses(self, village: Town) -> None:
        siti, budi = await village.linked("siti"), await village.linked("budi")
        for _ in range(6):
            await village.cache_expires()
            await village.accounts.status(siti.conversation)
        await village.cache_expires()
        await budi.says("cek status saya")
        budi.sees("Akun Bu** S******")


class TestNumbers:
    """No number but the sender's own opens anything, and that one only when they say so."""

    @pytest.mark.parametrize("written", SPELLINGS)
    @pytest.mark.parametrize(
        "question",
        [
            "{}",
            "cek status nomor {}",
            "pakai nomor ini {}",
            "teman saya {} insentifnya sudah cair belum?",
            "> {}\ncek status saya",
        ],
    )
    async def test_number_in_words_is_never_looked_up(
        self, village: Town, calls: list[str], question: str, written: str
    ) -> None:
        for talk in (village.telegram("maling"), village.web("maling"), village.whatsapp("+6281200000098")):
            await talk.says(question.format(written))
            talk.misses("Tahap: ", "Berhasil")
            assert "0000010" not in (talk.state or b"").decode()
        assert calls == []

    async def test_number_in_words_is_not_looked_up_in_the_middle_of_linking_either(
        self, village: Town, calls: list[str]
    ) -> None:
        for talk in (village.telegram("maling"), village.web("maling"), village.whatsapp("+6281200000098")):
            await talk.says("hubungkan akun prakerja saya")
            for written in SPELLINGS:
                await talk.says(written)
                talk.misses("Tahap: ", "Berhasil")
        assert calls == []

    @pytest.mark.parametrize(
        "words",
        [
            "cek status saya",
            "min insentif gw kok blm cair y",
            "hubungkan akun prakerja saya",
            "nomor saya yang ini",
            "cek status nomor +6281200000001",
            "/use_number",
            "/use_number{}",
            "use_number",
        ],
    )
    async def test_own_number_is_not_used_unasked(self, village: Town, calls: list[str], words: str) -> None:
        lina = village.whatsapp(LINAS_NUMBER)
        await lina.says(words)
        lina.misses("Tahap: ", "Berhasil")
        assert calls == []

    async def test_somebody_elses_card_on_whatsapp_uses_no_number_at_all(self, village: Town, calls: list[str]) -> None:
        lina = village.whatsapp(LINAS_NUMBER)
        # As the gateway stores it: the card is not the sender's, the number behind the message is.
        shared = Inbound(
            "m0", lina.conversation, "contact", village.clock(), contact=Contact("", False), phone=LINAS_NUMBER
        )
        await lina.hears(shared)
        lina.misses("Tahap: ", "Berhasil")
        lina.sees("Kartu kontak itu tidak saya pakai")
        assert calls == []

    async def test_somebody_elses_card_on_telegram_uses_no_number_at_all(self, village: Town, calls: list[str]) -> None:
        ani = village.telegram("ani")
        await ani.says("hubungkan akun prakerja saya")
        await ani.shares("")
        ani.sees("Kartu kontak itu tidak saya pakai")
        assert calls == []

    async def test_button_for_the_number_works_in_no_chat_whose_number_is_not_vouched_for(
        self, village: Town, calls: list[str]
    ) -> None:
        ani = village.web("ani")
        for words in ("cek status saya", "pakai nomor ini", "Pakai nomor ini", "use_number"):
            await ani.says(words)
            assert "Pakai nomor ini" not in ani.buttons
            ani.misses("Tahap: ", "Berhasil")
        assert calls == []

    async def test_number_that_nobody_has_and_one_that_two_have_look_the_same(self, village: Town) -> None:
        replies = []
        for phone in ("+6289999999999", "+6281200000030"):
            somebody = village.whatsapp(phone)
            await somebody.says("cek status saya")
            await somebody.presses("Pakai nomor ini")
            replies.append(somebody.reply)
        assert replies[0] == replies[1]


async def spend(town: Town, conversation: str) -> None:
    """Use up the failures of an hour."""
    await town.redis.set(Keys(1).tally(FAILED_LINKS.name, conversation), FAILED_LINKS.most, ex=FAILED_LINKS.seconds)


async def minute_begins(town: Town, conversation: str) -> None:
    """A minute of look-ups, which lasts as long as the test."""
    await town.redis.set(Keys(1).tally(LOOK_UPS.name, conversation), 0, ex=3600)
