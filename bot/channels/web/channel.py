"""The web chat channel: serves the page, takes messages, streams replies as server-sent events."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from bot.channels.bodies import json_object, text_field
from bot.channels.doorbell import Doorbell
from bot.channels.port import Arrival, Capabilities, Door, Fate
from bot.channels.pull import PullBox
from bot.channels.web.session import address_of, new_secret, secret_of, set_cookie
from bot.contract.errors import BadMessage, MailroomUnavailable
from bot.contract.messages import Outbound
from bot.contract.outcomes import Outcome

STATIC = Path(__file__).with_name("static")
HEARTBEAT_SECONDS = 15.0
RECONNECT_MILLISECONDS = 1500
_POSITION = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_TITLE_LIMIT = 64
_CHOICE_LIMIT = 64


class WebChannel:
    """Everything under `/` and `/chat/`."""

    name = "web"
    capabilities = Capabilities(text_limit=4096, buttons=10, button_title=64, repeatable=True)

    def __init__(self, door: Door, box: PullBox, bell: Doorbell, closing: asyncio.Event, *, secure: bool) -> None:
        self._door = door
        self._box = box
        self._bell = bell
        self._closing = closing
        self._secure = secure

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """The page, its files, messages in, events out."""
        return [
            web.get("/", self._page),
            web.static("/static", STATIC),
            web.post("/chat/messages", self._message),
            web.get("/chat/events", self._events),
            web.post("/chat/forget", self._forget),
        ]

    async def send(self, message: Outbound) -> Outcome:
        """Show a reply to whoever has the page open, now or later."""
        return await self._box.deliver(message)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})
        if secret_of(request) is None:
            set_cookie(response, new_secret(), secure=self._secure)
        return response

    async def _message(self, request: web.Request) -> web.Response:
        _refuse_other_sites(request)
        body = await json_object(request)
        secret = _known_secret(request)
        message_id = text_field(body, "id", required=True)
        if not _MESSAGE_ID.fullmatch(message_id):
            raise BadMessage("bad_field", "id must be 8 to 64 letters, digits or dashes")
        choice = text_field(body, "choice")
        arrival = Arrival(
            id=message_id,
            address=address_of(secret),
            kind="choice" if choice else "text",
            # A label comes from the browser too, so it passes the door like any text.
            text=text_field(body, "title")[:_TITLE_LIMIT] if choice else text_field(body, "text", required=True),
            choice=choice[:_CHOICE_LIMIT],
        )
        receipt = await self._door.take(arrival)
        if receipt.fate is Fate.FULL:
            return _refusal(429, "full", "Pesan Kakak yang tadi masih diproses. Coba lagi sebentar, ya.", wait=5)
        await self._box.echo(receipt.stored)
        response = web.json_response({"id": message_id}, status=202)
        set_cookie(response, secret, secure=self._secure)
        return response

    async def _events(self, request: web.Request) -> web.StreamResponse:
        secret = _known_secret(request)
        conversation = address_of(secret).key
        position = request.headers.get("Last-Event-ID", "")
        if not _POSITION.fullmatch(position):
            position = ""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        set_cookie(response, secret, secure=self._secure)
        # Before the first byte, so that a Redis that is away becomes an honest 503.
        lines = await self._box.transcripts.after(conversation, position)
        await response.prepare(request)
        await response.write(f"retry: {RECONNECT_MILLISECONDS}\n\n".encode())
        closing = asyncio.create_task(self._closing.wait())
        try:
            with self._bell.listen(conversation) as rung:
                while not self._closing.is_set():
                    rung.clear()
                    lines = lines or await self._box.transcripts.after(conversation, position)
                    for line in lines:
                        position = line.position
                        data = line.body.decode()
                        await response.write(f"id: {position}\nevent: message\ndata: {data}\n\n".encode())
                    if not lines:
                        await self._rest(response, rung, closing)
                    lines = []
        except (MailroomUnavailable, ConnectionError):
            pass  # the browser reconnects and resumes behind the last id it saw
        finally:
            closing.cancel()
        return response

    async def _rest(self, response: web.StreamResponse, rung: asyncio.Event, closing: asyncio.Task[bool]) -> None:
        """Sleep until the bell, the end, or the next sign of life."""
        ring = asyncio.create_task(rung.wait())
        try:
            done, _ = await asyncio.wait(
                {ring, closing}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            ring.cancel()
        if not done:
            await response.write(b": masih tersambung\n\n")

    async def _forget(self, request: web.Request) -> web.Response:
        _refuse_other_sites(request)
        response = web.Response(status=204)
        set_cookie(response, new_secret(), secure=self._secure)
        return response


def _known_secret(request: web.Request) -> str:
    """The session's secret. A made-up one would answer into a conversation that the page does not read."""
    secret = secret_of(request)
    if secret is None:
        raise web.HTTPUnauthorized(
            text=json.dumps({"error": {"code": "no_session", "message": "Muat ulang halaman ini, ya Kak."}}),
            content_type="application/json",
        )
    return secret


def _refuse_other_sites(request: web.Request) -> None:
    """A page of another site must not talk in a person's name, whatever the browser thinks of SameSite."""
    origin = request.headers.get("Origin")
    if origin and origin.partition("://")[2] != request.host:
        raise web.HTTPForbidden(
            text=json.dumps({"error": {"code": "other_site", "message": "Permintaan dari situs lain ditolak."}}),
            content_type="application/json",
        )


def _refusal(status: int, code: str, message: str, *, wait: int) -> web.Response:
    body = {"error": {"code": code, "message": message}}
    return web.json_response(body, status=status, headers={"Retry-After": str(wait)})
