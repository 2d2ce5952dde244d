"""What every platform's adapter must do, whatever the platform: one table of cases for all of them."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from bot.channels.deliveries import Deliveries
from bot.channels.people import People
from bot.channels.platform import Delivery, Event, Ignored, RawRequest, Verified
from bot.channels.port import Arrival
from bot.channels.webhooks import BODY_LIMIT, Webhooks
from bot.contract.errors import BadMessage
from bot.contract.keys import Lane
from bot.contract.logs import Pseudonyms
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.messages import Address, Inbound
from bot.contract.scripts import Client
from bot.gateway import middlewares
from bot.gateway.door import MailroomDoor
from bot.gateway.intake import Intake
from tests.channels.harness import BASE, Harness
from tests.channels.harnesses import HARNESSES
from tests.channels.walkthrough import KurirHarness

TEXTS = {
    "plain": "min insentif gw kok blm cair y",
    "emoji": "halo 🙏👨\u200d👩\u200d👧",
    "other scripts": "ꦱꦸꦒꦼꦁ مرحبا",
    "markup": "<b>tebal</b> & *miring* `kode` [a](b)",
    "slash": '/faq{"a":1}',
    "lines": "satu\n\ndua\r\ntiga\ttab",
    "control signs": "a\u0000b\u0007c\u202ed",
    "long": "panjang " * 2000,
    "one sign": "?",
}
UNREADABLE = {
    "empty": b"",
    "no json": b"{",
    "null": b"null",
    "list": b"[]",
    "number": b"42",
    "text": b'"halo"',
    "empty object": b"{}",
    "binary": bytes(range(256)),
    "utf-16": '{"a":1}'.encode("utf-16"),
    "deep list": b"[" * 50_000,
    "deep object": b'{"a":' * 50_000,
    "huge number": b'{"update_id":' + b"9" * 5000 + b"}",
    "nan": b'{"update_id": NaN, "entry": Infinity}',
    "many keys": json.dumps({f"k{number}": number for number in range(5000)}).encode(),
}


@pytest.fixture(params=(*HARNESSES, KurirHarness), ids=lambda harness: harness.name)
def harness(request: pytest.FixtureRequest) -> Harness:
    made: Harness = request.param()
    return made


def parse(harness: Harness, body: bytes) -> list[Event]:
    request = harness.authentic(body)
    assert harness.account.verify(request) is Verified.OK
    return list(harness.account.parse(request))


def only_arrival(events: list[Event]) -> Arrival:
    arrivals = [event for event in events if isinstance(event, Arrival)]
    assert len(arrivals) == 1, events
    return arrivals[0]


class TestParsing:
    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
    def test_text_becomes_one_arrival_of_its_sender(self, harness: Harness, text: str) -> None:
        arrival = only_arrival(parse(harness, harness.text("m1", text)))
        assert (arrival.kind, arrival.text) == ("text", text)
        assert arrival.address == Address(harness.account.platform, harness.account.name, harness.person)
        assert 0 < len(arrival.id) <= 128

    def test_same_message_has_the_same_id_and_another_one_another(self, harness: Harness) -> None:
        ids = [only_arrival(parse(harness, harness.text(name, name))).id for name in ("m1", "m1", "m2")]
        assert ids[0] == ids[1] != ids[2]

    def test_media_is_an_arrival_without_its_bytes(self, harness: Harness) -> None:
        body = harness.media("m1")
        if body is not None:
            assert only_arrival(parse(harness, body)).kind == "media"

    def test_choice_comes_back_verbatim(self, harness: Harness) -> None:
        body = harness.choice("m1", "pilih:AbCdEfGhIjKl", "Cara daftar")
        if body is None:
            assert harness.account.capabilities.buttons == harness.account.capabilities.rows == 0
            return
        arrival = only_arrival(parse(harness, body))
        assert (arrival.kind, arrival.choice) == ("choice", "pilih:AbCdEfGhIjKl")
        assert arrival.text in ("Cara daftar", "")

    def test_only_signed_requests_vouch_for_a_number_and_only_where_the_id_is_one(self, harness: Harness) -> None:
        account = harness.account
        signed = account.platform in ("whatsapp-meta", "whatsapp-waha", "whatsapp-twilio")
        assert account.vouched_phone("6281234567890") == ("+6281234567890" if signed else "")
        for hidden in ("123456789@lid", "ID.13491208655302741918", "0812345678", "+6281234567890", "628", "6" * 16, ""):
            assert account.vouched_phone(hidden) == ""

    def test_somebodys_contact_card_is_no_proof_and_its_number_is_not_kept(self, harness: Harness) -> None:
        body = harness.contact("m1")
        events = parse(harness, body) if body else []
        for event in events:
            if isinstance(event, Arrival) and event.contact:
                assert (event.contact.phone, event.contact.own) == ("", False)

    def test_kind_of_tomorrow_is_said_to_be_unsupported(self, harness: Harness) -> None:
        body = harness.unknown_kind("m1")
        if body is not None:
            assert only_arrival(parse(harness, body)).kind == "unsupported"

    def test_delivery_report_is_no_message(self, harness: Harness) -> None:
        body = harness.status("r1")
        if body is not None:
            (event,) = parse(harness, body)
            assert isinstance(event, Delivery)
            assert (event.receipt, event.status) == ("r1", "delivered")

    @pytest.mark.parametrize("kind", ["group", "echo"])
    def test_what_is_not_a_persons_own_message_is_ignored(self, harness: Harness, kind: str) -> None:
        body = getattr(harness, kind)("m1")
        events = parse(harness, body) if body else []
        assert all(isinstance(event, Ignored) for event in events), events

    @pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
    def test_unreadable_body_raises_nothing_but_bad_message(self, harness: Harness, body: bytes) -> None:
        request = harness.authentic(body)
        assert harness.account.verify(request) is Verified.OK
        try:
            events = harness.account.parse(request)
        except BadMessage:
            return
        assert not any(isinstance(event, Arrival) and event.kind == "text" for event in events)

    def test_acknowledgement_is_a_success(self, harness: Harness) -> None:
        answer = harness.account.acknowledge(harness.authentic(harness.text("m1", "halo")))
        assert 200 <= answer.status < 300


class TestOrigin:
    def test_forged_request_is_never_ok(self, harness: Harness) -> None:
        forged = harness.forgeries(harness.text("m1", "halo"))
        assert len(forged) >= 3
        for request in forged:
            assert harness.account.verify(request) is not Verified.OK

    def test_account_does_not_show_its_secrets(self, harness: Harness) -> None:
        request = harness.authentic(harness.text("m1", "pesan-rahasia"))
        for value in [*request.headers.values(), "pesan-rahasia"]:
            if len(value) > 12 and "/" not in value:
                assert value not in repr(request)
                assert value not in repr(harness.account)


class TestLimits:
    def test_limits_are_sane(self, harness: Harness) -> None:
        limits, can = harness.account.limits, harness.account.capabilities
        assert limits.account.count / limits.account.seconds >= limits.person.count / limits.person.seconds
        assert can.text_limit >= 500
        assert not can.repeatable


class Gateway:
    """The adapter behind the gateway's real webhook, door and mailroom."""

    def __init__(self, harness: Harness, redis: Client) -> None:
        self.harness = harness
        self.redis: Any = redis
        self.mailroom = Mailroom(redis, MailroomRules())
        pseudonyms = Pseudonyms("kunci")
        self.intake = Intake(
            self.mailroom,
            MailroomDoor(self.mailroom, pseudonyms, text_limit=4000),
            People(redis, self.mailroom.keys),
            Deliveries(redis),
            pseudonyms,
            count=lambda channel, event: None,
            news=lambda account, news: None,
        )
        app = web.Application(client_max_size=256 * 1024, middlewares=[middlewares.errors()])
        webhooks = Webhooks([harness.account], self.intake.take, lambda channel, reason: None, public_url=BASE)
        app.add_routes(webhooks.routes())
        self.http = TestClient(TestServer(app))

    async def deliver(self, request: RawRequest) -> int:
        url = URL(request.url)
        headers = {name: value for name, value in request.headers.items() if value.isprintable()}
        response = await self.http.post(url.relative(), data=io.BytesIO(request.body), headers=headers)
        await response.read()
        return response.status

    async def mail(self) -> list[Inbound]:
        keys = self.mailroom.keys
        address = Address(self.harness.account.platform, self.harness.account.name, self.harness.person)
        bodies = await self.redis.lrange(keys.box(Lane.INBOX, address.key), 0, -1)
        return [Inbound.from_json(body) for body in bodies]


@pytest_asyncio.fixture
async def gateway(harness: Harness, redis: Client) -> AsyncIterator[Gateway]:
    gateway = Gateway(harness, redis)
    async with gateway.http:
        yield gateway
    await gateway.intake.close()


class TestThroughTheGateway:
    async def test_replayed_message_is_one_message(self, gateway: Gateway, harness: Harness) -> None:
        request = harness.authentic(harness.text("m1", "halo"))
        assert [await gateway.deliver(request) for _ in range(3)] == [200] * 3
        assert [message.text for message in await gateway.mail()] == ["halo"]

    async def test_forged_message_is_refused_and_leaves_nothing(self, gateway: Gateway, harness: Harness) -> None:
        for request in harness.forgeries(harness.text("m1", "halo")):
            assert await gateway.deliver(request) in (403, 404)
        assert await gateway.redis.keys("*") == []

    @pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
    async def test_unreadable_body_is_never_a_server_error(
        self, gateway: Gateway, harness: Harness, body: bytes
    ) -> None:
        assert await gateway.deliver(harness.authentic(body)) == 200

    async def test_oversized_body_is_refused(self, gateway: Gateway, harness: Harness) -> None:
        body = harness.text("m1", "x" * (BODY_LIMIT + 1))
        assert await gateway.deliver(harness.authentic(body)) == 413

    async def test_secrets_in_a_message_never_reach_redis(self, gateway: Gateway, harness: Harness) -> None:
        await gateway.deliver(harness.authentic(harness.text("m1", "nik saya 3273012345678901 tolong cek")))
        (message,) = await gateway.mail()
        assert "3273012345678901" not in message.text
        assert message.masked
