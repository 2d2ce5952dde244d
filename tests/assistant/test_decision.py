"""When the assistant answers and when it asks: probability, lead, single words, and what does not compete."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.classifier import RESPONSE_SELECTOR, selector_output
from nlu.components.decision import SureOrAsk
from nlu.components.normaliser import PLAIN_TEXT

DECISION = SureOrAsk(sure=0.45, margin=0.25, sure_alone=0.985, personal=frozenset({"faq/insentif-belum-cair"}))
WORDS = "insentif saya belum cair"


def decided(scores: dict[str, float], words: str = WORDS) -> str:
    """The intent that is left for a message with these probabilities."""
    entries = [{"intent_response_key": name, "confidence": share} for name, share in scores.items() if "/" in name]
    intents: dict[str, float] = {}
    for name, share in sorted(scores.items(), key=lambda one: -one[1]):
        intents.setdefault(name.split("/")[0], share)
    ranking = [{"name": name, "confidence": share} for name, share in intents.items()]
    message = Message({TEXT: words, PLAIN_TEXT: words, INTENT: dict(ranking[0]), INTENT_RANKING_KEY: ranking})
    if entries:
        message.set(RESPONSE_SELECTOR, selector_output(entries))
    return str(DECISION.process([message])[0].get(INTENT)["name"])


@pytest.mark.parametrize(
    ("scores", "intent"),
    [
        ({"faq/lupa-sandi": 0.5, "faq/lupa-email": 0.2}, "faq"),
        ({"faq/lupa-sandi": 0.5, "faq/lupa-email": 0.3}, "nlu_fallback"),
        ({"faq/lupa-sandi": 0.5, "help": 0.3}, "nlu_fallback"),
        ({"faq/lupa-sandi": 0.4, "faq/lupa-email": 0.1}, "nlu_fallback"),
        ({"out_of_scope": 0.3, "faq/lupa-email": 0.29}, "out_of_scope"),
    ],
)
def test_answer_needs_probability_and_lead(scores: dict[str, float], intent: str) -> None:
    assert decided(scores) == intent


@pytest.mark.parametrize(
    ("scores", "intent"),
    [
        ({"faq/insentif-belum-cair": 0.5, "check_status": 0.45}, "faq"),
        ({"check_status": 0.4, "faq/insentif-belum-cair": 0.3, "help": 0.2}, "check_status"),
        ({"faq/insentif-belum-cair": 0.3, "check_status": 0.3, "help": 0.36}, "nlu_fallback"),
        ({"faq/lupa-sandi": 0.5, "check_status": 0.45}, "nlu_fallback"),
    ],
)
def test_question_and_the_own_status_that_it_means_do_not_compete(scores: dict[str, float], intent: str) -> None:
    assert decided(scores) == intent


@pytest.mark.parametrize(
    ("word", "scores", "intent"),
    [
        ("rekening", {"faq/ganti-rekening": 0.9, "faq/gagal-sambung": 0.1}, "nlu_fallback"),
        ("sertifikat", {"faq/sertifikat-belum": 0.99}, "faq"),
        ("akun", {"link_words": 0.9}, "nlu_fallback"),
        ("halo", {"greet": 0.6}, "greet"),
        ("ganti rekening", {"faq/ganti-rekening": 0.9, "faq/gagal-sambung": 0.1}, "faq"),
    ],
)
def test_single_word_about_the_programme_has_to_be_surer(word: str, scores: dict[str, float], intent: str) -> None:
    assert decided(scores, word) == intent
