"""Message types: what is stored comes back the same, and nothing else comes back at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contract.errors import BadMessage
from bot.contract.messages import (
    KINDS,
    MAX_ID_LENGTH,
    MAX_PERSON_LENGTH,
    SENDERS,
    Address,
    Choice,
    Contact,
    DeadLetter,
    Inbound,
    Media,
    Outbound,
    Wake,
)
from tests.contract.samples import ANI, START, inbound, outbound

TEXTS = st.text(st.characters(codec="utf-8"), max_size=50)
PARTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(str.isprintable)
TIMES = st.floats(0, 1e11)
MEDIA = st.none() | st.builds(Media, TEXTS, TEXTS, TEXTS)
INBOUNDS = st.builds(
    Inbound,
    id=PARTS,
    conversation=TEXTS,
    kind=st.sampled_from(KINDS),
    received_at=TIMES,
    text=TEXTS,
    choice=TEXTS,
    media=MEDIA,
    contact=st.none() | st.builds(Contact, TEXTS, st.booleans()),
    masked=st.lists(TEXTS, max_size=3).map(tuple),
    truncated=st.booleans(),
    sent_at=st.none() | TIMES,
    start=TEXTS,
    revokes=TEXTS,
    phone=TEXTS,
    can_share=st.booleans(),
    wake=st.none() | st.builds(Wake, TEXTS, st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple)),
)
OUTBOUNDS = st.builds(
    Outbound,
    id=TEXTS,
    conversation=TEXTS,
    created_at=TIMES,
    text=TEXTS,
    choices=st.lists(st.builds(Choice, TEXTS, TEXTS), max_size=3).map(tuple),
    media=MEDIA,
    request_contact=st.booleans(),
    answers=st.lists(TEXTS, max_size=3).map(tuple),
    turn=st.integers(0, 10**6),
    last=st.booleans(),
    sender=st.sampled_from(SENDERS),
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=5,
)


class TestAddress:
    @given(PARTS, PARTS, PARTS)
    def test_key_names_one_address(self, channel: str, account: str, person: str) -> None:
        address = Address(channel, account, person)
        assert Address.parse(address.key) == address

    @given(PARTS)
    def test_key_is_plain_whatever_the_person_is_called(self, person: str) -> None:
        key = Address("web", "main", person).key
        assert key.isascii()
        assert key.isprintable()
        assert key.count(":") == 2
        assert not set(key) & set(" {}*?[]\\\"'")

    def test_colons_cannot_reach_another_conversation(self) -> None:
        assert Address("web", "main:ani", "x").key != Address("web", "main", "ani:x").key

    def test_ordinary_ids_stay_readable(self) -> None:
        assert Address("wa", "628", "+62812@c.us").key == "wa:628:+62812@c.us"

    @pytest.mark.parametrize("person", ["", "a\nb", "a\x00", "\ud800", "x" * (MAX_PERSON_LENGTH + 1)], ids=ascii)
    def test_unusable_person_is_refused(self, person: str) -> None:
        with pytest.raises(BadMessage) as caught:
            Address("web", "main", person)
        assert caught.value.code == "bad_address"

    @pytest.mark.parametrize("key", ["", "a", "a:b", "a:b:c:d", "a::c", "a:b:%zz", "a:b:%ff", "a:b:%3a", "a:b: c"])
    def test_other_keys_are_refused(self, key: str) -> None:
        with pytest.raises(BadMessage):
            Address.parse(key)


class TestStored:
    @given(INBOUNDS)
    def test_inbound_comes_back_the_same(self, message: Inbound) -> None:
        assert Inbound.from_json(message.to_json()) == message
        assert Inbound.from_json(message.to_json().encode()) == message

    @given(OUTBOUNDS)
    def test_outbound_comes_back_the_same(self, message: Outbound) -> None:
        assert Outbound.from_json(message.to_json()) == message

    def test_defaults_take_no_room(self) -> None:
        assert set(json.loads(inbound(1).to_json())) == {"id", "conversation", "kind", "received_at", "text"}
        assert set(json.loads(outbound(1).to_json())) == {"id", "conversation", "created_at", "text"}

    def test_half_an_emoji_is_stored_as_a_question_mark(self) -> None:
        message = Inbound("m1", ANI, "text", START, text="halo \ud83d")
        assert Inbound.from_json(message.to_json().encode()).text == "halo ?"

    @pytest.mark.parametrize("message_id", ["", "x" * (MAX_ID_LENGTH + 1), "a\nb", "\udc00"], ids=ascii)
    def test_unusable_message_id_is_refused(self, message_id: str) -> None:
        with pytest.raises(BadMessage) as caught:
            Inbound(message_id, ANI, "text", START)
        assert caught.value.code == "bad_id"


class TestGarbage:
    @given(ANY_JSON)
    def test_other_json_is_refused_by_name(self, body: Any) -> None:
        for parse in (Inbound.from_json, Outbound.from_json):
            with pytest.raises(BadMessage):
                parse(json.dumps(body))

    @given(st.binary(max_size=20))
    def test_other_bytes_are_refused_by_name(self, raw: bytes) -> None:
        for parse in (Inbound.from_json, Outbound.from_json):
            with pytest.raises(BadMessage):
                parse(raw)

    @given(st.data())
    def test_message_with_one_garbled_field_is_refused_or_harmless(self, data: st.DataObject) -> None:
        sample, parse = data.draw(st.sampled_from(_SAMPLES))
        body = json.loads(sample)
        body[data.draw(st.sampled_from(sorted(body)))] = data.draw(ANY_JSON)
        try:
            message = parse(json.dumps(body))
        except BadMessage:
            return
        assert isinstance(message.id, str)
        assert isinstance(message.conversation, str)
        assert isinstance(message.text, str)

    @pytest.mark.parametrize("field", ["id", "conversation", "kind", "received_at"])
    def test_inbound_that_lacks_a_field_is_refused(self, field: str) -> None:
        body = json.loads(inbound(1).to_json())
        del body[field]
        with pytest.raises(BadMessage, match="bad_stored_message"):
            Inbound.from_json(json.dumps(body))

    def test_reason_does_not_quote_what_people_wrote(self) -> None:
        body = {**json.loads(inbound(1).to_json()), "text": ["rahasia saya"]}
        with pytest.raises(BadMessage) as caught:
            Inbound.from_json(json.dumps(body))
        assert "rahasia" not in str(caught.value)


def test_dead_letter_keeps_all_and_shows_no_body() -> None:
    letter = DeadLetter(ANI, "inbox", "turn_failed", 3, START, inbound(1).to_json())
    assert json.loads(letter.to_json()) == {
        "conversation": ANI,
        "lane": "inbox",
        "code": "turn_failed",
        "attempts": 3,
        "at": START,
        "body": inbound(1).to_json(),
    }
    assert "pesan" not in repr(letter)


_FULL_INBOUND = Inbound(
    "m1", ANI, "choice", START, "teks", "c1", Media("image"), Contact("+62", True), ("nik",), True, START
)
_FULL_OUTBOUND = Outbound(
    "r1", ANI, START, "teks", (Choice("a", "A"),), Media("image"), True, ("m1",), 1, False, "staff"
)
_SAMPLES: list[tuple[str, Any]] = [
    (_FULL_INBOUND.to_json(), Inbound.from_json),
    (_FULL_OUTBOUND.to_json(), Outbound.from_json),
]
