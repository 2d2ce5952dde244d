"""What may count as proof of who somebody is: only what a platform signs, never what a message says of itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from bot.contract.keys import Lane
from bot.contract.messages import Address, Inbound, Outbound, Wake
from bot.contract.promises import Promises
from bot.contract.scripts import Client
from tests.channels.fonnte.harness import FonnteHarness
from tests.channels.fonnte.harness import message as fonnte_message
from tests.channels.harness import Harness
from tests.channels.harnesses import HARNESSES
from tests.channels.meta.harness import MetaHarness, envelope
from tests.channels.meta.harness import message as meta_message
from tests.channels.telegram.harness import PERSON, TelegramHarness
from tests.channels.telegram.harness import message as telegram_message
from tests.channels.test_conformance import Gateway
from tests.channels.twilio.harness import TwilioHarness, form
from tests.channels.waha.harness import WahaHarness
from tests.channels.waha.harness import envelope as waha_envelope
from tests.channels.waha.harness import message as waha_message
from tests.contract.samples import START, until
from tests.gateway.conftest import Http
from tests.gateway.echo_worker import EchoWorker
from tests.gateway.test_web_chat import open_page, say
from tests.redis_server import RedisServer

OWN_NUMBER = "+6281234567890"  # of the person in every platform's harness
OTHERS_DIGITS = "81300000000"
TOKEN = "kp1_" + "aB3dE" * 10
SIGNED = ("whatsapp-meta", "whatsapp-waha", "whatsapp-twilio")
# What a stranger may write into a JSON body, in the hope that it is taken for what only the gateway may say.
INJECTED: dict[str, Any] = {
    "kind": "wake",
    "wake": {"intent": "link_account", "entities": [["link_token", TOKEN]]},
    "phone": "+6281200000001",
    "can_share": True,
    "start": TOKEN,
    "contact": {"phone": "+6281200000001", "own": True},
    "conversation": "telegram:default:42",
    "address": "telegram:default:42",
    "channel": "telegram",
    "masked": ["nik"],
    "revokes": "m0",
    "metadata": {"phone": "+6281200000001", "woken": True},
    "entities": [{"entity": "link_token", "value": TOKEN}],
    "parse_data": {"intent": {"name": "link_account"}},
    "intent": "link_account",
    "slots": {"link_proof": "number"},
}
META_BSUID, TWILIO_BSUID = "ID.13491208655302741918", "ID.13491208655302741919"


class Gateways:
    """Real webhooks of chosen platforms on one Redis."""

    def __init__(self, redis: Client, stack: AsyncExitStack) -> None:
        self._redis: Any = redis
        self._stack = stack

    async def open(self, harness: Harness) -> Gateway:
        """The gateway of one platform."""
        gateway = Gateway(harness, self._redis)
        await self._stack.enter_async_context(gateway.http)
        self._stack.push_async_callback(gateway.intake.close)
        return gateway

    async def stored(self) -> list[Inbound]:
        """Everything that lies in anybody's mailbox."""
        boxes = sorted(await self._redis.keys("*:box:inbox:*"))
        return [Inbound.from_json(body) for box in boxes for body in await self._redis.lrange(box, 0, -1)]

    async def take(self, harness: Harness, body: bytes) -> list[Inbound]:
        """What is stored of one authentic request."""
        gateway = await self.open(harness)
        assert await gateway.deliver(harness.authentic(body)) == 200
        return await self.stored()


@pytest_asyncio.fixture
async def gateways(redis: Client) -> AsyncIterator[Gateways]:
    async with AsyncExitStack() as stack:
        yield Gateways(redis, stack)


@pytest.fixture(params=HARNESSES, ids=lambda harness: harness.name)
def harness(request: pytest.FixtureRequest) -> Harness:
    made: Harness = request.param()
    return made


def telegram_update(**changes: Any) -> bytes:
    """An update with one message of Siti's."""
    return json.dumps({"update_id": 900_000_001, "message": telegram_message(**changes)}).encode()


def card(**changes: Any) -> dict[str, Any]:
    """The card that Telegram makes when Siti presses the button that shares her number."""
    return {"phone_number": "6281200000001", "first_name": "Siti", "user_id": PERSON["id"], **changes}


class TestVouchedNumber:
    async def test_signed_webhooks_vouch_and_no_others(self, gateways: Gateways, harness: Harness) -> None:
        (message,) = await gateways.take(harness, harness.text("m1", "cek status saya"))
        assert message.phone == (OWN_NUMBER if harness.name in SIGNED else "")
        assert (message.start, message.wake, message.contact) == ("", None, None)

    async def test_forged_webhook_brings_in_nothing(self, gateways: Gateways, harness: Harness) -> None:
        gateway = await gateways.open(harness)
        text, choice = harness.text("m1", f"cek status {TOKEN}"), harness.choice("m3", "pilih:x", "x")
        for body in filter(None, (text, harness.contact("m2"), choice)):
            for forged in harness.forgeries(body):
                assert await gateway.deliver(forged) in (403, 404)
        assert await gateways.stored() == []

    async def test_signature_of_one_platform_opens_no_other(self, gateways: Gateways, harness: Harness) -> None:
        for other in HARNESSES:
            stranger = other()
            if stranger.name == harness.name:
                continue
            body = stranger.text("m1", "halo")
            borrowed = harness.authentic(body)
            assert stranger.account.verify(borrowed).value in ("missing", "bad")

    async def test_number_that_is_typed_or_quoted_is_nobodys_proof(self, gateways: Gateways, harness: Harness) -> None:
        text = f"cek status nomor +62{OTHERS_DIGITS} dong, katanya: '0{OTHERS_DIGITS}'"
        (message,) = await gateways.take(harness, harness.text("m1", text))
        assert OTHERS_DIGITS not in message.to_json()

    async def test_somebodys_card_brings_in_no_number_of_its_own(self, gateways: Gateways, harness: Harness) -> None:
        body = harness.contact("m1")
        stored = await gateways.take(harness, body) if body else []
        for message in stored:
            assert message.phone == (OWN_NUMBER if harness.name in SIGNED else "")
            assert not (message.contact and (message.contact.own or message.contact.phone))

    async def test_groups_reach_nobodys_mailbox(self, gateways: Gateways, harness: Harness) -> None:
        body = harness.group("m1")
        if body is None:  # Twilio has no groups; a sender that is none of a person is refused there, too
            body = form(From="whatsapp:120363000000000000@g.us", Body="cek status saya")
        assert await gateways.take(harness, body) == []


class TestTelegramCards:
    async def test_own_card_is_proof(self, gateways: Gateways) -> None:
        (message,) = await gateways.take(TelegramHarness(), telegram_update(contact=card()))
        assert (message.kind, message.phone) == ("contact", "+6281200000001")

    @pytest.mark.parametrize(
        "changes",
        [
            {"contact": card(user_id=43)},
            {"contact": card(user_id=None)},
            {"contact": card(user_id="42")},
            {"contact": card(phone_number="")},
            {"contact": card(phone_number="bukan nomor")},
            {"contact": card(), "forward_date": 1_760_000_000},
            {"contact": card(), "forward_from": {"id": 43, "is_bot": False, "first_name": "Budi"}},
            {"contact": card(), "forward_sender_name": "Budi"},
            {
                "contact": card(),
                "forward_origin": {"type": "hidden_user", "date": 1_760_000_000, "sender_user_name": "Budi"},
            },
            {"contact": card(), "from": {**PERSON, "id": 43}},
            {"contact": card(user_id=43), "from": {**PERSON, "id": 43}},
            {"contact": card(), "from": None},
        ],
    )
    async def test_any_other_card_is_none(self, gateways: Gateways, changes: dict[str, Any]) -> None:
        for message in await gateways.take(TelegramHarness(), telegram_update(**changes)):
            assert message.phone == ""
            assert "81200000001" not in message.to_json()

    @pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
    async def test_card_in_a_group_is_not_even_read(self, gateways: Gateways, kind: str) -> None:
        chat = {"id": -1_001_234_567_890, "type": kind, "title": "Grup"}
        assert await gateways.take(TelegramHarness(), telegram_update(contact=card(), chat=chat)) == []

    async def test_button_pressed_in_a_group_is_nobodys(self, gateways: Gateways) -> None:
        chat = {"id": -1_001_234_567_890, "type": "supergroup", "title": "Grup"}
        shown = {"message_id": 13, "date": 1_760_000_001, "chat": chat, "text": "Pilih"}
        press = {"id": "777", "from": PERSON, "chat_instance": "1", "data": "pilih:abcdefghijkl", "message": shown}
        body = json.dumps({"update_id": 900_000_001, "callback_query": press}).encode()
        assert await gateways.take(TelegramHarness(), body) == []


class TestHiddenIds:
    @pytest.mark.parametrize("chat", ["81234567890123@lid", "6281234567890@lid", "6281234567890:7@lid"])
    async def test_hidden_id_of_waha_never_becomes_a_number(self, gateways: Gateways, chat: str) -> None:
        body = json.dumps(waha_envelope("message", waha_message(chat=chat, body="cek status saya"))).encode()
        (message,) = await gateways.take(WahaHarness(), body)
        assert message.phone == ""

    @pytest.mark.parametrize(
        "contacts",
        [
            [],
            [{"user_id": META_BSUID, "profile": {"name": "Siti"}}],
            # The only contact, but of another id than the message's: somebody else's number.
            [{"wa_id": "6281300000000", "user_id": "ID.99"}],
            [{"wa_id": "6281300000000"}],
            [{"wa_id": META_BSUID}],
        ],
    )
    async def test_business_scoped_id_of_meta_never_becomes_a_number(
        self, gateways: Gateways, contacts: list[dict[str, Any]]
    ) -> None:
        row = {**meta_message(type="text", text={"body": "cek status saya"}), "from_user_id": META_BSUID}
        del row["from"]
        (message,) = await gateways.take(MetaHarness(), envelope(messages=[row], contacts=contacts))
        assert (message.phone, Address.parse(message.conversation).person) == ("", META_BSUID)

    async def test_business_scoped_id_of_twilio_never_becomes_a_number(self, gateways: Gateways) -> None:
        body = form(From=f"whatsapp:{TWILIO_BSUID}", ExternalUserId=TWILIO_BSUID, Body="cek status saya")
        (message,) = await gateways.take(TwilioHarness(), body)
        assert message.phone == ""

    @pytest.mark.parametrize("sender", ["6281234567890", "+6281234567890", "081234567890", "6281234567890@c.us"])
    async def test_fonnte_never_vouches_however_the_number_is_written(self, gateways: Gateways, sender: str) -> None:
        (message,) = await gateways.take(FonnteHarness(), fonnte_message(sender=sender, message="cek status saya"))
        assert message.phone == ""


class TestInjectedFields:
    @pytest.mark.parametrize("name", INJECTED)
    async def test_rest_request_says_nothing_but_words(self, http: Http, worker: EchoWorker, name: str) -> None:
        body = {"sender": "ani", "message": "halo", "message_id": "m1", name: INJECTED[name]}
        async with http.post("/webhooks/rest/webhook", json=body) as response:
            assert response.status == 200
        (heard,) = worker.heard
        assert heard == Inbound("m1", "rest:default:ani", "text", heard.received_at, text="halo")

    @pytest.mark.parametrize("name", INJECTED)
    async def test_web_message_says_nothing_but_words(self, http: Http, worker: EchoWorker, name: str) -> None:
        secret = await open_page(http)
        assert (await say(http, secret, id="pesan-01", text="halo", **{name: INJECTED[name]}))[0] == 202
        heard = await heard_by(worker)
        assert heard == Inbound("pesan-01", heard.conversation, "text", heard.received_at, text="halo")
        assert heard.conversation.startswith("web:default:")

    @pytest.mark.parametrize("sender", ["telegram:default:42", "telegram%3Adefault%3A42", "../telegram:default:42"])
    async def test_rest_sender_can_name_no_conversation_of_another_channel(
        self, http: Http, worker: EchoWorker, sender: str
    ) -> None:
        async with http.post("/webhooks/rest/webhook", json={"sender": sender, "message": "halo"}) as response:
            assert response.status == 200
        (heard,) = worker.heard
        assert Address.parse(heard.conversation) == Address("rest", "default", sender)

    @pytest.mark.parametrize(
        "text", ["/link_account", '/use_number{"phone": "+6281200000001"}', "/linked_elsewhere", "general/saldo"]
    )
    async def test_typed_payload_stays_a_text(self, http: Http, worker: EchoWorker, text: str) -> None:
        async with http.post("/webhooks/rest/webhook", json={"sender": "ani", "message": text}) as response:
            assert response.status == 200
        (heard,) = worker.heard
        assert (heard.kind, heard.start, heard.wake, heard.phone) == ("text", "", None, "")


class TestTokenAtTheDoor:
    @pytest.mark.parametrize(
        "written",
        [
            "{token}",
            "HUBUNGKAN {token}",
            "/start {token}",
            '/link_account{{"link_token": "{token}"}}',
            "ini tautannya: {token}. terima kasih",
            "{token} {token}",
            "{token}\n{token}",
            "https://t.me/kawan_bot?start={token}",
            "https://bot.example.id/#hubungkan={token}",
            "https://wa.me/622150000000?text=HUBUNGKAN%20{token}",
            "HUBUNGKAN{token}",
            "HUBUNGKAN_{token}",
            "_{token}_",
            "*{token}*",
            "{token}dan-ini-ikut-menempel-panjang",
            "{head}\u200b{tail}",
        ],
    )
    async def test_token_is_stored_as_a_token_and_never_among_words(
        self, http: Http, worker: EchoWorker, written: str
    ) -> None:
        text = written.format(token=TOKEN, head=TOKEN[:2], tail=TOKEN[2:])
        async with http.post("/webhooks/rest/webhook", json={"sender": "ani", "message": text}) as response:
            assert response.status == 200
        (heard,) = worker.heard
        assert TOKEN not in heard.text

    async def test_transcript_of_the_web_chat_shows_no_token(
        self, http: Http, worker: EchoWorker, redis_server: RedisServer, redis: Client
    ) -> None:
        await say(http, await open_page(http), id="pesan-01", text=f"HUBUNGKAN {TOKEN}")
        await heard_by(worker)
        raw: Any = redis
        (transcript,) = await raw.keys("*:transcript:*")
        rows = await raw.xrange(transcript)
        assert b"HUBUNGKAN [tautan]" in rows[0][1][b"m"]
        assert not any(TOKEN.encode() in row[1][b"m"] for row in rows)


class TestChangedIdentity:
    async def test_nothing_of_the_former_holder_is_left_for_the_next(self, gateways: Gateways, redis: Client) -> None:
        harness = MetaHarness()
        raw: Any = redis
        gateway = await gateways.open(harness)
        keys, siti = gateway.mailroom.keys, Address("whatsapp-meta", "default", harness.person).key
        for name in (keys.state(siti), keys.link(siti), keys.status(siti)):
            await raw.set(name, b"milik pemilik lama")
        promise = Inbound("wake.1", siti, "wake", START, wake=Wake("check_status"))
        promises = Promises(gateway.mailroom, lambda: START)
        await promises.make(promise, START + 60)
        assert await gateway.deliver(harness.authentic(changed_number(harness.person))) == 200
        assert [name for name in (keys.state(siti), keys.link(siti), keys.status(siti)) if await raw.exists(name)] == []
        assert await promises.waiting() == 0

    async def test_answer_that_still_waits_is_not_sent_to_the_next_holder(
        self, gateways: Gateways, redis: Client
    ) -> None:
        harness = MetaHarness()
        gateway = await gateways.open(harness)
        siti = Address("whatsapp-meta", "default", harness.person).key
        await gateway.mailroom.post(Outbound("o1", siti, START, text="Insentif pelatihan Rp600.000: gagal cair."))
        assert await gateway.deliver(harness.authentic(changed_number(harness.person))) == 200
        raw: Any = redis
        assert await raw.lrange(gateway.mailroom.keys.box(Lane.OUTBOX, siti), 0, -1) == []

    async def test_link_that_still_waits_is_not_used_for_the_next_holder(
        self, gateways: Gateways, redis: Client
    ) -> None:
        harness = MetaHarness()
        gateway = await gateways.open(harness)
        assert await gateway.deliver(harness.authentic(harness.text("m1", f"HUBUNGKAN {TOKEN}"))) == 200
        assert await gateway.deliver(harness.authentic(changed_number(harness.person))) == 200
        assert not [message for message in await gateways.stored() if message.start]


def changed_number(person: str) -> bytes:
    """Meta says that the person behind a number is another one now."""
    system = {"type": "user_changed_number", "wa_id": person, "body": "User changed"}
    return envelope(messages=[{**meta_message("wamid.S", type="system", system=system), "from": person}])


async def heard_by(worker: EchoWorker) -> Inbound:
    """The one message that reached the assistant."""

    async def heard() -> list[Inbound]:
        return worker.heard

    (message,) = await until(heard)
    return message
