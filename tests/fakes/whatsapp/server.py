"""A fake WhatsApp gateway: people, webhook, page and API; what differs between gateways is in its dialect."""

from __future__ import annotations

import asyncio
import itertools
import time
import zlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Self

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
    StatusBeforeAnswer,
    TimeoutAfterTaken,
)
from tests.fakes.telegram.pace import Limit, Pace
from tests.fakes.whatsapp.deliveries import Call, Deliverer
from tests.fakes.whatsapp.people import Bubble, Incoming, Person
from tests.fakes.whatsapp.stage import WhatsAppStage

SETTLE_SECONDS = 20.0
TYPING_SECONDS = 25.0
STATUSES = ("sent", "delivered", "read")


class Refused(Exception):
    """The gateway does not take a call: HTTP status and its own error code."""

    def __init__(self, status: int, code: int = 0, words: str = "", retry_after: float = 0.0) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.words = words
        self.retry_after = retry_after


@dataclass(frozen=True)
class Sent:
    """A message that the bot sent: to whom, what it looks like, and our reference to come back in reports."""

    person: Person
    bubble: Bubble
    reference: str = ""


class WhatsAppFake(ABC):
    """`async with MetaFake(webhook=gateway_url) as fake:`; `fake.person("6281234567890").write("halo")`.

    - `limits`: also refuse what comes too often; broken limits are always noted in `fake.pace.violations`.
    - `second`: how long a second of retries, repeats and reports is, for quick tests.
    - `clock`: seconds since the epoch, for dates, windows, limits and the spans of faults.
    """

    name: ClassVar[str]
    account_limit: ClassVar[Limit]
    person_limit: ClassVar[Limit]
    text_limit: ClassVar[int] = 4096
    window_seconds: ClassVar[float] = 0.0
    reports: ClassVar[bool] = True

    def __init__(
        self,
        *,
        webhook: str = "",
        port: int = 0,
        limits: bool = False,
        second: float = 1.0,
        clock: Clock = time.time,
        seed: int = 0,
    ) -> None:
        self.clock = clock
        self.public_url = webhook  # what the bot is told to be called by, wherever deliveries really go
        self.faults = FaultPlan(clock, seed=seed)
        self.pace = Pace(overall=self.account_limit, chat=self.person_limit)
        self.calls: list[tuple[str, int]] = []
        self.delivering = Deliverer(webhook, self.encode, self.faults, clock, second=second)
        self.everybody: dict[str, Person] = {}
        self._limits = limits
        self._second = second
        self._port = port
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None

    # What a dialect defines.

    @abstractmethod
    def variables(self) -> dict[str, str]:
        """What the gateway program has to be given to talk to this server."""

    @abstractmethod
    def api(self) -> list[web.AbstractRouteDef]:
        """The gateway's own addresses."""

    @abstractmethod
    def encode(self, incoming: Sequence[Incoming]) -> Call:
        """A webhook request for what people did."""

    @abstractmethod
    def report(self, sent: Sent, status: str) -> Call | None:
        """A webhook request that tells how far a message has come; None where there is no such thing."""

    @abstractmethod
    def refusal(self, refused: Refused) -> web.Response:
        """An error in the gateway's own words."""

    # What all have in common.

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def person(self, number: str, name: str = "") -> Person:
        """The person with this number; made on first use."""
        if number not in self.everybody:
            self.everybody[number] = Person(
                number, name or f"Peserta {number[-4:]}", self.delivering.put, self.clock, self.next_id
            )
        return self.everybody[number]

    def next_id(self) -> str:
        return f"{self.name}.{next(self._ids):08d}"

    async def settled(self, seconds: float = SETTLE_SECONDS) -> None:
        """Waits until the webhook has taken everything. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while self.delivering.pending:
                await asyncio.sleep(0.01)

    def receiver(self, address: str) -> Person:
        """Who is meant, by number or hidden id. Raises Refused."""
        for person in self.everybody.values():
            if address.lstrip("+") in (person.number, person.hidden_id):
                return person
        raise Refused(400, self.unknown_person, "not on WhatsApp")

    unknown_person: ClassVar[int] = 0
    too_often_account: ClassVar[int] = 0
    too_often_person: ClassVar[int] = 0
    window_closed: ClassVar[int] = 0
    server_trouble: ClassVar[int] = 0
    blocked: ClassVar[int] = 0

    async def take(
        self, request: web.Request, method: str, sent: Sent, answer: Callable[[], web.Response]
    ) -> web.StreamResponse:
        """Shows a message unless a limit, the window or the plan of faults is against it. Raises Refused."""
        person = sent.person
        fault = self.faults.on_call(method, person.number)
        if isinstance(fault, Refuse):
            return self._cut(request)
        self._complain(fault)
        closed = self.window_seconds and self.clock() - person.heard_at > self.window_seconds
        if closed and sent.bubble.kind != "template":
            raise Refused(400, self.window_closed, "outside the window")
        early = self.pace.note(zlib.crc32(person.number.encode()), self.clock())
        if early and self._limits:
            broken = self.pace.violations[-1].chat
            code = self.too_often_account if broken is None else self.too_often_person
            raise Refused(429, code, "too often", retry_after=early)
        if isinstance(fault, StatusBeforeAnswer):
            self._report(sent, "delivered")
            await asyncio.sleep(0.05)
        person.show(sent.bubble)
        person.typing_until = 0.0
        if isinstance(fault, TimeoutAfterTaken):
            await asyncio.sleep(fault.seconds)
            return self._cut(request)
        if isinstance(fault, Slow):
            await asyncio.sleep(fault.seconds)
        if self.reports:
            self.delivering.later(self._report_all(sent))
        return answer()

    def guarded(
        self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """An API address: refusals in the gateway's words, every call noted."""

        async def guard(request: web.Request) -> web.StreamResponse:
            try:
                response = await handler(request)
            except Refused as refused:
                response = self.refusal(refused)
                if refused.retry_after:
                    response.headers["Retry-After"] = str(int(refused.retry_after) + 1)
            self.calls.append((request.path, response.status))
            return response

        return guard

    def types(self, person: Person) -> None:
        """The bot shows that it writes."""
        person.typing_until = self.clock() + TYPING_SECONDS
        person.revision += 1

    async def start(self) -> None:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.add_routes([*page.routes(WhatsAppStage(self)), *self.api()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = int(self._runner.addresses[0][1])
        await self.delivering.open()

    async def stop(self) -> None:
        await self.delivering.close()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _complain(self, fault: Action | None) -> None:
        match fault:
            case RateLimited():
                raise Refused(429, self.too_often_account, "too often", retry_after=fault.retry_after)
            case Blocked():
                raise Refused(400, self.blocked, "blocked")
            case BadRequest():
                raise Refused(fault.status, fault.code, fault.description)
            case ServerError():
                raise Refused(fault.status, self.server_trouble, "server trouble")

    def _cut(self, request: web.Request) -> web.StreamResponse:
        if request.transport:
            request.transport.abort()
        return web.Response(status=502)

    async def _report_all(self, sent: Sent) -> None:
        for status in STATUSES:
            await asyncio.sleep(0.02 * self._second)
            self._report(sent, status)

    def _report(self, sent: Sent, status: str) -> None:
        sent.person.mark(sent.bubble.id, status)
        call = self.report(sent, status)
        if call:
            self.delivering.post(call, sent.person.number, f"status_{status}")
