"""Short messages that say what somebody thinks of an answer, and those that only look like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assistant.opinions import DISLIKED, LIKED, opinion


@pytest.mark.parametrize(
    "text",
    [
        "👍", "👍🏻", "👍🏿", "👍\ufe0f", "👍👍👍", "👍🙏", " 👍 ", "👍!", "👍 kak", "makasih 👍🏽", "ok 👍",
        "membantu", "Membantu banget kak", "sangat membantu min", "membantuuu bangettt", "cukup membantu, makasih kak",
        "jawabannya membantu", "jawabannya jelas kak", "jawabannya pas", "terbantu banget", "helpful",
        "udah membantu 👍",
    ],
)  # fmt: skip
def test_praise(text: str) -> None:
    assert opinion(text) == LIKED


@pytest.mark.parametrize(
    "text",
    [
        "👎", "👎🏽", "👎👎", "👎 kak", "ga membantu", "gak membantu", "nggak membantu min", "enggaaak membantu",
        "tidak membantu sama sekali", "kurang membantu kak", "belum membantu", "ora mbantu", "jawabannya salah",
        "jawabannya salah kak!!", "ngawur", "NGAWUR BANGET", "ngaco", "bot ngawur", "jawabannya ngawur", "ga nyambung",
        "jawabanmu ga nyambung", "kurang jelas", "ga sesuai", "salah jawab kak", "bukan itu maksud saya",
        "bukan itu maksudku", "bukan itu pertanyaannya", "jawabannya gak bener", "ga helpful",
    ],
)  # fmt: skip
def test_complaint(text: str) -> None:
    assert opinion(text) == DISLIKED


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "🙏", "❤️", "👍👎", "ya", "ok", "makasih kak", "tidak", "bukan", "salah", "membantu ga?",
        "ga membantu?", "siapa yang bisa membantu", "membantu orang tua dapat insentif ga", "jawaban kuis salah gimana",
        "nomor saya salah",
        "ga jelas kapan cairnya", "jawabannya apa", "gak bisa login", "belum cair", "bukan itu", "👍 tapi kapan cair",
        "ga membantu insentif saya tetap belum cair",
    ],
)  # fmt: skip
def test_neither(text: str) -> None:
    assert opinion(text) == ""


@given(st.text(max_size=300))
def test_any_text_has_one_of_three_meanings(text: str) -> None:
    assert opinion(text) in (LIKED, DISLIKED, "")


def test_long_story_is_no_opinion() -> None:
    assert opinion("membantu " + "kak " * 50) == ""
