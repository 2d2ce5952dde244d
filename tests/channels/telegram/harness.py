"""Telegram's requests for the conformance suite."""

from __future__ import annotations

import json
from typing import Any, ClassVar
from zlib import crc32

from bot.channels.platform import RawRequest
from bot.channels.telegram.account import PROOF_HEADER, TelegramAccount
from bot.channels.telegram.profile import WEBHOOK_PATH, BotProfile
from tests.channels.harness import BASE, Harness, request

TOKEN = "123456789:AAtoken-rahasia"
SECRET = "rahasia-webhook_Telegram-1"
PERSON: dict[str, Any] = {"id": 42, "is_bot": False, "first_name": "Siti", "language_code": "id"}
CHAT: dict[str, Any] = {"id": 42, "type": "private", "first_name": "Siti"}


def profile(**changes: Any) -> BotProfile:
    """A bot by webhook, as the settings would describe it."""
    values: dict[str, Any] = {
        "name": "default",
        "token": TOKEN,
        "secrets": (SECRET,),
        "mode": "webhook",
        "public_url": BASE,
        **changes,
    }
    return BotProfile(**values)


def message(**changes: Any) -> dict[str, Any]:
    """A message of Siti's in the private chat; a change to None takes a field out."""
    body = {"message_id": 12, "date": 1_760_000_000, "from": PERSON, "chat": CHAT, **changes}
    return {name: value for name, value in body.items() if value is not None}


def press(**changes: Any) -> dict[str, Any]:
    """A pressed button under a message of ours."""
    buttons = [[{"text": "Cara daftar", "callback_data": "pilih:1"}], [{"text": "Lain", "callback_data": "pilih:2"}]]
    shown = {"message_id": 13, "date": 1_760_000_001, "chat": CHAT, "text": "Pilih"}
    body = {
        "id": "777",
        "from": PERSON,
        "chat_instance": "1",
        "data": "pilih:1",
        "message": {**shown, "reply_markup": {"inline_keyboard": buttons}},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


class TelegramHarness(Harness):
    """One bot, one person. Message ids of the suite become numbers, the same for the same name."""

    name: ClassVar[str] = "telegram"
    person: ClassVar[str] = "42"

    def __init__(self) -> None:
        self.account = TelegramAccount(profile())

    def authentic(self, body: bytes) -> RawRequest:
        return self._request(body, {PROOF_HEADER: SECRET})

    def forgeries(self, body: bytes) -> list[RawRequest]:
        proofs = [SECRET[:-1], SECRET + "x", SECRET.upper(), "", "rahasia-é", "\udcff", SECRET + "\u0000"]
        return [self._request(body, {}), *(self._request(body, {PROOF_HEADER: proof}) for proof in proofs)]

    def text(self, message_id: str, text: str) -> bytes:
        return self._update(message_id, text=text)

    def media(self, message_id: str) -> bytes | None:
        size = {"file_id": "AgAC", "file_unique_id": "u", "width": 90, "height": 60}
        return self._update(message_id, photo=[size, {**size, "file_id": "AgAC-besar"}], caption="ini kenapa?")

    def unknown_kind(self, message_id: str) -> bytes | None:
        return self._update(message_id, hologram={"file_id": "H"})

    def choice(self, message_id: str, choice_id: str, title: str) -> bytes | None:
        keyboard = {"inline_keyboard": [[{"text": title, "callback_data": choice_id}]]}
        shown = {"message_id": 13, "date": 1_760_000_001, "chat": CHAT, "text": "Pilih", "reply_markup": keyboard}
        return self._body(
            message_id, callback_query=press(id="9" + str(_number(message_id)), data=choice_id) | {"message": shown}
        )

    def contact(self, message_id: str) -> bytes | None:
        card = {"phone_number": "6281234567890", "first_name": "Budi", "user_id": 43}
        return self._update(message_id, contact=card)

    def status(self, receipt: str) -> bytes | None:
        return None

    def group(self, message_id: str) -> bytes | None:
        return self._update(message_id, text="halo", chat={"id": -1_001_234_567_890, "type": "supergroup"})

    def echo(self, message_id: str) -> bytes | None:
        return self._update(message_id, text="halo", **{"from": {"id": 123_456_789, "is_bot": True, "first_name": "K"}})

    def _update(self, message_id: str, **changes: Any) -> bytes:
        return self._body(message_id, message=message(message_id=_number(message_id), **changes))

    def _body(self, message_id: str, **content: Any) -> bytes:
        return json.dumps({"update_id": 900_000_000 + _number(message_id), **content}).encode()

    def _request(self, body: bytes, headers: dict[str, str]) -> RawRequest:
        return request(WEBHOOK_PATH, body, {"Content-Type": "application/json", **headers})


def _number(message_id: str) -> int:
    return int(message_id) if message_id.isdigit() else crc32(message_id.encode()) % 1_000_000 + 1
