"""Fake Meta: what its webhooks look like, and how badly they may come."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.fakes.faults import (
    BadRequest,
    Batch,
    Duplicate,
    NoPhoneNumber,
    RateLimited,
    Refuse,
    Reorder,
    Rule,
    ServerError,
    StatusBeforeAnswer,
    TimeoutAfterTaken,
)
from tests.fakes.whatsapp.hook import Hook, Request
from tests.fakes.whatsapp.meta import NUMBER_ID, PATH, SECRET, TOKEN, VERIFY, MetaFake

SITI, BUDI, WULAN = "6281234567890", "6281234567891", "6281234567892"


@pytest_asyncio.fixture
async def fake(hook: Hook) -> AsyncIterator[MetaFake]:
    async with MetaFake(webhook=hook.url, second=0.02) as fake:
        yield fake


async def send(fake: MetaFake, http: aiohttp.ClientSession, number: str = SITI, **more: Any) -> tuple[int, Any]:
    """Sends a text as the bot does: status, answer."""
    body = {"messaging_product": "whatsapp", "to": number, "type": "text", "text": {"body": "Halo"}, **more}
    return await call(fake, http, {name: value for name, value in body.items() if value is not None})


async def call(fake: MetaFake, http: aiohttp.ClientSession, body: dict[str, Any]) -> tuple[int, Any]:
    url, headers = f"{fake.url}/v25.0/{NUMBER_ID}/messages", {"Authorization": f"Bearer {TOKEN}"}
    async with http.post(url, headers=headers, json=body) as response:
        plain = response.content_type != "application/json"
        return response.status, await (response.text() if plain else response.json())


def values(requests: list[Request]) -> list[dict[str, Any]]:
    return [change["value"] for request in requests for entry in request.json["entry"] for change in entry["changes"]]


def messages(requests: list[Request]) -> list[dict[str, Any]]:
    return [message for value in values(requests) for message in value.get("messages", [])]


def statuses(requests: list[Request]) -> list[dict[str, Any]]:
    return [status for value in values(requests) for status in value.get("statuses", [])]


class TestShape:
    async def test_signature_is_over_the_bytes_with_everything_beyond_ascii_escaped(
        self, fake: MetaFake, hook: Hook
    ) -> None:
        fake.person(SITI, "Siti é").write("Halo 🙏")
        (request,) = await hook.take(1)
        digest = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
        assert request.headers["X-Hub-Signature-256"] == f"sha256={digest}"
        assert request.path == PATH
        assert request.body.isascii()
        assert b"\\ud83d\\ude4f" in request.body

    async def test_message_names_its_sender_twice(self, fake: MetaFake, hook: Hook) -> None:
        siti = fake.person(SITI, "Siti")
        sent = siti.write("Halo")
        (value,) = values(await hook.take(1))
        bsuid = siti.identity.bsuid
        assert value["metadata"]["phone_number_id"] == NUMBER_ID
        assert value["contacts"] == [{"profile": {"name": "Siti"}, "user_id": bsuid, "wa_id": SITI}]
        (message,) = value["messages"]
        assert {**message, "timestamp": ""} == {
            "from": SITI,
            "from_user_id": bsuid,
            "id": sent,
            "timestamp": "",
            "type": "text",
            "text": {"body": "Halo"},
        }
        assert message["timestamp"].isdigit()

    async def test_number_can_be_missing_everywhere(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.add(Rule(NoPhoneNumber(), times=1))
        siti = fake.person(SITI)
        siti.write("Halo")
        await hook.take(1)
        await send(fake, http, to=None, recipient=siti.identity.bsuid)
        await fake.settled()
        assert SITI.encode() not in b"".join(request.body for request in hook.got)
        assert {status["recipient_user_id"] for status in statuses(hook.got)} == {siti.identity.bsuid}

    async def test_contacts_can_be_missing(self, fake: MetaFake, hook: Hook) -> None:
        fake.contacts = False
        fake.person(SITI).write("Halo")
        (value,) = values(await hook.take(1))
        assert "contacts" not in value

    @pytest.mark.parametrize(
        ("verb", "kind", "content"),
        [
            (lambda siti: siti.send_image("ini"), "image", {"caption": "ini", "mime_type": "image/jpeg"}),
            (lambda siti: siti.voice(), "audio", {"voice": True}),
            (lambda siti: siti.sticker(), "sticker", {"mime_type": "image/webp"}),
            (lambda siti: siti.location(), "location", {"latitude": -6.2}),
            (lambda siti: siti.react("wamid.A"), "reaction", {"message_id": "wamid.A", "emoji": "👍"}),
            (lambda siti: siti.react("wamid.A", ""), "reaction", {"message_id": "wamid.A"}),
            (lambda siti: siti.change_number(BUDI), "system", {"type": "user_changed_number", "wa_id": BUDI}),
        ],
    )
    async def test_kinds(self, fake: MetaFake, hook: Hook, verb: Any, kind: str, content: dict[str, Any]) -> None:
        verb(fake.person(SITI))
        (message,) = messages(await hook.take(1))
        assert message["type"] == kind
        assert content.items() <= message["system" if kind == "system" else kind].items()
        assert message["from"] == SITI

    async def test_edit_and_revoke_name_the_message(self, fake: MetaFake, hook: Hook) -> None:
        siti = fake.person(SITI)
        sent = siti.write("Halp")
        siti.edit(sent, "Halo")
        siti.revoke(sent)
        await fake.settled()
        found = {message["type"]: message for message in messages(hook.got)}
        assert found["edit"]["edit"] == {
            "original_message_id": sent,
            "message": {"type": "text", "text": {"body": "Halo"}},
        }
        assert found["revoke"]["revoke"] == {"original_message_id": sent}

    async def test_card_of_their_own_holds_their_number(self, fake: MetaFake, hook: Hook) -> None:
        siti = fake.person(SITI)
        siti.contact(own=True)
        siti.contact()
        await fake.settled()
        numbers = {message["contacts"][0]["phones"][0]["wa_id"] for message in messages(hook.got)}
        assert SITI in numbers
        assert len(numbers) == 2

    async def test_button_and_row_come_back_with_our_id(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        siti = fake.person(SITI)
        siti.write("Halo")
        reply = {"type": "reply", "reply": {"id": "pilih:a", "title": "Ya"}}
        row = {"id": "pilih:b", "title": "Jadwal", "description": "Kapan"}
        for kind, action in (
            ("button", {"buttons": [reply]}),
            ("list", {"button": "Buka", "sections": [{"rows": [row]}]}),
        ):
            content = {"type": kind, "body": {"text": "Pilih"}, "action": action}
            await send(fake, http, type="interactive", text=None, interactive=content)
        first, second = siti.seen
        assert (second.list_label, second.rows[0].description) == ("Buka", "Kapan")
        siti.press("Ya")
        siti.press("pilih:b")
        await fake.settled()
        chosen = [message for message in messages(hook.got) if message["type"] == "interactive"]
        assert {one["context"]["id"]: one["interactive"] for one in chosen} == {
            first.id: {"type": "button_reply", "button_reply": {"id": "pilih:a", "title": "Ya"}},
            second.id: {"type": "list_reply", "list_reply": {"id": "pilih:b", "title": "Jadwal"}},
        }

    async def test_anything_else_can_be_pushed(self, fake: MetaFake, hook: Hook) -> None:
        fake.push("account_update", {"event": "ACCOUNT_DELETED"})
        fake.push_messages(messages=[{"id": "wamid.A", "type": "hologram"}])
        await fake.settled()
        fields = {change["field"] for request in hook.got for change in request.json["entry"][0]["changes"]}
        assert fields == {"account_update", "messages"}
        assert [message["type"] for message in messages(hook.got)] == ["hologram"]

    async def test_person_who_moved_writes_and_is_reached_by_the_new_number(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        siti = fake.person(SITI)
        before = siti.identity.bsuid
        siti.change_number(BUDI)
        siti.write("nomor baru")
        await fake.settled()
        (message,) = [one for one in messages(hook.got) if one["type"] == "text"]
        assert message["from"] == BUDI
        assert message["from_user_id"] != before
        assert (await send(fake, http, BUDI))[0] == 200
        assert (await send(fake, http, SITI))[1]["error"]["code"] == 131026


class TestHandshake:
    async def test_answer_must_be_the_challenge_alone(self) -> None:
        async def webhook(request: web.Request) -> web.Response:
            right = request.query["hub.mode"] == "subscribe" and request.query["hub.verify_token"] == VERIFY
            return web.Response(text=request.query["hub.challenge"], status=200 if right else 403)

        app = web.Application()
        app.router.add_get(PATH, webhook)
        async with TestServer(app) as server, MetaFake(webhook=f"http://127.0.0.1:{server.port}") as fake:
            assert await fake.subscribe()
            assert not await fake.subscribe("lain")


class TestDelivery:
    async def test_it_comes_again_until_it_is_taken(self, fake: MetaFake, hook: Hook) -> None:
        hook.answers = [503, 403, 302]
        fake.person(SITI).write("Halo")
        requests = await hook.take(4)
        await fake.settled()
        assert len({request.body for request in requests}) == 1
        assert [(one.status, one.attempt) for one in fake.delivering.attempts] == [
            (503, 1),
            (403, 2),
            (302, 3),
            (200, 4),
        ]

    async def test_batch_spreads_messages_over_changes_and_statuses_over_another_entry(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.person(SITI).write("Halo")
        await fake.settled()
        fake.faults.add(Rule(Batch(size=4, seconds=60)))
        fake.faults.add(Rule(Batch(size=4, seconds=60), method="status_sent"))
        fake.reports.ladder = ("sent",)
        await send(fake, http)
        await asyncio.sleep(0.05)
        for number in (SITI, BUDI, WULAN):
            fake.person(number).write(f"Saya {number}")
        first, second = await hook.take(2)
        assert len(messages([first])) == 1
        entries = second.json["entry"]
        assert [[sorted(change["value"]) for change in entry["changes"]] for entry in entries] == [
            [["contacts", "messages", "messaging_product", "metadata"]] * 2,
            [["messaging_product", "metadata", "statuses"]],
        ]
        assert [len(value.get("messages", [])) for value in values([second])] == [2, 1, 0]

    async def test_batch_goes_when_nobody_else_comes(self, fake: MetaFake, hook: Hook) -> None:
        fake.faults.add(Rule(Batch(size=4, seconds=1)))
        fake.person(SITI).write("Halo")
        fake.person(BUDI).write("Halo")
        (request,) = await hook.take(1)
        assert len(messages([request])) == 2

    async def test_second_delivery_is_put_together_differently(self, fake: MetaFake, hook: Hook) -> None:
        fake.person(BUDI).write("Sebelumnya")
        await fake.settled()
        fake.faults.add(Rule(Duplicate(after=20), times=1))
        sent = fake.person(SITI).write("Halo")
        await hook.take(2)
        assert fake.delivering.pending  # the repeat is still to come
        third = (await hook.take(3))[2]
        assert [message["id"] for message in messages([third])][-1] == sent
        assert len(messages([third])) == 2
        assert third.body != hook.got[1].body

    async def test_reordered_messages_come_backwards(self, fake: MetaFake, hook: Hook) -> None:
        fake.faults.add(Rule(Reorder(window=3, seconds=60)))
        siti = fake.person(SITI)
        sent = [siti.write(f"Pesan {number}") for number in range(3)]
        assert [message["id"] for message in messages(await hook.take(3))] == sent[::-1]

    async def test_without_an_address_nothing_is_delivered_and_nothing_waits(self) -> None:
        async with MetaFake() as fake:
            fake.person(SITI).write("Halo")
            await fake.settled(1)
            assert fake.delivering.attempts == []


class TestStatuses:
    @pytest_asyncio.fixture(autouse=True)
    async def _open_window(self, fake: MetaFake, hook: Hook) -> None:
        fake.person(SITI).write("Halo")
        await fake.settled()
        hook.got.clear()

    async def test_reference_of_the_bot_comes_back(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        _, answer = await send(fake, http, biz_opaque_callback_data="o1")
        await fake.settled()
        found = statuses(hook.got)
        assert {one["status"] for one in found} == {"sent", "delivered", "read"}
        assert {(one["id"], one["biz_opaque_callback_data"], one["recipient_id"]) for one in found} == {
            (answer["messages"][0]["id"], "o1", SITI)
        }
        assert fake.person(SITI).seen[0].state == "read"

    async def test_they_can_be_out_of_order_skipped_and_doubled(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.reports.ladder = ("read", "sent", "read")
        await send(fake, http)
        await fake.settled()
        (bubble,) = fake.person(SITI).seen
        assert bubble.reports == ["read", "sent", "read"]
        assert bubble.state == "read"
        assert sorted(one["status"] for one in statuses(hook.got)) == ["read", "read", "sent"]

    async def test_only_rules_that_name_them_are_about_them(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.add(Rule(Duplicate()))
        await send(fake, http)
        await fake.settled()
        assert fake.faults.fired == []
        hook.got.clear()
        fake.faults.clear()
        fake.faults.add(Rule(Duplicate(), method="status_read"))
        await send(fake, http)
        await fake.settled()
        assert [one["status"] for one in statuses(hook.got)].count("read") == 2

    async def test_one_can_come_before_the_answer(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.add(Rule(StatusBeforeAnswer()))
        await send(fake, http)
        assert statuses(hook.got)[0]["status"] == "delivered"

    async def test_failure_comes_late_when_the_plan_says_so(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.load([{"action": {"kind": "bad_request", "code": 131049}, "method": "status", "times": 1}])
        assert (await send(fake, http))[0] == 200
        await fake.settled()
        failed = next(one for one in statuses(hook.got) if one["status"] == "failed")
        assert failed["errors"][0]["code"] == 131049
        assert "message" not in failed["errors"][0]
        assert fake.person(SITI).seen[0].state == "failed"

    async def test_failure_comes_when_a_test_says_so(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        await send(fake, http)
        await fake.settled()
        fake.reports.fail(fake.person(SITI).seen[0].id, 131026)
        await fake.settled()
        assert statuses(hook.got)[-1]["errors"][0]["code"] == 131026

    @pytest.mark.parametrize(("number", "code"), [(SITI, 131047), (BUDI, 131026)])
    async def test_what_is_known_on_the_way_alone_is_told_late(
        self, hook: Hook, http: aiohttp.ClientSession, number: str, code: int
    ) -> None:
        async with MetaFake(webhook=hook.url, late=True, second=0.01) as fake:
            fake.person(SITI)
            assert (await send(fake, http, number))[0] == 200
            await fake.settled()
            assert [one["status"] for one in statuses(hook.got) if one["status"] == "failed"] == ["failed"]
            assert next(one for one in statuses(hook.got) if "errors" in one)["errors"][0]["code"] == code
            assert fake.person(SITI).seen == []

    async def test_reports_can_be_lost(self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(Refuse(), method="status"))
        assert (await send(fake, http))[0] == 200
        await fake.settled()
        assert hook.got == []

    async def test_person_without_receipts_is_never_seen_reading(
        self, fake: MetaFake, http: aiohttp.ClientSession
    ) -> None:
        siti = fake.person(SITI)
        siti.receipts = False
        await send(fake, http)
        await fake.settled()
        assert siti.seen[0].state == "delivered"

    async def test_who_blocked_us_sees_nothing_and_whatsapp_does_not_say_so(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        siti = fake.person(SITI)
        siti.block()
        assert (await send(fake, http))[0] == 200
        await fake.settled()
        assert [one["status"] for one in statuses(hook.got)] == ["sent"]
        assert siti.seen == []

    async def test_message_that_was_taken_in_silence_is_reported(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.add(Rule(TimeoutAfterTaken(0.05), times=1))
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await send(fake, http, biz_opaque_callback_data="o1")
        await fake.settled()
        assert len(fake.person(SITI).seen) == 1
        assert {one["biz_opaque_callback_data"] for one in statuses(hook.got)} == {"o1"}
        assert fake.calls[-1].status == 0


class TestTrouble:
    @pytest_asyncio.fixture(autouse=True)
    async def _open_window(self, fake: MetaFake) -> None:
        fake.person(SITI).write("Halo")

    async def test_account_that_is_throttled_is_told_how_long(
        self, fake: MetaFake, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.add(Rule(RateLimited(4.2)))
        url, headers = f"{fake.url}/v25.0/{NUMBER_ID}/messages", {"Authorization": f"Bearer {TOKEN}"}
        body = {"messaging_product": "whatsapp", "to": SITI, "type": "text", "text": {"body": "Halo"}}
        async with http.post(url, headers=headers, json=body) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "5")
            assert (await response.json())["error"]["code"] == 130429

    @pytest.mark.parametrize(
        ("fault", "status", "code"),
        [
            (BadRequest(code=131056, status=429), 429, 131056),
            (ServerError(500), 500, 131000),
            (ServerError(503), 503, 131000),
        ],
    )
    async def test_errors_are_json(
        self, fake: MetaFake, http: aiohttp.ClientSession, fault: Any, status: int, code: int
    ) -> None:
        fake.faults.add(Rule(fault))
        found, answer = await send(fake, http)
        assert (found, answer["error"]["code"]) == (status, code)

    @pytest.mark.parametrize("fault", [ServerError(502), ServerError(504), BadRequest(status=503)])
    async def test_errors_of_a_server_in_between_are_pages(
        self, fake: MetaFake, http: aiohttp.ClientSession, fault: Any
    ) -> None:
        fake.faults.add(Rule(fault))
        status, page = await send(fake, http)
        assert status >= 500
        assert "<html>" in page

    async def test_refused_message_is_not_shown(self, fake: MetaFake, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(Refuse(), times=1))
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await send(fake, http)
        assert fake.person(SITI).seen == []
        assert (await send(fake, http))[0] == 200

    async def test_outage_is_about_every_call(self, fake: MetaFake, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(ServerError(503), seconds=60))
        read = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": fake.person(SITI).chat[0].id,
        }
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert (await call(fake, http, read))[0] == 503
        assert (await send(fake, http))[0] == 503
        async with http.get(f"{fake.url}/v25.0/{NUMBER_ID}", headers=headers) as response:
            assert response.status == 503

    async def test_single_fault_is_not_used_up_by_a_gesture(self, fake: MetaFake, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(ServerError(503), times=1))
        read = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": fake.person(SITI).chat[0].id,
        }
        assert (await call(fake, http, read))[0] == 200
        assert (await send(fake, http))[0] == 503
        fake.faults.add(Rule(ServerError(503), method="read", times=1))
        assert (await call(fake, http, read))[0] == 503

    async def test_host_can_be_down_and_come_back(self, fake: MetaFake, http: aiohttp.ClientSession) -> None:
        await fake.close_port()
        with pytest.raises(aiohttp.ClientConnectorError):
            await send(fake, http)
        await fake.open_port()
        assert (await send(fake, http))[0] == 200
