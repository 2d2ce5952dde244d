"""The renderer: one bubble where it fits, every choice reachable, nothing cut in two that belongs together."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.port import Capabilities
from bot.channels.render import INVITATION, ONLY_CHOICES, length, render, split
from bot.contract.messages import Choice, Outbound

META = Capabilities(
    text_limit=4096, buttons=3, button_title=20, rows=10, row_title=24, choice_text_limit=1024, window_hours=24
)
TELEGRAM = Capabilities(text_limit=4096, buttons=8, button_title=64, utf16=True, markup="html", request_contact=True)
BARE = Capabilities(text_limit=1600)
TWO = (Choice("pilih:a", "Ya"), Choice("pilih:b", "Tidak"))


def answer(text: str = "Mau lanjut?", choices: tuple[Choice, ...] = (), *, contact: bool = False) -> Outbound:
    return Outbound("o1", "x:y:z", 0.0, text=text, choices=choices, request_contact=contact)


def choices(number: int, title: str = "Pilihan") -> tuple[Choice, ...]:
    return tuple(Choice(f"pilih:{index}", f"{title} {index}") for index in range(number))


class TestForm:
    def test_few_choices_are_buttons(self) -> None:
        (bubble,) = render(answer(choices=TWO), META, person="62812")
        assert (bubble.buttons, bubble.rows, bubble.text) == (TWO, (), "Mau lanjut?")

    def test_more_choices_are_a_list(self) -> None:
        (bubble,) = render(answer(choices=choices(5)), META, person="62812")
        assert (bubble.buttons, bubble.rows) == ((), choices(5))

    def test_too_many_for_a_list_are_numbered(self) -> None:
        (bubble,) = render(answer(choices=choices(11)), META, person="62812")
        assert (bubble.buttons, bubble.rows) == ((), ())
        assert "\n11. Pilihan 10\n" in bubble.text
        assert bubble.text.endswith(INVITATION)

    def test_channel_without_buttons_numbers_everything(self) -> None:
        (bubble,) = render(answer(choices=TWO), BARE, person="62812")
        assert bubble.text == f"Mau lanjut?\n\n1. Ya\n2. Tidak\n\n{INVITATION}"

    def test_text_that_numbers_its_choices_itself_is_not_numbered_again(self) -> None:
        (bubble,) = render(answer("Yang mana?\n\n1. Ya, saya mau\n2. Tidak jadi", TWO), BARE, person="62812")
        assert bubble.text == f"Yang mana?\n\n1. Ya, saya mau\n2. Tidak jadi\n\n{INVITATION}"

    def test_label_too_long_for_a_button_goes_to_the_list(self) -> None:
        long = (Choice("pilih:a", "Cek tautan yang asli ya"), *TWO)
        (bubble,) = render(answer(choices=long), META, person="62812")
        assert bubble.rows == long

    def test_label_too_long_for_everything_is_numbered_and_stays_whole(self) -> None:
        long = (Choice("pilih:a", "Kenapa insentif saya belum cair juga"),)
        (bubble,) = render(answer(choices=long), META, person="62812")
        assert "1. Kenapa insentif saya belum cair juga" in bubble.text

    @pytest.mark.parametrize("titles", [("Sama", "Sama"), ("", "Ya"), ("  ", "Ya")])
    def test_labels_that_platforms_refuse_are_numbered(self, titles: tuple[str, str]) -> None:
        pair = tuple(Choice(f"pilih:{index}", title) for index, title in enumerate(titles))
        (bubble,) = render(answer(choices=pair), META, person="62812")
        assert bubble.buttons == ()
        assert bubble.rows == ()

    def test_emoji_count_double_in_a_label(self) -> None:
        label = "Ya, lanjutkan dulu 🙏🙏"  # 21 signs, 23 units
        (bubble,) = render(answer(choices=(Choice("pilih:a", label),)), META, person="62812")
        assert bubble.buttons == ()
        assert bubble.rows[0].title == label

    def test_text_too_long_for_buttons_is_one_bubble_with_numbers(self) -> None:
        (bubble,) = render(answer("a" * 1025, TWO), META, person="62812")
        assert bubble.buttons == ()
        assert "1. Ya\n2. Tidak" in bubble.text

    def test_choices_without_a_text_get_one(self) -> None:
        (bubble,) = render(answer("", TWO), META, person="62812")
        assert bubble.text == ONLY_CHOICES

    def test_contact_is_asked_for_only_where_it_can_be_given(self) -> None:
        assert render(answer(contact=True), TELEGRAM, person="42")[0].request_contact
        assert not render(answer(contact=True), META, person="62812")[0].request_contact


class TestMarkup:
    def test_html_is_escaped_and_the_plain_form_is_kept(self) -> None:
        (bubble,) = render(answer('syarat <b>usia</b> & KTP "asli"'), TELEGRAM, person="42")
        assert bubble.text == 'syarat &lt;b&gt;usia&lt;/b&gt; &amp; KTP "asli"'
        assert bubble.plain == 'syarat <b>usia</b> & KTP "asli"'

    def test_source_line_steps_back_behind_the_answer(self) -> None:
        line = "Terakhir diketahui per 3 Mei 2022. Sumber: Tribun & Co. Pastikan lagi di prakerja.go.id, ya Kak."
        (bubble,) = render(answer(f"Belum cair.\n\n{line}", TWO), TELEGRAM, person="42")
        assert bubble.text == f"Belum cair.\n\n<i>{line.replace('&', '&amp;')}</i>"

    def test_escaping_does_not_count_against_the_limit(self) -> None:
        assert len(render(answer("<" * 4096), TELEGRAM, person="42")) == 1


class TestSplit:
    def test_choices_are_under_the_last_part(self) -> None:
        bubbles = render(answer("\n\n".join(["a" * 3000, "b" * 3000]), TWO), TELEGRAM, person="42")
        assert [bubble.buttons for bubble in bubbles] == [(), ()]  # the text above buttons would be too long
        assert bubbles[-1].text.endswith(INVITATION)
        assert [bubble.id for bubble in bubbles] == ["o1", "o1.1"]

    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("satu dua\n\ntiga empat", ["satu dua", "tiga empat"]),
            ("satu dua\ntiga empat", ["satu dua", "tiga empat"]),
            ("satu dua. tiga lima", ["satu dua.", "tiga lima"]),
            ("satu dua tiga lima", ["satu dua", "tiga lima"]),
            ("a" * 25, ["a" * 12, "a" * 12, "a"]),
            ("pendek", ["pendek"]),
            ("", [""]),
        ],
    )
    def test_best_border_is_taken(self, text: str, parts: list[str]) -> None:
        assert split(text, 12) == parts

    def test_emoji_with_skin_or_joiner_is_not_cut(self) -> None:
        family = "👨\u200d👩\u200d👧"
        parts = split("a" * 9 + family, 12)
        assert "".join(parts) == "a" * 9 + family
        assert parts[1].startswith("👨")

    @given(st.text(max_size=400), st.integers(min_value=8, max_value=60), st.booleans())
    def test_every_part_fits_and_no_word_is_lost(self, text: str, limit: int, utf16: bool) -> None:
        parts = split(text, limit, utf16=utf16)
        assert all(length(part, utf16=utf16) <= limit for part in parts)
        assert "".join("".join(parts).split()) == "".join(text.split())

    @given(st.text(min_size=1, max_size=300))
    def test_html_never_breaks_whatever_was_written(self, text: str) -> None:
        for bubble in render(answer(text), TELEGRAM, person="42"):
            stripped = re.sub(r"</?i>", "", bubble.text)
            assert html.unescape(stripped) == bubble.plain or "&" in bubble.plain
            assert "<" not in stripped
