"""Many people who write through the web chat as its page does: in order, with client ids, until each is accepted."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.channels.web.session import COOKIE

RETRY_SECONDS = 0.1
REPEATS = 0.1
REQUEST_SECONDS = 15.0
QUESTIONS = (
    "insentif saya kok belum cair ya min",
    "lupa password akun prakerja gimana",
    "gelombang 72 udah dibuka belum",
    "apa itu kartu prakerja",
    "saldo pelatihan bisa dicairkan jadi uang gak",
    "cara ganti nomor hp yang lama sudah mati",
    "sertifikat belum muncul di dashboard",
    "apakah jasa joki prakerja aman",
    "syarat daftar prakerja apa aja",
    "berapa total bantuan yang saya terima",
)


@dataclass
class Person:
    """One browser: its session's secret, what it sent in order, and how often it had to try."""

    secret: str = ""
    sent: list[str] = field(default_factory=list)
    tries: int = 0
    repeats: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """What this browser sends along with every request."""
        return {"Cookie": f"{COOKIE}={self.secret}"}


class Crowd:
    """All people of one run. The same seed gives the same messages and repeats."""

    def __init__(self, url: str, http: aiohttp.ClientSession, *, people: int, messages: int, seed: int) -> None:
        self._url = url
        self._http = http
        self._messages = messages
        self._random = random.Random(seed)
        self.people = [Person() for _ in range(people)]
        self.accepted = 0

    async def talk(self) -> None:
        """Everybody sends everything, side by side."""
        await asyncio.gather(*(self._one(person, random.Random(self._random.random())) for person in self.people))

    async def _one(self, person: Person, dice: random.Random) -> None:
        await self._open(person)
        for number in range(self._messages):
            body = {"id": str(uuid.UUID(int=dice.getrandbits(128))), "text": QUESTIONS[number % len(QUESTIONS)]}
            await self._post(person, body)
            person.sent.append(body["id"])
            self.accepted += 1
            if dice.random() < REPEATS:
                person.repeats += 1
                await self._post(person, body)
            await asyncio.sleep(dice.random() * 2)

    async def _open(self, person: Person) -> None:
        while True:
            try:
                async with self._http.get(f"{self._url}/") as response:
                    person.secret = response.cookies[COOKIE].value
                    return
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(RETRY_SECONDS)

    async def _post(self, person: Person, body: dict[str, str]) -> None:
        while True:
            person.tries += 1
            try:
                async with self._http.post(f"{self._url}/chat/messages", json=body, headers=person.headers) as response:
                    if response.status == 202:
                        return
                    assert response.status in (429, 503), f"HTTP {response.status}: {await response.text()}"
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(RETRY_SECONDS)

    async def read(self, person: Person) -> list[dict[str, Any]]:
        """What the person sees after a reload: all lines up to the answer to the last message."""
        lines: list[dict[str, Any]] = []
        async with self._http.get(f"{self._url}/chat/events", headers=person.headers) as response:
            async for raw in response.content:
                if raw.startswith(b"data: "):
                    lines.append(json.loads(raw[len(b"data: ") :]))
                    if person.sent[-1] in lines[-1]["answers"] and lines[-1]["last"]:
                        break
        return lines


def browser_session() -> aiohttp.ClientSession:
    """A client without a cookie jar (each person carries their own) and with limits on every wait."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
        connector=aiohttp.TCPConnector(limit=0),
    )
