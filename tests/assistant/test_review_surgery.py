"""Examples are added to a topic file in place: it reads as wanted, and not one other byte has changed."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.content.strict_yaml import parse_yaml
from nlu.review.phrasing import one_line
from nlu.review.surgery import CannotAdd, add_examples, scalar

FAQ = Path(__file__).resolve().parents[2] / "data" / "faq"

BLOCK = """\
# Tentang akun.
topic: akun
title: 'Akun'   # bukan "Akun Prakerja"
entries:
  - id: lupa-sandi
    answer: |
      Jawaban, Kak.

      1. Satu: dua.
    examples:
      - lupa sandi   # paling sering
      # yang berikut dari 2023
      - "sandi: lupa"
      - 'nggak bisa masuk'   # akhir

  # Entri kedua.
  - id: ganti-email
    examples: [satu, "dua, tiga", empat]   # pendek
    related: [lupa-sandi]
"""
INDENTLESS = """\
entries:
- id: lupa-sandi
  examples:
  -   a
  - b
- id: ganti-email
  examples:

    - a

    - b
"""
FLOWING = """\
entries:
  - {id: lupa-sandi, examples: [a, b], title: c}
  - id: ganti-email
    examples: [
      a,  # satu
      b,  # dua
    ]
"""
SCALARS = """\
entries:
  - id: lupa-sandi
    examples:
      - a
      - |-
        dua
        baris
  - id: ganti-email
    examples:
      - a
      - satu kalimat
        yang panjang
      - >

        dilipat

    title: c
"""
AT_THE_END = "entries:\n  - id: lupa-sandi\n    examples: [a]\n  - id: ganti-email\n    examples:\n      - a\n      - b"
IN_THE_END = (
    "entries:\n  - id: lupa-sandi\n    examples:\n      - a\n  - id: ganti-email\n    examples:\n      - |-\n        b"
)
FILES = {
    "block": BLOCK,
    "indentless": INDENTLESS,
    "flowing": FLOWING,
    "scalars": SCALARS,
    "no newline at the end": AT_THE_END,
    "scalar at the end": IN_THE_END,
    "windows": BLOCK.replace("\n", "\r\n"),
    "tabs and blanks": BLOCK.replace("akhir\n", "akhir \t \n   \n"),
}
# What people type, and what YAML makes something else of.
TRAPS = (
    "ya", "no", "null", "~", "1e5", "12:30", "2023-10-05", "0x1F", "- strip", "-", "? apa", ": apa", "apa: itu", "apa:",
    "# pagar", "a #b", "a#b", "'kutip", '"kutip"', "it's", 'bilang "ok"', "a, b", "[OTP] saya", "{a: b}", "*bintang",
    "&jangkar", "!tag", "%persen", "@akun", "`a`", "|", ">", "a\\nb", "\\", "👍🏽 kak", "👨\u200d👩\u200d👧", "❤️",
    "ok 👌?", "<b>", "= =", "--- a", "... a",
)  # fmt: skip
phrasings = st.one_of(
    st.sampled_from(TRAPS),
    st.text(max_size=60),
    st.text(st.sampled_from("abc \"':#-,[]{}&*!|>%@`\\?\u00e9\u200d👍\u2028\t"), max_size=20),
    st.builds("{} {}".format, st.sampled_from(TRAPS), st.sampled_from(TRAPS)),
).map(one_line).filter(bool)  # fmt: skip


def rest_is_untouched(before: str, after: str) -> bool:
    """Whether `after` is `before` with one piece put in, and nothing else."""
    grown = len(after) - len(before)
    start = next((place for place, (old, new) in enumerate(zip(before, after)) if old != new), len(before))
    return grown > 0 and after[start + grown :] == before[start:]


def with_more(text: str, entry: str, *more: str) -> Any:
    body = copy.deepcopy(parse_yaml(text))
    for one in body["entries"]:
        if one["id"] == entry:
            one["examples"] += more
    return body


@pytest.mark.parametrize("entry", ["lupa-sandi", "ganti-email"])
@pytest.mark.parametrize("name", FILES)
@given(phrasing=phrasings)
def test_one_more_example_and_nothing_else(name: str, entry: str, phrasing: str) -> None:
    before = FILES[name]
    after = add_examples(before, entry, [phrasing])
    assert parse_yaml(after) == with_more(before, entry, phrasing)
    assert rest_is_untouched(before, after)
    assert after.encode("utf-8").decode("utf-8") == after


@given(st.lists(phrasings, min_size=1, max_size=4))
def test_several_examples_follow_in_their_order(several: list[str]) -> None:
    after = add_examples(BLOCK, "lupa-sandi", several)
    assert parse_yaml(after) == with_more(BLOCK, "lupa-sandi", *several)
    assert rest_is_untouched(BLOCK, after)


@given(phrasings)
def test_scalar_is_read_back_in_a_list_of_either_form(phrasing: str) -> None:
    assert parse_yaml(f"- {scalar(phrasing)}") == [phrasing]
    assert parse_yaml(f"[{scalar(phrasing, flow=True)}, a]") == [phrasing, "a"]


@pytest.mark.parametrize(
    ("phrasing", "written"),
    [
        ("insentif gw kok blm cair", "insentif gw kok blm cair"),
        ("kalo gagal, gimana?", "kalo gagal, gimana?"),
        ("apa: itu", '"apa: itu"'),
        ("no", '"no"'),
        ("👍 kak", '"👍 kak"'),
        ('bilang "ok"', '"bilang \\"ok\\""'),
    ],
)
def test_quotes_stand_only_where_they_are_needed(phrasing: str, written: str) -> None:
    assert scalar(phrasing) == written


def test_new_line_looks_like_its_neighbours() -> None:
    after = add_examples(BLOCK, "lupa-sandi", ["lupa kata kunci"])
    assert "      - 'nggak bisa masuk'   # akhir\n      - lupa kata kunci\n\n  # Entri kedua.\n" in after
    after = add_examples(BLOCK, "ganti-email", ["lima, enam"])
    assert '    examples: [satu, "dua, tiga", empat, "lima, enam"]   # pendek\n' in after
    windows = add_examples(FILES["windows"], "lupa-sandi", ["tujuh"])
    assert windows.count("\n") == windows.count("\r\n") == BLOCK.count("\n") + 1


@pytest.mark.parametrize("file", sorted(FAQ.glob("*.yml")), ids=lambda file: file.stem)
def test_real_files_take_an_example_in_their_first_and_their_last_entry(file: Path) -> None:
    before = file.read_text(encoding="utf-8")
    for entry in (parse_yaml(before)["entries"][0]["id"], parse_yaml(before)["entries"][-1]["id"]):
        after = add_examples(before, entry, ['aku: "ga paham" #1'])
        assert rest_is_untouched(before, after)
        assert parse_yaml(after) == with_more(before, entry, 'aku: "ga paham" #1')


@pytest.mark.parametrize(
    "text",
    [
        BLOCK.replace("id: lupa-sandi", "id: lain"),
        BLOCK.replace("id: ganti-email", "id: lupa-sandi"),
        "entries:\n  - id: lupa-sandi\n    examples: []\n",
        # The list belongs to two entries: adding to it would change both.
        "entries:\n  - id: a\n    examples: &sama [x]\n  - id: lupa-sandi\n    examples: *sama\n",
        # The last example is written elsewhere.
        "entries:\n  - id: a\n    examples: [&sama x]\n  - id: lupa-sandi\n    examples:\n      - y\n      - *sama\n",
        # The text ends where the file does; a line behind it would give it a line break.
        "entries:\n  - id: lupa-sandi\n    examples:\n      - |\n        x",
    ],
)
def test_file_of_an_unusual_form_is_refused(text: str) -> None:
    with pytest.raises(CannotAdd, match="lupa-sandi"):
        add_examples(text, "lupa-sandi", ["baru"])
