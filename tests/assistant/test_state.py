"""The dialogue state survives its own storage, and nothing that is stored there can stop a conversation."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assistant.state import MAX_CHOICES, VERSION, Asked, DialogueState, Offer

NOW = 1_000.0
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
offers = st.builds(Offer, texts, texts, texts, st.integers(0, 9), st.floats(0, 1e10))
questions = st.builds(
    Asked,
    texts,
    texts,
    st.lists(st.tuples(texts, st.floats(0, 1)), max_size=3).map(tuple),
    st.lists(texts, max_size=3).map(tuple),
)
states = st.builds(
    DialogueState,
    turn=st.integers(0, 1_000_000),
    events=st.lists(st.dictionaries(texts, texts | st.none() | st.booleans(), max_size=3), max_size=3).map(tuple),
    offers=st.lists(offers, max_size=3).map(tuple),
    privacy_noted=st.booleans(),
    unsure=st.integers(0, 9),
    asked=st.none() | questions,
    opinion_asked=st.booleans(),
)


def offer(number: int, turn: int = 1, expires_at: float = NOW + 1) -> Offer:
    return Offer(f"pilih:{number}", f"Judul {number}", "help", turn, expires_at)


@given(states)
def test_state_comes_back_as_it_was_stored(state: DialogueState) -> None:
    assert DialogueState.from_bytes(state.to_bytes()) == state


@pytest.mark.parametrize("raw", [None, b""])
def test_no_state_is_a_fresh_start(raw: bytes | None) -> None:
    assert DialogueState.from_bytes(raw) == DialogueState()


def test_state_of_another_version_is_a_fresh_start() -> None:
    body = json.loads(DialogueState(turn=7).to_bytes())
    assert body["v"] == VERSION
    for version in (VERSION + 1, 0, None, "1"):
        assert DialogueState.from_bytes(json.dumps({**body, "v": version}).encode()) == DialogueState()


def test_state_from_before_opinions_is_still_good() -> None:
    body = json.loads(DialogueState(turn=7).to_bytes())
    del body["asked"], body["opinion_asked"]
    assert DialogueState.from_bytes(json.dumps(body).encode()) == DialogueState(turn=7)


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe",
        b"{",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'{"v":1}',
        b'{"v":1,"turn":1,"events":7,"offers":[],"privacy_noted":false}',
        b'{"v":1,"turn":1,"events":[],"offers":[[1]],"privacy_noted":false}',
        b'{"v":1,"turn":1,"events":[],"offers":[],"privacy_noted":false,"asked":["a"]}',
        b'{"v":1,"turn":1,"events":[],"offers":[],"privacy_noted":false,"asked":["a","b",[1],[]]}',
    ],
)
def test_garbled_state_is_a_fresh_start(raw: bytes) -> None:
    assert DialogueState.from_bytes(raw) == DialogueState()


def test_offer_is_found_by_its_id_until_it_expires() -> None:
    state = DialogueState().with_offers((offer(1),))
    assert state.offer_by_id("pilih:1", NOW) == offer(1)
    assert state.offer_by_id("pilih:1", NOW + 1) is None
    assert state.offer_by_id("pilih:2", NOW) is None


def test_latest_offers_are_those_of_the_newest_turn_that_offered_in_the_order_shown() -> None:
    state = DialogueState(turn=1).with_offers((offer(1), offer(2)))
    state = DialogueState(turn=2, offers=state.offers).with_offers((offer(3, turn=2), offer(4, turn=2)))
    assert [one.id for one in state.latest_offers(NOW)] == ["pilih:3", "pilih:4"]
    assert state.with_offers(()).latest_offers(NOW) == state.latest_offers(NOW)
    assert DialogueState().latest_offers(NOW) == ()


def test_oldest_offers_are_forgotten_beyond_the_limit() -> None:
    state = DialogueState()
    for number in range(2 * MAX_CHOICES):
        state = state.with_offers((offer(number),))
    assert len(state.offers) == MAX_CHOICES
    assert state.offer_by_id(f"pilih:{2 * MAX_CHOICES - 1}", NOW)
    assert state.offer_by_id("pilih:0", NOW) is None
