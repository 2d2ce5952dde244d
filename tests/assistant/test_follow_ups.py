"""Questions without a subject are read with what was talked of just before, and only then."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.assistant.engine import Engine, certain
from bot.assistant.follow_ups import MOST_TURNS, about_subject
from bot.assistant.parses import Parse
from bot.assistant.state import Subject
from nlu.content.live import LiveCatalogue
from tests.assistant.accounts_world import Town
from tests.assistant.talk import Clock, Talk, turn_taker

BOUGHT = Subject("cara-beli-pelatihan", "", 1)


@pytest.fixture
def ani(engine: Engine, catalogue: LiveCatalogue) -> Talk:
    clock = Clock()
    return Talk(turn_taker(engine, catalogue, clock), clock)


@pytest.mark.parametrize(
    ("first", "then", "entry"),
    [
        ("min insentif gw kok blm cair y", "syaratnya?", "syarat-insentif"),
        ("min insentif gw kok blm cair y", "kalo lewat dana bisa?", "mitra-pembayaran"),
        ("gimana cara beli pelatihan", "kalo telat gimana?", "telat-beli"),
        ("cara daftar prakerja gimana", "syaratnya?", "syarat-daftar"),
        ("lupa password", "kalo lupa email juga?", "lupa-email"),
    ],
)
async def test_follow_up_is_about_what_was_talked_of(
    ani: Talk, catalogue: LiveCatalogue, first: str, then: str, entry: str
) -> None:
    await ani.says(first)
    await ani.says(then)
    ani.sees(catalogue.current().entries[entry].answer)


async def test_thanks_in_between_changes_no_subject(ani: Talk, catalogue: LiveCatalogue) -> None:
    await ani.says("min insentif gw kok blm cair y")
    await ani.says("makasih kak")
    await ani.says("syaratnya?")
    ani.sees(catalogue.current().entries["syarat-insentif"].answer)


async def test_own_status_is_a_subject_and_stays_personal(town: Town) -> None:
    lina = await town.linked("lina")
    await lina.says("status insentif saya gimana")
    await lina.says("kenapa gagal?")
    lina.sees("gagal cair", "KYC")


@pytest.mark.parametrize(
    ("text", "turn", "subject"),
    [
        ("kalo telat gimana?", 2 + MOST_TURNS, BOUGHT),  # too long ago
        ("kalo telat gimana?", 2, None),
        ("kalo telat gimana?", 2, Subject("sudah-dihapus", "", 1)),
        ("pelatihan kalo telat gimana?", 2, BOUGHT),  # names its subject
        ("saya sudah lama sekali menunggu kabar dari kalian, kalo telat gimana?", 2, BOUGHT),  # long enough for its own
        ("telat", 2, BOUGHT),  # no question
    ],
)
def test_without_a_fresh_subject_or_the_need_of_one_nothing_changes(
    catalogue: LiveCatalogue, text: str, turn: int, subject: Subject | None
) -> None:
    unsure: Parse = {"text": text, "intent": {"name": "nlu_fallback", "confidence": 1.0}, "entities": []}

    def parse(texts: Sequence[str]) -> list[Parse]:
        return [certain("faq/telat-beli", one) for one in texts]

    entries = catalogue.current().entries
    assert about_subject(text, [unsure], subject, turn, entries, parse) is None


def test_answer_that_was_just_given_is_not_given_again(catalogue: LiveCatalogue) -> None:
    unsure: Parse = {"text": "bisa?", "intent": {"name": "nlu_fallback", "confidence": 1.0}, "entities": []}

    def parse(texts: Sequence[str]) -> list[Parse]:
        return [certain("faq/cara-beli-pelatihan", one) for one in texts]

    assert about_subject("bisa?", [unsure], BOUGHT, 2, catalogue.current().entries, parse) is None
