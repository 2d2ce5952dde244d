"""A web address in a message is called false when it is, and is never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.content.addresses import address_line, host

FALSE = (
    "prakerja.vip",
    "https://daftar-prakerja2025.online/klaim",
    "prakerja.go.id.daftar-72.com",
    "https://www.prakerja.go.id@prakerja72.site/x",
    "prakerja-go-id.com",
    "https://pr\u0430kerja-resmi.id",
    "bit.ly/prakerja72",
)
TRUE = (
    "prakerja.go.id",
    "https://www.prakerja.go.id/",
    "DASHBOARD.prakerja.go.id/masuk?x=1",
    "bantuan.prakerja.go.id:443",
)


@pytest.mark.parametrize("address", FALSE)
def test_false_address_is_called_so_without_being_repeated(address: str) -> None:
    line = address_line([address], any_site=True)
    assert "bukan situs resmi" in line
    assert address not in line


@pytest.mark.parametrize("address", TRUE)
def test_official_address_is_called_so(address: str) -> None:
    assert "situs resmi Prakerja" in address_line([address], any_site=True)


def test_one_false_address_among_right_ones_is_enough() -> None:
    assert "bukan situs resmi" in address_line([*TRUE, FALSE[0]], any_site=True)


def test_other_sites_are_spoken_of_only_when_asked_about() -> None:
    assert address_line(["karier.mu", "kemnaker.go.id"], any_site=False) == ""
    assert address_line(["siapkerja.kemnaker.go.id"], any_site=True) == ""
    assert address_line([], any_site=True) == ""


@given(st.text(max_size=80))
def test_anything_may_stand_there(address: str) -> None:
    assert host(address) == host(address).strip()
    address_line([address, f"https://{address}"], any_site=True)
