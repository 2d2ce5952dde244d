"""The webhook's proof of origin: HMAC-SHA512 over the raw bytes, and nothing weaker."""

from __future__ import annotations

import pytest

from bot.channels.platform import Verified
from bot.channels.whatsapp.waha import WahaAccount
from bot.channels.whatsapp.waha.account import ALGORITHM_HEADER, PROOF_HEADER
from tests.channels.harness import request
from tests.channels.waha.harness import API_KEY, HMAC_KEY, settings, signed

VECTORS = {
    "published": (
        "my-secret-key",
        b'{"event":"message","session":"default","engine":"WEBJS"}',
        "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8"
        "097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89",
    ),
    "message": (
        "kunci-waha",
        b'{"id":"evt_01kz","event":"message","session":"default","payload":{"id":"false_6281234567890@c.us_3EB0",'
        b'"from":"6281234567890@c.us","fromMe":false,"body":"Halo"}}',
        "8b32ac8c719e75f014801add522addc8c046f726008537e792feb6dab8c11030"
        "00601bfe7e4ed095761873ee4faa03aea5904060002319e2dbb7b28e3dd6c56f",
    ),
}


def verdict(body: bytes, headers: dict[str, str], key: str = HMAC_KEY) -> Verified:
    account = WahaAccount(settings(hmac_key=key))
    return account.verify(request(account.path, body, headers))


@pytest.mark.parametrize(("key", "body", "proof"), VECTORS.values(), ids=VECTORS.keys())
def test_known_signatures(key: str, body: bytes, proof: str) -> None:
    headers = {PROOF_HEADER: proof, ALGORITHM_HEADER: "sha512"}
    assert verdict(body, headers, key) is Verified.OK
    assert verdict(body + b"\n", headers, key) is Verified.BAD
    assert verdict(body, headers, key + "x") is Verified.BAD


@pytest.mark.parametrize("algorithm", [None, "", "sha1", "sha256", "SHA512", "sha-512", "none"])
def test_algorithm_is_not_for_the_caller_to_choose(algorithm: str | None) -> None:
    headers = {PROOF_HEADER: signed(b"{}")} | ({} if algorithm is None else {ALGORITHM_HEADER: algorithm})
    assert verdict(b"{}", headers) is Verified.BAD


def test_unsigned_request_is_told_apart() -> None:
    assert verdict(b"{}", {}) is Verified.MISSING
    assert verdict(b"{}", {ALGORITHM_HEADER: "sha512"}) is Verified.MISSING


@pytest.mark.parametrize("proof", ["", "é", "\udcff", "\x00", signed(b"{}")[:-1], signed(b"{}").upper(), "0" * 128])
def test_wrong_proof_is_bad(proof: str) -> None:
    assert verdict(b"{}", {PROOF_HEADER: proof, ALGORITHM_HEADER: "sha512"}) is Verified.BAD


def test_neither_account_nor_settings_show_secrets() -> None:
    shown = repr(settings()) + repr(WahaAccount(settings()))
    assert HMAC_KEY not in shown
    assert API_KEY not in shown
