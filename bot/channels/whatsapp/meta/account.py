"""WhatsApp by Meta's Cloud API: one number of ours."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels.accounts import FIRST
from bot.channels.http import Caller, NotSent, Unsure, outcome_of
from bot.channels.platform import (
    Account,
    AccountState,
    Bubble,
    Event,
    Limit,
    Limits,
    RawRequest,
    RawResponse,
    Verified,
)
from bot.channels.port import Arrival, Capabilities
from bot.channels.whatsapp.meta.errors import outcome_of_answer
from bot.channels.whatsapp.meta.parse import parse_body
from bot.channels.whatsapp.meta.settings import MetaSettings, read_settings
from bot.channels.whatsapp.numbers import e164_of
from bot.channels.whatsapp.shapes import text_of
from bot.contract.environment import Environment
from bot.contract.outcomes import Fate, Outcome, Trouble

PLATFORM = "whatsapp-meta"
SIGNATURE_HEADER = "X-Hub-Signature-256"
LIST_LABEL = "Lihat pilihan"
CALLBACK_LIMIT = 512  # characters
WARNINGS = {"YELLOW": "quality_yellow", "RED": "quality_red"}  # before Meta restricts a number


class MetaAccount(Account):
    """One phone number. Numbers of the same app share secret and address; the phone number id tells them apart."""

    platform = PLATFORM
    path = "/webhooks/whatsapp/meta"
    capabilities = Capabilities(
        text_limit=4096,
        buttons=3,
        button_title=20,
        rows=10,
        row_title=24,
        choice_text_limit=1024,
        window_hours=24,
    )
    # 80 a second for a number; one in six seconds to a person, from which a burst of 45 may borrow.
    limits = Limits(account=Limit(80, 1), person=Limit(1, 6, burst=20))

    def __init__(self, name: str, settings: MetaSettings) -> None:
        super().__init__(name)
        self._settings = settings
        self._caller = Caller()
        number = settings.phone_number_id
        # Resellers may leave the number out. The first account takes such messages; several would answer twice.
        self._own_numbers = (number, "") if name == FIRST else (number,)
        self._number_url = f"{settings.api_url}/{settings.api_version}/{number}"
        self._headers = {"Authorization": f"Bearer {settings.token}"}

    def handshake(self, request: RawRequest) -> RawResponse | None:
        """Meta asks once whether the address is ours, with the token that we chose."""
        query = request.query
        given = query.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
        right = hmac.compare_digest(given, self._settings.verify_token.encode())
        if query.get("hub.mode") != "subscribe" or not right:
            return None
        return RawResponse(body=query.get("hub.challenge", ""))

    def vouched_phone(self, person: str) -> str:
        """WhatsApp verified the number, and the request is signed."""
        return e164_of(person)

    def verify(self, request: RawRequest) -> Verified:
        """HMAC-SHA256 over the bytes as they came; re-written JSON would have another digest."""
        given = request.headers.get(SIGNATURE_HEADER)
        if given is None:
            return Verified.MISSING
        raw = given.encode("utf-8", "surrogatepass")
        fits = [
            hmac.compare_digest(raw, f"sha256={_digest(secret, request.body)}".encode())
            for secret in self._settings.app_secrets
        ]
        return Verified.OK if any(fits) else Verified.BAD

    def parse(self, request: RawRequest) -> Sequence[Event]:
        """All entries, changes, messages and statuses of a request, in order."""
        return parse_body(request.json_object(), self._own_numbers, self.address)

    async def send(self, bubble: Bubble) -> Outcome:
        """One message; a reopening one only as the approved template."""
        if bubble.reopen and not self._settings.template:
            return Outcome(Fate.REJECTED, code="window_closed", trouble=Trouble.WINDOW_CLOSED)
        if not bubble.reopen and not self._fits(bubble):
            return Outcome(Fate.REJECTED, code="too_large", trouble=Trouble.INVALID)
        try:
            answer = await self._caller.call(
                "POST", f"{self._number_url}/messages", body=self._message(bubble), headers=self._headers
            )
        except (NotSent, Unsure) as error:
            return outcome_of(error)
        return outcome_of_answer(answer)

    def _fits(self, bubble: Bubble) -> bool:
        """Whether Meta would take it. The renderer sees to that; a call that cannot succeed still costs a place."""
        can = self.capabilities
        choices = bubble.buttons or bubble.rows
        most, longest = (can.buttons, can.button_title) if bubble.buttons else (can.rows, can.row_title)
        limit = can.choice_text_limit if choices else can.text_limit
        titles = [choice.title for choice in choices]
        return (
            0 < len(bubble.text) <= limit
            and len(choices) <= most
            and len(set(titles)) == len(titles)
            and all(0 < len(title) <= longest for title in titles)
        )

    def _message(self, bubble: Bubble) -> dict[str, Any]:
        return {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **recipient(bubble.to),
            # Comes back in every status, also in one that is quicker than the answer to this call.
            "biz_opaque_callback_data": bubble.id[:CALLBACK_LIMIT],
            **self._content(bubble),
        }

    def _content(self, bubble: Bubble) -> dict[str, Any]:
        if bubble.reopen:
            language = {"policy": "deterministic", "code": self._settings.template_language}
            return {"type": "template", "template": {"name": self._settings.template, "language": language}}
        if bubble.buttons:
            buttons = [
                {"type": "reply", "reply": {"id": choice.id, "title": choice.title}} for choice in bubble.buttons
            ]
            action: Mapping[str, Any] = {"buttons": buttons}
            return _interactive("button", bubble.text, action)
        if bubble.rows:
            rows = [{"id": choice.id, "title": choice.title} for choice in bubble.rows]
            return _interactive("list", bubble.text, {"button": LIST_LABEL, "sections": [{"rows": rows}]})
        return {"type": "text", "text": {"body": bubble.text, "preview_url": False}}

    async def typing(self, arrival: Arrival) -> bool:
        """Mark as read and show that we write, which lasts until the answer or 25 seconds: one call for both."""
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": arrival.handle,
            "typing_indicator": {"type": "text"},
        }
        await self._caller.call("POST", f"{self._number_url}/messages", body=body, headers=self._headers)
        return False

    async def check(self) -> AccountState:
        """Whether Meta lets this number in."""
        try:
            answer = await self._caller.call(
                "GET", f"{self._number_url}?fields=verified_name,quality_rating", headers=self._headers
            )
        except (NotSent, Unsure):
            return AccountState(False, "unreachable")
        if answer.status == 200:
            return AccountState(True, WARNINGS.get(text_of(answer.fields, "quality_rating"), ""))
        outcome = outcome_of_answer(answer)
        return AccountState(False, "invalid_token" if outcome.trouble is Trouble.AUTH else outcome.code)

    async def open(self) -> None:
        """Make the connection pool."""
        await self._caller.open()

    async def close(self) -> None:
        """Close all connections."""
        await self._caller.close()


def recipient(person: str) -> dict[str, str]:
    """A phone number goes by `to`; an id of a person without one by `recipient`, and then there is no `to`."""
    return {"to": person} if person.isascii() and person.isdigit() else {"recipient": person}


def _interactive(kind: str, text: str, action: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}}


def _digest(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def read_accounts(env: Environment, public_url: str) -> list[Account]:
    """The numbers that the settings name."""
    return [MetaAccount(name, settings) for name, settings in read_settings(env)]
