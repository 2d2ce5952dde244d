"""The REST channel: Rasa's request and response shape, for development and for systems that ask on behalf of people.

POST {"sender": "...", "message": "..."} answers [{"recipient_id", "text", "buttons": [{"title", "payload"}]}].
A button press is a message with the button's payload. An optional "message_id" makes a repeated request
harmless: it is answered with the same replies.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web

from bot.channels.bodies import json_object, text_field
from bot.channels.doorbell import Doorbell
from bot.channels.port import Arrival, Capabilities, Door, Fate
from bot.channels.pull import PullBox
from bot.contract.errors import BadMessage, MailroomUnavailable
from bot.contract.messages import Address, Outbound
from bot.contract.outcomes import Outcome

ACCOUNT = "default"
DEFAULT_SENDER = "default"  # as in Rasa
WAIT_SECONDS = 20.0
LOOK_AGAIN_SECONDS = 2.0  # a ring can be lost while Redis restarts
RECENT_LINES = 60
NEWEST_LINES = 6  # nearly always enough, and quick to read where a conversation is long


class RestChannel:
    """Waits for the replies of the turn that it caused, up to a limit."""

    name = "rest"
    capabilities = Capabilities(text_limit=4096, buttons=10, button_title=64, repeatable=True)

    def __init__(self, door: Door, box: PullBox, bell: Doorbell, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._door = door
        self._box = box
        self._bell = bell
        self._wait_seconds = wait_seconds

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """One address, as in Rasa."""
        return [web.post("/webhooks/rest/webhook", self._webhook)]

    async def send(self, message: Outbound) -> Outcome:
        """Put the reply where the waiting request finds it."""
        return await self._box.deliver(message)

    async def _webhook(self, request: web.Request) -> web.Response:
        body = await json_object(request)
        sender = self._sender(body)
        arrival = Arrival(
            id=text_field(body, "message_id") or uuid.uuid4().hex,
            address=Address(self.name, ACCOUNT, sender),
            kind="text",
            text=text_field(body, "message", required=True),
        )
        deadline = asyncio.get_running_loop().time() + self._wait_seconds
        with self._bell.listen(arrival.address.key) as rung:
            receipt = await self._door.take(arrival)
            if receipt.fate is Fate.FULL:
                raise web.HTTPTooManyRequests(
                    text=_error("full", "too many messages of this sender are waiting"),
                    content_type="application/json",
                    headers={"Retry-After": "5"},
                )
            # Before a new message's first ring there is nothing to be found.
            if receipt.fate is Fate.ACCEPTED:
                await _rings(rung, self._wait_seconds)
            replies = await self._replies(arrival, rung, deadline)
        if replies is None:
            raise web.HTTPGatewayTimeout(
                text=_error(
                    "no_answer_yet",
                    f"no answer within {self._wait_seconds:g} s; the message is kept and will be answered. "
                    f"Repeat the request with message_id {arrival.id!r} to fetch the answer.",
                ),
                content_type="application/json",
            )
        return web.json_response([_as_rasa(sender, reply) for reply in replies])

    @staticmethod
    def _sender(body: dict[str, Any]) -> str:
        sender = body.get("sender")
        if sender is None:
            return DEFAULT_SENDER
        if isinstance(sender, int) and not isinstance(sender, bool):
            sender = str(sender)
        if not isinstance(sender, str) or not sender:
            raise BadMessage("bad_field", "sender must be a text")
        return sender

    async def _replies(self, arrival: Arrival, rung: asyncio.Event, deadline: float) -> list[dict[str, Any]] | None:
        while True:
            rung.clear()
            found = await self._found(arrival)
            if found and found[-1]["last"]:
                return found
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return None
            await _rings(rung, left)

    async def _found(self, arrival: Arrival) -> list[dict[str, Any]]:
        for limit in (NEWEST_LINES, RECENT_LINES):
            try:
                lines = await self._box.transcripts.after(arrival.address.key, limit=limit)
            except MailroomUnavailable:
                return []  # the message is kept all the same, so the person must not be told to send it again
            bodies = [json.loads(line.body) for line in lines]
            found = [body for body in bodies if arrival.id in body["answers"]]
            # A turn's replies stand together: one that stands first may be the rest of a longer turn.
            if len(lines) < limit or (found and found[0] is not bodies[0]):
                break
        return found


async def _rings(rung: asyncio.Event, left: float) -> None:
    """Wait for the bell, but not for long: it can be lost."""
    with suppress(TimeoutError):
        await asyncio.wait_for(rung.wait(), min(left, LOOK_AGAIN_SECONDS))


def _as_rasa(sender: str, reply: dict[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {"recipient_id": sender, "text": reply["text"]}
    if reply["choices"]:
        shaped["buttons"] = [{"title": one["title"], "payload": one["id"]} for one in reply["choices"]]
    return shaped


def _error(code: str, message: str) -> str:
    return json.dumps({"error": {"code": code, "message": message}})
