"""The fake WhatsApp gateways with our own adapters behind the real webhook: both sides agree on every word."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer

from bot.channels.platform import Bubble
from bot.contract.messages import Choice
from bot.contract.outcomes import Fate, Trouble
from bot.contract.scripts import Client
from bot.gateway.app import build_app
from bot.gateway.settings import read_settings
from tests.contract.samples import until
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
from tests.fakes.whatsapp.__main__ import GATEWAYS
from tests.fakes.whatsapp.meta import MetaFake
from tests.fakes.whatsapp.server import WhatsAppFake
from tests.fakes.whatsapp.twilio import TwilioFake
from tests.fakes.whatsapp.waha import WahaFake
from tests.gateway.echo_worker import EchoWorker
from tests.redis_server import RedisServer, free_port

pytestmark = pytest.mark.usefixtures("quick_stops")

SITI = "6281234567890"
PROJECT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def talking(kind: type[WhatsAppFake], redis_server: RedisServer, **more: str) -> AsyncIterator[Any]:
    """A fake, and our gateway connected to it."""
    port = free_port()
    async with kind(webhook=f"http://127.0.0.1:{port}", second=0.05) as fake:
        variables = {"REDIS_URL": redis_server.url, "DRAIN_SECONDS": "1", "PORT": str(port), **fake.variables(), **more}
        async with TestServer(build_app(read_settings(variables)), port=port):
            yield fake


@pytest.fixture(params=list(GATEWAYS.values()), ids=list(GATEWAYS))
def kind(request: pytest.FixtureRequest) -> type[WhatsAppFake]:
    made: type[WhatsAppFake] = request.param
    return made


@pytest_asyncio.fixture
async def fake(
    kind: type[WhatsAppFake], redis: Client, redis_server: RedisServer, worker: EchoWorker
) -> AsyncIterator[WhatsAppFake]:
    async with talking(kind, redis_server) as fake:
        yield fake


@pytest_asyncio.fixture
async def meta(redis: Client, redis_server: RedisServer, worker: EchoWorker) -> AsyncIterator[MetaFake]:
    async with talking(MetaFake, redis_server) as fake:
        yield fake


@pytest_asyncio.fixture
async def worker(redis: Client, redis_server: RedisServer) -> AsyncIterator[EchoWorker]:
    async with EchoWorker(redis_server.url) as worker:
        yield worker


class TestEveryGateway:
    async def test_question_is_answered_once(self, fake: WhatsAppFake, worker: EchoWorker) -> None:
        fake.faults.add(Rule(Duplicate(after=1.0)))
        siti = fake.person(SITI)
        siti.write("insentif kok blm cair 🙏")
        await siti.read()
        await fake.settled()
        await asyncio.sleep(0.2)
        assert [bubble.text for bubble in siti.seen] == ["gema: insentif kok blm cair 🙏"]
        assert len(worker.heard) == 1

    async def test_choice_is_understood_whatever_it_looks_like(self, fake: WhatsAppFake, worker: EchoWorker) -> None:
        siti = fake.person(SITI)
        siti.write("tombol")
        (bubble,) = await siti.read()
        if bubble.titles:
            siti.press("Jadwal")
        else:
            assert "2. Jadwal" in bubble.text
            siti.write("2")
        await siti.read(2)
        assert siti.seen[1].text in ("gema: pilih:b2", "gema: 2")

    async def test_person_without_a_phone_number_is_answered(self, fake: WhatsAppFake) -> None:
        if fake.name == "fonnte":
            return  # there is no such thing: it knows people by their number alone
        fake.faults.add(Rule(NoPhoneNumber()))
        siti = fake.person(SITI)
        siti.write("halo")
        assert [bubble.text for bubble in await siti.read()] == ["gema: halo"]

    async def test_group_and_reaction_get_no_answer(self, fake: WhatsAppFake, worker: EchoWorker) -> None:
        siti = fake.person(SITI)
        siti.group_message("halo grup")
        siti.write("halo")
        (answer,) = await siti.read()
        siti.react(answer.id)
        await fake.settled()
        assert [message.text for message in worker.heard] == ["halo"]

    @pytest.mark.parametrize("verb", ["send_image", "voice", "sticker", "location"])
    async def test_media_reach_the_assistant_as_such(self, fake: WhatsAppFake, worker: EchoWorker, verb: str) -> None:
        getattr(fake.person(SITI), verb)()

        async def heard() -> bool:
            return bool(worker.heard)

        await until(heard)
        assert worker.heard[0].kind in ("media", "unsupported")

    async def test_call_that_fails_is_made_again(self, fake: WhatsAppFake) -> None:
        fake.faults.add(Rule(ServerError(502), times=1))
        siti = fake.person(SITI)
        siti.write("halo")
        assert [bubble.text for bubble in await siti.read()] == ["gema: halo"]

    async def test_gateway_that_asks_for_a_pause_gets_one(self, fake: WhatsAppFake) -> None:
        fake.faults.add(Rule(RateLimited(1.0), times=1))
        siti = fake.person(SITI)
        siti.write("halo")
        await siti.read()
        sends = [call.status for call in fake.calls if call.method == "POST"]
        assert 429 in sends

    async def test_message_that_got_through_in_silence_is_shown_at_most_twice(self, fake: WhatsAppFake) -> None:
        fake.faults.add(Rule(TimeoutAfterTaken(0.05), times=1))
        siti = fake.person(SITI)
        siti.write("halo")
        await siti.read()
        await asyncio.sleep(2.5)
        # Once where the gateway reports that it was delivered, and twice at most where it does not.
        assert len(siti.seen) <= (1 if fake.name in ("meta", "twilio") else 2)
        assert {bubble.text for bubble in siti.seen} == {"gema: halo"}

    async def test_webhook_is_brought_again_until_it_is_taken(
        self, kind: type[WhatsAppFake], redis: Client, redis_server: RedisServer, worker: EchoWorker
    ) -> None:
        async with talking(kind, redis_server) as fake:
            right = fake.delivering.webhook
            fake.delivering.webhook = f"http://127.0.0.1:{free_port()}"
            siti = fake.person(SITI)
            siti.write("halo")
            await asyncio.sleep(0.2)
            fake.delivering.webhook = right
            if fake.name == "fonnte":
                assert fake.delivering.given_up  # nothing is known of repeats
                return
            await siti.read()
        assert [attempt.status for attempt in fake.delivering.attempts if attempt.kind == "text"][-1] == 200
        assert len([attempt for attempt in fake.delivering.attempts if attempt.kind == "text"]) > 1

    async def test_nothing_is_ever_answered_with_a_server_error(self, fake: WhatsAppFake) -> None:
        fake.faults.load(
            [{"action": {"kind": "duplicate"}, "share": 0.3}, {"action": {"kind": "reorder"}, "share": 0.3}]
        )
        siti = fake.person(SITI)
        for number in range(5):
            siti.write(f"halo {number}")
        for verb in ("voice", "sticker", "location", "contact"):
            getattr(siti, verb)()
        await fake.settled()
        assert {attempt.status for attempt in fake.delivering.attempts} == {200}


class TestMeta:
    async def test_address_is_verified(self, meta: MetaFake) -> None:
        assert await meta.subscribe()

    async def test_buttons_and_list_are_what_the_real_server_takes(self, meta: MetaFake) -> None:
        siti = meta.person(SITI)
        siti.write("tombol")
        (bubble,) = await siti.read()
        assert bubble.titles == ["Cara daftar", "Jadwal"]

    async def test_messages_in_one_batch_are_all_answered(self, meta: MetaFake) -> None:
        meta.faults.add(Rule(Batch(size=3)))
        people = [meta.person(f"62812000000{number}") for number in range(3)]
        for person in people:
            person.write(f"halo dari {person.number[-1]}")
        for person in people:
            assert [bubble.text for bubble in await person.read()] == [f"gema: halo dari {person.number[-1]}"]
        assert len([attempt for attempt in meta.delivering.attempts if attempt.kind == "text"]) == 1

    async def test_reordered_messages_are_all_answered(self, meta: MetaFake) -> None:
        meta.faults.add(Rule(Reorder(window=3)))
        siti = meta.person(SITI)
        for number in range(3):
            siti.write(f"halo {number}")
        await siti.read(3)
        assert sorted(bubble.text for bubble in siti.seen) == [f"gema: halo {number}" for number in range(3)]

    async def test_status_before_the_answer_prevents_a_second_send(self, meta: MetaFake) -> None:
        meta.faults.add(Rule(StatusBeforeAnswer(), times=1))
        siti = meta.person(SITI)
        siti.write("halo")
        await siti.read()
        await meta.settled()
        assert len(siti.seen) == 1

    async def test_delivery_is_recorded(self, meta: MetaFake, redis: Client) -> None:
        siti = meta.person(SITI)
        siti.write("halo")
        (bubble,) = await siti.read()
        await meta.settled()
        raw: Any = redis

        async def read() -> bool:
            return bool(await raw.hget(f"kawan:delivery:whatsapp-meta:default:{bubble.id}", "status") == b"read")

        await until(read)

    async def test_person_behind_a_changed_number_is_a_stranger(self, meta: MetaFake, redis: Client) -> None:
        raw: Any = redis
        await raw.set(f"kawan:{{0}}:state:whatsapp-meta:default:{SITI}", b"{}")
        meta.person(SITI).change_number("6281300000000")
        await meta.settled()
        assert not await raw.exists(f"kawan:{{0}}:state:whatsapp-meta:default:{SITI}")

    async def test_message_taken_back_is_told_to_the_assistant(self, meta: MetaFake, worker: EchoWorker) -> None:
        siti = meta.person(SITI)
        sent = siti.write("rahasia")
        await siti.read()
        siti.revoke(sent)

        async def heard() -> bool:
            return worker.heard[-1].kind == "revoked"

        await until(heard)
        assert worker.heard[-1].revokes == sent

    @pytest.mark.parametrize(
        ("changes", "trouble"),
        [
            ({"text": "x" * 4097}, Trouble.INVALID),
            ({"text": " "}, Trouble.INVALID),
            ({"buttons": (Choice("a", "x" * 21),)}, Trouble.INVALID),
            ({"buttons": (Choice("a", "Ya"), Choice("b", "Ya"))}, Trouble.INVALID),
            ({"buttons": tuple(Choice(str(n), str(n)) for n in range(4))}, Trouble.INVALID),
            ({"rows": tuple(Choice(str(n), str(n)) for n in range(11))}, Trouble.INVALID),
            ({"text": "x" * 1025, "buttons": (Choice("a", "Ya"),)}, Trouble.INVALID),
            ({"to": "6289999999999"}, Trouble.UNDELIVERABLE),
        ],
    )
    async def test_what_the_real_server_refuses_is_refused(self, changes: dict[str, Any], trouble: Trouble) -> None:
        async with MetaFake() as fake:
            fake.person(SITI).heard_at = fake.clock()
            (account,) = read_settings(fake.variables()).accounts
            await account.open()
            values: dict[str, Any] = {"id": "o1", "to": SITI, "text": "halo", "plain": "halo", **changes}
            outcome = await account.send(Bubble(**values))
            await account.close()
        assert (outcome.fate, outcome.trouble) == (Fate.REJECTED, trouble)

    async def test_answer_after_a_day_waits_behind_a_template(
        self, redis: Client, redis_server: RedisServer, worker: EchoWorker
    ) -> None:
        async with talking(MetaFake, redis_server, WHATSAPP_META_TEMPLATE="lanjut_obrolan") as fake:
            siti = fake.person(SITI)
            worker.awake.clear()
            siti.write("halo")
            await fake.settled()
            siti.heard_at -= 25 * 3600.0
            raw: Any = redis
            card = f"kawan:{{0}}:card:whatsapp-meta:default:{SITI}"

            async def stored() -> bool:
                return bool(await raw.hget(card, "heard_at"))

            await until(stored)
            await raw.hset(card, "heard_at", siti.heard_at)
            worker.awake.set()
            (first,) = await siti.read()
            assert first.kind == "template"
            siti.write("iya")
            texts = [bubble.text for bubble in await siti.read(3)]
        assert texts[1:] == ["gema: halo", "gema: iya"]


class TestWaha:
    async def test_unlinked_phone_stops_the_account_until_it_is_back(
        self, redis: Client, redis_server: RedisServer, worker: EchoWorker
    ) -> None:
        async with talking(WahaFake, redis_server) as fake:
            siti = fake.person(SITI)
            fake.set_working(False)
            await fake.settled()
            siti.write("halo")
            await fake.settled()
            async with aiohttp.ClientSession() as http, http.get(f"{fake.delivering.webhook}/readyz") as response:
                assert "session_down" in await response.text()
            assert siti.seen == []
            fake.set_working(True)
            await siti.read(seconds=15)
        assert [bubble.text for bubble in siti.seen] == ["gema: halo"]


class TestLateRefusals:
    @pytest.mark.parametrize("kind", [MetaFake, TwilioFake])
    async def test_window_that_closes_on_the_way_is_learnt_from_the_report(
        self, kind: type[WhatsAppFake], redis: Client, redis_server: RedisServer, worker: EchoWorker
    ) -> None:
        async with talking(kind, redis_server) as fake:
            siti = fake.person(SITI)
            fake.faults.add(Rule(BadRequest(code=fake.codes.window), method="status", times=1))
            siti.write("halo")
            await siti.read()
            await fake.settled()
            raw: Any = redis
            card = f"kawan:{{0}}:card:whatsapp-{fake.name}:default:{SITI}"

            async def closed() -> bool:
                heard_at = await raw.hget(card, "heard_at")
                return heard_at is not None and float(heard_at) < fake.clock() - 24 * 3600.0

            await until(closed)


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "fate", "trouble"),
        [
            (RateLimited(3.0), Fate.RETRY, Trouble.THROTTLED_ACCOUNT),
            (BadRequest(code=131056), Fate.RETRY, Trouble.THROTTLED_PERSON),
            (BadRequest(code=131047), Fate.REJECTED, Trouble.WINDOW_CLOSED),
            (ServerError(503), Fate.RETRY, Trouble.TRANSIENT),
            (Refuse(), Fate.UNKNOWN, Trouble.TRANSIENT),
        ],
    )
    async def test_fault_looks_as_on_the_real_platform(self, fault: Any, fate: Fate, trouble: Trouble) -> None:
        async with MetaFake() as fake:
            fake.person(SITI).heard_at = fake.clock()
            fake.faults.add(Rule(fault))
            (account,) = read_settings(fake.variables()).accounts
            await account.open()
            outcome = await account.send(Bubble("o1", SITI, "halo", "halo"))
            await account.close()
        assert (outcome.fate, outcome.trouble) == (fate, trouble)


class TestProgram:
    @pytest.mark.parametrize("gateway", GATEWAYS)
    async def test_it_says_what_to_do_and_shows_a_page(self, gateway: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.fakes.whatsapp", "--gateway", gateway, "--port", "0",
            cwd=PROJECT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        first = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        url = first.removeprefix("ready ").strip()
        async with aiohttp.ClientSession() as http:
            async with http.get(url) as response:
                assert response.status == 200
            async with http.get(f"{url}/_control/about") as response:
                assert (await response.json())["platform"] == f"whatsapp-{gateway}"
            async with http.post(f"{url}/_control/people/{SITI}/write", json={"text": "halo"}) as response:
                assert response.status == 200
        process.send_signal(signal.SIGINT)
        rest, errors = await asyncio.wait_for(process.communicate(), 20)
        assert b"WHATSAPP_" in rest
        assert (process.returncode, errors) == (0, b"")

    async def test_port_that_is_taken_is_told_in_one_line(self) -> None:
        async with MetaFake() as fake:
            port = fake.url.rpartition(":")[2]
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.fakes.whatsapp", "--port", port,
                cwd=PROJECT, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            _, errors = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 1
        assert errors.decode().startswith(f"cannot listen on port {port}")
        assert errors.count(b"\n") == 1
