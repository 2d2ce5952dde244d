"""Transcripts: lines of pull channels are kept once, in order, for a while, and a bell rings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.contract.connection import connect, disconnect
from bot.contract.errors import BadMessage, MailroomUnavailable
from bot.contract.keys import BELL, Keys
from bot.contract.scripts import Client
from bot.contract.transcript import REMEMBER_SECONDS, Transcripts
from tests.contract.samples import ANI, BUDI, until

KEYS = Keys(1)


@pytest.fixture
def transcripts(client: Client) -> Transcripts:
    """Transcripts in an empty Redis."""
    return Transcripts(client, KEYS)


@pytest_asyncio.fixture
async def bells(client: Client) -> AsyncIterator[_Bells]:
    """Someone who listens to the bell."""
    redis: Any = client
    pubsub = redis.pubsub(ignore_subscribe_messages=True)
    await pubsub.subscribe(BELL)

    async def listening() -> bool:
        return bool((await redis.pubsub_numsub(BELL))[0][1])

    await until(listening)
    yield _Bells(pubsub)
    await pubsub.unsubscribe(BELL)
    await (getattr(pubsub, "aclose", None) or pubsub.close)()


async def test_lines_are_kept_in_order(transcripts: Transcripts) -> None:
    for number in range(3):
        assert await _append(transcripts, number)
    assert await _bodies(transcripts) == [b"baris 0", b"baris 1", b"baris 2"]


async def test_same_line_is_appended_once(transcripts: Transcripts) -> None:
    assert await _append(transcripts, 1)
    assert not await _append(transcripts, 1)
    assert await _bodies(transcripts) == [b"baris 1"]


async def test_conversations_do_not_share_lines(transcripts: Transcripts) -> None:
    await _append(transcripts, 1, ANI)
    await _append(transcripts, 1, BUDI)
    assert [line.body for line in await transcripts.after(BUDI)] == [b"baris 1"]


async def test_reader_goes_on_after_the_last_line_it_saw(transcripts: Transcripts) -> None:
    for number in range(3):
        await _append(transcripts, number)
    first = (await transcripts.after(ANI))[0]
    rest = await transcripts.after(ANI, first.position)
    assert [line.body for line in rest] == [b"baris 1", b"baris 2"]
    assert await transcripts.after(ANI, rest[-1].position) == []


async def test_long_gap_is_read_in_parts(transcripts: Transcripts) -> None:
    for number in range(5):
        await _append(transcripts, number)
    first = (await transcripts.after(ANI))[0]
    assert [line.body for line in await transcripts.after(ANI, first.position, 2)] == [b"baris 1", b"baris 2"]


async def test_new_reader_gets_the_newest_lines(transcripts: Transcripts) -> None:
    for number in range(5):
        await _append(transcripts, number)
    assert [line.body for line in await transcripts.after(ANI, limit=2)] == [b"baris 3", b"baris 4"]


async def test_unknown_conversation_is_empty(transcripts: Transcripts) -> None:
    assert await transcripts.after(ANI) == []
    assert await transcripts.after(ANI, "1-1") == []


async def test_old_lines_make_room(client: Client, transcripts: Transcripts) -> None:
    redis: Any = client
    for number in range(500):
        await _append(transcripts, number)
    assert 10 <= await redis.xlen(KEYS.transcript(ANI)) < 300


async def test_transcript_and_memory_of_ids_do_not_live_for_ever(client: Client, transcripts: Transcripts) -> None:
    redis: Any = client
    await _append(transcripts, 1)
    assert 0 < await redis.ttl(KEYS.transcript(ANI)) <= 60
    assert 0 < await redis.ttl(KEYS.shown(ANI, "r1")) <= REMEMBER_SECONDS


async def test_bell_rings_once_for_each_new_line(transcripts: Transcripts, bells: _Bells) -> None:
    await _append(transcripts, 1, ANI)
    await _append(transcripts, 1, ANI)
    await _append(transcripts, 2, BUDI)
    assert [await bells.next(), await bells.next()] == [ANI, BUDI]


@pytest.mark.parametrize("position", ["abc", "1", "-", "+", "1-1-1", "(1-1", "1-" + "9" * 20, "１-１", "1-1\n"])
async def test_position_that_never_was_one_is_refused(transcripts: Transcripts, position: str) -> None:
    with pytest.raises(BadMessage) as caught:
        await transcripts.after(ANI, position)
    assert caught.value.code == "bad_position"


async def test_redis_away_is_said_by_name() -> None:
    client = connect("redis://127.0.0.1:1/0")
    transcripts = Transcripts(client, KEYS)
    with pytest.raises(MailroomUnavailable):
        await _append(transcripts, 1)
    with pytest.raises(MailroomUnavailable):
        await transcripts.after(ANI)
    await disconnect(client)


class _Bells:
    """Listens to the bell."""

    def __init__(self, pubsub: Any) -> None:
        self._pubsub = pubsub

    async def next(self) -> str:
        """The conversation of the next ring."""
        message: dict[str, bytes] = await until(self._listen)
        return message["data"].decode()

    async def _listen(self) -> Any:
        return await self._pubsub.get_message(timeout=0.05)


async def _append(transcripts: Transcripts, number: int, conversation: str = ANI) -> bool:
    return await transcripts.append(conversation, f"r{number}", f"baris {number}", keep_lines=10, keep_seconds=60)


async def _bodies(transcripts: Transcripts) -> list[bytes]:
    return [line.body for line in await transcripts.after(ANI)]
