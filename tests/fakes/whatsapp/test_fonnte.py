"""Fake Fonnte: 200 whatever happens, a secret address, and a device that can be down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes.faults import BadRequest, RateLimited, Rule, ServerError
from tests.fakes.whatsapp.fonnte import DEVICE, PATH, TOKEN, FonnteFake
from tests.fakes.whatsapp.hook import Hook

SITI, BUDI = "6281234567890", "6281234567891"


@pytest_asyncio.fixture
async def fake(hook: Hook) -> AsyncIterator[FonnteFake]:
    async with FonnteFake(webhook=hook.url, second=0.01) as fake:
        fake.person(SITI, "Siti")
        yield fake


async def send(
    fake: FonnteFake, http: aiohttp.ClientSession, *, token: str = TOKEN, as_json: bool = False, **more: Any
) -> tuple[int, Any]:
    fields = {"target": SITI, "message": "Halo", **more}
    body: dict[str, Any] = {"json": fields} if as_json else {"data": fields}
    async with http.post(f"{fake.url}/send", headers={"Authorization": token}, **body) as response:
        return response.status, await response.json()


class TestSend:
    @pytest.mark.parametrize("as_json", [True, False])
    @pytest.mark.parametrize("target", [SITI, "081234567890", "+62 812-3456-7890"])
    async def test_message_is_shown(
        self, fake: FonnteFake, http: aiohttp.ClientSession, as_json: bool, target: str
    ) -> None:
        status, answer = await send(fake, http, as_json=as_json, target=target)
        assert (status, answer["status"]) == (200, True)
        (bubble,) = fake.person(SITI).seen
        assert ([bubble.id], bubble.text) == (answer["id"], "Halo")

    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [
            ({"token": "lain"}, "token"),
            ({"token": f"Bearer {TOKEN}"}, "token"),
            ({"message": ""}, "input"),
            ({"target": ""}, "input"),
            ({"target": BUDI}, "target"),
        ],
    )
    async def test_failure_is_told_with_200(
        self, fake: FonnteFake, http: aiohttp.ClientSession, wrong: dict[str, Any], reason: str
    ) -> None:
        status, answer = await send(fake, http, **wrong)
        assert (status, answer["status"]) == (200, False)
        assert reason in answer["reason"]
        assert fake.person(SITI).seen == []

    async def test_fields_of_the_wrong_type_are_refused(self, fake: FonnteFake, http: aiohttp.ClientSession) -> None:
        for wrong in ({"message": ["Halo"]}, {"target": {"a": 1}}, {"message": None}):
            status, answer = await send(fake, http, as_json=True, **wrong)
            assert (status, answer["status"]) == (200, False)

    async def test_faults(self, fake: FonnteFake, http: aiohttp.ClientSession) -> None:
        for fault, expected in ((BadRequest("limit reached"), 200), (RateLimited(2), 429), (ServerError(503), 503)):
            fake.faults.add(Rule(fault, times=1))
            status, answer = await send(fake, http)
            assert (status, answer["status"]) == (expected, False)
        assert (await send(fake, http))[1]["status"] is True

    async def test_nothing_is_reported(self, fake: FonnteFake, hook: Hook, http: aiohttp.ClientSession) -> None:
        await send(fake, http)
        await fake.settled()
        assert hook.got == []


class TestDevice:
    async def test_device_that_is_down_sends_nothing(
        self, fake: FonnteFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.set_connected(False)
        (request,) = await hook.take(1)
        assert (request.json["device"], request.json["status"]) == (DEVICE, "disconnect")
        assert "disconnected" in (await send(fake, http))[1]["reason"]
        async with http.post(f"{fake.url}/device", headers={"Authorization": TOKEN}) as response:
            assert (await response.json())["device_status"] == "disconnect"
        fake.set_connected(True)
        assert (await send(fake, http))[1]["status"] is True


class TestWebhook:
    async def test_message(self, fake: FonnteFake, hook: Hook) -> None:
        sent = fake.person(SITI).write("Halo 🙏")
        (request,) = await hook.take(1)
        assert request.path == PATH
        body = request.json
        assert (body["device"], body["sender"], body["message"]) == (DEVICE, SITI, "Halo 🙏")
        assert (body["member"], body["name"], body["inboxid"]) == ("", "Siti", int(sent))

    async def test_kinds(self, fake: FonnteFake, hook: Hook) -> None:
        siti = fake.person(SITI)
        siti.send_image("ini")
        siti.voice()
        siti.location()
        siti.group_message("Halo semua")
        await fake.settled()
        bodies = [request.json for request in hook.got]
        assert {body["extension"]: body["message"] for body in bodies if "extension" in body} == {
            "jpg": "ini",
            "ogg": "non-text message",
        }
        assert [body["location"] for body in bodies if "location" in body] == ["-6.2,106.8"]
        assert [body["member"] for body in bodies if body["sender"].endswith("@g.us")] == [SITI]

    async def test_what_fonnte_has_no_word_for_is_not_told(self, fake: FonnteFake, hook: Hook) -> None:
        siti = fake.person(SITI)
        sent = siti.write("Halo")
        siti.react(sent)
        siti.edit(sent, "Halo!")
        siti.revoke(sent)
        siti.change_number(BUDI)
        await fake.settled()
        assert len(hook.got) == 1

    async def test_it_does_not_come_again(self, fake: FonnteFake, hook: Hook) -> None:
        hook.answers = [503]
        fake.person(SITI).write("Halo")
        await fake.settled()
        assert len(hook.got) == len(fake.delivering.given_up) == 1
