"""Messages that ask alike come together, the biggest group first, with the likeliest entries on top."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from bot.contract.reviews import Review
from nlu.review.clusters import SHOWN, Guess, cluster
from nlu.review.phrasing import alike, one_line


def message(
    number: int, text: str, *ranking: tuple[str, float], kind: str = "unanswered", answered: str = ""
) -> Review:
    return Review(f"r{number}", kind, 0.0, text, ranking, (answered,) if answered else ())  # type: ignore[arg-type]


CASH = [
    "kartu debit bri bisa dipake buat insentif ga",
    "kartu debit bri bs dipake buat insentif gak",
    "insentif bisa masuk kartu debit bri ga ya",
    "kartu debit BRI bisa dipake buat insentif ga",
]
LATE = ["sertifikat belum muncul di dashboard", "sertifikat blm muncul di dashboard kak"]
ALONE = "ada lowongan kerja di batam"


def test_alike_questions_come_together_the_biggest_group_first() -> None:
    texts = [*LATE, ALONE, *CASH]
    random.Random(1).shuffle(texts)
    groups = cluster([message(number, text) for number, text in enumerate(texts)])
    assert [sorted(one.text for one in group.messages) for group in groups] == [sorted(CASH), sorted(LATE), [ALONE]]


def test_same_words_are_one_sample_and_count_each_time() -> None:
    texts = ["Lupa  sandi", "lupa sandi", "lupa\nsandi", "lupa sandi dong kak"]
    (group,) = cluster([message(number, text) for number, text in enumerate(texts)])
    assert len(group.messages) == len(group.ids) == 4
    assert [alike(one) for one in group.samples] == ["lupa sandi", "lupa sandi dong kak"]


def test_no_more_samples_than_an_editor_can_take_in() -> None:
    (group,) = cluster([message(number, f"kapan gelombang 72 dibuka {'ya' * number}") for number in range(12)])
    assert len(group.messages) == 12
    assert len(group.samples) == SHOWN


def test_classifier_brings_together_what_the_letters_alone_would_not() -> None:
    texts = ["duit prakerja kpn masuk", "insentif prakerja kapan masuk sih"]
    same = (("faq/insentif-belum-cair", 0.2), ("faq/jadwal-insentif", 0.1))
    other = (("faq/lupa-sandi", 0.2), ("faq/ganti-email", 0.1))
    assert len(cluster([message(1, texts[0], *same), message(2, texts[1], *same)])) == 1
    assert len(cluster([message(1, texts[0], *same), message(2, texts[1], *other)])) == 2


def test_guesses_are_what_people_picked_and_then_what_the_classifier_thought_of() -> None:
    ranking = (("faq/a", 0.4), ("greet", 0.3), ("faq/b", 0.2))
    (group,) = cluster(
        [
            message(1, "lupa sandi", *ranking),
            message(2, "lupa sandi", *ranking, kind="picked", answered="b"),
            message(3, "lupa sandi", *ranking, kind="picked", answered="c"),
            message(4, "lupa sandi", *ranking, kind="downvoted", answered="d"),
        ]
    )
    guesses = [Guess(one.entry, round(one.share, 6), one.picked) for one in group.guesses()]
    assert guesses == [Guess("b", 0.2, 1), Guess("c", 0.0, 1), Guess("a", 0.4, 0)]


@given(st.lists(st.text(max_size=12), max_size=12))
def test_every_message_is_in_one_group_whatever_was_written(texts: list[str]) -> None:
    messages = [message(number, text) for number, text in enumerate(texts)]
    groups = cluster(messages)
    assert sorted(name for group in groups for name in group.ids) == sorted(one.id for one in messages)
    sizes = [len(group.messages) for group in groups]
    assert sizes == sorted(sizes, reverse=True)
    assert groups == cluster(messages)


@given(st.text(max_size=60))
def test_shown_line_cannot_steer_a_terminal(text: str) -> None:
    shown = one_line(f"\x1b[2J{text}\r\n\x07 akhir")
    assert shown.isprintable() or "\u200d" in shown
    assert not {"\x1b", "\n", "\r", "\x07"} & set(shown)
    assert one_line(shown) == shown
