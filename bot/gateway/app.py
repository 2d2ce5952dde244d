"""Puts the gateway together: channels, door, sender, health, and their start and stop."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram
from redis.asyncio import Redis

from bot.channels.deliveries import Deliveries
from bot.channels.doorbell import Doorbell
from bot.channels.people import People
from bot.channels.port import Channel
from bot.channels.pull import PullBox
from bot.channels.rates import Rates
from bot.channels.rest import RestChannel
from bot.channels.web.channel import WebChannel
from bot.channels.webhooks import Webhooks
from bot.contract.connection import connect, disconnect
from bot.contract.errors import KawanError
from bot.contract.logs import Pseudonyms, fields
from bot.contract.mailroom import Mailroom
from bot.contract.tasks import end_tasks
from bot.contract.transcript import Transcripts
from bot.gateway import middlewares
from bot.gateway.courier import Courier, Stores
from bot.gateway.door import MailroomDoor
from bot.gateway.health import Health
from bot.gateway.intake import Intake
from bot.gateway.listening import listen
from bot.gateway.sender import Sender
from bot.gateway.settings import GatewaySettings

WEB_LINES = 200
WEB_SECONDS = 30 * 86400
REST_LINES = 100
REST_SECONDS = 3600
LOOK_SECONDS = 60.0

logger = logging.getLogger(__name__)


def build_app(settings: GatewaySettings) -> web.Application:
    """The whole gateway as an aiohttp application; nothing runs before the application starts."""
    shared = settings.shared
    redis = connect(shared.redis_url, cluster=shared.redis_cluster)
    # Publish reaches every node of a cluster, so one plain connection hears all rings.
    bell_redis = Redis.from_url(shared.redis_url, socket_connect_timeout=2.0)
    mailroom = Mailroom(redis, shared.mailroom, cluster=shared.redis_cluster)
    transcripts = Transcripts(redis, mailroom.keys)
    pseudonyms = Pseudonyms(shared.log_key)
    door = MailroomDoor(mailroom, pseudonyms, text_limit=settings.text_limit)
    bell = Doorbell(bell_redis)
    closing = asyncio.Event()

    channels: list[Channel] = []
    if settings.web_chat:
        box = PullBox(transcripts, WEB_LINES, WEB_SECONDS)
        channels.append(WebChannel(door, box, bell, closing, secure=shared.production))
    if settings.rest:
        channels.append(RestChannel(door, PullBox(transcripts, REST_LINES, REST_SECONDS), bell))

    registry = CollectorRegistry()
    seconds = Histogram("kawan_request_seconds", "Time to answer", ["route", "status"], registry=registry)
    app = web.Application(
        client_max_size=settings.body_limit, middlewares=[middlewares.measured(seconds), middlewares.errors()]
    )
    for channel in channels:
        app.add_routes(channel.routes())

    events = Counter("kawan_channel_events", "What platforms reported", ["channel", "event"], registry=registry)
    sends = Counter("kawan_sends", "Attempts to send, by outcome", ["channel", "fate", "code"], registry=registry)
    stores = Stores(mailroom, People(redis, mailroom.keys), Rates(redis), Deliveries(redis))
    couriers = {(account.platform, account.name): Courier(account, stores) for account in settings.accounts}
    intake = Intake(
        mailroom,
        door,
        stores.people,
        stores.deliveries,
        pseudonyms,
        count=lambda channel, event: events.labels(channel, event).inc(),
        news=lambda account, news: couriers[account.platform, account.name].hear(news),
    )
    webhooks = Webhooks(
        settings.accounts,
        intake.take,
        lambda channel, reason: events.labels(channel, f"refused_{reason}").inc(),
        public_url=settings.public_url,
    )
    app.add_routes(webhooks.routes())
    app.add_routes(Health(mailroom, registry, list(couriers.values())).routes())
    app.on_response_prepare.append(middlewares.add_security_headers)

    sender = Sender(
        mailroom,
        {channel.name: channel for channel in channels},
        pseudonyms,
        drain_seconds=settings.drain_seconds,
        couriers=couriers,
        count=lambda channel, outcome: sends.labels(channel, outcome.fate.value, outcome.code).inc(),
    )

    async def end_streams(_: web.Application) -> None:
        # aiohttp waits for open requests before it cleans up, and event streams never end by themselves.
        closing.set()

    async def background(_: web.Application) -> AsyncIterator[None]:
        for account in settings.accounts:
            await account.open()
        tasks = [
            asyncio.create_task(sender.run()),
            asyncio.create_task(bell.run()),
            *(asyncio.create_task(listen(account, intake.take, redis)) for account in settings.accounts),
            *(asyncio.create_task(_watch(courier)) for courier in couriers.values()),
        ]
        for task in tasks:
            task.add_done_callback(_stop_if_it_failed)
        yield
        sender.stop()
        await asyncio.wait(tasks[:1], timeout=settings.drain_seconds + 2)
        await end_tasks(tasks)
        await intake.close()
        for account in settings.accounts:
            await account.close()
        await bell_redis.aclose()
        await disconnect(redis)
        logger.info("gateway stopped")

    app.on_shutdown.append(end_streams)
    app.cleanup_ctx.append(background)
    return app


async def _watch(courier: Courier) -> None:
    """Look at an account now and then, until cancelled."""
    while True:
        await courier.look()
        await asyncio.sleep(LOOK_SECONDS)


def _stop_if_it_failed(task: asyncio.Task[None]) -> None:
    """A gateway that takes messages and sends no replies is worse than one that is started again."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        reason = str(error) if isinstance(error, KawanError) else type(error).__name__
        logger.critical("gateway gives up", extra=fields(reason=reason), exc_info=error)
        sys.exit(1)
