"""Two bots and two gateways for WhatsApp at once: everybody is answered where they asked."""

from __future__ import annotations

from contextlib import AsyncExitStack

from aiohttp.test_utils import TestServer

from bot.contract.scripts import Client
from bot.gateway.app import build_app
from bot.gateway.settings import read_settings
from tests.fakes.telegram.server import TelegramFake
from tests.fakes.whatsapp.fonnte import FonnteFake
from tests.fakes.whatsapp.meta import MetaFake
from tests.gateway.echo_worker import EchoWorker
from tests.redis_server import RedisServer, free_port

SITI = "6281234567890"
SECOND_TOKEN = "987654321:BBFakeTokenForTheSecondBotOfThisTest"


async def test_everybody_is_answered_where_they_asked(
    redis: Client, redis_server: RedisServer, worker: EchoWorker
) -> None:
    port = free_port()
    webhook = f"http://127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(TelegramFake())
        second = await stack.enter_async_context(TelegramFake(token=SECOND_TOKEN, username="kawan_kedua_bot"))
        meta = await stack.enter_async_context(MetaFake(webhook=webhook))
        fonnte = await stack.enter_async_context(FonnteFake(webhook=webhook))
        variables = {
            "REDIS_URL": redis_server.url,
            "DRAIN_SECONDS": "1",
            "TELEGRAM_TOKEN": first.token,
            "TELEGRAM_API_URL": first.url,
            "TELEGRAM_ACCOUNTS": "kedua",
            "TELEGRAM_KEDUA_TOKEN": second.token,
            "TELEGRAM_KEDUA_API_URL": second.url,
            **meta.variables(),
            **fonnte.variables(),
        }
        settings = read_settings(variables)
        assert [f"{account.platform}/{account.name}" for account in settings.accounts] == [
            "telegram/default",
            "telegram/kedua",
            "whatsapp-meta/default",
            "whatsapp-fonnte/default",
        ]
        await stack.enter_async_context(TestServer(build_app(settings), port=port))
        # The same number everywhere, so that a mixed-up address would show.
        people = [first.person(42), second.person(42)]
        for person, word in zip(people, ("satu", "dua"), strict=True):
            person.start()
            person.write(f"bot {word}")
        meta.person(SITI).write("lewat meta")
        fonnte.person(SITI).write("lewat fonnte")
        seen = [[bubble.text for bubble in await person.read(2)] for person in people]
        assert seen == [["gema: /start", "gema: bot satu"], ["gema: /start", "gema: bot dua"]]
        assert [bubble.text for bubble in await meta.person(SITI).read()] == ["gema: lewat meta"]
        assert [bubble.text for bubble in await fonnte.person(SITI).read()] == ["gema: lewat fonnte"]
    assert len({message.conversation for message in worker.heard}) == 4
