"""Health, readiness and figures, as operators and load balancers ask for them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from bot.contract.messages import Inbound
from bot.contract.promises import Promises
from bot.contract.scripts import Client
from tests.contract.samples import PATIENCE_SECONDS, until
from tests.gateway.conftest import Http, Start
from tests.gateway.echo_worker import EchoWorker
from tests.redis_server import RedisServer

Figures = dict[tuple[str, ...], float]


async def get(http: Http, path: str) -> tuple[int, Any]:
    async with http.get(path) as response:
        return response.status, await response.json()


async def figures(http: Http) -> Figures:
    """Every sample by its name and the values of its labels (in the order of their names), as Prometheus reads it."""
    async with http.get("/metrics") as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        text = await response.text()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_healthz_says_that_the_process_runs(http: Http) -> None:
    assert await get(http, "/healthz") == (200, {"status": "ok"})


async def test_not_ready_without_a_worker(http: Http) -> None:
    assert await get(http, "/readyz") == (503, {"status": "not ready", "redis": "ok", "workers": 0})


async def test_ready_with_a_worker(http: Http, worker: EchoWorker) -> None:
    assert await get(http, "/readyz") == (200, {"status": "ready", "redis": "ok", "workers": 1})


async def test_silent_worker_does_not_count(http: Http, redis: Client) -> None:
    long_ago = Mailroom(redis, MailroomRules(), clock=lambda: time.time() - 60)
    await long_ago.workers.heartbeat("worker-1", {})
    assert (await get(http, "/readyz"))[0] == 503


async def test_worker_that_signed_off_does_not_count(http: Http, redis: Client) -> None:
    mailroom = Mailroom(redis, MailroomRules())
    await mailroom.workers.heartbeat("worker-1", {})
    assert (await get(http, "/readyz"))[0] == 200
    await mailroom.workers.farewell("worker-1")
    assert (await get(http, "/readyz"))[0] == 503


@pytest.mark.parametrize(("seen", "figure"), [((), -1), ((True, True), 1), ((True, False), 0)])
async def test_account_api_is_up_when_every_worker_that_asks_it_says_so(
    http: Http, redis: Client, seen: tuple[bool, ...], figure: int
) -> None:
    mailroom = Mailroom(redis, MailroomRules())
    await mailroom.workers.heartbeat("without", {})
    for number, up in enumerate(seen):
        await mailroom.workers.heartbeat(f"worker-{number}", {"account_api": up})
    assert (await figures(http))[("kawan_account_api_up",)] == figure


async def test_promises_are_counted(http: Http, redis: Client) -> None:
    mailroom = Mailroom(redis, MailroomRules())
    await Promises(mailroom).make(Inbound("wake.1", "web:main:ani", "wake", 0.0), time.time() + 60)
    assert (await figures(http))[("kawan_promises",)] == 1


async def test_redis_away_is_not_ready_but_alive(start: Start, own_redis: RedisServer) -> None:
    http = await start(REDIS_URL=own_redis.url)
    async with EchoWorker(own_redis.url):
        own_redis.stop()
        assert await get(http, "/readyz") == (503, {"status": "not ready", "redis": "away", "workers": 0})
        assert (await get(http, "/healthz"))[0] == 200
        assert (await figures(http))[("kawan_redis_up",)] == 0
        own_redis.start()
        assert (await get(http, "/readyz"))[0] == 200
        assert (await figures(http))[("kawan_redis_up",)] == 1


async def test_hanging_redis_is_told_in_time(
    start: Start, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.health.ANSWER_SECONDS", 0.2)
    http = await start(REDIS_URL=own_redis.url)
    own_redis.freeze()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert (await get(http, "/readyz"))[0] == 503
            assert (await figures(http))[("kawan_redis_up",)] == 0
    finally:
        own_redis.thaw()


async def test_figures_follow_the_mail(http: Http, redis: Client, worker: EchoWorker) -> None:
    for number in range(3):
        body = {"sender": "ani", "message": "dua", "message_id": f"nomor-{min(number, 1)}"}
        async with http.post("/webhooks/rest/webhook", json=body) as response:
            assert response.status == 200

    async def sent() -> Figures | None:
        now = await figures(http)
        return now if now.get(("kawan_mailroom_messages", "handled", "outbox")) == 4 else None

    now = await until(sent)
    assert now[("kawan_workers",)] == 1
    assert now[("kawan_dead_letters",)] == 0
    assert now[("kawan_mailroom_messages", "accepted", "inbox")] == 2
    assert now[("kawan_mailroom_messages", "duplicate", "inbox")] == 1
    assert now[("kawan_mailroom_messages", "handled", "inbox")] == 2
    for lane in ("inbox", "outbox", "bulk"):
        for state in ("ready", "claimed", "delayed", "waiting"):
            assert now[("kawan_mailroom", lane, state)] == 0


async def test_waiting_mail_shows_with_its_age(http: Http, redis: Client) -> None:
    two_minutes_ago = f"{int((time.time() - 120) * 1000)}-0"
    raw: Any = redis
    mailroom = Mailroom(redis, MailroomRules())
    await raw.xadd(mailroom.keys.ready(Lane.INBOX, 0), {"c": "web:default:ani"}, id=two_minutes_ago)
    now = await figures(http)
    assert now[("kawan_mailroom", "inbox", "ready")] == 1
    assert 119 < now[("kawan_mailroom_oldest_seconds", "inbox")] < 180


async def test_requests_are_timed_by_route_and_status_refusals_included(http: Http, worker: EchoWorker) -> None:
    hook = "/webhooks/rest/webhook"
    for body in ({"message": "halo"}, {"message": 5}):
        async with http.post(hook, json=body):
            pass
    for path in ("/tidak/ada/6281234567890", hook, "/static/chat.js", "/chat/events"):
        async with http.get(path):
            pass
    now = await figures(http)
    counted = {key[1:]: value for key, value in now.items() if key[0] == "kawan_request_seconds_count"}
    assert counted[(hook, "200")] == 1
    assert counted[(hook, "400")] == 1
    assert counted[("unknown", "404")] == 1
    assert counted[("unknown", "405")] == 1
    assert counted[("/chat/events", "401")] == 1
    assert counted[("/static", "200")] == 1
    assert not any("6281234567890" in part for key in now for part in key)


async def test_account_that_cannot_send_is_named_and_takes_nothing_else_down(
    redis: Client, start: Start, worker: EchoWorker
) -> None:
    http = await start(
        TELEGRAM_TOKEN="1:token",
        TELEGRAM_API_URL="http://127.0.0.1:9",
        TELEGRAM_SECRET="rahasia",
        TELEGRAM_MODE="webhook",
    )

    async def noticed() -> bool:
        body = await (await http.get("/readyz")).json()
        return bool(body["accounts"] == {"telegram/default": "unreachable"} and body["status"] == "ready")

    await until(noticed)
    metrics = await (await http.get("/metrics")).text()
    assert 'kawan_account_up{account="default",channel="telegram"} 0.0' in metrics
