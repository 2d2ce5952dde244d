"""The fake Telegram server: the Bot API for the bot, people for a test, and the page for a person."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.fakes import page
from tests.fakes.faults import (
    Action,
    BadRequest,
    Blocked,
    Clock,
    FaultPlan,
    RateLimited,
    Refuse,
    ServerError,
    Slow,
    TimeoutAfterTaken,
)
from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.errors import ApiError, bad_request, blocked, too_many
from tests.fakes.telegram.methods import Methods
from tests.fakes.telegram.pace import Pace
from tests.fakes.telegram.parameters import Parameters, read_parameters
from tests.fakes.telegram.person import Person
from tests.fakes.telegram.stage import TelegramStage
from tests.fakes.telegram.webhook import Attempt, Deliverer
from tests.fakes.telegram.world import Bot, World

TOKEN = "123456789:AAFakeTokenForTheFakeTelegramServer"
SERVER_WORDS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
BODY_LIMIT = 50 * 1024 * 1024
SETTLE_SECONDS = 10.0
LOOK_SECONDS = 0.005
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]{20,}")


@dataclass(frozen=True)
class Call:
    """One call of the bot and the status that it was answered with; 0: the line was cut."""

    method: str
    parameters: dict[str, Any]
    at: float
    status: int


class TelegramFake:
    """`async with TelegramFake() as fake:` gives `fake.url` for TELEGRAM_API_URL, and `fake.person(42)`.

    - `limits`: also refuse with 429 what comes too often; broken limits are always noted in `fake.pace.violations`.
    - `retry_second`: how long a second of the webhook's retry waits is, for quick tests.
    - `clock`: seconds since the epoch, for dates, expiry, limits and the spans of faults.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        name: str = "Kawan Prakerja",
        username: str = "kawan_prakerja_bot",
        port: int = 0,
        host: str = "127.0.0.1",
        limits: bool = False,
        pace: Pace | None = None,
        retry_second: float = 1.0,
        answer_seconds: float = 60.0,
        clock: Clock = time.time,
        seed: int = 0,
    ) -> None:
        self.token = token
        self.faults = FaultPlan(clock, seed=seed)
        self.pace = pace or Pace()
        self.calls: list[Call] = []
        self._world = World(Bot(token, name, username), clock, self.faults, self.pace, strict=limits)
        self._deliverer = Deliverer(
            self._world.updates, clock, self._quiet, second=retry_second, answer_seconds=answer_seconds, seed=seed
        )
        self._methods = Methods(self._world, self._deliverer)
        self._clock = clock
        self._host, self._port = host, port
        self._people: dict[int, Person] = {}
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    @property
    def url(self) -> str:
        """Where it listens; what TELEGRAM_API_URL wants."""
        return f"http://{self._host}:{self._port}"

    @property
    def deliveries(self) -> list[Attempt]:
        """Every try to deliver an update to the webhook."""
        return self._deliverer.attempts

    @property
    def fetched(self) -> list[dict[str, Any]]:
        """Every update that the bot was given by polling, repetitions included."""
        return self._world.updates.given

    @property
    def pending(self) -> int:
        """Updates that the bot has not taken yet."""
        return len(self._world.updates)

    def person(self, number: int, name: str = "") -> Person:
        """The person with this number; a new one has never opened the chat."""
        if number not in self._people:
            chat = self._world.chats.setdefault(number, Chat(number, name or f"Peserta {number}"))
            self._people[number] = Person(self._world, chat)
        return self._people[number]

    def push(self, kind: str, content: dict[str, Any], chat: int = 0) -> None:
        """Any update whatever, for kinds that this fake does not know."""
        self._world.updates.add(kind, chat, content)

    async def settled(self, seconds: float = SETTLE_SECONDS) -> None:
        """Waits until the bot has taken every update. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while self.pending:
                await asyncio.sleep(LOOK_SECONDS)

    async def __aenter__(self) -> TelegramFake:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.add_routes(page.routes(TelegramStage(self._world, self._deliverer, self.person)))
        app.router.add_route("*", "/bot{token}/{method}", self._api)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await self._deliverer.open()
        await self.open_port()

    async def stop(self) -> None:
        """Stop delivering and listening."""
        self._world.updates.stop()
        await self._deliverer.close()
        if self._runner:
            await self._runner.cleanup()

    async def open_port(self) -> None:
        """Accept connections, on the same port as before."""
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        await self._site.start()
        self._port = int(self._runner.addresses[0][1])

    async def close_port(self) -> None:
        """Refuse new connections, as a host that is down does; the people keep their chats."""
        if self._site:
            await self._site.stop()
            self._site = None

    async def _api(self, request: web.Request) -> web.StreamResponse:
        token, method = request.match_info["token"], request.match_info["method"]
        if token != self.token:
            # A token that cannot be one is no address of the Bot API at all.
            error = ApiError(401, "Unauthorized") if _TOKEN.fullmatch(token) else ApiError(404, "Not Found")
            return _answer(error.body(), error.status)
        try:
            parameters = await read_parameters(request)
            method = self._methods.name(method)
        except ApiError as error:
            return _answer(error.body(), error.status)
        fault = self.faults.on_call(method, parameters.text("chat_id"))
        if isinstance(fault, Refuse):
            return self._cut(request, method, parameters)
        body, status = await self._answer(method, parameters, fault)
        if isinstance(fault, Slow | TimeoutAfterTaken):
            await asyncio.sleep(fault.seconds)
        if isinstance(fault, TimeoutAfterTaken):
            return self._cut(request, method, parameters)
        self.calls.append(Call(method, parameters.values, self._clock(), status))
        return _answer(body, status)

    async def _answer(self, method: str, parameters: Parameters, fault: Action | None) -> tuple[dict[str, Any], int]:
        try:
            _complain(fault)
            return {"ok": True, "result": await self._methods.call(method, parameters)}, 200
        except ApiError as error:
            return error.body(), error.status

    async def _quiet(self, method: str, values: dict[str, Any]) -> None:
        try:
            await self._methods.call(method, Parameters(values))
        except ApiError:
            return

    def _cut(self, request: web.Request, method: str, parameters: Parameters) -> web.StreamResponse:
        self.calls.append(Call(method, parameters.values, self._clock(), 0))
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def _complain(fault: Action | None) -> None:
    match fault:
        case RateLimited():
            raise too_many(fault.retry_after)
        case Blocked():
            raise blocked()
        case BadRequest(status=400):
            raise bad_request(fault.description)
        case BadRequest():
            raise ApiError(fault.status, fault.description)
        case ServerError():
            raise ApiError(fault.status, SERVER_WORDS.get(fault.status, "Internal Server Error"))


def _answer(body: dict[str, Any], status: int) -> web.Response:
    headers = {}
    if status == 429:
        headers["Retry-After"] = str(body.get("parameters", {}).get("retry_after", 1))
    return web.json_response(body, status=status, headers=headers)
