"""Health for operators and load balancers: alive, ready, and figures for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.contract.errors import MailroomUnavailable
from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom
from bot.contract.promises import Promises
from bot.gateway.courier import Courier

ANSWER_SECONDS = 3.0  # load balancers give up soon after


class Health:
    """`/healthz` (this process runs), `/readyz` (messages would be answered), `/metrics`."""

    def __init__(self, mailroom: Mailroom, registry: CollectorRegistry, couriers: Sequence[Courier] = ()) -> None:
        self._mailroom = mailroom
        self._couriers = couriers
        self._registry = registry
        self._lanes = Gauge("kawan_mailroom", "Mail by lane and state", ["lane", "state"], registry=registry)
        self._oldest = Gauge(
            "kawan_mailroom_oldest_seconds", "Age of the oldest ready mail", ["lane"], registry=registry
        )
        self._totals = Gauge(
            "kawan_mailroom_messages", "Messages since the beginning, by lane and event", ["lane", "event"],
            registry=registry,
        )  # fmt: skip
        self._dead = Gauge("kawan_dead_letters", "Dead letters that wait for an operator", registry=registry)
        self._workers = Gauge("kawan_workers", "Living assistant workers", registry=registry)
        self._accounts = Gauge(
            "kawan_account_up", "Whether an account can send, as far as is known", ["channel", "account"],
            registry=registry,
        )  # fmt: skip
        self._account_api = Gauge(
            "kawan_account_api_up", "Whether the account API answers, as the workers see it (-1: there is none)",
            registry=registry,
        )  # fmt: skip
        self._promises = Gauge("kawan_promises", "Answers that were promised for later", registry=registry)
        self._redis = Gauge("kawan_redis_up", "Whether Redis answers", registry=registry)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Three addresses."""
        return [
            web.get("/healthz", self._healthz),
            web.get("/readyz", self._readyz),
            web.get("/metrics", self._metrics),
        ]

    async def _healthz(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                workers = len(await self._mailroom.workers.alive())
            redis = "ok"
        except (MailroomUnavailable, TimeoutError):
            workers, redis = 0, "away"
        ready = redis == "ok" and workers > 0
        body: dict[str, Any] = {"status": "ready" if ready else "not ready", "redis": redis, "workers": workers}
        if self._couriers:
            # Not a reason to take no traffic: the other channels work, and what comes in is kept.
            body["accounts"] = {_name(one): one.state.detail or "ok" for one in self._couriers}
        return web.json_response(body, status=200 if ready else 503)

    async def _metrics(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._measure()
            self._redis.set(1)
        except (MailroomUnavailable, TimeoutError):
            self._redis.set(0)
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _measure(self) -> None:
        for courier in self._couriers:
            self._accounts.labels(courier.account.platform, courier.account.name).set(courier.state.up)
        workers = await self._mailroom.workers.alive()
        self._workers.set(len(workers))
        seen = [about["account_api"] for about in workers.values() if "account_api" in about]
        self._account_api.set(all(seen) if seen else -1)
        self._promises.set(await Promises(self._mailroom).waiting())
        self._dead.set(await self._mailroom.dead_letters())
        for lane in Lane:
            stats = await self._mailroom.stats(lane)
            states = {
                "ready": stats.ready,
                "claimed": stats.claimed,
                "delayed": stats.delayed,
                "waiting": stats.waiting,
            }
            for state, count in states.items():
                self._lanes.labels(lane=lane.value, state=state).set(count)
            self._oldest.labels(lane=lane.value).set(stats.oldest_seconds)
            for event, total in stats.totals.items():
                self._totals.labels(lane=lane.value, event=event).set(total)


def _name(courier: Courier) -> str:
    return f"{courier.account.platform}/{courier.account.name}"
