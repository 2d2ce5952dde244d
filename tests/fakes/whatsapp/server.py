"""A fake WhatsApp gateway: people, webhook, page and API; what differs between gateways is in its dialect."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, ClassVar, Self

from aiohttp import web

from tests.fakes import page
from tests.fakes.faults import Action, Clock, FaultPlan, Slow, StatusBeforeAnswer, TimeoutAfterTaken
from tests.fakes.telegram.pace import Limit, Pace
from tests.fakes.whatsapp.calls import ApiCall
from tests.fakes.whatsapp.deliveries import Call, Deliverer, Retries
from tests.fakes.whatsapp.happenings import Happening, Identity, Sent
from tests.fakes.whatsapp.people import Line, Person
from tests.fakes.whatsapp.refusals import PAGE, Codes, Cut, Refused, complain
from tests.fakes.whatsapp.reports import Reporter
from tests.fakes.whatsapp.stage import WhatsAppStage

SETTLE_SECONDS = 20.0
TYPING_SECONDS = 25.0
BODY_BYTES = 4 * 1024 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WhatsAppFake(ABC):
    """`async with MetaFake(webhook=gateway_url) as fake:`; `fake.person("6281234567890").write("halo")`.

    - `limits`: also refuse what comes too often; send times are in `fake.pace.sent`, broken limits always in
      `fake.pace.violations`.
    - `late`: what is known only on the way (a closed window, an unknown person) is not refused but reported as failed.
    - `second`: how long a second of retries, repeats and reports is, for quick tests.
    - `clock`: seconds since the epoch, for dates, windows, limits and the spans of faults.

    Rules of `fake.faults`: a method is one of `methods`, the first of which sends, or a kind of happening (`text`,
    `button`, `status_read` ...). Rules without one are about sends and about what people do; with a span (`seconds`)
    about every call. A BadRequest for `status` makes messages fail late with its code; a Refuse for it loses reports.
    """

    name: ClassVar[str]
    methods: ClassVar[tuple[str, ...]]
    account_limit: ClassVar[Limit]
    person_limit: ClassVar[Limit]
    codes: ClassVar[Codes] = Codes()
    retries: ClassVar[Retries] = Retries()
    batches: ClassVar[bool] = False
    window_seconds: ClassVar[float] = 0.0
    id_shape: ClassVar[str] = "{}"

    def __init__(
        self,
        *,
        webhook: str = "",
        port: int = 0,
        limits: bool = False,
        late: bool = False,
        second: float = 1.0,
        clock: Clock = time.time,
        seed: int = 0,
    ) -> None:
        self.clock = clock
        self.public_url = webhook  # what the bot is told to be called by, wherever deliveries really go
        self.faults = FaultPlan(clock, seed=seed)
        self.pace = Pace(overall=self.account_limit, chat=self.person_limit)
        self.calls: list[ApiCall] = []
        self.delivering = Deliverer(
            webhook, self.encode, self.faults, clock, batches=self.batches, retries=self.retries, second=second
        )
        self.reports = Reporter(self.delivering, self.faults, clock, second=second)
        self.everybody: dict[str, Person] = {}
        self._limits = limits
        self._late = late
        self._port = port
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    # What a dialect defines.

    @abstractmethod
    def variables(self) -> dict[str, str]:
        """What the gateway program has to be given to talk to this server."""

    @abstractmethod
    def api(self) -> list[web.AbstractRouteDef]:
        """The gateway's own addresses."""

    @abstractmethod
    def encode(self, happenings: Sequence[Happening]) -> Call | None:
        """A webhook request for one happening, or several where the gateway batches; None if it says nothing."""

    @abstractmethod
    def refusal(self, refused: Refused) -> web.Response:
        """An error in the gateway's own words."""

    # What all have in common.

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def person(self, number: str, name: str = "") -> Person:
        """The person with this number (digits); made on first use. Raises ValueError."""
        if not (number.isascii() and number.isdigit()):
            raise ValueError("a number is digits with the country code in front, as in 6281234567890")
        if number not in self.everybody:
            line = Line(self.delivering.put, self._moved, self.clock, self.next_id)
            self.everybody[number] = Person(number, name or f"Peserta {number[-4:]}", line)
        return self.everybody[number]

    def next_id(self) -> str:
        """A message id as the gateway writes them."""
        return self.id_shape.format(next(self._ids))

    async def settled(self, seconds: float = SETTLE_SECONDS) -> None:
        """Waits until the webhook has taken everything. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while self.delivering.pending:
                await asyncio.sleep(0.01)

    def receiver(self, number: str = "", *, bsuid: str = "", lid: str = "") -> Identity:
        """Who is meant. Raises Refused, unless such things are told late."""
        for person in self.everybody.values():
            who = person.identity
            if (number and who.number == number) or (bsuid and who.bsuid == bsuid) or (lid and who.lid == lid):
                return who
        if self._late:
            return Identity(number or bsuid or lid, "")
        raise Refused(400, self.codes.unknown_person, "not on WhatsApp")

    async def take(
        self, request: web.Request, method: str, sent: Sent, answer: Callable[[], web.Response]
    ) -> web.StreamResponse:
        """Shows a message unless the plan of faults, the window or a limit is against it. Raises Refused and Cut."""
        fault = self.fault(method, sent.who.number)
        failure = self._check_window(sent)
        self._check_pace(sent.who.number)
        person = self.everybody.get(sent.who.number)
        if person and not failure and not person.blocked:
            person.show(sent.bubble)
            person.typing_until = 0.0
        if isinstance(fault, StatusBeforeAnswer):
            await self.reports.now(sent, person, "delivered")
        self.reports.follow(sent, person, failure)
        await self._dawdle(fault)
        return answer()

    def fault(self, method: str, person: str = "", *, aside: bool = False) -> Action | None:
        """What the plan has for a call that is otherwise in order. Raises Refused and Cut.

        `aside`: for calls beside the sending of messages, which only rules for them or for a span of time are meant.
        """
        rules = self.faults.rules if aside else ()
        if aside and not any(one.method.lower() == method.lower() or (one.seconds and not one.method) for one in rules):
            return None
        fault = self.faults.on_call(method, person)
        complain(fault, self.codes)
        return fault

    async def aside(self, method: str, person: str = "") -> None:
        """Whatever the plan has for a call that is no sending. Raises Refused and Cut."""
        await self._dawdle(self.fault(method, person, aside=True))

    def guarded(self, handler: Handler) -> Handler:
        """An API address: refusals in the gateway's words, every call noted."""

        async def guard(request: web.Request) -> web.StreamResponse:
            body, status = (await request.read()).decode("utf-8", "replace"), 0
            try:
                response = await self._answer(handler, request)
                status = response.status
            except Cut:
                if request.transport:
                    request.transport.abort()
                response = web.Response(status=502)
            finally:
                # Also when the bot did not wait for the answer.
                self.calls.append(ApiCall(self.clock(), request.method, request.path, status, body))
            return response

        return guard

    async def body(self, request: web.Request) -> dict[str, Any]:
        """The JSON object that a call holds. Raises Refused."""
        try:
            read = await request.json()
        except ValueError as error:
            raise Refused(400, self.codes.bad_body, "the body is no JSON") from error
        if not isinstance(read, dict):
            raise Refused(400, self.codes.bad_body, "the body is no object")
        return read

    def types(self, number: str) -> None:
        """The bot shows that it writes."""
        if number in self.everybody:
            self.everybody[number].typing_until = self.clock() + TYPING_SECONDS

    def owner(self, message_id: str) -> Person | None:
        """Who wrote a message."""
        for person in self.everybody.values():
            if any(bubble.id == message_id and bubble.sender == "person" for bubble in person.chat):
                return person
        return None

    async def start(self) -> None:
        """Listen. Raises OSError."""
        app = web.Application(client_max_size=BODY_BYTES)
        app.add_routes([*page.routes(WhatsAppStage(self)), *self.api()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await self.delivering.open()
        await self.open_port()

    async def stop(self) -> None:
        """Stop delivering and listening."""
        await self.delivering.close()
        if self._runner:
            await self._runner.cleanup()

    async def open_port(self) -> None:
        """Accept connections, on the same port as before."""
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await self._site.start()
        self._port = int(self._runner.addresses[0][1])

    async def close_port(self) -> None:
        """Refuse new connections, as a host that is down does; people can go on writing."""
        if self._site:
            await self._site.stop()
            self._site = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _answer(self, handler: Handler, request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as refused:
            if refused.page:
                return web.Response(status=refused.status, text=PAGE, content_type="text/html")
            response = self.refusal(refused)
            if refused.retry_after > 0:
                response.headers["Retry-After"] = str(math.ceil(refused.retry_after))
            return response

    def _check_window(self, sent: Sent) -> int:
        """The code with which the message will fail later, 0 if it will not. Raises Refused."""
        person = self.everybody.get(sent.who.number)
        if person is None:
            return self.codes.unknown_person
        closed = self.window_seconds and self.clock() - person.heard_at > self.window_seconds
        if not closed or sent.bubble.kind == "template":
            return 0
        if self._late:
            return self.codes.window
        raise Refused(400, self.codes.window, "outside the window")

    def _check_pace(self, number: str) -> None:
        digits = "".join(sign for sign in number if sign in "0123456789")
        early = self.pace.note(int(digits or "0"), self.clock())
        if early and self._limits:
            whole = self.pace.violations[-1].chat is None
            code = self.codes.account_rate if whole else self.codes.person_rate
            raise Refused(429, code, "too often", retry_after=early)

    async def _dawdle(self, fault: Action | None) -> None:
        if isinstance(fault, Slow | TimeoutAfterTaken):
            await asyncio.sleep(fault.seconds)
        if isinstance(fault, TimeoutAfterTaken):
            raise Cut

    def _moved(self, person: Person, number: str) -> None:
        self.everybody.pop(person.number, None)
        self.everybody[number] = person
