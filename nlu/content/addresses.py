"""Whether a web address that somebody asks about is the programme's own, said without repeating it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

OFFICIAL_SITE = "prakerja.go.id"
_GOVERNMENT = "go.id"
_NAME = "prakerja"
# Never with the address itself: chat programs would make a link of it.
_FALSE = (
    f"Hati-hati Kak, alamat yang Kakak tulis bukan {OFFICIAL_SITE}, jadi bukan situs resmi Prakerja. "
    "Jangan dibuka dan jangan isi data di sana."
)
_TRUE = (
    f"Alamat yang Kakak tulis memang berakhiran {OFFICIAL_SITE}, situs resmi Prakerja. "
    "Kalau dikirim orang, ketik sendiri alamatnya di peramban."
)


def address_line(addresses: Iterable[str], *, any_site: bool) -> str:
    """One sentence about the addresses of a message; empty when there is nothing to say.

    `any_site`: the person asks whether the address is right, so every foreign one is worth a warning; otherwise only
    one that uses the programme's name. Of other government sites nothing is said. Source: fact fr-situs-resmi.
    """
    hosts = [host(address) for address in addresses]
    if any(_is_foreign(one) and (any_site or _NAME in one) for one in hosts):
        return _FALSE
    return _TRUE if any_site and hosts and all(_within(one, OFFICIAL_SITE) for one in hosts) else ""


def host(address: str) -> str:
    """The host of an address as people write it, with or without a scheme; empty when there is none."""
    bare = address.strip().lower()
    bare = bare.split("://", 1)[-1]
    try:
        return (urlsplit(f"//{bare}").hostname or "").rstrip(".")
    except ValueError:  # an unclosed bracket
        return ""


def _is_foreign(name: str) -> bool:
    return not _within(name, _GOVERNMENT)


def _within(name: str, site: str) -> bool:
    return name == site or name.endswith(f".{site}")
