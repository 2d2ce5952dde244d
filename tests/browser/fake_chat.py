"""A scriptable stand-in for the web chat's server: same addresses, same headers, faults on request."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import web

from bot.contract.links import take_token

STATIC = Path(__file__).parents[2] / "bot" / "channels" / "web" / "static"
COOKIE = "kawan_session"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
LONG_NUMBER = re.compile(r"\d{16}")
START_SECONDS = 10.0
HISTORY_LENGTH = 100

Event = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the bot says to one text."""

    text: str
    choices: Sequence[tuple[str, str]] = ()
    sender: str = "bot"


@dataclass(frozen=True)
class Refusal:
    """How the next message is turned away; status 0 cuts the line without an answer."""

    status: int
    code: str = "unavailable"
    message: str = "Layanan sedang sibuk."
    retry_after: int | None = None


@dataclass
class Session:
    """One person's conversation: its events in order and the streams that listen to it."""

    events: list[Event] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    streams: list[asyncio.Queue[Event | None]] = field(default_factory=list)


def echo_back(text: str) -> Answer:
    return Answer(f"Jawaban: {text}")


class FakeChat:
    """Serves the real page files from a thread; tests change its behaviour and read what it received."""

    def __init__(self) -> None:
        self.answer: Callable[[str], Answer | None] = echo_back
        self.accept_seconds = 0.0
        self.answer_seconds = 0.0
        self.refusals: list[Refusal] = []
        self.lose_receipts = 0
        self.refuse_streams = 0
        self.refuse_forget = False
        self.posts: list[Event] = []
        self.resumed_from: list[str | None] = []
        self._sessions: dict[str, Session] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.url = ""

    def start(self) -> None:
        self._thread.start()
        self._wait_for(self._serve())

    def stop(self) -> None:
        self.drop_streams()
        self._wait_for(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)
        self._loop.close()

    def push(self, **content: Any) -> str:
        """Adds one message to the only conversation, as staff or an announcement would, and returns its id."""
        return str(self._wait_for(self._append(self._only_session(), content)))

    def drop_streams(self) -> None:
        """Ends every open event stream, as a restarting server does."""
        self._wait_for(self._drop())

    def deafen(self) -> None:
        """Stops telling the open event streams anything, as a line does that died without a goodbye."""
        self._wait_for(self._deafen())

    def accepted(self) -> int:
        return sum(len(session.accepted) for session in self._sessions.values())

    def sessions(self) -> int:
        return len(self._sessions)

    def _only_session(self) -> Session:
        (session,) = self._sessions.values()
        return session

    def _wait_for(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)

    async def _serve(self) -> None:
        app = web.Application()
        app.on_response_prepare.append(harden)
        app.router.add_get("/", self._page)
        app.router.add_get("/chat/events", self._events)
        app.router.add_post("/chat/messages", self._message)
        app.router.add_post("/chat/forget", self._forget)
        app.router.add_static("/static/", STATIC)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def _close(self) -> None:
        for task in self._answering:
            task.cancel()
        await self._runner.cleanup()

    async def _drop(self) -> None:
        for session in self._sessions.values():
            for stream in session.streams:
                stream.put_nowait(None)

    async def _deafen(self) -> None:
        for session in self._sessions.values():
            session.streams.clear()

    async def _append(self, session: Session, content: Event) -> str:
        event = {"id": str(uuid4()), "from": "bot", "choices": [], "answers": [], "at": now(), **content}
        session.events.append(event)
        for stream in session.streams:
            stream.put_nowait(event)
        return str(event["id"])

    async def _page(self, request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(STATIC / "index.html")
        if request.cookies.get(COOKIE) not in self._sessions:
            self._open_session(response)
        return response

    def _open_session(self, response: web.StreamResponse) -> None:
        token = uuid4().hex
        self._sessions[token] = Session()
        response.set_cookie(COOKIE, token, httponly=True, samesite="Lax")

    async def _message(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.posts.append(body)
        await asyncio.sleep(self.accept_seconds)
        session = self._sessions.get(request.cookies.get(COOKIE, ""))
        if session is None:
            return refused(Refusal(401, "no_session", "Sesi berakhir."))
        if self.refusals:
            refusal = self.refusals.pop(0)
            return cut(request) if refusal.status == 0 else refused(refusal)
        if body["id"] not in session.accepted:
            session.accepted.add(body["id"])
            task = asyncio.create_task(self._turn(session, body))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        if self.lose_receipts:
            self.lose_receipts -= 1
            return cut(request)
        return web.json_response({"id": body["id"]}, status=202)

    async def _turn(self, session: Session, body: Event) -> None:
        text = str(body.get("text") or body["title"])
        masked = LONG_NUMBER.sub("[nomor disamarkan]", take_token(text)[1])
        await self._append(session, {"id": body["id"], "from": "person", "text": masked})
        answer = self.answer(text)
        if answer is None:
            return
        await asyncio.sleep(self.answer_seconds)
        choices = [{"id": ident, "title": title} for ident, title in answer.choices]
        content = {"from": answer.sender, "text": answer.text, "choices": choices, "answers": [body["id"]]}
        await self._append(session, content)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        session = self._sessions.get(request.cookies.get(COOKIE, ""))
        if session is None:
            return refused(Refusal(401, "no_session", "Sesi berakhir."))
        if self.refuse_streams:
            self.refuse_streams -= 1
            return refused(Refusal(503))
        last = request.headers.get("Last-Event-ID")
        self.resumed_from.append(last)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        # As the real server may: the browser is told to come back quickly, which keeps these tests short.
        await response.write(b"retry: 300\n\n: heartbeat\n\n")
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        start = 0 if last is None else int(last)
        for missed in session.events[start:][-HISTORY_LENGTH:]:
            queue.put_nowait(missed)
        session.streams.append(queue)
        try:
            while (event := await queue.get()) is not None:
                number = session.events.index(event) + 1
                frame = f"id: {number}\nevent: message\ndata: {json.dumps(event)}\n\n"
                await response.write(frame.encode())
        finally:
            if queue in session.streams:
                session.streams.remove(queue)
        return response

    async def _forget(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_forget:
            return refused(Refusal(503))
        response = web.Response(status=204)
        old = self._sessions.pop(request.cookies.get(COOKIE, ""), Session())
        for stream in old.streams:
            stream.put_nowait(None)
        self._open_session(response)
        return response


async def harden(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = CSP
    # On a connection that it has used before, Chromium repeats a cut request by itself and the page never knows.
    response.headers["Connection"] = "close"
    response.force_close()


def refused(refusal: Refusal) -> web.Response:
    headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
    body = {"error": {"code": refusal.code, "message": refusal.message}}
    return web.json_response(body, status=refusal.status, headers=headers)


def cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
