"""Link tokens: their shape, their age, and that nothing about them can be changed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.account_api.tokens import LIFETIME_SECONDS, PREFIX, Tokens, digest
from tests.account_api.serving import NOW

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
KEY = bytes(range(32))
TOKENS = Tokens(KEY)


def _raw(token: str) -> bytes:
    return base64.urlsafe_b64decode(token.removeprefix(PREFIX) + "==")


def _written(raw: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_token_is_what_the_contract_says() -> None:
    token = TOKENS.make(NOW + 0.9)
    assert len(token) <= 64
    assert re.fullmatch(r"kp1_[A-Za-z0-9_-]+", token)
    raw = _raw(token)
    assert len(raw) == 16 + 5 + 16
    assert int.from_bytes(raw[16:21], "big") == int(NOW) + LIFETIME_SECONDS == int(NOW) + 600
    reading = TOKENS.read(token)
    assert reading.genuine
    assert reading.ends_at == int(NOW) + 600
    assert reading.nonce_hash == hashlib.sha256(raw[:16]).digest()


def test_signature_is_half_an_hmac_over_prefix_and_content() -> None:
    token = TOKENS.make(NOW)
    key = hmac.digest(KEY, b"links", "sha256")
    assert _raw(token)[21:] == hmac.digest(key, b"kp1_" + _raw(token)[:21], "sha256")[:16]


def test_every_changed_byte_is_noticed() -> None:
    raw = _raw(TOKENS.make(NOW))
    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            assert not TOKENS.read(_written(bytes(changed))).genuine


def test_every_changed_letter_is_noticed_even_where_it_says_the_same_bytes() -> None:
    token = TOKENS.make(NOW)
    for place in range(len(token)):
        for letter in ALPHABET:
            if letter != token[place]:
                assert not TOKENS.read(token[:place] + letter + token[place + 1 :]).genuine


@pytest.mark.parametrize("change", ["{}A", "{}=", "{}\n", " {}", "{}\x00", "x{}"])
def test_nothing_can_be_added(change: str) -> None:
    assert not TOKENS.read(change.format(TOKENS.make(NOW))).genuine


def test_nothing_can_be_left_out() -> None:
    token = TOKENS.make(NOW)
    assert not any(TOKENS.read(token[:length]).genuine for length in range(len(token)))


def test_another_key_knows_it_not() -> None:
    assert not Tokens(bytes(32)).read(TOKENS.make(NOW)).genuine


@settings(derandomize=True, database=None, max_examples=200)
@given(st.text(max_size=80) | st.text(ALPHABET, min_size=50, max_size=50).map(PREFIX.__add__))
def test_anything_can_be_read_and_is_not_genuine(text: str) -> None:
    reading = TOKENS.read(text)
    assert not reading.genuine
    assert len(reading.nonce_hash) == 32


def test_no_two_tokens_are_alike() -> None:
    assert len({TOKENS.make(NOW) for _ in range(1000)}) == 1000


def test_reference_is_the_same_again_and_another_for_every_grant_chat_and_key() -> None:
    salt = TOKENS.salt()
    reference = TOKENS.reference(salt, "a")
    assert re.fullmatch(r"[A-Za-z0-9_-]{22,64}", reference)
    others = {TOKENS.reference(TOKENS.salt(), "a"), TOKENS.reference(salt, "b"), Tokens(bytes(32)).reference(salt, "a")}
    assert reference == TOKENS.reference(salt, "a")
    assert len(others | {reference}) == 4
    assert digest(reference.encode()) != digest(salt)
