"""Updates reach the webhook as Telegram's own server sends them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from tests.contract.samples import PATIENCE_SECONDS
from tests.fakes.faults import Duplicate, Rule
from tests.fakes.telegram import SECRET_HEADER, TelegramFake

SECOND = 0.02  # how long a second of the retry waits is here


class Hook:
    """The bot's webhook: notes what comes, and answers as it is told."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.answers: list[web.Response] = []  # the next ones; afterwards 200
        self.refuses: set[str] = set()  # kinds that get 500 for ever
        self.gate: asyncio.Event | None = None
        self.open = 0
        self.most_open: dict[int, int] = defaultdict(int)
        self.url = ""

    async def serve(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        return runner

    @property
    def texts(self) -> list[str]:
        return [body["message"]["text"] for body in self.bodies if "message" in body]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.bodies) < count:
                await asyncio.sleep(0.005)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        self.secrets.append(request.headers.get(SECRET_HEADER))
        if self.gate:
            self.open += 1
            self.most_open[0] = max(self.most_open[0], self.open)
            await self.gate.wait()
            self.open -= 1
        if self.refuses & set(body):
            return web.Response(status=500)
        return self.answers.pop(0) if self.answers else web.Response()


@pytest_asyncio.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    runner = await hook.serve()
    yield hook
    if hook.gate:
        hook.gate.set()
    await runner.cleanup()


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[TelegramFake]:
    async with TelegramFake(retry_second=SECOND, answer_seconds=1.0) as fake:
        yield fake


async def call(fake: TelegramFake, method: str, **parameters: Any) -> dict[str, Any]:
    url = f"{fake.url}/bot{fake.token}/{method}"
    async with aiohttp.ClientSession() as session, session.post(url, json=parameters) as response:
        body: dict[str, Any] = await response.json()
        return body


async def test_an_update_comes_with_the_secret_and_is_done_after_a_2xx(fake: TelegramFake, hook: Hook) -> None:
    hook.answers = [web.Response(status=204)]
    await call(fake, "setWebhook", url=hook.url, secret_token="rahasia-1")
    fake.person(42, "Siti").start("lapor")
    await fake.settled()
    assert hook.texts == ["/start lapor"]
    assert hook.secrets == ["rahasia-1"]
    assert [(one.status, one.attempt, one.person) for one in fake.deliveries] == [(204, 1, "42")]


async def test_what_waited_before_the_webhook_was_set_is_delivered(fake: TelegramFake, hook: Hook) -> None:
    fake.person(42).write("dulu")
    await call(fake, "setWebhook", url=hook.url)
    await fake.settled()
    assert hook.texts == ["dulu"]
    assert hook.secrets == [None]


async def test_the_next_message_of_a_chat_waits_until_the_one_before_was_taken(fake: TelegramFake, hook: Hook) -> None:
    hook.answers = [web.Response(status=500), web.Response(status=302), web.Response(status=404)]
    await call(fake, "setWebhook", url=hook.url)
    fake.person(42).write("satu")
    fake.person(42).write("dua")
    await fake.settled()
    assert hook.texts == ["satu"] * 4 + ["dua"]
    assert [one.attempt for one in fake.deliveries] == [1, 2, 3, 4, 1]
    times = [one.at for one in fake.deliveries]
    assert times[2] - times[1] >= 2 * SECOND
    assert times[3] - times[2] >= 4 * SECOND


async def test_a_chat_in_trouble_does_not_hold_up_another(fake: TelegramFake, hook: Hook) -> None:
    hook.refuses = {"callback_query"}
    await call(fake, "setWebhook", url=hook.url)
    fake.person(42).press("x", forged=True)
    fake.person(43).write("Halo dari Budi")
    fake.person(42).write("Halo dari Siti")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(hook.texts) < 2:
            await asyncio.sleep(0.005)
    assert sorted(hook.texts) == ["Halo dari Budi", "Halo dari Siti"]
    info = (await call(fake, "getWebhookInfo"))["result"]
    assert info["pending_update_count"] == 1
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"


async def test_a_press_can_overtake_the_message_before_it(fake: TelegramFake, hook: Hook) -> None:
    hook.refuses = {"message"}
    await call(fake, "setWebhook", url=hook.url)
    fake.person(42).write("Halo")
    fake.person(42).press("x", forged=True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not any(one.kind == "callback_query" and one.status == 200 for one in fake.deliveries):
            await asyncio.sleep(0.005)
    assert fake.pending == 1


async def test_retry_after_of_the_bot_is_honoured(fake: TelegramFake, hook: Hook) -> None:
    hook.answers = [web.Response(status=503, headers={"Retry-After": "10"})]
    await call(fake, "setWebhook", url=hook.url)
    fake.person(42).write("Halo")
    await fake.settled()
    first, second = fake.deliveries
    assert second.at - first.at >= 10 * SECOND


async def test_no_answer_and_no_server_are_noted_with_their_reason(fake: TelegramFake, hook: Hook) -> None:
    hook.gate = asyncio.Event()
    await call(fake, "setWebhook", url=hook.url)
    fake.person(42).write("Halo")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not fake.deliveries:
            await asyncio.sleep(0.005)
    assert (fake.deliveries[0].status, fake.deliveries[0].error) == (0, "Read timeout expired")
    await call(fake, "setWebhook", url="http://127.0.0.1:1/hook")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while fake.deliveries[-1].error != "Connection refused":
            await asyncio.sleep(0.005)
    assert fake.pending == 1


async def test_at_most_so_many_chats_are_served_at_once(fake: TelegramFake, hook: Hook) -> None:
    hook.gate = asyncio.Event()
    await call(fake, "setWebhook", url=hook.url, max_connections=3)
    for number in range(1, 11):
        fake.person(number).write("Halo")
    await hook.until(3)
    await asyncio.sleep(0.05)
    assert hook.most_open[0] == 3
    hook.gate.set()
    await fake.settled()
    assert len(hook.bodies) == 10


async def test_an_update_can_come_twice(fake: TelegramFake, hook: Hook) -> None:
    fake.faults.add(Rule(Duplicate(0.02), times=1))
    await call(fake, "setWebhook", url=hook.url)
    fake.person(42).write("Halo")
    await hook.until(2)
    assert hook.bodies[0] == hook.bodies[1]


async def test_one_call_in_the_answer_is_carried_out(fake: TelegramFake, hook: Hook) -> None:
    hook.answers = [web.json_response({"method": "sendMessage", "chat_id": 42, "text": "Halo juga"})]
    await call(fake, "setWebhook", url=hook.url)
    fake.person(42).write("Halo")
    (bubble,) = await fake.person(42).read()
    assert bubble.text == "Halo juga"


async def test_a_bad_call_in_the_answer_harms_nobody(fake: TelegramFake, hook: Hook) -> None:
    hook.answers = [web.json_response({"method": "sendNonsense"}), web.json_response([1]), web.Response(text="{")]
    await call(fake, "setWebhook", url=hook.url)
    for number in range(3):
        fake.person(42).write(str(number))
    await fake.settled()
    assert hook.texts == ["0", "1", "2"]


async def test_deleting_the_webhook_keeps_what_waits_for_polling(fake: TelegramFake, hook: Hook) -> None:
    hook.refuses = {"message"}
    await call(fake, "setWebhook", url=hook.url)
    fake.person(42).write("Halo")
    await hook.until(1)
    await call(fake, "deleteWebhook")
    assert (await call(fake, "getWebhookInfo"))["result"]["url"] == ""
    assert len((await call(fake, "getUpdates"))["result"]) == 1
    await call(fake, "deleteWebhook", drop_pending_updates=True)
    assert (await call(fake, "getUpdates"))["result"] == []


async def test_webhook_info_tells_what_was_set(fake: TelegramFake, hook: Hook) -> None:
    await call(fake, "setWebhook", url=hook.url, max_connections=7, allowed_updates=["message"])
    assert (await call(fake, "getWebhookInfo"))["result"] == {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": 0,
        "max_connections": 7,
        "ip_address": "127.0.0.1",
        "allowed_updates": ["message"],
    }


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"url": "http://bot.example.id/x"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ({"url": "https://bot.example.id/x", "secret_token": "a b"}, "secret token contains unallowed characters"),
        ({"url": "https://bot.example.id/x", "secret_token": "a" * 257}, "secret token is too long"),
    ],
)
async def test_a_webhook_that_cannot_be_is_refused(
    fake: TelegramFake, parameters: dict[str, str], complaint: str
) -> None:
    body = await call(fake, "setWebhook", **parameters)
    assert (body["error_code"], body["description"]) == (400, f"Bad Request: {complaint}")
