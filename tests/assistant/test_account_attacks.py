"""Attacks with links: used again, changed, raced for, forwarded, and objected to by who has no right to."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from actions.accounts.outcomes import Refused, Trouble
from actions.accounts.service import Linked
from actions.tools import Tools
from bot.account_api.app import build_app
from bot.account_api.settings import read_settings
from bot.assistant.engine import Engine
from bot.contract.breaker import Breaker
from bot.contract.scripts import Client
from nlu.content.live import LiveCatalogue
from tests.assistant.account_server import TOKEN, AccountServer
from tests.assistant.accounts_world import TELEGRAM, Town, account_settings, make_accounts
from tests.assistant.talk import Clock, Talk, turn_taker

READY_SECONDS = 30.0
# Where in a token the letters of each part stand (docs/account-api.yml).
PARTS = {"prefix": slice(0, 4), "nonce": slice(4, 26), "end": slice(26, 32), "signature": slice(32, 54)}
CROWD = 40


class AgeingServer(AccountServer):
    """The reference server in a thread, with a clock that can be put ahead."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.ahead = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._runner: web.AppRunner | None = None

    def start(self) -> None:
        """Start it."""
        settings = read_settings({"--database": str(self._database)}, {"ACCOUNT_API_TOKEN": TOKEN})
        app = build_app(settings, clock=lambda: time.time() + self.ahead)
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._serve(app), self._loop).result(READY_SECONDS)

    def stop(self) -> None:
        """Stop it for good."""
        assert self._runner
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(READY_SECONDS)
        asyncio.run_coroutine_threadsafe(self._loop.shutdown_default_executor(), self._loop).result(READY_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self, app: web.Application) -> str:
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"


@asynccontextmanager
async def open_village(folder: Path, redis: Client, engine: Engine, catalogue: LiveCatalogue) -> AsyncIterator[Town]:
    """A town whose account server is its own: what fails in one test does not count against another."""
    with AgeingServer(folder) as server:
        breaker, clock = Breaker(), Clock(time.time())
        accounts = make_accounts(redis, account_settings(server.url), breaker)
        engine.equip(Tools(catalogue, accounts, clock))
        yield Town(turn_taker(engine, catalogue, clock), clock, server, accounts, redis, breaker)
        engine.equip(Tools(catalogue, None))
        await accounts.close()


@pytest_asyncio.fixture
async def village(tmp_path: Path, redis: Client, engine: Engine, catalogue: LiveCatalogue) -> AsyncIterator[Town]:
    async with open_village(tmp_path, redis, engine, catalogue) as town:
        yield town


def puts_ahead(town: Town, seconds: float) -> None:
    """Time passes for the account server."""
    assert isinstance(town.server, AgeingServer)
    town.server.ahead = seconds


async def sees_no_account(talk: Talk) -> None:
    """Whoever asks here for a status gets none, and no name."""
    await talk.says("cek status saya")
    talk.sees("perlu dihubungkan dulu")
    talk.misses("Akun ", "Langkah berikutnya")


class TestReplay:
    async def test_link_that_was_used_in_another_chat_opens_nothing(self, village: Town) -> None:
        token = village.server.token("siti")
        siti, thief = village.telegram("siti"), village.telegram("maling")
        await siti.opens(token)
        await thief.opens(token)
        thief.sees("sudah pernah dipakai di chat lain", "putuskan chat yang tidak dikenal", "ganti kata sandi")
        thief.misses("Si**")
        await sees_no_account(thief)
        await siti.says("cek status saya")
        siti.sees("Akun Si** R******")
        assert await village.post() == []  # nobody is bothered by an attempt that failed

    async def test_thief_who_was_first_shows_up_by_the_owners_attempt(self, village: Town) -> None:
        token = village.server.token("siti")
        thief, siti = village.telegram("maling"), village.telegram("siti")
        await thief.opens(token)
        thief.sees("sudah terhubung")
        await siti.opens(token)
        siti.sees("sudah pernah dipakai di chat lain", "putuskan chat yang tidak dikenal")
        await siti.opens(village.server.token("siti"))
        siti.sees("akun Si** R****** sudah terhubung")
        await village.post()
        await sees_no_account(thief)

    async def test_same_chat_cannot_use_it_again_after_unlinking(self, village: Town) -> None:
        token = village.server.token("siti")
        siti = village.telegram("siti")
        await siti.opens(token)
        await siti.says("putuskan akun")
        await siti.opens(token)
        siti.sees("tidak berlaku lagi")
        await sees_no_account(siti)

    async def test_same_chat_cannot_use_it_again_after_the_dashboard_ended_it(self, village: Town) -> None:
        token = village.server.token("siti")
        siti = village.telegram("siti")
        await siti.opens(token)
        village.server.end_all("siti")
        await village.cache_expires()
        await siti.says("cek status saya")
        siti.sees("sudah berakhir atau diputus dari dashboard")
        await siti.opens(token)
        siti.sees("tidak berlaku lagi")
        await sees_no_account(siti)

    async def test_link_is_worth_nothing_after_ten_minutes(self, village: Town) -> None:
        token = village.server.token("siti")
        siti = village.telegram("siti")
        puts_ahead(village, 601)
        await siti.opens(token)
        siti.sees("sudah lewat 10 menit")
        await sees_no_account(siti)
        puts_ahead(village, 0)
        await village.telegram("lain").opens(token)
        village.telegram("lain").sees("sudah terhubung")  # it was its age, and nothing else

    async def test_used_link_does_not_come_back_when_it_grows_old(self, village: Town) -> None:
        token = village.server.token("siti")
        await village.telegram("siti").opens(token)
        puts_ahead(village, 3 * 86400)
        thief = village.telegram("maling")
        await thief.opens(token)
        thief.sees("tidak berlaku lagi")
        await sees_no_account(thief)

    async def test_link_made_before_an_objection_is_dead_too(self, village: Town) -> None:
        siti, thief = await village.linked("siti"), village.telegram("maling")
        await thief.opens(village.server.token("siti"))
        await village.post()
        stolen = village.server.token("siti")
        await siti.presses("Bukan saya")
        siti.sees("Semua chat sudah diputus")
        await thief.opens(stolen)
        thief.sees("tidak saya kenali")
        await sees_no_account(thief)


class TestTampering:
    @pytest.mark.parametrize("part", PARTS)
    async def test_no_letter_of_a_link_can_be_changed(self, village: Town, part: str) -> None:
        token = village.server.token("siti")
        for place in range(len(token))[PARTS[part]]:
            forged = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
            answer = await village.accounts.redeem(TELEGRAM.format(f"{part}{place}"), forged)
            assert answer == Refused(Trouble.LINK_UNKNOWN)
        assert isinstance(await village.accounts.redeem(TELEGRAM.format("siti"), token), Linked)

    async def test_parts_of_two_links_make_no_third(self, village: Town) -> None:
        siti, budi = village.server.token("siti"), village.server.token("budi")
        puts_ahead(village, 120)
        late = village.server.token("siti")
        mixed = [siti[:26] + budi[26:], siti[:32] + budi[32:], siti[:26] + late[26:32] + siti[32:], siti + budi[4:]]
        for number, forged in enumerate(mixed):
            answer = await village.accounts.redeem(TELEGRAM.format(number), forged)
            assert isinstance(answer, Refused)
            assert answer.trouble in (Trouble.LINK_UNKNOWN, Trouble.DOWN)  # the last is longer than any can be
        assert [await village.accounts.link_of(TELEGRAM.format(number)) for number in range(len(mixed))] == [
            None
        ] * len(mixed)

    @pytest.mark.parametrize(
        "change",
        [
            lambda token: token[:-1],
            lambda token: token[:20],
            lambda token: token.replace("kp1_", "kp2_"),
            lambda token: token.replace("kp1_", "KP1_"),
            lambda token: token.swapcase(),
            lambda token: token[:30] + "\u0410" + token[31:],  # a Cyrillic A
            lambda token: "".join(chr(ord(sign) + 0xFEE0) for sign in token),  # full width
            lambda token: token[:30] + " " + token[30:],
            lambda token: token[:30] + "\u0301" + token[30:],
            lambda token: "kp1_" + "A" * 50,
            lambda token: "kp1_" + "A" * 60,
            lambda token: "kp1_" + "A" * 5000,
            lambda token: "kp1_" * 16,
            lambda token: f"kp1_{token[4:].translate({ord('A') + n: 'l' for n in range(26)})}",
        ],
    )
    @pytest.mark.parametrize("written", ["HUBUNGKAN {}", "{}"])
    async def test_what_only_looks_like_the_link_opens_nothing(
        self, village: Town, written: str, change: Callable[[str], str]
    ) -> None:
        token = village.server.token("siti")
        forged = change(token)
        assert forged != token
        ani = village.telegram("ani")
        await ani.says(written.format(forged))
        ani.misses("sudah terhubung", "Si**")
        assert ani.reply
        assert await village.accounts.link_of(ani.conversation) is None

    async def test_words_around_a_link_do_not_hurt_it(self, village: Town) -> None:
        siti, token = village.telegram("siti"), village.server.token("siti")
        await siti.says(f"min ini tautan dari dashboard: {token}. makasih ya")
        siti.sees("akun Si** R****** sudah terhubung")

    async def test_of_two_links_in_one_message_the_first_counts_and_the_second_stays_unused(
        self, village: Town
    ) -> None:
        siti, budi = village.telegram("siti"), village.telegram("budi")
        first, second = village.server.token("siti"), village.server.token("budi")
        await siti.says(f"HUBUNGKAN {first} {second}")
        siti.sees("akun Si** R****** sudah terhubung")
        siti.misses("Bu**", first, second)
        await budi.opens(second)
        budi.sees("akun Bu** S****** sudah terhubung")


class TestRace:
    async def test_of_forty_chats_at_once_one_is_linked_and_nobody_else_sees_anything(self, village: Town) -> None:
        token = village.server.token("siti")
        chats = [TELEGRAM.format(f"orang{number}") for number in range(CROWD)]
        answers = await asyncio.gather(*(village.accounts.redeem(chat, token) for chat in chats))
        linked = [chat for chat, answer in zip(chats, answers) if isinstance(answer, Linked)]
        assert len(linked) == 1
        assert [one for one in answers if not isinstance(one, Linked)] == [Refused(Trouble.LINK_USED)] * (CROWD - 1)
        statuses = await asyncio.gather(*(village.accounts.status(chat) for chat in chats))
        seeing = [chat for chat, status in zip(chats, statuses) if not isinstance(status, Refused)]
        assert seeing == linked
        assert {status.trouble for status in statuses if isinstance(status, Refused)} == {Trouble.NOT_LINKED}

    async def test_same_chat_on_many_connections_gets_one_link(self, village: Town) -> None:
        token, siti = village.server.token("siti"), TELEGRAM.format("siti")
        answers = await asyncio.gather(*(village.accounts.redeem(siti, token) for _ in range(20)))
        assert len({answer.link.reference for answer in answers if isinstance(answer, Linked)}) == 1
        assert all(isinstance(answer, Linked) for answer in answers)

    async def test_two_links_of_one_account_at_once_leave_one_chat_of_a_kind(self, village: Town) -> None:
        chats = [TELEGRAM.format(f"orang{number}") for number in range(10)]
        tokens = [village.server.token("siti") for _ in chats]
        await asyncio.gather(*(village.accounts.redeem(chat, token) for chat, token in zip(chats, tokens)))
        statuses = await asyncio.gather(*(village.accounts.status(chat) for chat in chats))
        assert len([one for one in statuses if not isinstance(one, Refused)]) == 1
