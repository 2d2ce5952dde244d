"""What is left behind: nothing in Redis or in the logs opens an account or tells whose it is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from actions.account_linking import RETRY_SECONDS
from actions.accounts.client import AccountClient
from bot.account_api.tokens import LIFETIME_SECONDS
from bot.assistant.engine import Engine
from bot.assistant.turns import TurnTaker
from bot.contract.keys import Keys
from bot.contract.logs import set_up_logs
from bot.contract.mailroom import Mailroom
from bot.contract.messages import Contact, Inbound
from bot.contract.promises import Promises
from bot.contract.scripts import Client
from nlu.content.live import LiveCatalogue
from tests.assistant.accounts_world import TELEGRAM, WHATSAPP, Town
from tests.assistant.test_account_attacks import open_village
from tests.assistant.workroom import Outbox, hurry, make_worker, open_mailroom, working

LINA, BUDI = "+6281200000010", "+6281200000002"
LINAS_CHAT, BUDIS_CHAT = WHATSAPP.format(LINA.lstrip("+")), TELEGRAM.format("42")
NAMES = ("Lina", "Hasanah", "Budi", "Santoso")


class Street:
    """A worker with the real model, and what two people say to it."""

    def __init__(self, town: Town, mailroom: Mailroom) -> None:
        self.town = town
        self.mailroom = mailroom
        self.outbox = Outbox(mailroom)
        self.tokens: list[str] = []
        self._talks = {LINAS_CHAT: town.whatsapp(LINA), BUDIS_CHAT: town.telegram("42")}
        self._replies = 0

    def token(self, person: str) -> str:
        """A new link."""
        self.tokens.append(self.town.server.token(person))
        return self.tokens[-1]

    async def says(self, conversation: str, text: str, **more: Any) -> str:
        """A message through inbox, worker and outbox; the reply."""
        return await self.sends(self._talks[conversation]._message(text, **more))

    async def sends(self, message: Inbound) -> str:
        """The same with a message that is not of words."""
        assert await self.mailroom.accept(message) == "accepted"
        self._replies += 1
        return (await self.outbox.wait_for(self._replies))[-1]

    async def shares(self, phone: str) -> str:
        """Budi presses the button that shares his number."""
        talk = self._talks[BUDIS_CHAT]
        talk.clock.now += 60
        card = Contact(phone, own=True)
        return await self.sends(
            Inbound("kartu-1", BUDIS_CHAT, "contact", talk.clock.now, contact=card, phone=phone, can_share=True)
        )


@pytest_asyncio.fixture
async def village(tmp_path: Path, redis: Client, engine: Engine, catalogue: LiveCatalogue) -> AsyncIterator[Town]:
    async with open_village(tmp_path, redis, engine, catalogue) as town:
        yield town


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
def said_aloud(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Logs as the worker's, with everything in them; gives what was logged or printed."""
    root = logging.getLogger()
    level, handlers, heard = root.level, root.handlers[:], io.StringIO()
    set_up_logs("debug")
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(heard)

    def all_of_it() -> str:
        printed = capsys.readouterr()
        return heard.getvalue() + printed.out + printed.err

    yield all_of_it
    root.setLevel(level)
    root.handlers[:] = handlers


@asynccontextmanager
async def open_street(town: Town, engine: Engine, catalogue: LiveCatalogue) -> AsyncIterator[Street]:
    mailroom = await open_mailroom(town.redis)
    async with working(make_worker(mailroom, engine, catalogue)):
        yield Street(town, mailroom)


async def whole_dialogue(street: Street) -> None:
    """Everything that two people can do with their accounts."""
    await street.says(LINAS_CHAT, "cek status saya")
    assert "Li** H******" in await street.says(LINAS_CHAT, f"HUBUNGKAN {street.token('lina')}")
    await street.says(LINAS_CHAT, "min insentif gw kok blm cair y")
    assert "Ganti ke akun" in await street.says(LINAS_CHAT, f"ini tautan lain {street.token('siti')} ya")
    assert "Si** R******" in await street.says(LINAS_CHAT, "ya, ganti")
    assert "Sudah diputus" in await street.says(LINAS_CHAT, "putuskan akun")
    assert "tidak berlaku lagi" in await street.says(LINAS_CHAT, f"HUBUNGKAN {street.tokens[0]}")
    await street.says(LINAS_CHAT, "cek status saya")
    assert "Tahap" in await street.says(LINAS_CHAT, "pakai nomor ini")
    await street.says(BUDIS_CHAT, "hubungkan akun prakerja saya")
    assert "Tahap" in await street.shares(BUDI)
    assert "Bu** S******" in await street.says(BUDIS_CHAT, "/start", start=street.token("budi"))
    await street.says(BUDIS_CHAT, "cek status saya")


class TestRedis:
    async def test_whole_dialogue_leaves_no_token_no_number_and_no_name(
        self, village: Town, engine: Engine, catalogue: LiveCatalogue
    ) -> None:
        async with open_street(village, engine, catalogue) as street:
            await whole_dialogue(street)
            kept = await everything(village.redis)
        assert Keys(1).state(LINAS_CHAT) in kept
        assert Keys(1).link(BUDIS_CHAT) in kept
        assert finds(kept, *street.tokens, *NAMES, digits(BUDI)) == []
        assert finds(without(kept, LINAS_CHAT), digits(LINA)) == []

    async def test_what_a_link_leaves_is_a_reference_and_a_masked_name(self, village: Town) -> None:
        siti = await village.linked("siti")
        reference, level, label, *_ = json.loads(await village.redis.get(Keys(1).link(siti.conversation)))
        assert (level, label) == ("full", "Si** R******")
        assert "siti" not in reference.lower()
        assert 0 < await village.redis.ttl(Keys(1).link(siti.conversation)) <= 90 * 86400
        assert 0 < await village.redis.ttl(Keys(1).status(siti.conversation)) <= 30

    async def test_every_key_of_accounts_ends_by_itself(self, village: Town) -> None:
        siti = await village.linked("siti")
        await village.accounts.redeem(siti.conversation, "kp1_" + "A" * 50)
        keys = await village.redis.keys("*")
        assert len(keys) >= 5
        assert [key for key in keys if await village.redis.ttl(key) < 0] == []

    async def test_promise_of_an_answer_holds_no_number(
        self, village: Town, engine: Engine, catalogue: LiveCatalogue
    ) -> None:
        async with open_street(village, engine, catalogue) as street:
            await street.says(LINAS_CHAT, f"HUBUNGKAN {street.token('lina')}")
            await village.goes_down()
            assert "Kabari" not in await street.says(LINAS_CHAT, "cek status saya")
            await street.says(LINAS_CHAT, "kabari kalau pulih")
            kept = await everything(village.redis)
        assert await Promises(street.mailroom).waiting() == 1
        assert finds(without(kept, LINAS_CHAT), digits(LINA), *street.tokens) == []

    async def test_link_that_waits_for_the_backend_is_gone_when_it_was_used(self, village: Town) -> None:
        siti, token = village.telegram("siti"), village.server.token("siti")
        village.server.fault("down")
        await siti.opens(token)
        assert siti.promise
        assert token in siti.promise.message.to_json()  # it has to be: it is what will be tried again
        assert token.encode() not in (siti.state or b"")
        await village.comes_back()
        await siti.waits_for_promise(60)
        siti.sees("sudah terhubung")
        assert siti.promise is None
        assert token.encode() not in (siti.state or b"")

    def test_link_is_not_kept_longer_than_it_lives(self) -> None:
        assert sum(RETRY_SECONDS) <= LIFETIME_SECONDS

    @pytest.mark.parametrize("refusal", ["tidak", "batal"])
    async def test_link_that_was_not_wanted_is_forgotten_at_once(self, village: Town, refusal: str) -> None:
        siti, token = await village.linked("siti"), village.server.token("budi")
        await siti.opens(token)
        await siti.says(refusal)
        assert token.encode() not in (siti.state or b"")

    async def test_message_that_was_given_up_on_keeps_neither_link_nor_number(
        self, village: Town, engine: Engine, catalogue: LiveCatalogue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def breaks(*_: object) -> None:
            raise ValueError("a mistake of ours")

        monkeypatch.setattr(TurnTaker, "_turn", breaks)
        async with open_street(village, engine, catalogue) as street:
            await street.says(BUDIS_CHAT, "/start", start=street.token("budi"))
            await street.shares(BUDI)
            kept = await everything(village.redis)
        assert await street.mailroom.dead_letters() == 2
        assert finds(kept, *street.tokens, digits(BUDI)) == []


class TestLogs:
    async def test_whole_dialogue_is_logged_without_a_word_of_it(
        self,
        village: Town,
        engine: Engine,
        catalogue: LiveCatalogue,
        said_aloud: Callable[[], str],
    ) -> None:
        references: list[str] = []
        async with open_street(village, engine, catalogue) as street:
            await street.says(LINAS_CHAT, f"HUBUNGKAN {street.token('lina')}")
            references.append(await reference_of(village, LINAS_CHAT))
            await street.says(LINAS_CHAT, "putuskan akun")
            await whole_dialogue(street)
            references.append(await reference_of(village, LINAS_CHAT))
            references.append(await reference_of(village, BUDIS_CHAT))
            await village.goes_down()
            for words in ("cek status saya", "kabari kalau pulih", "bukan saya yang menghubungkan akun"):
                await street.says(LINAS_CHAT, words)
        logged = said_aloud()
        assert logged.count('"event": "account"') > 10
        found = [one for one in (*street.tokens, *references, *NAMES, "Li**", "Si**") if one in logged]
        assert found == []
        assert digits(LINA) not in logged
        assert digits(BUDI) not in logged
        assert "insentif gw" not in logged

    async def test_action_that_fails_does_not_log_what_it_had_in_hand(
        self,
        village: Town,
        engine: Engine,
        catalogue: LiveCatalogue,
        said_aloud: Callable[[], str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def breaks(_: AccountClient, *given: str) -> None:
            raise ValueError(f"cannot take {given}")

        monkeypatch.setattr(AccountClient, "redeem", breaks)
        monkeypatch.setattr(AccountClient, "find", breaks)
        async with open_street(village, engine, catalogue) as street:
            await street.says(BUDIS_CHAT, "/start", start=street.token("budi"))
            await street.says(LINAS_CHAT, "cek status saya")
            await street.says(LINAS_CHAT, "pakai nomor ini")
        logged = said_aloud()
        assert logged.count('"event": "action failed"') == 2
        assert "cannot take" not in logged
        assert street.tokens[0] not in logged
        assert digits(LINA) not in logged

    async def test_link_whose_use_failed_by_our_mistake_is_not_remembered(
        self, village: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def breaks(_: AccountClient, *given: str) -> None:
            raise ValueError("a mistake of ours")

        monkeypatch.setattr(AccountClient, "redeem", breaks)
        siti, token = village.telegram("siti"), village.server.token("siti")
        await siti.opens(token)
        siti.sees("ada gangguan di sisi kami")
        assert token.encode() not in (siti.state or b"")

    def test_what_is_secret_is_not_shown_by_the_objects_that_hold_it(self, village: Town) -> None:
        message = Inbound("m1", BUDIS_CHAT, "contact", 0.0, contact=Contact(BUDI, own=True), start="kp1_x", phone=BUDI)
        assert "kp1_x" not in repr(message)
        assert digits(BUDI) not in repr(message)
        assert village.accounts.settings.token not in repr(village.accounts.settings)


async def everything(redis: Any) -> dict[str, bytes]:
    """Every key of Redis with all that is in it, whatever its type."""
    found: dict[str, bytes] = {}
    async for key in redis.scan_iter(count=1000):
        read = {
            b"string": redis.get,
            b"list": lambda name: redis.lrange(name, 0, -1),
            b"hash": redis.hgetall,
            b"zset": lambda name: redis.zrange(name, 0, -1),
            b"set": redis.smembers,
            b"stream": redis.xrange,
        }[await redis.type(key)]
        found[key.decode()] = repr(await read(key)).encode()
    return found


def finds(kept: dict[str, bytes], *needles: str) -> list[tuple[str, str]]:
    """Where any of these stands, in keys or in what is in them."""
    return [(key, one) for key, value in kept.items() for one in needles if one in key or one.encode() in value]


def without(kept: dict[str, bytes], conversation: str) -> dict[str, bytes]:
    """The same without this conversation's own name."""
    return {key.replace(conversation, ""): value.replace(conversation.encode(), b"") for key, value in kept.items()}


def digits(phone: str) -> str:
    """The part of a number that is the same however it is written."""
    return phone.removeprefix("+62")


async def reference_of(town: Town, conversation: str) -> str:
    """What the backend calls the link of this chat."""
    reference: str = json.loads(await town.redis.get(Keys(1).link(conversation)))[0]
    assert len(reference) >= 22
    return reference
