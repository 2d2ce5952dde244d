"""Puts the gateway together: channels, door, sender, health, and their start and stop."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator

from aiohttp import web
from prometheus_client import CollectorRegistry, Histogram
from redis.asyncio import Redis

from bot.channels.doorbell import Doorbell
from bot.channels.port import Channel
from bot.channels.pull import PullBox
from bot.channels.rest import RestChannel
from bot.channels.web.channel import WebChannel
from bot.contract.connection import connect, disconnect
from bot.contract.errors import KawanError
from bot.contract.logs import Pseudonyms, fields
from bot.contract.mailroom import Mailroom
from bot.contract.tasks import end_tasks
from bot.contract.transcript import Transcripts
from bot.gateway import middlewares
from bot.gateway.door import MailroomDoor
from bot.gateway.health import Health
from bot.gateway.sender import Sender
from bot.gateway.settings import GatewaySettings

WEB_LINES = 200
WEB_SECONDS = 30 * 86400
REST_LINES = 100
REST_SECONDS = 3600

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
    app.add_routes(Health(mailroom, registry).routes())
    app.on_response_prepare.append(middlewares.add_security_headers)

    sender = Sender(
        mailroom, {channel.name: channel for channel in channels}, pseudonyms, drain_seconds=settings.drain_seconds
    )

    async def end_streams(_: web.Application) -> None:
        # aiohttp waits for open requests before it cleans up, and event streams never end by themselves.
        closing.set()

    async def background(_: web.Application) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(sender.run()), asyncio.create_task(bell.run())]
        for task in tasks:
            task.add_done_callback(_stop_if_it_failed)
        yield
        sender.stop()
        await asyncio.wait(tasks[:1], timeout=settings.drain_seconds + 2)
        await end_tasks(tasks)
        await bell_redis.aclose()
        await disconnect(redis)
        logger.info("gateway stopped")

    app.on_shutdown.append(end_streams)
    app.cleanup_ctx.append(background)
    return app


def _stop_if_it_failed(task: asyncio.Task[None]) -> None:
    """A gateway that takes messages and sends no replies is worse than one that is started again."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        reason = str(error) if isinstance(error, KawanError) else type(error).__name__
        logger.critical("gateway gives up", extra=fields(reason=reason), exc_info=error)
        sys.exit(1)
