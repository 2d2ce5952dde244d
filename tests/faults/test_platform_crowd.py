"""A crowd on Telegram and WhatsApp, with repeats, reordering and a platform that goes down: everybody is answered once.

The size is for CI; KAWAN_CROWD=5000 and KAWAN_OUTAGE=30 make it the full rehearsal of a wave's opening.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.contract.connection import connect, disconnect
from bot.contract.keys import Lane
from bot.contract.mailroom import Mailroom, MailroomRules
from tests.fakes.faults import Batch, Duplicate, Refuse, Reorder, Rule, ServerError, StatusBeforeAnswer
from tests.fakes.telegram.server import TelegramFake
from tests.fakes.whatsapp.meta import MetaFake
from tests.gateway.echo_worker import EchoWorker
from tests.redis_server import RedisServer, free_port

PROJECT = Path(__file__).resolve().parents[2]
MESSAGES = int(os.environ.get("KAWAN_CROWD", "900"))
OUTAGE_SECONDS = float(os.environ.get("KAWAN_OUTAGE", "4"))
PEOPLE = max(50, MESSAGES // 12)
SECRET = "rahasia-orang-banyak"
PATIENCE_SECONDS = 120 + MESSAGES / 10
QUESTION_SECONDS = MESSAGES / 100  # everything comes in this time, several times faster than it may be answered


@asynccontextmanager
async def gateway(redis: RedisServer, log: Path, *, port: int, **variables: str) -> AsyncIterator[str]:
    """The real program; its address."""
    environment = {**os.environ, "REDIS_URL": redis.url, "PORT": str(port), "LEASE_SECONDS": "5", **variables}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.gateway", cwd=PROJECT, env=environment, stdout=output, stderr=output
        )
        url = f"http://127.0.0.1:{port}"
        try:
            await _listens(f"{url}/healthz")
            yield url
        finally:
            process.terminate()
            await process.wait()


async def _listens(url: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)


def questions() -> list[tuple[int, str]]:
    """(person, text): texts of one person are numbered in the order in which they are sent."""
    chance = random.Random(72)
    asked: Counter[int] = Counter()
    talk = []
    for _ in range(MESSAGES):
        person = 1000 + chance.randrange(PEOPLE)
        asked[person] += 1
        talk.append((person, f"{person} tanya {asked[person]}"))
    return talk


async def answered(mailroom: Mailroom, count: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await mailroom.stats(Lane.OUTBOX)).totals.get("handled", 0) < count:
            await asyncio.sleep(0.2)


def heard_by_person(worker: EchoWorker) -> dict[str, list[str]]:
    heard: dict[str, list[str]] = defaultdict(list)
    for message in worker.heard:
        heard[message.conversation.rsplit(":", 1)[1]].append(f"gema: {message.text}")
    return heard


def most_in_five_seconds(times: Sequence[float]) -> int:
    """The most sends in any five seconds, by the platform's clock.

    Not in any one: a busy machine holds some sends back on their way, and they arrive together with the next.
    """
    most, first = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - 5.0:
            first += 1
        most = max(most, last - first + 1)
    return most


async def test_crowd_on_telegram(tmp_path: Path, own_redis: RedisServer, capsys: pytest.CaptureFixture[str]) -> None:
    async with TelegramFake(limits=True, retry_second=0.2, seed=1) as fake, EchoWorker(own_redis.url) as worker:
        fake.faults.add(Rule(Duplicate(after=2.0), share=0.1))
        fake.faults.add(Rule(Reorder(window=3), share=0.02))
        fake.faults.add(Rule(Refuse(), method="sendMessage", after=3.0, seconds=OUTAGE_SECONDS / 2))
        fake.faults.add(Rule(Refuse(), method="getMe", after=3.0, seconds=OUTAGE_SECONDS / 2))
        fake.faults.add(Rule(ServerError(502), after=3.0 + OUTAGE_SECONDS / 2, seconds=OUTAGE_SECONDS / 2))
        variables = {"TELEGRAM_TOKEN": fake.token, "TELEGRAM_API_URL": fake.url, "TELEGRAM_SECRET": SECRET}
        started = time.monotonic()
        async with gateway(
            own_redis, tmp_path / "gateway.log", port=free_port(), **variables, TELEGRAM_MODE="webhook"
        ) as url:
            await _set_webhook(fake, f"{url}/webhooks/telegram/webhook")
            for person in range(1000, 1000 + PEOPLE):
                fake.person(person).start()
            talk = questions()
            for person, text in talk:
                fake.person(person).write(text)
                await asyncio.sleep(QUESTION_SECONDS / MESSAGES)
            redis = connect(own_redis.url)
            mailroom = Mailroom(redis, MailroomRules())
            expected = len(talk) + PEOPLE
            await answered(mailroom, expected)
            await asyncio.sleep(1.0)  # what came too often would show now
            dead = await mailroom.dead_letters()
            await disconnect(redis)

        heard = heard_by_person(worker)
        for person in range(1000, 1000 + PEOPLE):
            seen = [bubble.text for bubble in fake.person(person).answers]
            assert seen == heard[str(person)], "answers are in another order than the messages were taken"
            wanted = {f"gema: {text}" for who, text in talk if who == person} | {"gema: /start"}
            assert Counter(seen) == Counter(wanted), "not each message is answered once"
        assert dead == 0
        assert most_in_five_seconds(fake.pace.all_sent) <= 6 * 30
        assert len(fake.faults.fired) > 20
        _check_log(tmp_path / "gateway.log", fake.token, SECRET)
        _tell(capsys, "Telegram", expected, len(fake.faults.fired), time.monotonic() - started)


async def test_crowd_on_whatsapp(tmp_path: Path, own_redis: RedisServer, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    async with (
        MetaFake(webhook=f"http://127.0.0.1:{port}", limits=True, second=0.2, seed=1) as fake,
        EchoWorker(own_redis.url) as worker,
    ):
        fake.faults.add(Rule(Duplicate(after=5.0), share=0.1))
        fake.faults.add(Rule(Reorder(window=3), share=0.02))
        fake.faults.add(Rule(Batch(size=4), share=0.1))
        fake.faults.add(Rule(StatusBeforeAnswer(), share=0.05))
        fake.faults.add(Rule(ServerError(503), after=3.0, seconds=OUTAGE_SECONDS))
        started = time.monotonic()
        async with gateway(own_redis, tmp_path / "gateway.log", port=port, **fake.variables()):
            talk = questions()
            for person, text in talk:
                fake.person(f"62812000{person}").write(text)
                await asyncio.sleep(QUESTION_SECONDS / MESSAGES)
            redis = connect(own_redis.url)
            mailroom = Mailroom(redis, MailroomRules())
            await answered(mailroom, len(talk))
            await asyncio.sleep(1.0)  # what came too often would show now
            dead = await mailroom.dead_letters()
            await disconnect(redis)

        heard = heard_by_person(worker)
        for person in range(1000, 1000 + PEOPLE):
            seen = [bubble.text for bubble in fake.person(f"62812000{person}").seen]
            assert seen == heard.get(f"62812000{person}", []), "answers are in another order than messages were taken"
            wanted = [f"gema: {text}" for who, text in talk if who == person]
            assert Counter(seen) == Counter(wanted), "not each message is answered once"
        assert dead == 0
        assert most_in_five_seconds(fake.pace.all_sent) <= 6 * 80
        assert {attempt.status for attempt in fake.delivering.attempts} == {200}
        _check_log(tmp_path / "gateway.log", *fake.variables().values(), "62812000")
        _tell(capsys, "WhatsApp", len(talk), len(fake.faults.fired), time.monotonic() - started)


async def _set_webhook(fake: TelegramFake, url: str) -> None:
    body = {"url": url, "secret_token": SECRET, "max_connections": 40}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{fake.url}/bot{fake.token}/setWebhook", json=body) as response,
    ):
        assert response.status == 200, await response.text()


def _check_log(log: Path, *secrets: str) -> None:
    """No fault of our own, and nothing of people or accounts."""
    text = log.read_text(encoding="utf-8")
    assert text.count("\n") > 1
    for forbidden in ("Traceback", "tanya", "gema", *(one for one in secrets if "://" not in one)):
        assert forbidden not in text, forbidden


def _tell(capsys: pytest.CaptureFixture[str], platform: str, count: int, faults: int, seconds: float) -> None:
    with capsys.disabled():
        sys.stdout.write(
            f"\n{platform}: {count} messages, {faults} faults, answered once and in order in {seconds:.0f} s\n"
        )
