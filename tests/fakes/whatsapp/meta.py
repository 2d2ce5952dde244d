"""Meta's Cloud API, as its notes describe it: signed batches in, validated JSON out, statuses in any order."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import aiohttp
from aiohttp import web

from tests.fakes.telegram.pace import Limit
from tests.fakes.whatsapp.deliveries import Call
from tests.fakes.whatsapp.people import Bubble, Incoming
from tests.fakes.whatsapp.server import Refused, Sent, WhatsAppFake

PATH = "/webhooks/whatsapp/meta"
NUMBER_ID = "1000000001"
TOKEN = "token-meta-tiruan"
SECRET = "rahasia-aplikasi-meta-tiruan"
VERIFY = "verifikasi-meta-tiruan"
BODY_LIMIT, INTERACTIVE_LIMIT = 4096, 1024
BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
ROWS, ROW_TITLE, ROW_ID, ROW_DESCRIPTION = 10, 24, 200, 72
MISSING, WRONG = 131008, 131009

Json = Mapping[str, Any]


class MetaFake(WhatsAppFake):
    """One number of one app."""

    name = "meta"
    account_limit = Limit(80, 1.0, 80)
    person_limit = Limit(1, 6.0, 45)
    window_seconds = 24 * 3600.0
    unknown_person = 131026
    too_often_account, too_often_person = 130429, 131056
    window_closed, server_trouble, blocked = 131047, 131000, 131050
    templates: ClassVar[set[str]] = {"lanjut_obrolan"}

    def variables(self) -> dict[str, str]:
        return {
            "WHATSAPP_META_PHONE_NUMBER_ID": NUMBER_ID,
            "WHATSAPP_META_TOKEN": TOKEN,
            "WHATSAPP_META_APP_SECRET": SECRET,
            "WHATSAPP_META_VERIFY_TOKEN": VERIFY,
            "WHATSAPP_META_API_URL": self.url,
        }

    def api(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/{version}/{number}/messages", self.guarded(self._messages)),
            web.get("/{version}/{number}", self.guarded(self._number)),
        ]

    async def subscribe(self) -> bool:
        """Asks the webhook whether it is ours, as when its address is entered."""
        query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}
        async with (
            aiohttp.ClientSession() as http,
            http.get(self.delivering.webhook + PATH, params=query) as response,
        ):
            return response.status == 200 and await response.text() == "1158201444"

    def encode(self, incoming: Sequence[Incoming]) -> Call:
        messages = [_message(one, self) for one in incoming]
        contacts = [self._contact(one) for one in incoming]
        return self._signed(self._change(messages=messages, contacts=contacts if len(contacts) == 1 else contacts[:0]))

    def report(self, sent: Sent, status: str) -> Call | None:
        row = {
            "id": sent.bubble.id,
            "status": status,
            "timestamp": str(int(self.clock())),
            "recipient_id": sent.person.number,
        }
        if sent.reference:
            row["biz_opaque_callback_data"] = sent.reference
        return self._signed(self._change(statuses=[row]))

    def fail(self, sent_id: str, person: str, code: int) -> None:
        """Reports, late, that a message was not delivered."""
        row = {"id": sent_id, "status": "failed", "timestamp": str(int(self.clock())), "recipient_id": person}
        call = self._signed(self._change(statuses=[{**row, "errors": [{"code": code, "title": "failed"}]}]))
        self.delivering.post(call, person, "status_failed")

    def refusal(self, refused: Refused) -> web.Response:
        if not refused.code:
            return web.Response(status=refused.status, text="<html>error</html>", content_type="text/html")
        body = {"message": f"(#{refused.code}) {refused.words}", "type": "OAuthException", "code": refused.code}
        return web.json_response({"error": {**body, "fbtrace_id": "A"}}, status=refused.status)

    async def _number(self, request: web.Request) -> web.StreamResponse:
        _check_token(request)
        return web.json_response({"id": request.match_info["number"]})

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        _check_token(request)
        try:
            body = await request.json()
        except ValueError as error:
            raise Refused(400, 100, "no JSON") from error
        if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
            raise Refused(400, 100, "messaging_product is missing")
        if request.match_info["number"] != NUMBER_ID:
            raise Refused(400, 100, "unknown number")
        if body.get("status") == "read":
            return self._read(body)
        address = body.get("recipient") or body.get("to")
        if not isinstance(address, str) or ("recipient" in body and "to" in body):
            raise Refused(400, MISSING, "one of to and recipient")
        person = self.receiver(address)
        bubble = self._bubble(body)
        contact = {"input": address, "user_id" if "recipient" in body else "wa_id": address}
        answer = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": bubble.id}]}
        sent = Sent(person, bubble, str(body.get("biz_opaque_callback_data", "")))
        return await self.take(request, "messages", sent, lambda: web.json_response(answer))

    def _read(self, body: Json) -> web.StreamResponse:
        owner = next(
            (one for one in self.everybody.values() if any(x.id == body.get("message_id") for x in one.chat)), None
        )
        if owner is None:
            raise Refused(400, 100, "unknown message")
        if "typing_indicator" in body:
            self.types(owner)
        return web.json_response({"success": True})

    def _bubble(self, body: Json) -> Bubble:
        kind, message_id, now = body.get("type"), f"wamid.{self.next_id()}", self.clock()
        if kind == "text":
            text = _text(body.get("text"), "body", BODY_LIMIT)
            return Bubble(message_id, "bot", text, now)
        if kind == "interactive":
            text, buttons, rows = _interactive(body.get("interactive"))
            return Bubble(message_id, "bot", text, now, buttons=buttons, rows=rows)
        if kind == "template":
            template = body.get("template")
            name = template.get("name") if isinstance(template, dict) else None
            if name not in self.templates:
                raise Refused(400, 132001, "no such template")
            return Bubble(message_id, "bot", f"[template {name}]", now, kind="template")
        raise Refused(400, WRONG, "unknown type")

    def _change(self, **value: Any) -> Json:
        metadata = {"display_phone_number": "622150000000", "phone_number_id": NUMBER_ID}
        content = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        return {"field": "messages", "value": {name: part for name, part in content.items() if part}}

    def _contact(self, one: Incoming) -> Json:
        person = self.everybody[one.person]
        named: dict[str, Any] = {"user_id": person.hidden_id, "profile": {"name": person.name}}
        return named if one.hidden else {"wa_id": one.person, **named}

    def _signed(self, *changes: Json) -> Call:
        # One entry for each change, and everything beyond ASCII escaped, as Meta does it.
        entries = [{"id": "1", "changes": [change]} for change in changes]
        body = json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}
        return Call(PATH, body, headers)


def _message(one: Incoming, fake: MetaFake) -> Json:
    person = fake.everybody[one.person]
    message: dict[str, Any] = {"id": one.id, "timestamp": str(int(one.at)), "from_user_id": person.hidden_id}
    if not one.hidden:
        message["from"] = one.person
    return {**message, **_content(one)}


def _content(one: Incoming) -> Json:
    """Type and content of a message; what this server does not know is `unsupported`, as on the real one."""
    media = {"id": "1", "mime_type": "image/jpeg"}
    known: dict[str, Json] = {
        "text": {"type": "text", "text": {"body": one.text}},
        "group": {"type": "text", "text": {"body": one.text}, "group_id": "120363000000000000"},
        "button": _reply(one, "button_reply"),
        "row": _reply(one, "list_reply"),
        "image": {"type": "image", "image": {**media, "caption": one.text}},
        "voice": {"type": "audio", "audio": {**media, "voice": True}},
        "sticker": {"type": "sticker", "sticker": media},
        "location": {"type": "location", "location": {"latitude": -6.2, "longitude": 106.8}},
        "contact": {"type": "contacts", "contacts": [{"phones": [{"phone": "+6281300000000"}]}]},
        "reaction": {"type": "reaction", "reaction": {"message_id": one.target, "emoji": one.text}},
        "edit": {"type": "edit", "edit": {"original_message_id": one.target, "message": {"type": "text"}}},
        "revoke": {"type": "revoke", "revoke": {"original_message_id": one.target}},
        "number": {"type": "system", "system": {"type": "user_changed_number", "wa_id": one.target}},
    }
    return known.get(one.kind, {"type": "unsupported", "errors": [{"code": 131051, "title": "unsupported"}]})


def _reply(one: Incoming, name: str) -> Json:
    reply = {"type": name, name: {"id": one.choice, "title": one.text}}
    return {"type": "interactive", "interactive": reply, "context": {"id": one.target}}


def _check_token(request: web.Request) -> None:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise Refused(401, 190, "invalid token")


def _interactive(raw: Any) -> tuple[str, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    if not isinstance(raw, dict) or not isinstance(raw.get("action"), dict):
        raise Refused(400, MISSING, "interactive")
    text = _text(raw.get("body"), "text", INTERACTIVE_LIMIT)
    if raw.get("type") == "button":
        replies = [one.get("reply") for one in raw["action"].get("buttons", [])]
        return text, _choices(replies, BUTTONS, BUTTON_TITLE, BUTTON_ID), ()
    if raw.get("type") == "list":
        if not 0 < len(str(raw["action"].get("button", ""))) <= BUTTON_TITLE:
            raise Refused(400, WRONG, "list button")
        rows = [row for section in raw["action"].get("sections", []) for row in section.get("rows", [])]
        if any(len(str(row.get("description", ""))) > ROW_DESCRIPTION for row in rows):
            raise Refused(400, WRONG, "row description")
        return text, (), _choices(rows, ROWS, ROW_TITLE, ROW_ID)
    raise Refused(400, WRONG, "interactive type")


def _choices(rows: Sequence[Any], most: int, title_limit: int, id_limit: int) -> tuple[tuple[str, str], ...]:
    if not 0 < len(rows) <= most:
        raise Refused(400, WRONG, f"1 to {most} choices")
    found = []
    for row in rows:
        if not isinstance(row, dict):
            raise Refused(400, WRONG, "choice")
        choice, title = row.get("id"), row.get("title")
        if not isinstance(choice, str) or not 0 < len(choice) <= id_limit:
            raise Refused(400, WRONG, "id")
        if not isinstance(title, str) or not title.strip() or len(title) > title_limit:
            raise Refused(400, WRONG, "title")
        found.append((choice, title))
    if len({title for _, title in found}) < len(found) or len({choice for choice, _ in found}) < len(found):
        raise Refused(400, WRONG, "equal choices")
    return tuple(found)


def _text(holder: Any, name: str, limit: int) -> str:
    text = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, MISSING, name)
    if len(text) > limit:
        raise Refused(400, WRONG, f"{name} is longer than {limit}")
    return text
