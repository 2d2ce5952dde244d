"""The webhook's only proof of origin: a secret in its address."""

from __future__ import annotations

import pytest

from bot.channels.platform import Verified
from bot.channels.whatsapp.fonnte import FonnteAccount
from tests.channels.fonnte.harness import SECRET, settings
from tests.channels.harness import request


def verdict(match: dict[str, str], secret: str = SECRET) -> Verified:
    account = FonnteAccount("default", settings(secret=secret))
    return account.verify(request("/webhooks/whatsapp/fonnte/x", b"{}", {}, match=match))


def test_secret_in_the_address_is_proof() -> None:
    assert verdict({"secret": SECRET}) is Verified.OK


@pytest.mark.parametrize(
    "given", ["", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), SECRET + "/", "é", "\udcff", "\x00"]
)
def test_anything_else_is_none(given: str) -> None:
    assert verdict({"secret": given}) is Verified.BAD


def test_address_without_a_secret_is_told_apart() -> None:
    assert verdict({}) is Verified.MISSING


@pytest.mark.parametrize("given", ["", "x"])
def test_account_without_a_secret_is_closed(given: str) -> None:
    assert verdict({"secret": given}, secret="") is not Verified.OK


def test_request_belongs_to_the_device_whose_secret_it_carries() -> None:
    accounts = [FonnteAccount(name, settings(secret=name * 20)) for name in ("a", "b")]
    raw = request("/webhooks/whatsapp/fonnte/x", b"{}", {}, match={"secret": "b" * 20})
    assert [account.verify(raw) for account in accounts] == [Verified.BAD, Verified.OK]


def test_neither_account_nor_settings_show_secrets() -> None:
    shown = repr(settings()) + repr(FonnteAccount("default", settings()))
    for secret in (SECRET, "token-fonnte-rahasia", "622150000000"):
        assert secret not in shown
