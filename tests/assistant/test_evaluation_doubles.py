"""Two questions in one message: the pairs are always the same, and what is answered of them is counted rightly."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.assistant.engine import Engine
from bot.assistant.evaluation import Heard, doubles_figures, hear
from bot.assistant.parses import Parse
from nlu.evaluation.doubles import COUNT, TIES, Double, make_doubles
from nlu.evaluation.figures import Case, read_cases
from nlu.evaluation.run import FOLDER, beyond_limits

CASES = read_cases(FOLDER)
OPENED, NEEDED = Case("a", "kapan dibuka", "faq/buka"), Case("b", "syaratnya apa", "faq/syarat")
PAIR = Double(OPENED, NEEDED, "kapan dibuka? syaratnya apa", "kapan dibuka trus syaratnya apa")
KNOWN = {one.text: one.right for one in (OPENED, NEEDED)}


def parse(texts: Sequence[str]) -> list[Parse]:
    """Sure of what it knows; everything else is the first question."""
    return [
        {
            "text": text,
            "intent": {
                "name": "faq",
                "full_retrieval_intent_name": KNOWN.get(text, OPENED.right),
                "confidence": 0.9 if text in KNOWN else 0.1,
            },
        }
        for text in texts
    ]


def test_pairs_are_the_same_every_time() -> None:
    assert make_doubles(CASES) == make_doubles(CASES)
    assert make_doubles(CASES) != make_doubles(CASES, seed=72)


def test_no_entry_is_paired_with_itself_and_only_questions_are_paired() -> None:
    doubles = make_doubles(CASES)
    assert len(doubles) == COUNT
    assert all(len(one.right) == 2 for one in doubles)
    assert all(one.first.is_question and one.second.is_question for one in doubles)


def test_both_writings_hold_both_questions() -> None:
    asked = [Case("a", "kapan dibuka??", "faq/buka"), NEEDED]
    for one in make_doubles(asked, count=20):
        start = one.first.text.rstrip("?")
        assert one.by_mark == f"{start}? {one.second.text}"
        assert one.by_word in {f"{start} {tie} {one.second.text}" for tie in TIES}


def test_pairs_need_two_entries() -> None:
    with pytest.raises(ValueError, match="at least two entries"):
        make_doubles([OPENED, OPENED, Case("c", "halo", "greet")])


def test_what_is_heard_is_what_a_conversation_would_answer() -> None:
    heard = hear([PAIR], [OPENED], parse)
    assert heard.by_mark == heard.by_word == (frozenset({"faq/buka", "faq/syarat"}),)
    assert heard.singles == (frozenset({"faq/buka"}),)


def test_figures_count_what_they_say() -> None:
    both, first, other = PAIR.right, frozenset({"faq/buka"}), frozenset({"faq/x", "faq/y"})
    heard = Heard((both, first, both, both), (first, both, first, other), (first, both, other, first))
    assert doubles_figures([PAIR] * 4, [OPENED] * 4, heard) == {
        "both_by_mark": 3 / 4,
        "both_by_word": 1 / 4,
        "both": 4 / 8,
        "second_answers": 2 / 4,
        "astray": 1 / 4,
    }


def test_two_questions_are_heard_within_the_limits(engine: Engine) -> None:
    doubles, singles = make_doubles(CASES), [case for case in CASES if case.is_question]
    figures = doubles_figures(doubles, singles, hear(doubles, singles, engine.parse))
    assert beyond_limits(figures, part="doubles") == []
