"""What holds for the normaliser on any text: it never fails, is done in one go, keeps numbers, and stays linear."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sre_constants
import sre_parse
import sys
from collections import Counter
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlu import normalising
from nlu.normalising.lexicon import Lexicon
from nlu.normalising.normaliser import Normaliser
from nlu.normalising.signs import fold

LEXICON = Lexicon.load()
NORMALISE, ANOTHER = Normaliser(LEXICON), Normaliser(LEXICON)
KILO = 1_000
LONGEST_FOR_A_SIGN = 20  # one sign of Unicode stands for eighteen letters, one emoji for "terima kasih"

PIECES = [
    *(
        "2",
        "1",
        "71",
        "600.000",
        "4",
        "0",
        "-",
        " ",
        "  ",
        ".",
        ",",
        ":",
        "/",
        "[",
        "]",
        "[otp]",
        "\n",
        "_",
        "\U0001f64f",
    ),
    *("a", "i", "k", "n", "x", "aaa", "ng", "an", "in", "nya", "ku", "kan", "di", "ber", "kk", "hp", "ke", "rb", "kah"),
    *(
        "cair",
        "gel",
        "insentif",
        "prakerja",
        "kartu",
        "kata",
        "sandi",
        "dompet",
        "digital",
        "gw",
        "tidak",
        "pra",
        "kerja",
    ),
    *(
        "e",
        "wallet",
        "tolooong",
        "belum",
        "daftar",
        "matur",
        "nuwun",
        "\u0430",
        "\u0663",
        "\u200b",
        "\u00e9",
        "\uff4b",
        "No",
    ),
]
CHAT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
ANY = st.text(max_size=200) | CHAT

# A number that stands alone; what touches a letter may be leet, a doubled word or part of a name.
ALONE = re.compile(r"(?<![^\W_])(?<!\d[.,:])\d+(?:[.,:]\d+)*(?![^\W_]|[.,:]\d)")


@given(ANY)
@example("nya2 ny4 2nya -2 2-2 [otp]2 a-a-a-a")
def test_any_text_gives_small_letters_single_spaced(text: str) -> None:
    plain = NORMALISE(text)
    assert plain == " ".join(plain.split())
    assert plain == plain.lower()


@given(ANY)
@example("kartu kartu pra kerja kerja")
@example("dompet dompet digital digital")
@example("cair2nya-cair2nya gbs2-gbs2")
def test_plain_words_stay_as_they_are(text: str) -> None:
    plain = NORMALISE(text)
    assert NORMALISE(plain) == plain


def test_no_sign_of_unicode_needs_a_second_look() -> None:
    texts = [f"a{chr(code)}" for code in range(0x20000)]  # letters beyond are ideographs
    assert [text for text in texts if fold(fold(text)) != fold(text)] == []


@given(CHAT)
def test_same_text_gives_the_same_words_each_time(text: str) -> None:
    assert NORMALISE(text) == NORMALISE(text) == ANOTHER(text)


@given(ANY)
@example("1.2.3 4,5 6:7 8-9 10/11")
def test_numbers_that_stand_alone_are_all_there_and_no_other_appears(text: str) -> None:
    before, after = Counter(ALONE.findall(fold(text))), Counter(ALONE.findall(NORMALISE(text)))
    assert before - after == Counter()
    typed = re.findall(r"\d+", fold(text))
    assert Counter(re.findall(r"\d+", NORMALISE(text))) - Counter(typed) == Counter()


@given(
    st.from_regex(r"(0|[1-9][0-9]{0,5})([.,][0-9]{1,3})?", fullmatch=True),
    st.sampled_from(
        ["rb", "ribu", "jt", "juta", "x", "kali", "hari", "hr", "bln", "thn", "jam", "org", "kk", "xx", "k", "%"]
    ),
    st.sampled_from(["rp", "gel", "gelombang", "no", "ke", "tgl", "jam", "thn", "umur", "Rp ", "gel "]),
)
def test_no_digit_of_an_amount_a_count_or_a_wave_is_lost(number: str, unit: str, before: str) -> None:
    for text in (f"{number}{unit}", f"{before}{number}", f"dpt {number} {unit} kak"):
        assert re.findall(r"\d+", NORMALISE(text)) == re.findall(r"\d+", number)


@given(st.text(alphabet="aiu2130.,-xk", max_size=20))
def test_digits_disappear_only_into_a_known_word(text: str) -> None:
    plain = NORMALISE(text)
    lost = Counter(re.findall(r"\d", fold(text))) - Counter(re.findall(r"\d", plain))
    known = LEXICON.words | LEXICON.slang.keys() | {word for many in LEXICON.slang.values() for word in many.split()}
    if lost:
        assert {*plain.replace("-", " ").split()} & known


SHAPES = {
    "one letter": "a",
    "one word": "ab",
    "short words": "saya ",
    "unknown words": "qzbcd xwvf ",
    "open brackets": "[a",
    "brackets": "[",
    "a number": "1.",
    "halves": "cair-",
    "ties": "a-1.",
    "leet": "4a1",
    "parts of a phrase": "kartu ",
    "phrases": "kartu prakerja ",
    "glued": "insentifbelumcair",
    "half glued": "kapankapanx ",
    "ligatures": "\ufdfa" + "." * 17,
    "accents": "\u0301",
    "look-alikes": "\u0430a",
    "emoji": "\U0001f64f",
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_work_grows_with_the_length_and_no_faster(shape: str) -> None:
    small, big = (_steps((shape * (size // len(shape) + 1))[:size]) for size in (10 * KILO, 100 * KILO))
    assert big <= 11 * small + KILO


@given(ANY)
def test_length_is_bounded(text: str) -> None:
    assert len(NORMALISE(text)) <= LONGEST_FOR_A_SIGN * len(text)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_length_is_bounded_for_long_texts(shape: str) -> None:
    assert len(NORMALISE(shape * KILO)) <= LONGEST_FOR_A_SIGN * len(shape) * KILO


def test_no_pattern_repeats_a_repetition() -> None:
    """Steps inside a regular expression are not counted above; this keeps them few."""
    patterns = {
        f"{module.__name__}.{name}": value
        for module in _modules()
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }
    assert len(patterns) >= 5
    assert [name for name, pattern in patterns.items() if _nested(sre_parse.parse(pattern.pattern), False)] == []


def test_check_for_nested_repetitions_finds_one() -> None:
    assert _nested(sre_parse.parse(r"(?:a+b)*"), False)
    assert not _nested(sre_parse.parse(r"a+(?:b+)?"), False)


def _steps(text: str) -> int:
    """How many calls, of Python and of C, a fresh normaliser makes for a text."""
    normalise = Normaliser(LEXICON)
    count = 0

    def called(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        normalise(text)
    finally:
        sys.setprofile(before)
    return count


def _modules() -> Iterator[Any]:
    for module in pkgutil.iter_modules(normalising.__path__):
        yield importlib.import_module(f"{normalising.__name__}.{module.name}")


def _nested(tree: Any, repeated: bool) -> bool:
    """Whether a repetition stands inside another one."""
    for code, argument in tree:
        repeats = code in (sre_constants.MAX_REPEAT, sre_constants.MIN_REPEAT) and argument[1] > 1
        if repeats and repeated:
            return True
        inner = argument if isinstance(argument, (list, tuple)) else ()
        branches = [part for one in inner for part in (one if isinstance(one, list) else [one])]
        if any(_nested(part, repeated or repeats) for part in branches if isinstance(part, sre_parse.SubPattern)):
            return True
    return False
