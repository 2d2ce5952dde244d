"""Fake Meta: what its webhooks look like."""

from __future__ import annotations

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
    NoPhoneNumber,
    Rule,
)
from tests.fakes.whatsapp.hook import Hook
from tests.fakes.whatsapp.meta import NUMBER_ID, PATH, SECRET, VERIFY, MetaFake
from tests.fakes.whatsapp.meta_talk import BUDI, SITI, messages, send, statuses, values


@pytest_asyncio.fixture
async def fake(hook: Hook) -> AsyncIterator[MetaFake]:
    async with MetaFake(webhook=hook.url, second=0.02) as fake:
        yield fake


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
