"""Fake Meta: what it takes, what it refuses and with which code."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes.whatsapp.meta import NUMBER, NUMBER_ID, TOKEN, MetaFake

SITI = "6281234567890"
HOUR = 3600.0


class Clock:
    """Seconds that pass when a test says so."""

    now = 1_048_576.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def fake(clock: Clock) -> AsyncIterator[MetaFake]:
    async with MetaFake(clock=clock, limits=True, second=0.01) as fake:
        fake.person(SITI, "Siti").write("halo")
        yield fake


@pytest.fixture
def send(fake: MetaFake, http: aiohttp.ClientSession) -> Any:
    """Sends a body to the messages address: status, answer."""

    async def send(
        body: Any, *, token: str = TOKEN, number: str = NUMBER_ID, version: str = "v25.0"
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{fake.url}/{version}/{number}/messages"
        data = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with http.post(url, headers=headers, **data) as response:
            return response.status, await response.json()

    return send


def text(body: Any = "Halo", **more: Any) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": SITI,
        "type": "text",
        "text": {"body": body, "preview_url": False},
        **more,
    }


def interactive(content: dict[str, Any]) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": SITI, "type": "interactive", "interactive": content}


def buttons(*options: tuple[str, str], body: str = "Pilih", **more: Any) -> dict[str, Any]:
    made = [{"type": "reply", "reply": {"id": choice, "title": title}} for choice, title in options]
    return interactive({"type": "button", "body": {"text": body}, "action": {"buttons": made}, **more})


def rows(
    count: int = 2,
    *,
    label: str = "Lihat",
    sections: int = 1,
    title: str = "Bagian",
    description: str = "",
    row: dict[str, str] | None = None,
) -> dict[str, Any]:
    def one(name: str) -> dict[str, str]:
        return {"id": name, "title": f"Baris {name}", "description": description, **(row or {})}

    made = [{"title": title, "rows": [one(f"{s}.{n}") for n in range(count)]} for s in range(sections)]
    return interactive({"type": "list", "body": {"text": "Pilih"}, "action": {"button": label, "sections": made}})


def template(name: str = "lanjut_obrolan", language: str = "id", **more: Any) -> dict[str, Any]:
    content = {"name": name, "language": {"policy": "deterministic", "code": language}, **more}
    return {"messaging_product": "whatsapp", "to": SITI, "type": "template", "template": content}


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


TAKEN = {
    "text": text(),
    "longest text": text("x" * 4096),
    "text without a type": without(text(), "type"),
    "written number": text(to="+62 812-3456-7890"),
    "three buttons": buttons(("a", "x" * 20), ("b", "Ya"), ("c" * 256, "Tidak")),
    "longest interactive": buttons(("a", "Ya"), body="x" * 1024),
    "header and footer": buttons(("a", "Ya"), header={"type": "text", "text": "x" * 60}, footer={"text": "x" * 60}),
    "ten rows": rows(10, description="x" * 72),
    "ten sections": rows(1, sections=10),
    "longest label": rows(label="x" * 20),
    "template": template(),
    "reference": text(biz_opaque_callback_data="x" * 512),
}
REFUSED = {
    "no product": (without(text(), "messaging_product"), 100),
    "other product": (text(messaging_product="sms"), 100),
    "a list": ([], 100),
    "no JSON": (b"{", 100),
    "no receiver": (without(text(), "to"), 131008),
    "two receivers": (text(recipient="ID.0987654321826"), 131008),
    "number of the wrong type": (text(to=6281234567890), 131008),
    "number of letters": (text(to="Siti"), 131009),
    "id in place of a number": (text(to="ID.0987654321826"), 131009),
    "ourselves": (text(to=NUMBER), 131021),
    "stranger": (text(to="6289999999999"), 131026),
    "empty text": (text(""), 131008),
    "blank text": (text(" \n"), 131008),
    "no text": (without(text(), "text"), 131008),
    "text of the wrong type": (text(7), 131009),
    "long text": (text("x" * 4097), 131009),
    "unknown type": (text(type="hologram"), 131051),
    "type of the wrong type": (text(type=["text"]), 100),
    "long reference": (text(biz_opaque_callback_data="x" * 513), 131009),
    "no buttons": (buttons(), 131009),
    "four buttons": (buttons(*((str(n), str(n)) for n in range(4))), 131009),
    "long title": (buttons(("a", "x" * 21)), 131009),
    "blank title": (buttons(("a", " ")), 131008),
    "equal titles": (buttons(("a", "Ya"), ("b", "Ya")), 131009),
    "equal ids": (buttons(("a", "Ya"), ("a", "Tidak")), 131009),
    "long id": (buttons(("a" * 257, "Ya")), 131009),
    "empty id": (buttons(("", "Ya")), 131008),
    "long interactive": (buttons(("a", "Ya"), body="x" * 1025), 131009),
    "interactive without text": (buttons(("a", "Ya"), body=""), 131008),
    "long footer": (buttons(("a", "Ya"), footer={"text": "x" * 61}), 131009),
    "long header": (buttons(("a", "Ya"), header={"type": "text", "text": "x" * 61}), 131009),
    "no interactive": ({**text(), "type": "interactive"}, 131008),
    "unknown interactive": (interactive({"type": "dial", "body": {"text": "x"}, "action": {"x": 1}}), 131009),
    "no sections": (rows(sections=0), 131009),
    "eleven sections": (rows(1, sections=11), 131009),
    "eleven rows": (rows(11), 131009),
    "eleven rows in two sections": (rows(6, sections=2), 131009),
    "no rows": (rows(0), 131008),
    "long row description": (rows(1, description="x" * 73), 131009),
    "long row title": (rows(1, row={"title": "x" * 25}), 131009),
    "long row id": (rows(1, row={"id": "x" * 201}), 131009),
    "equal rows": (rows(2, row={"id": "x"}), 131009),
    "long section title": (rows(title="x" * 25), 131009),
    "sections without titles": (rows(sections=2, title=""), 131008),
    "long list label": (rows(label="x" * 21), 131009),
    "no list label": (rows(label=""), 131008),
    "unknown template": (template("lain"), 132001),
    "template in another language": (template(language="jv"), 132001),
    "template without a language": (template(language=None), 131008),  # type: ignore[arg-type]
    "template with a parameter too many": (
        template(components=[{"type": "body", "parameters": [{"type": "text", "text": "x"}]}]),
        132000,
    ),
}


@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN.keys())
async def test_what_is_in_order_is_taken_and_shown(fake: MetaFake, send: Any, body: Any) -> None:
    status, answer = await send(body)
    assert (status, answer["messaging_product"]) == (200, "whatsapp")
    assert answer["contacts"] == [{"input": body["to"], "wa_id": SITI}]
    assert [bubble.id for bubble in fake.person(SITI).seen] == [answer["messages"][0]["id"]]


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_not_is_refused_in_metas_words(fake: MetaFake, send: Any, body: Any, code: int) -> None:
    status, answer = await send(body)
    assert 400 <= status < 500
    assert answer["error"]["code"] == code
    assert answer["error"]["type"] == "OAuthException"
    assert answer["error"]["fbtrace_id"]
    assert fake.person(SITI).seen == []


def damaged(body: Any) -> Iterator[Any]:
    """The body with each of its parts replaced by something of another type, or missing."""
    children = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, child in children:
        for wrong in (None, 7, True, "", [], {}, [None], {"a": 1}, "x" * 5000):
            made = copy.copy(body)
            made[key] = wrong
            yield made
        for inner in damaged(child):
            made = copy.copy(body)
            made[key] = inner
            yield made


@pytest.mark.parametrize("whole", [text(), buttons(("a", "Ya")), rows(1), template()])
async def test_damage_of_any_kind_never_breaks_the_server(clock: Clock, send: Any, whole: Any) -> None:
    for body in damaged(whole):
        clock.now += 6.0
        status, answer = await send(body)
        assert status in (200, 400, 404), body
        assert status == 200 or answer["error"]["code"], body


async def test_wrong_token_is_told_before_anything_else(send: Any) -> None:
    status, answer = await send({}, token="lain")
    assert (status, answer["error"]["code"]) == (401, 190)


async def test_another_number_is_none_of_ours(send: Any) -> None:
    status, answer = await send(text(), number="999")
    assert (status, answer["error"]["code"]) == (400, 100)


async def test_person_without_a_number_is_reached_by_their_id(fake: MetaFake, send: Any) -> None:
    siti = fake.person(SITI)
    status, answer = await send({**without(text(), "to"), "recipient": siti.identity.bsuid})
    assert status == 200
    assert answer["contacts"] == [{"input": siti.identity.bsuid, "user_id": siti.identity.bsuid}]
    assert [bubble.text for bubble in siti.seen] == ["Halo"]


async def test_number_is_no_id(send: Any) -> None:
    status, answer = await send({**without(text(), "to"), "recipient": SITI})
    assert (status, answer["error"]["code"]) == (400, 131026)


async def test_window_closes_a_day_after_the_last_message(fake: MetaFake, clock: Clock, send: Any) -> None:
    clock.now += 24 * HOUR
    assert (await send(text()))[0] == 200
    clock.now += 1
    status, answer = await send(text())
    assert (status, answer["error"]["code"]) == (400, 131047)
    assert (await send(template()))[0] == 200
    fake.person(SITI).write("masih ada")
    assert (await send(text()))[0] == 200


@pytest.mark.parametrize("verb", ["react", "revoke", "group_message"])
async def test_what_is_no_message_to_us_opens_no_window(fake: MetaFake, clock: Clock, send: Any, verb: str) -> None:
    siti = fake.person(SITI)
    clock.now += 25 * HOUR
    own = siti.chat[0].id
    getattr(siti, verb)(*([] if verb == "group_message" else [own]))
    assert (await send(text()))[0] == 400


async def test_one_person_gets_45_at_once_and_then_one_in_six_seconds(fake: MetaFake, clock: Clock, send: Any) -> None:
    assert {(await send(text()))[0] for _ in range(45)} == {200}
    status, answer = await send(text())
    assert (status, answer["error"]["code"]) == (429, 131056)
    assert len(fake.pace.violations) == 1
    clock.now += 6.0
    assert (await send(text()))[0] == 200
    assert len(fake.pace.sent[int(SITI)]) == 47


async def test_account_gets_80_in_a_second(fake: MetaFake, clock: Clock, send: Any) -> None:
    people = [f"62812000{number:05d}" for number in range(81)]
    for number in people:
        fake.person(number).write("halo")
    answers = [await send(text(to=number)) for number in people]
    assert [status for status, _ in answers] == [200] * 80 + [429]
    assert answers[-1][1]["error"]["code"] == 130429
    clock.now += 1.0
    assert (await send(text(to=people[-1])))[0] == 200


async def test_limits_are_only_noted_when_that_is_wanted(clock: Clock, http: aiohttp.ClientSession) -> None:
    async with MetaFake(clock=clock) as fake:
        fake.person(SITI).write("halo")
        url, headers = f"{fake.url}/v25.0/{NUMBER_ID}/messages", {"Authorization": f"Bearer {TOKEN}"}
        for _ in range(46):
            async with http.post(url, headers=headers, json=text()) as response:
                assert response.status == 200
        assert [violation.chat for violation in fake.pace.violations] == [int(SITI)]


async def test_mark_as_read_and_typing_are_one_call(fake: MetaFake, clock: Clock, send: Any) -> None:
    siti = fake.person(SITI)
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": siti.chat[0].id}
    assert await send(read) == (200, {"success": True})
    assert siti.typing_until == 0.0
    assert await send({**read, "typing_indicator": {"type": "text"}}) == (200, {"success": True})
    assert siti.typing_until == clock.now + 25.0
    await send(text())
    assert siti.typing_until == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"message_id": "wamid.lain"},
        {"message_id": 7},
        {"status": "delivered"},
        {"typing_indicator": {"type": "voice"}},
    ],
)
async def test_reading_of_what_is_not_there_is_refused(fake: MetaFake, send: Any, wrong: dict[str, Any]) -> None:
    right = {"messaging_product": "whatsapp", "status": "read", "message_id": fake.person(SITI).chat[0].id}
    status, answer = await send({**right, **wrong})
    assert (status, answer["error"]["code"]) == (400, 100)


async def test_number_tells_how_it_is_doing(fake: MetaFake, http: aiohttp.ClientSession) -> None:
    url, headers = f"{fake.url}/v25.0/{NUMBER_ID}", {"Authorization": f"Bearer {TOKEN}"}
    fake.quality = "YELLOW"
    async with http.get(url, headers=headers, params={"fields": "verified_name,quality_rating"}) as response:
        assert await response.json() == {
            "verified_name": "Kawan Prakerja",
            "quality_rating": "YELLOW",
            "id": NUMBER_ID,
        }
    async with http.get(url) as response:
        assert response.status == 401


async def test_registered_template_shows_its_words(fake: MetaFake, send: Any) -> None:
    fake.templates["status_laporan"] = 1
    parameters = [{"type": "text", "text": "LP-0001"}]
    await send(template("status_laporan", components=[{"type": "body", "parameters": parameters}]))
    (bubble,) = fake.person(SITI).seen
    assert (bubble.kind, bubble.text) == ("template", "[template status_laporan] LP-0001")


async def test_calls_are_kept_as_they_came(fake: MetaFake, send: Any) -> None:
    await send(text("Apa kabar"))
    await send(b"{")
    assert [(call.status, call.fields.get("text")) for call in fake.calls] == [
        (200, {"body": "Apa kabar", "preview_url": False}),
        (400, None),
    ]
    assert "Apa kabar" not in repr(fake.calls)
