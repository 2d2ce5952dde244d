"""The door: what is stored is redacted, tidied and short, whatever somebody sent."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from bot.channels.port import Arrival, Fate
from bot.contract.connection import connect, disconnect
from bot.contract.errors import BadMessage, MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.logs import Pseudonyms
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.messages import Address, Inbound, Kind
from bot.contract.scripts import Client
from bot.gateway.door import MailroomDoor
from tests.redis_server import RedisServer

NIK = "3273051709930041"
ANI = Address("web", "default", "ani")
LIMIT = 200
NOW = 1_800_000_000.0


@pytest.fixture
def mailroom(redis: Client) -> Mailroom:
    return Mailroom(redis, MailroomRules(mailbox_limit=3))


@pytest.fixture
def door(mailroom: Mailroom) -> MailroomDoor:
    return MailroomDoor(mailroom, Pseudonyms("kunci"), text_limit=LIMIT, clock=lambda: NOW)


def arrival(text: str, *, number: int = 1, kind: Kind = "text", choice: str = "") -> Arrival:
    return Arrival(f"pesan-{number}", ANI, kind, text=text, choice=choice)


async def stored(redis: Client, mailroom: Mailroom) -> list[Inbound]:
    """What lies in Ani's mailbox."""
    raw: Any = redis
    bodies = await raw.lrange(mailroom.keys.box(Lane.INBOX, ANI.key), 0, -1)
    return [Inbound.from_json(body) for body in bodies]


def ever_written(server: RedisServer) -> bytes:
    """Redis's own record of every write since it was started."""
    return b"".join(path.read_bytes() for path in server.socket.parent.rglob("*.aof"))


async def test_arrival_is_stored_with_its_circumstances(door: MailroomDoor, redis: Client, mailroom: Mailroom) -> None:
    receipt = await door.take(Arrival("pesan-1", ANI, "text", text="halo min", sent_at=NOW - 5))
    assert receipt.fate is Fate.ACCEPTED
    assert await stored(redis, mailroom) == [receipt.stored]
    assert receipt.stored == Inbound("pesan-1", ANI.key, "text", NOW, text="halo min", sent_at=NOW - 5)


async def test_secrets_are_masked_before_anything_is_written(door: MailroomDoor, redis_server: RedisServer) -> None:
    receipt = await door.take(arrival(f"nik saya {NIK}, hp 0812-9988-7766, email ani@contoh.id, kode otp 481516"))
    assert receipt.stored.masked == ("email", "nik", "otp", "phone")
    written = ever_written(redis_server)
    assert b"nik saya" in written
    for secret in (NIK, "0812-9988-7766", "081299887766", "ani@contoh.id", "481516"):
        assert secret.encode() not in written


async def test_choice_passes_the_door_like_any_text(door: MailroomDoor, redis_server: RedisServer) -> None:
    receipt = await door.take(arrival(f"NIK {NIK[::-1]}", kind="choice", choice=f"pilih: {NIK}"))
    assert receipt.stored.kind == "choice"
    assert NIK.encode() not in ever_written(redis_server)
    assert NIK[::-1] not in receipt.stored.text


async def test_ordinary_choice_stays_as_it_is(door: MailroomDoor) -> None:
    receipt = await door.take(arrival("Cara daftar", kind="choice", choice="pilih:aB3_x-9Zq01k"))
    assert (receipt.stored.choice, receipt.stored.text) == ("pilih:aB3_x-9Zq01k", "Cara daftar")


async def test_long_text_is_cut_and_it_is_said(door: MailroomDoor) -> None:
    receipt = await door.take(arrival("a" * LIMIT))
    assert (receipt.stored.text, receipt.stored.truncated) == ("a" * LIMIT, False)
    receipt = await door.take(arrival("a" * (LIMIT + 1), number=2))
    assert (receipt.stored.text, receipt.stored.truncated) == ("a" * LIMIT, True)


@pytest.mark.parametrize("before", range(LIMIT - 20, LIMIT + 2))
async def test_number_across_the_limit_does_not_escape(door: MailroomDoor, before: int) -> None:
    receipt = await door.take(arrival("x" * before + " " + NIK))
    assert not any(character.isdigit() for character in receipt.stored.text)


@pytest.mark.parametrize("before", range(2 * LIMIT - 20, 2 * LIMIT + 2))
async def test_number_across_the_end_of_what_is_read_does_not_escape(door: MailroomDoor, before: int) -> None:
    # Masking makes the text shorter, so that its far end moves towards the limit.
    mails = " ".join(["ani.sri.wahyuni.dewi.lestari.putri@contoh-panjang-sekali.co.id"] * 5)
    text = mails + "x" * (before - len(mails) - 1) + " " + NIK + " lalu"
    receipt = await door.take(arrival(text))
    assert receipt.stored.truncated
    assert not any(character.isdigit() for character in receipt.stored.text)


async def test_letters_that_grow_do_not_push_a_number_over_the_edge(door: MailroomDoor) -> None:
    # This letter is two when composed; once that cut the end off before it was redacted.
    receipt = await door.take(arrival("\u0958" * 8 + " " + NIK))
    assert receipt.stored.masked == ("nik",)
    assert not any(character.isdigit() for character in receipt.stored.text)


async def test_hundred_thousand_characters_take_no_time(door: MailroomDoor) -> None:
    started = time.process_time()
    receipt = await door.take(arrival("1 " * 125_000))
    assert receipt.stored.truncated
    assert len(receipt.stored.text) <= LIMIT
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("halo\x00\x07\x1b[31m min", "halo[31m min"),
        ("a\r\nb\x0bc", "a\nbc"),
        ("\u202ekanan ke kiri\u200b", "kanan ke kiri"),
        ("potong \ud83d emoji", "potong  emoji"),
        ("\udcff", ""),
        ("", ""),
        ("👨\u200d👩\u200d👧 ok", "👨\u200d👩\u200d👧 ok"),
    ],
)
async def test_control_characters_and_broken_ones_are_left_out(
    door: MailroomDoor, redis: Client, mailroom: Mailroom, sent: str, kept: str
) -> None:
    await door.take(arrival(sent))
    (message,) = await stored(redis, mailroom)
    assert message.text == kept


async def test_same_id_is_taken_once(door: MailroomDoor, redis: Client, mailroom: Mailroom) -> None:
    await door.take(arrival("satu"))
    receipt = await door.take(arrival("dua"))
    assert receipt.fate is Fate.DUPLICATE
    assert [message.text for message in await stored(redis, mailroom)] == ["satu"]


async def test_full_mailbox_refuses_and_takes_the_same_message_later(
    door: MailroomDoor, redis: Client, mailroom: Mailroom
) -> None:
    for number in range(3):
        await door.take(arrival("terus", number=number))
    assert (await door.take(arrival("lagi", number=9))).fate is Fate.FULL
    await mailroom.prepare()
    (claim,) = await mailroom.claim(Lane.INBOX, "w", 1, 0)
    await mailroom.commit(claim, handled=3)
    assert (await door.take(arrival("lagi", number=9))).fate is Fate.ACCEPTED


@pytest.mark.parametrize("message_id", ["", "x" * 129, "a\nb", "\ud800"])
async def test_impossible_id_is_refused(door: MailroomDoor, message_id: str) -> None:
    with pytest.raises(BadMessage):
        await door.take(Arrival(message_id, ANI, "text", text="halo"))


async def test_nothing_is_taken_while_redis_is_away(own_redis: RedisServer) -> None:
    client = connect(own_redis.url)
    door = MailroomDoor(Mailroom(client, MailroomRules()), Pseudonyms("kunci"), text_limit=LIMIT)
    own_redis.stop()
    with pytest.raises(MailroomUnavailable):
        await door.take(arrival("halo"))
    own_redis.start()
    assert (await door.take(arrival("halo"))).fate is Fate.ACCEPTED
    await disconnect(client)


async def test_stored_message_is_what_json_readers_expect(
    door: MailroomDoor, redis: Client, mailroom: Mailroom
) -> None:
    raw: Any = redis
    await door.take(arrival("apa ini ✅"))
    (body,) = await raw.lrange(mailroom.keys.box(Lane.INBOX, ANI.key), 0, -1)
    assert json.loads(body)["text"] == "apa ini ✅"
