"""The webhook's proof of origin: a secret header, during a change one of two."""

from __future__ import annotations

import pytest

from bot.channels.platform import Verified
from bot.channels.telegram.account import PROOF_HEADER, TelegramAccount
from bot.channels.telegram.profile import WEBHOOK_PATH
from tests.channels.harness import request
from tests.channels.telegram.harness import SECRET, profile

OLD = "rahasia-lama"


def verdict(proof: str | None, *secrets: str, header: str = PROOF_HEADER) -> Verified:
    headers = {} if proof is None else {header: proof}
    return TelegramAccount(profile(secrets=secrets)).verify(request(WEBHOOK_PATH, b"{}", headers))


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        (SECRET, Verified.OK),
        (OLD, Verified.OK),
        (None, Verified.MISSING),
        ("", Verified.BAD),
        (SECRET[:-1], Verified.BAD),
        (SECRET + " ", Verified.BAD),
        (SECRET.swapcase(), Verified.BAD),
        (SECRET + OLD, Verified.BAD),
        ("kunci-é", Verified.BAD),
        ("\udce9", Verified.BAD),
        ("\x00", Verified.BAD),
    ],
)
def test_only_a_secret_of_ours_is_proof(proof: str | None, expected: Verified) -> None:
    assert verdict(proof, SECRET, OLD) is expected


def test_header_name_has_no_case() -> None:
    assert verdict(SECRET, SECRET, header=PROOF_HEADER.lower()) is Verified.OK


@pytest.mark.parametrize("proof", [None, "", SECRET])
def test_webhook_without_a_secret_is_closed(proof: str | None) -> None:
    assert verdict(proof) is Verified.BAD


@pytest.mark.parametrize("mode", ["webhook", "polling"])
def test_webhook_is_open_in_both_modes(mode: str) -> None:
    account = TelegramAccount(profile(mode=mode))
    assert account.verify(request(WEBHOOK_PATH, b"", {PROOF_HEADER: SECRET})) is Verified.OK


def test_request_belongs_to_the_bot_whose_secret_it_carries() -> None:
    accounts = [TelegramAccount(profile(name=name, secrets=(name,))) for name in ("satu", "dua")]
    raw = request(WEBHOOK_PATH, b"{}", {PROOF_HEADER: "dua"})
    assert [account.verify(raw) for account in accounts] == [Verified.BAD, Verified.OK]


def test_neither_account_nor_profile_shows_secrets() -> None:
    shown = repr(profile()) + repr(TelegramAccount(profile()))
    assert SECRET not in shown
    assert profile().token not in shown
