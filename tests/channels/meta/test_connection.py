"""What only shows behind a real connection and the real gateway: answers in pieces, reports that cannot be stored."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.platform import Bubble
from bot.channels.whatsapp.meta.account import MetaAccount
from bot.contract.outcomes import Fate, Outcome
from bot.contract.scripts import Client
from tests.channels.meta.harness import PERSON, MetaHarness, envelope, message, settings
from tests.channels.meta.stub import opened
from tests.channels.test_conformance import Gateway

ANSWER = json.dumps({"messaging_product": "whatsapp", "messages": [{"id": "wamid.B"}]}).encode()


async def in_pieces(request: web.Request) -> web.StreamResponse:
    """The headers and half of the body first; the rest when the first half has surely been read."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(ANSWER[:20])
    await asyncio.sleep(0.05)
    await response.write(ANSWER[20:])
    return response


async def test_answer_in_pieces_is_an_answer() -> None:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", in_pieces)
    async with TestServer(app) as server:
        account = MetaAccount("default", settings(api_url=str(server.make_url("")).rstrip("/")))
        async with opened(account):
            outcome = await account.send(Bubble("o1", PERSON, "halo", "halo"))
    assert outcome == Outcome(Fate.ACCEPTED, receipt="wamid.B")


@pytest.mark.parametrize(
    "status",
    [
        {"id": "\ud800", "status": "sent"},
        {"id": "wamid.B", "status": "sent", "biz_opaque_callback_data": "\ud800"},
        {"id": "a\u0000b", "status": "failed", "errors": [{"code": 131026}]},
    ],
)
async def test_report_that_cannot_be_stored_does_not_come_again_and_again(redis: Client, status: Any) -> None:
    harness = MetaHarness()
    gateway = Gateway(harness, redis)
    after = [{"id": "wamid.C", "status": "sent"}]
    body = envelope(messages=[message("w1", type="text", text={"body": "halo"})], statuses=[status, *after])
    async with gateway.http:
        assert await gateway.deliver(harness.authentic(body)) == 200
        assert [mail.text for mail in await gateway.mail()] == ["halo"]
    await gateway.intake.close()
