"""Several questions in one message: found when they are there, and not made up from a story."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.assistant.engine import Engine
from bot.assistant.parses import Parse
from bot.assistant.splitting import questions_in

KNOWN = {"kapan dibuka": "buka", "syaratnya apa": "syarat", "gimana caranya daftar": "daftar", "cair berapa": "cair"}


def parse(texts: Sequence[str]) -> list[Parse]:
    """Sure of what it knows, a little of everything else."""
    return [
        {
            "text": text,
            "intent": {
                "name": "faq",
                "full_retrieval_intent_name": f"faq/{KNOWN.get(text, 'lain')}",
                "confidence": 0.9 if text in KNOWN else 0.1,
            },
        }
        for text in texts
    ]


def found(text: str) -> list[str]:
    (whole,) = parse([text])
    return [one["intent"]["full_retrieval_intent_name"] for one in questions_in(text, whole, parse)]


@pytest.mark.parametrize(
    "text",
    [
        "kapan dibuka? syaratnya apa?",
        "kapan dibuka?? syaratnya apa",
        "kapan dibuka\nsyaratnya apa",
        "kapan dibuka. syaratnya apa",
        "kapan dibuka trus syaratnya apa",
        "kapan dibuka dan syaratnya apa",
        "halo? kapan dibuka? terus syaratnya apa?",
        "kapan dibuka, syaratnya apa",
    ],
)
def test_two_questions_are_two(text: str) -> None:
    assert found(text) == ["faq/buka", "faq/syarat"]


@pytest.mark.parametrize(
    "text",
    [
        "kapan dibuka",
        "kapan dibuka?",
        "kapan dibuka? kapan dibuka?",
        "kapan dibuka? udah nunggu lama nih",
        "min saya udah ikut kelas. capek. kapan dibuka",
        "halo? kapan dibuka?",
        "",
        "???",
    ],
)
def test_one_question_stays_one(text: str) -> None:
    assert len(found(text)) == 1


def test_more_questions_than_fit_into_a_bubble_are_left_whole() -> None:
    assert found("kapan dibuka? syaratnya apa? gimana caranya daftar? cair berapa?") == ["faq/lain"]


async def test_real_model_hears_both_questions(engine: Engine) -> None:
    text = "gelombang 72 udah dibuka belum? terus syarat daftarnya apa aja?"
    parses = questions_in(text, engine.parse([text])[0], engine.parse)
    assert [one["intent"]["full_retrieval_intent_name"] for one in parses] == ["faq/gelombang-72", "faq/syarat-daftar"]
