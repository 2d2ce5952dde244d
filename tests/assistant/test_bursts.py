"""Quick messages of one thought are read together; clear questions, picks and slow messages stand alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.assistant.bursts import GAP_SECONDS, MAX_JOINED, Piece, join_bursts
from bot.assistant.parses import Parse
from bot.contract.messages import Inbound

ANI = "web:main:ani"
START = 1_000.0
# What a classifier would say of these texts; everything else is unclear.
INTENTS = {"halo min": "greet", "insentif saya belum cair": "faq", "makasih": "thank"}


def parse(texts: Sequence[str]) -> list[Parse]:
    return [{"text": text, "intent": {"name": INTENTS.get(text, "nlu_fallback")}} for text in texts]


def join(*typed: str, seconds: float = 1.0, unread: Sequence[str] = ()) -> list[Piece]:
    messages = [Inbound(f"m{n}", ANI, "text", START + n * seconds, text=text) for n, text in enumerate(typed)]
    parses = [None if text in unread else parse([text])[0] for text in typed]
    return join_bursts(messages, parses, parse)


def texts(pieces: Sequence[Piece]) -> list[str]:
    return [piece.text for piece in pieces]


def test_unclear_beginning_is_joined_with_what_follows() -> None:
    pieces = join("min saya", "mau tanya soal", "sertifikat")
    assert texts(pieces) == ["min saya mau tanya soal sertifikat"]
    assert [message.id for message in pieces[0].messages] == ["m0", "m1", "m2"]


def test_greeting_is_joined_with_its_question_and_classified_again() -> None:
    pieces = join("halo min", "insentif saya belum cair")
    assert texts(pieces) == ["halo min insentif saya belum cair"]
    assert pieces[0].parse == parse(["halo min insentif saya belum cair"])[0]


def test_clear_question_stands_alone() -> None:
    assert texts(join("insentif saya belum cair", "makasih")) == ["insentif saya belum cair", "makasih"]


def test_slow_messages_stand_alone() -> None:
    assert len(join("min saya", "mau tanya", seconds=GAP_SECONDS)) == 1
    assert len(join("min saya", "mau tanya", seconds=GAP_SECONDS + 0.1)) == 2


def test_clock_that_goes_backwards_joins_nothing() -> None:
    assert len(join("min saya", "mau tanya", seconds=-1.0)) == 2


@pytest.mark.parametrize("pick", ["2", "no 2", "2.", "/petugas", "pilih:abcDEF"])
def test_what_may_be_a_pick_is_never_glued(pick: str) -> None:
    assert texts(join("min saya", pick)) == ["min saya", pick]


def test_what_needs_no_classifier_is_never_glued() -> None:
    assert texts(join("min saya", "", "mau tanya", unread=[""])) == ["min saya", "", "mau tanya"]


def test_joined_text_has_a_limit() -> None:
    long = "a" * (MAX_JOINED // 2)
    assert len(join(long, long, "b")) == 2


def test_no_message_is_no_piece() -> None:
    assert join() == []
