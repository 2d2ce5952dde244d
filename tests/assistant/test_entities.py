"""Waves, years, amounts, addresses, wallets, platforms and days are found as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assistant.engine import Engine
from nlu.components.entities import MOST, READ_CHARACTERS, Entities
from nlu.content.live import LiveCatalogue
from tests.assistant.talk import Clock, Talk, turn_taker

FIND = Entities.load()


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.value) for one in FIND(text)]


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("gel 71 udh buka blom 2024", [("wave", "71"), ("year", "2024")]),
        ("gelombang ke-63", [("wave", "63")]),
        ("Gel72 kpn", [("wave", "72")]),
        ("insentif 600rb lewat ovonya besok", [("amount", "600000"), ("wallet", "OVO"), ("day", "besok")]),
        ("dapet Rp600.000 atau 4,2 jt?", [("amount", "600000"), ("amount", "4200000")]),
        ("3,5 juta di go-pay", [("amount", "3500000"), ("wallet", "GoPay")]),
        ("tgl 5 agustus", [("day", "5 agu")]),
        ("cek https://prakerja-72.online/daftar?x=1 asli gak", [("url", "https://prakerja-72.online/daftar?x=1")]),
        ("daftar di prakerja.go.id.", [("url", "prakerja.go.id")]),
        ("beli di tokped", [("institution", "Tokopedia")]),
        ("ditelepon [nomor HP] ngaku petugas", [("phone", "[nomor HP]")]),
        ("0800-150-3001 ga diangkat", [("phone", "08001503001")]),
        ("danau toba", []),
        ("umur saya 25", []),
        ("071 2", []),
        ("12 orang", []),
    ],
)
def test_entity_is_found_with_its_plain_value(text: str, entities: list[tuple[str, str]]) -> None:
    assert found(text) == entities


@given(st.text(max_size=300))
def test_any_text_is_read_and_places_fit(text: str) -> None:
    for one in FIND(text):
        assert 0 <= one.start < one.end <= len(text)
        assert one.value


@pytest.mark.parametrize("part", ["gel 71 ", "600rb ", "a.", "www.", "1.", "https://a.id/", "tgl 1 "])
def test_long_texts_are_read_to_a_limit_only(part: str) -> None:
    entities = FIND(part * 50_000)
    assert len(entities) <= MOST
    assert all(one.end <= READ_CHARACTERS for one in entities)


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("gelombang 65 kapan ditutup", "Gelombang 65 ditutup 25 Maret 2024."),
        ("kapan gelombang 99 dibuka", "Gelombang 99 belum pernah dibuka; yang terakhir gelombang 71."),
    ],
)
async def test_wave_that_is_named_is_spoken_of(engine: Engine, catalogue: LiveCatalogue, asked: str, line: str) -> None:
    clock = Clock()
    ani = Talk(turn_taker(engine, catalogue, clock), clock)
    await ani.says(asked)
    ani.sees(line)


def test_known_waves_are_up_to_the_last_one(catalogue: LiveCatalogue) -> None:
    waves = catalogue.current().waves
    assert max(waves.lines) == waves.last == 71
    assert waves.line(3) == ""
    assert "Gelombang 72" in waves.line(72)
