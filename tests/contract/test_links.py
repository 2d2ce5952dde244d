"""Link tokens in what people send: found wherever they stand, and never left among the words."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.contract.links import PLACEHOLDER, take_token

TOKEN = "kp1_" + base64.urlsafe_b64encode(bytes(range(100, 137))).decode().rstrip("=")
OTHER = "kp1_" + base64.urlsafe_b64encode(bytes(range(37))).decode().rstrip("=")
SIGNS = string.ascii_letters + string.digits + "-_"

FOUND = {
    "alone": (TOKEN, PLACEHOLDER),
    "behind our word": (f"HUBUNGKAN {TOKEN}", f"HUBUNGKAN {PLACEHOLDER}"),
    "within words": (f"min ini tautannya {TOKEN} tolong ya", f"min ini tautannya {PLACEHOLDER} tolong ya"),
    "on a line of its own": (f"halo\n{TOKEN}\nmakasih", f"halo\n{PLACEHOLDER}\nmakasih"),
    "in Telegram's command": (f"/start {TOKEN}", f"/start {PLACEHOLDER}"),
    "in Telegram's address": (f"https://t.me/kawan_bot?start={TOKEN}", f"https://t.me/kawan_bot?start={PLACEHOLDER}"),
    "in the web chat's address": (f"https://x.id/#hubungkan={TOKEN}", f"https://x.id/#hubungkan={PLACEHOLDER}"),
    "in quotes": (f'"{TOKEN}"', f'"{PLACEHOLDER}"'),
    "before a full stop": (f"ini {TOKEN}.", f"ini {PLACEHOLDER}."),
    "in bold": (f"*{TOKEN}*", f"*{PLACEHOLDER}*"),
}
NONE = [
    "",
    "halo",
    "kp1_",
    "kp1_abc",
    "kp2_" + TOKEN[4:],
    "kp1-" + TOKEN[4:],
    "KP1_" + TOKEN[4:],
    "apa itu kode kp1_ di tautan?",
    TOKEN[4:],
    "🧑‍🌾 insentif saya?",
]


def test_samples_are_as_long_as_the_contract_says() -> None:
    assert {len(TOKEN), len(OTHER)} == {54}
    assert set(TOKEN + OTHER) <= set(SIGNS)


@pytest.mark.parametrize("case", FOUND)
def test_token_is_taken_out_of(case: str) -> None:
    text, words = FOUND[case]
    assert take_token(text) == (TOKEN, words)


@pytest.mark.parametrize("text", NONE)
def test_words_without_a_token_stay_as_they_are(text: str) -> None:
    assert take_token(text) == ("", text)


def test_first_of_several_counts_and_none_stays() -> None:
    assert take_token(f"{TOKEN} {OTHER}") == (TOKEN, f"{PLACEHOLDER} {PLACEHOLDER}")
    assert take_token(f"{OTHER}\n{TOKEN}\n{OTHER}")[0] == OTHER


@pytest.mark.parametrize("kept", [12, 20, 53])
def test_token_that_lost_its_end_on_the_way_is_one_all_the_same(kept: int) -> None:
    """So that its person hears that it is not known, instead of an answer to a question that nobody asked."""
    assert take_token(f"HUBUNGKAN {TOKEN[:kept]}") == (TOKEN[:kept], f"HUBUNGKAN {PLACEHOLDER}")


@pytest.mark.parametrize("sign", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202a"])
@pytest.mark.parametrize("place", [0, 2, 4, 30, 54])
def test_invisible_signs_that_came_along_do_not_hide_it(sign: str, place: int) -> None:
    assert take_token(f"HUBUNGKAN {TOKEN[:place]}{sign}{TOKEN[place:]}") == (TOKEN, f"HUBUNGKAN {PLACEHOLDER}")


@settings(deadline=None)
@given(
    before=st.text(alphabet=SIGNS + " .,\n\u200d🙂", max_size=20), behind=st.text(alphabet=SIGNS + " .,\n", max_size=20)
)
@example(before="HUBUNGKAN", behind="")
@example(before="_", behind="_")
@example(before="", behind=OTHER)
def test_no_token_stays_among_the_words_whatever_it_touches(before: str, behind: str) -> None:
    token, words = take_token(before + TOKEN + behind)
    assert token
    assert TOKEN not in words
    assert PLACEHOLDER in words


@settings(deadline=None)
@given(text=st.text())
def test_nothing_is_invented(text: str) -> None:
    token, words = take_token(text)
    assert (token == "" and words == text) or token.startswith("kp1_")
