"""Fake WAHA: signed events, ids as each engine writes them, and a session that can be down."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes.faults import Batch, Duplicate, NoPhoneNumber, Rule, ServerError
from tests.fakes.whatsapp.hook import Hook
from tests.fakes.whatsapp.waha import API_KEY, HMAC_KEY, PATH, SESSION, Engine, WahaFake

SITI, BUDI = "6281234567890", "6281234567891"
CHAT = f"{SITI}@c.us"


@pytest_asyncio.fixture
async def fake(hook: Hook) -> AsyncIterator[WahaFake]:
    async with WahaFake(webhook=hook.url, second=0.01) as fake:
        fake.person(SITI, "Siti")
        yield fake


async def ask(
    fake: WahaFake, http: aiohttp.ClientSession, name: str = "sendText", *, key: str = API_KEY, **more: Any
) -> tuple[int, Any]:
    """One call as the bot makes it: status, answer."""
    body = {"session": SESSION, "chatId": CHAT, **({"text": "Halo"} if name == "sendText" else {}), **more}
    async with http.post(f"{fake.url}/api/{name}", headers={"X-Api-Key": key}, json=body) as response:
        return response.status, await response.json()


def payloads(hook: Hook, event: str = "message") -> list[dict[str, Any]]:
    return [request.json["payload"] for request in hook.got if request.json["event"] == event]


class TestEvents:
    async def test_signature_is_over_the_bytes(self, fake: WahaFake, hook: Hook) -> None:
        fake.person(SITI).write("Halo 🙏")
        (request,) = await hook.take(1)
        assert request.path == PATH
        assert request.headers["X-Webhook-Hmac-Algorithm"] == "sha512"
        assert (
            request.headers["X-Webhook-Hmac"] == hmac.new(HMAC_KEY.encode(), request.body, hashlib.sha512).hexdigest()
        )
        assert int(request.headers["X-Webhook-Timestamp"]) == request.json["timestamp"]
        assert request.headers["X-Webhook-Request-Id"]

    async def test_id_holds_chat_and_message(self, fake: WahaFake, hook: Hook) -> None:
        sent = fake.person(SITI).write("Halo")
        (request,) = await hook.take(1)
        payload = request.json["payload"]
        assert (request.json["event"], request.json["session"], request.json["engine"]) == ("message", SESSION, "GOWS")
        assert payload["id"] == f"false_{CHAT}_{sent}"
        assert (payload["from"], payload["fromMe"], payload["body"]) == (CHAT, False, "Halo")

    async def test_repeat_is_the_same_event(self, fake: WahaFake, hook: Hook) -> None:
        fake.faults.add(Rule(Duplicate()))
        fake.person(SITI).write("Halo")
        first, second = await hook.take(2)
        assert first.json["id"] == second.json["id"]

    async def test_events_are_never_batched(self, fake: WahaFake, hook: Hook) -> None:
        fake.faults.add(Rule(Batch(size=2)))
        for number in (SITI, BUDI):
            fake.person(number).write("Halo")
        await hook.take(2)
        assert {payload["from"] for payload in payloads(hook)} == {CHAT, f"{BUDI}@c.us"}

    async def test_hidden_person_is_answered_by_the_hidden_id(
        self, fake: WahaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.add(Rule(NoPhoneNumber()))
        siti = fake.person(SITI)
        siti.write("Halo")
        (request,) = await hook.take(1)
        lid = request.json["payload"]["from"]
        assert lid.endswith("@lid")
        assert SITI.encode() not in request.body
        status, answer = await ask(fake, http, chatId=lid)
        assert (status, answer["id"]) == (201, f"true_{lid}_{siti.seen[0].id}")
        await fake.settled()
        assert {ack["to"] for ack in payloads(hook, "message.ack")} == {lid}

    async def test_group_names_its_writer_in_the_id(self, fake: WahaFake, hook: Hook) -> None:
        fake.person(SITI).group_message("Halo semua")
        await hook.take(1)
        (payload,) = payloads(hook)
        assert payload["from"].endswith("@g.us")
        assert payload["id"].endswith(f"_{CHAT}")

    async def test_kinds(self, fake: WahaFake, hook: Hook) -> None:
        siti = fake.person(SITI)
        siti.send_image("ini")
        siti.location()
        siti.contact()
        await fake.settled()
        found = {
            key: payload for payload in payloads(hook) for key in ("media", "location", "vCards") if key in payload
        }
        assert (found["media"]["hasMedia"], found["media"]["body"]) == (True, "ini")
        assert found["location"]["location"]["latitude"] == "-6.2"
        assert found["vCards"]["vCards"][0].startswith("BEGIN:VCARD")

    async def test_change_of_a_message_has_events_of_its_own(self, fake: WahaFake, hook: Hook) -> None:
        siti = fake.person(SITI)
        sent = siti.write("Halp")
        siti.edit(sent, "Halo")
        siti.revoke(sent)
        siti.react(sent)
        siti.change_number(BUDI)
        await fake.settled()
        assert payloads(hook, "message.edited")[0]["editedMessageId"] == sent
        assert payloads(hook, "message.revoked")[0] == {"before": None, "revokedMessageId": sent}
        (reaction,) = payloads(hook, "message.reaction")
        assert reaction["reaction"]["text"] == "👍"
        assert isinstance(reaction["timestamp"], float)
        assert len(hook.got) == 4  # nobody is told of the new number

    async def test_retries_end_after_fifteen(self, fake: WahaFake, hook: Hook) -> None:
        hook.answers = [500] * 20
        fake.person(SITI).write("Halo")
        await fake.settled()
        assert len(hook.got) == 16
        assert [one.attempt for one in fake.delivering.given_up] == [16]

    async def test_acks_climb(self, fake: WahaFake, hook: Hook, http: aiohttp.ClientSession) -> None:
        await ask(fake, http)
        await fake.settled()
        acks = payloads(hook, "message.ack")
        assert sorted((ack["ack"], ack["ackName"]) for ack in acks) == [(1, "SERVER"), (2, "DEVICE"), (3, "READ")]
        assert {ack["id"] for ack in acks} == {f"true_{CHAT}_{fake.person(SITI).seen[0].id}"}
        fake.reports.fail(fake.person(SITI).seen[0].id, 0)
        await fake.settled()
        assert payloads(hook, "message.ack")[-1]["ack"] == -1


class TestEngines:
    @pytest.mark.parametrize("engine", ["GOWS", "WEBJS", "NOWEB"])
    async def test_answer_names_the_message_in_the_engines_way(
        self, hook: Hook, http: aiohttp.ClientSession, engine: Engine
    ) -> None:
        async with WahaFake(webhook=hook.url, engine=engine, second=0.01) as fake:
            siti = fake.person(SITI)
            _, answer = await ask(fake, http)
            bare = siti.seen[0].id
            shapes: dict[str, Any] = {
                "GOWS": lambda: answer["id"] == f"true_{CHAT}_{bare}",
                "WEBJS": lambda: answer["id"]["_serialized"] == f"true_{CHAT}_{bare}" and answer["id"]["id"] == bare,
                "NOWEB": lambda: answer["key"] == {"remoteJid": f"{SITI}@s.whatsapp.net", "fromMe": True, "id": bare},
            }
            assert shapes[engine]()
            siti.write("Halo")
            await fake.settled()
            assert {request.json["engine"] for request in hook.got} == {engine}

    async def test_browsers_engine_still_has_what_was_taken_back(self, hook: Hook) -> None:
        async with WahaFake(webhook=hook.url, engine="WEBJS", second=0.01) as fake:
            siti = fake.person(SITI)
            sent = siti.write("Halo")
            siti.revoke(sent)
            await fake.settled()
            assert payloads(hook, "message.revoked")[0]["before"]["id"] == f"false_{CHAT}_{sent}"


class TestCalls:
    async def test_text_is_shown(self, fake: WahaFake, http: aiohttp.ClientSession) -> None:
        assert (await ask(fake, http))[0] == 201
        assert [bubble.text for bubble in fake.person(SITI).seen] == ["Halo"]

    @pytest.mark.parametrize(
        ("wrong", "status"),
        [
            ({"key": "lain"}, 401),
            ({"session": "lain"}, 404),
            ({"session": None}, 404),
            ({"text": ""}, 400),
            ({"text": 7}, 400),
            ({"chatId": SITI}, 400),
            ({"chatId": "@c.us"}, 400),
            ({"chatId": None}, 400),
            ({"chatId": f"{SITI}@g.us"}, 400),
            ({"chatId": f"{BUDI}@c.us"}, 400),
        ],
    )
    async def test_what_is_wrong_is_refused(
        self, fake: WahaFake, http: aiohttp.ClientSession, wrong: dict[str, Any], status: int
    ) -> None:
        assert (await ask(fake, http, **wrong))[0] == status
        assert fake.person(SITI).seen == []

    async def test_body_that_is_no_json_is_refused(self, fake: WahaFake, http: aiohttp.ClientSession) -> None:
        for body in (b"{", b"[]"):
            headers = {"X-Api-Key": API_KEY}
            async with http.post(f"{fake.url}/api/sendText", headers=headers, data=body) as response:
                assert response.status == 400

    async def test_typing_is_seen_until_it_ends(self, fake: WahaFake, http: aiohttp.ClientSession) -> None:
        siti = fake.person(SITI)
        await ask(fake, http, "sendSeen", messageIds=["false_x_y"])
        assert siti.typing_until == 0.0
        await ask(fake, http, "startTyping")
        assert siti.typing_until > fake.clock()
        await ask(fake, http, "stopTyping")
        assert siti.typing_until == 0.0

    async def test_session_that_does_not_work_takes_nothing(
        self, fake: WahaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.set_working(False)
        await fake.settled()
        assert payloads(hook, "session.status")[0]["status"] == "SCAN_QR_CODE"
        for name in ("sendText", "sendSeen", "startTyping"):
            assert (await ask(fake, http, name))[0] == 422
        headers = {"X-Api-Key": API_KEY}
        async with http.get(f"{fake.url}/api/sessions/{SESSION}", headers=headers) as response:
            assert (await response.json())["status"] == "SCAN_QR_CODE"
        fake.set_status("WORKING")
        assert (await ask(fake, http))[0] == 201

    async def test_faults_are_told_by_the_status(self, fake: WahaFake, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(ServerError(500), method="sendText", times=1))
        assert await ask(fake, http) == (500, {"statusCode": 500, "message": "server trouble"})
        assert (await ask(fake, http))[0] == 201

    async def test_slow_webhooks_do_not_hold_each_other_up(self, fake: WahaFake, hook: Hook) -> None:
        hook.answers = [503]
        fake.person(SITI).write("Pertama")
        await asyncio.sleep(0.005)
        fake.person(BUDI).write("Kedua")
        await fake.settled()
        assert {payload["body"] for payload in payloads(hook)} == {"Pertama", "Kedua"}
