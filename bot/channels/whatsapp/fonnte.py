"""WhatsApp by Fonnte, an Indonesian gateway that signs nothing: the secret is a part of the webhook's address."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from bot.channels.accounts import FIRST, account_prefixes
from bot.channels.http import Answer, Caller, NotSent, Unsure, outcome_of
from bot.channels.platform import (
    Account,
    AccountState,
    Bubble,
    Delivery,
    Event,
    Ignored,
    Limit,
    Limits,
    RawRequest,
    Status,
    Verified,
)
from bot.channels.port import Arrival, Capabilities
from bot.channels.whatsapp.shapes import moment, short_id
from bot.contract.environment import Environment
from bot.contract.errors import BadMessage
from bot.contract.messages import Kind, Media
from bot.contract.outcomes import Fate, Outcome, Trouble

API_URL = "https://api.fonnte.com"
MOST_FIELDS = 200
STATUSES: Mapping[str, Status] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "invalid": "failed",
    "expired": "failed",
}
# A failure is answered with 200 and a reason in words; there are no codes to decide by.
_REASONS: Sequence[tuple[str, Trouble]] = (
    ("token", Trouble.AUTH),
    ("quota", Trouble.PAYMENT),
    ("limit", Trouble.PAYMENT),
    ("disconnect", Trouble.TRANSIENT),
    ("not connected", Trouble.TRANSIENT),
    ("target", Trouble.UNDELIVERABLE),
    ("invalid", Trouble.UNDELIVERABLE),
)
_AGAIN = {Trouble.AUTH, Trouble.TRANSIENT, Trouble.THROTTLED_ACCOUNT}
_SECRET = re.compile(r"[A-Za-z0-9_-]{20,128}")
_NUMBER = re.compile(r"\+?[0-9]{6,20}")


@dataclass(frozen=True)
class FonnteSettings:
    """One device. `device`: its own number; empty takes messages to whichever device calls."""

    token: str = field(repr=False)
    secret: str = field(repr=False)
    device: str = field(repr=False)
    api_url: str


class FonnteAccount(Account):
    """One linked device."""

    platform = "whatsapp-fonnte"
    path = "/webhooks/whatsapp/fonnte/{secret}"
    capabilities = Capabilities(text_limit=4096)
    limits = Limits(account=Limit(1, 1, burst=5), person=Limit(1, 6, burst=5))

    def __init__(self, name: str, settings: FonnteSettings) -> None:
        super().__init__(name)
        self._settings = settings
        self._caller = Caller()
        self._headers = {"Authorization": settings.token}

    def verify(self, request: RawRequest) -> Verified:
        """Nothing better exists: who knows the address is believed, for public answers only."""
        given = request.match.get("secret", "").encode("utf-8", "surrogateescape")
        return Verified.OK if hmac.compare_digest(given, self._settings.secret.encode()) else Verified.BAD

    def parse(self, request: RawRequest) -> Sequence[Event]:
        """A request is one message or one report, as JSON or as a form."""
        body = _body(request)
        try:
            return [self._event(body)]
        except BadMessage as error:
            if error.code != "bad_address":
                raise
            return [Ignored("bad_address")]

    def _event(self, body: Mapping[str, Any]) -> Event:
        if "sender" not in body:
            return self._report(body)
        device, sender = _text(body, "device"), _text(body, "sender")
        if self._settings.device and device and digits(device) != self._settings.device:
            return Ignored("other_account")
        if _text(body, "member") or "@g.us" in sender or "-" in sender:
            return Ignored("group")
        if not _NUMBER.fullmatch(sender):
            return Ignored("no_sender")
        if device and digits(sender) == digits(device):
            return Ignored("echo")
        text = _text(body, "message") or _text(body, "pesan") or _text(body, "text")
        kind, media = _content(body, text)
        return Arrival(
            id=_id(body, text),
            address=self.address(digits(sender)),
            kind=kind,
            text=text if kind != "unsupported" else "",
            media=media,
            sent_at=moment(body.get("timestamp")),
        )

    def _report(self, body: Mapping[str, Any]) -> Event:
        receipt = _text(body, "id") or _text(body, "stateid")
        words = (_text(body, "state") or _text(body, "status")).lower()
        status = STATUSES.get(words)
        if receipt and status:
            return Delivery(None, receipt, status)
        if not receipt and not words:
            raise BadMessage("bad_shape", "neither a message nor a report")
        return Ignored("status")

    async def send(self, bubble: Bubble) -> Outcome:
        """One text."""
        form = {"target": bubble.to, "message": bubble.text, "countryCode": "0", "preview": "false"}
        try:
            answer = await self._caller.call("POST", f"{self._settings.api_url}/send", form=form, headers=self._headers)
        except (NotSent, Unsure) as error:
            return outcome_of(error)
        return outcome_of_answer(answer)

    async def check(self) -> AccountState:
        """Whether the device is linked."""
        try:
            answer = await self._caller.call("POST", f"{self._settings.api_url}/device", headers=self._headers)
        except (NotSent, Unsure):
            return AccountState(False, "unreachable")
        if answer.fields.get("status") is not True:
            return AccountState(False, "invalid_token" if answer.status < 500 else "unreachable")
        linked = _text(answer.fields, "device_status").lower() in ("connect", "connected")
        return AccountState(linked, "" if linked else "session_down")

    async def open(self) -> None:
        """Make the connection pool."""
        await self._caller.open()

    async def close(self) -> None:
        """Close all connections."""
        await self._caller.close()


def digits(number: str) -> str:
    """A phone number as WhatsApp counts it: country code first, without a plus."""
    bare = number.removeprefix("+")
    return "62" + bare[1:] if bare.startswith("0") else bare


def outcome_of_answer(answer: Answer) -> Outcome:
    """What an answer means for the message; the words of a failure go no further than this."""
    if answer.status == 200 and answer.fields.get("status") is True:
        ids = answer.fields.get("id")
        first = ids[0] if isinstance(ids, list) and ids else ids
        return Outcome(Fate.ACCEPTED, receipt=str(first) if isinstance(first, str | int) else "")
    if answer.status == 200 and answer.fields.get("status") is False:
        reason = _text(answer.fields, "reason").lower()
        trouble = next((trouble for words, trouble in _REASONS if words in reason), Trouble.INVALID)
        return _failed("refused", trouble, answer)
    if answer.status == 200:
        return Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)
    if answer.status == 429:
        return _failed("429", Trouble.THROTTLED_ACCOUNT, answer)
    if answer.status in (401, 403):
        return _failed(str(answer.status), Trouble.AUTH, answer)
    return _failed(str(answer.status), Trouble.TRANSIENT if answer.status >= 500 else Trouble.INVALID, answer)


def _failed(code: str, trouble: Trouble, answer: Answer) -> Outcome:
    fate = Fate.RETRY if trouble in _AGAIN else Fate.REJECTED
    return Outcome(fate, code=f"{code}_{trouble.value}", trouble=trouble, retry_after=answer.retry_after)


def _content(body: Mapping[str, Any], text: str) -> tuple[Kind, Media | None]:
    if _text(body, "url") or _text(body, "filename"):
        return "media", Media("file", _text(body, "url"), _text(body, "extension"))
    if _text(body, "location") or not text:
        return "unsupported", None
    return "text", None


def _id(body: Mapping[str, Any], text: str) -> str:
    """Fonnte's own number of the message; accounts without it get one made of what the message is."""
    inbox = _text(body, "inboxid")
    if inbox and inbox != "0":
        return short_id(inbox)
    parts = "\0".join((_text(body, "sender"), _text(body, "timestamp"), text))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def _text(body: Mapping[str, Any], name: str) -> str:
    """Numbers come as numbers or as texts."""
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
        return str(value)
    return value if isinstance(value, str) else ""


def _body(request: RawRequest) -> Mapping[str, Any]:
    if request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        try:
            form = request.body.decode("ascii", "surrogateescape")
            return dict(parse_qsl(form, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS))
        except ValueError as error:
            raise BadMessage("bad_form", "the body is not a form") from error
    return request.json_object()


def read_accounts(env: Environment, public_url: str) -> list[Account]:
    """The devices that the settings name."""
    accounts: list[Account] = []
    secrets = []
    for name, prefix in account_prefixes(env, "WHATSAPP_FONNTE"):
        token, secret = env.text(f"{prefix}TOKEN", ""), env.text(f"{prefix}SECRET", "")
        device = env.text(f"{prefix}DEVICE", "")
        api_url = env.url(f"{prefix}API_URL", env.text("WHATSAPP_FONNTE_API_URL", API_URL), ("https", "http"))
        if name == FIRST and not (token or secret):
            continue
        env.require(bool(token), f"{prefix}TOKEN", "is missing", "copy the device's token from Fonnte's console")
        env.require(
            bool(_SECRET.fullmatch(secret)),
            f"{prefix}SECRET",
            "is missing or easy to guess, and it is all that guards the webhook",
            "set 20 or more random signs of A-Z a-z 0-9 _ -",
        )
        env.require(
            not device or bool(_NUMBER.fullmatch(device)),
            f"{prefix}DEVICE",
            "is no phone number",
            "write 6281234567890",
        )
        secrets.append(secret)
        accounts.append(FonnteAccount(name, FonnteSettings(token, secret, digits(device), api_url.rstrip("/"))))
    env.require(
        len(secrets) == len(set(secrets)),
        "WHATSAPP_FONNTE_ACCOUNTS",
        "names devices with one secret",
        "give each its own",
    )
    return accounts
