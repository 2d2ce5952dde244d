"""Chat language becomes plain words; numbers and masked secrets pass through; nothing breaks it or slows it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contract.redaction_rules import PLACEHOLDERS
from nlu.normalise import Lexicon, Normaliser

NORMALISE = Normaliser(Lexicon.load())
BIG = 100_000


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("gw blm dpt insentif knp y", "saya belum dapat insentif mengapa y"),
        ("gmn cara dftar prakerja", "bagaimana cara daftar prakerja"),
        ("no rek sy salah", "nomor rekening saya salah"),
        ("durung cair kumaha iki", "belum cair bagaimana iki"),
        ("SAYA MAU TANYA", "saya mau tanya"),
    ],
)
def test_slang_becomes_plain_words(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [("tolooooong", "tolong"), ("lamaaaa bangettt", "lama sekali"), ("knpppp", "mengapa"), ("cairrr", "cair")],
)
def test_elongation_is_squeezed(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("insentiv", "insentif"),
        ("gelonbang", "gelombang"),
        ("sertifkatnya", "sertifikat"),
        ("dasboard", "dashboard"),
        ("verivikasi", "verifikasi"),
    ],
)
def test_typing_mistakes_in_words_of_the_programme_are_mended(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize("word", ["kerja", "cair", "rumah", "kesempatan", "pemerintah"])
def test_words_that_are_right_stay(word: str) -> None:
    assert NORMALISE(word) == word


def test_phrases_become_the_word_they_mean_also_when_they_were_slang() -> None:
    assert NORMALISE("Kartu Pra-Kerja") == "prakerja"
    assert NORMALISE("kata sandinya") == "sandi"
    assert NORMALISE("e-wallet / dompet digital") == "ewallet ewallet"


@pytest.mark.parametrize("number", ["71", "600.000", "3,5", "2024", "10:30", "0812", "1.234.567,89"])
def test_numbers_pass_unchanged(number: str) -> None:
    assert NORMALISE(f"gel {number} gw") == f"gelombang {number} saya"


@pytest.mark.parametrize("shown", PLACEHOLDERS.values())
def test_masked_secrets_pass_as_one_unchanged_token(shown: str) -> None:
    assert NORMALISE(f"nik gw {shown} y") == f"nik saya {shown.lower()} y"


def test_nothing_readable_is_the_empty_text() -> None:
    assert [NORMALISE(text) for text in ("", "   ", "?!...", "\U0001f64f\U0001f64f", "___")] == [""] * 5


@given(st.text(max_size=300))
def test_any_text_gives_small_letters_single_spaced(text: str) -> None:
    plain = NORMALISE(text)
    assert plain == " ".join(plain.split(" ")).strip()
    assert plain == plain.lower()


@given(st.lists(st.sampled_from(["gw", "blm", "insentif", "71", "600.000", "[otp]", "tolooong", "kartu", "prakerja"])))
def test_same_text_gives_the_same_words_each_time(words: list[str]) -> None:
    text = " ".join(words)
    assert NORMALISE(text) == NORMALISE(text) == Normaliser(Lexicon.load())(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * BIG,
        "ab" * (BIG // 2),
        "saya " * (BIG // 5),
        "[a" * (BIG // 2),
        "[" * BIG,
        "1." * (BIG // 2),
        "\ufdfa" * BIG,
    ],
    ids=["one letter", "one word", "one short word", "open brackets", "brackets", "a number", "ligatures"],
)
def test_time_is_linear_on_huge_texts(text: str) -> None:
    started = time.process_time()
    NORMALISE(text)
    assert time.process_time() - started < 2.0


def test_lexicon_word_that_yaml_takes_for_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "lexicon.yml"
    file.write_text("phrases: {a b: c}\nslang: {no: nomor}\ndomain: [prakerja]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"lexicon\.yml: False: 'nomor' is not two texts"):
        Lexicon.load(file)


def test_every_word_of_the_lexicon_can_be_typed_and_its_meaning_is_stable() -> None:
    lexicon = Lexicon.load()
    for word, plain in lexicon.slang.items():
        assert word == word.lower()
        assert word.isalpha(), "a word that no tokenizer yields never matches"
        assert plain == plain.lower()
