"""WhatsApp by Twilio: signed forms in, its REST API out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import aiohttp

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
    RawResponse,
    Status,
    Verified,
)
from bot.channels.port import Arrival, Capabilities
from bot.channels.whatsapp import twilio_signature
from bot.channels.whatsapp.shapes import short_id, text_of
from bot.contract.environment import Environment
from bot.contract.errors import BadMessage
from bot.contract.messages import Kind, Media
from bot.contract.outcomes import Fate, Outcome, Trouble

API_URL = "https://api.twilio.com"
MESSAGING_URL = "https://messaging.twilio.com"
SIGNATURE_HEADER = "X-Twilio-Signature"
PREFIX = "whatsapp:"
MOST_FIELDS = 500
STATUSES: Mapping[str, Status] = {
    "queued": "accepted",
    "accepted": "accepted",
    "sending": "accepted",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
}
TROUBLES: Mapping[int, Trouble] = {
    63016: Trouble.WINDOW_CLOSED,
    **dict.fromkeys((63018, 20429), Trouble.THROTTLED_ACCOUNT),
    **dict.fromkeys((63024, 63003, 21211, 21614), Trouble.UNDELIVERABLE),
    **dict.fromkeys((63032, 63033, 21610), Trouble.BLOCKED),
    **dict.fromkeys((63013, 63020, 63038), Trouble.POLICY),
    **dict.fromkeys((63005, 63021, 63030, 21617), Trouble.INVALID),
    63019: Trouble.MEDIA,
    **dict.fromkeys((63001, 63007, 20003), Trouble.AUTH),
    **dict.fromkeys((63010, 63012), Trouble.TRANSIENT),
}
_AGAIN = {Trouble.AUTH, Trouble.TRANSIENT, Trouble.THROTTLED_ACCOUNT}

Form = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class TwilioSettings:
    """One sender. `tokens`: auth tokens that may sign, the current one first. `webhook_url`: as Twilio calls it."""

    sid: str
    tokens: tuple[str, ...] = field(repr=False)
    sender: str = field(repr=False)
    api_url: str
    messaging_url: str
    content_sid: str
    webhook_url: str


class TwilioAccount(Account):
    """One WhatsApp sender of a Twilio account."""

    platform = "whatsapp-twilio"
    path = "/webhooks/whatsapp/twilio"
    capabilities = Capabilities(text_limit=1600, utf16=True, window_hours=24)
    limits = Limits(account=Limit(10, 1), person=Limit(1, 6, burst=20))

    def __init__(self, name: str, settings: TwilioSettings) -> None:
        super().__init__(name)
        self._settings = settings
        self._caller = Caller()
        token = settings.tokens[0] if settings.tokens else ""
        self._headers = {"Authorization": aiohttp.encode_basic_auth(settings.sid, token)}
        self._account_url = f"{settings.api_url}/2010-04-01/Accounts/{settings.sid}"

    def verify(self, request: RawRequest) -> Verified:
        """By the address that Twilio called: what a proxy made of it was never signed."""
        given = request.headers.get(SIGNATURE_HEADER)
        if given is None:
            return Verified.MISSING
        try:
            form = _form(request.body)
        except BadMessage:
            form = []
        right = twilio_signature.fits(given, self._called(request), request.body, form, self._settings.tokens)
        return Verified.OK if right else Verified.BAD

    def _called(self, request: RawRequest) -> str:
        if not self._settings.webhook_url:
            return request.url
        query = urlsplit(request.url).query
        return f"{self._settings.webhook_url}?{query}" if query else self._settings.webhook_url

    def parse(self, request: RawRequest) -> Sequence[Event]:
        """A request is one message, or one report on a message of ours."""
        fields = dict(_form(request.body))
        if not fields.get("MessageSid") and not fields.get("SmsMessageSid"):
            raise BadMessage("bad_shape", "a form of Twilio names a message")
        if fields.get("AccountSid", self._settings.sid) != self._settings.sid:
            return [Ignored("other_account")]
        try:
            return [self._report(fields) if "MessageStatus" in fields else self._message(fields)]
        except BadMessage as error:
            if error.code != "bad_address":
                raise
            return [Ignored("bad_address")]

    def _message(self, fields: Mapping[str, str]) -> Event:
        if person_of(fields.get("To", self._settings.sender)) != person_of(self._settings.sender):
            return Ignored("other_account")
        sender = person_of(fields.get("From", "")) or person_of(fields.get("ExternalUserId", ""))
        if not sender:
            return Ignored("no_sender")
        sid = fields.get("MessageSid") or fields["SmsMessageSid"]
        kind, text, choice, media = _content(fields)
        return Arrival(short_id(sid), self.address(sender), kind, text=text, choice=choice, media=media, handle=sid)

    def _report(self, fields: Mapping[str, str]) -> Event:
        status = STATUSES.get(fields["MessageStatus"])
        if status is None:
            return Ignored("status")
        person = person_of(fields.get("To", ""))
        code = fields.get("ErrorCode", "")
        failed = status == "failed"
        return Delivery(
            address=self.address(person) if person else None,
            receipt=fields.get("MessageSid") or fields["SmsMessageSid"],
            status=status,
            trouble=_trouble(code) if failed else Trouble.NONE,
            code=code[:20] if failed else "",
        )

    def acknowledge(self, request: RawRequest) -> RawResponse:
        """An empty TwiML: answers go out by the REST API, like those of every other platform."""
        return RawResponse(body="<Response/>", content_type="text/xml")

    async def send(self, bubble: Bubble) -> Outcome:
        """One message; a reopening one only as the content template."""
        form = {"To": PREFIX + ("+" if bubble.to.isdigit() else "") + bubble.to, "From": self._settings.sender}
        if bubble.reopen and not self._settings.content_sid:
            return Outcome(Fate.REJECTED, code="window_closed", trouble=Trouble.WINDOW_CLOSED)
        form |= {"ContentSid": self._settings.content_sid} if bubble.reopen else {"Body": bubble.text}
        if self._settings.webhook_url:
            form["StatusCallback"] = self._settings.webhook_url
        try:
            answer = await self._caller.call(
                "POST", f"{self._account_url}/Messages.json", form=form, headers=self._headers
            )
        except (NotSent, Unsure) as error:
            return outcome_of(error)
        return outcome_of_answer(answer)

    async def typing(self, arrival: Arrival) -> bool:
        """Lasts until the answer or 25 seconds."""
        url = f"{self._settings.messaging_url}/v3/Indicators/Typing.json"
        body = {"channel": "WHATSAPP", "messageId": arrival.handle}
        await self._caller.call("POST", url, body=body, headers=self._headers)
        return False

    async def check(self) -> AccountState:
        """Whether Twilio lets this account in."""
        try:
            answer = await self._caller.call("GET", f"{self._account_url}.json", headers=self._headers)
        except (NotSent, Unsure):
            return AccountState(False, "unreachable")
        if answer.status == 200:
            return AccountState(True)
        return AccountState(False, "invalid_token" if answer.status in (401, 403) else str(answer.status))

    async def open(self) -> None:
        """Make the connection pool."""
        await self._caller.open()

    async def close(self) -> None:
        """Close all connections."""
        await self._caller.close()


def person_of(address: str) -> str:
    """Digits of a phone number, or the opaque id, with or without the prefix."""
    bare = address.removeprefix(PREFIX).strip()
    digits = bare.removeprefix("+")
    return digits if digits.isascii() and digits.isdigit() else bare


def outcome_of_answer(answer: Answer) -> Outcome:
    """What an HTTP answer means for the message."""
    if 200 <= answer.status < 300:
        sid = text_of(answer.fields, "sid")
        if not sid:
            return Outcome(Fate.UNKNOWN, code="bad_answer", trouble=Trouble.TRANSIENT)
        return Outcome(Fate.ACCEPTED, receipt=sid)
    code = answer.fields.get("code")
    trouble = _trouble(code)
    if trouble is Trouble.INVALID and code not in TROUBLES:
        trouble = _by_status(answer.status)
    fate = Fate.RETRY if trouble in _AGAIN else Fate.REJECTED
    return Outcome(fate, code=str(code or answer.status)[:20], trouble=trouble, retry_after=answer.retry_after)


def _trouble(code: object) -> Trouble:
    try:
        return TROUBLES.get(int(str(code)), Trouble.INVALID)
    except ValueError:
        return Trouble.INVALID


def _by_status(status: int) -> Trouble:
    if status == 429:
        return Trouble.THROTTLED_ACCOUNT
    if status in (401, 403):
        return Trouble.AUTH
    return Trouble.TRANSIENT if status >= 500 else Trouble.INVALID


def _content(fields: Mapping[str, str]) -> tuple[Kind, str, str, Media | None]:
    payload, title, text = fields.get("ButtonPayload", ""), fields.get("ButtonText", ""), fields.get("Body", "")
    if payload:
        return "choice", title or text, payload, None
    if title:
        return "text", title, "", None
    if fields.get("NumMedia", "0") not in ("", "0"):
        return "media", text, "", Media("file", fields.get("MediaUrl0", ""), fields.get("MediaContentType0", ""))
    if text:
        return "text", text, "", None
    return "unsupported", "", "", None


def _form(body: bytes) -> Form:
    """The fields as they came, empty ones included. Raises BadMessage for what is no form."""
    try:
        text = body.decode("ascii", "surrogateescape")
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadMessage("bad_form", "the body is not a form") from error


def read_accounts(env: Environment, public_url: str) -> list[Account]:
    """The senders that the settings name; further ones inherit what they do not set themselves."""
    accounts: list[Account] = []
    for name, prefix in account_prefixes(env, "WHATSAPP_TWILIO"):

        def text(part: str, default: str = "", prefix: str = prefix) -> str:
            return env.text(f"{prefix}{part}", env.text(f"WHATSAPP_TWILIO_{part}", default))

        sid, token, sender = text("ACCOUNT_SID"), text("AUTH_TOKEN"), env.text(f"{prefix}FROM", "")
        if name == FIRST and not (sid or token or sender):
            continue
        needed = {"ACCOUNT_SID": sid, "AUTH_TOKEN": token, "FROM": sender}
        for part, value in needed.items():
            env.require(bool(value), f"{prefix}{part}", "is missing", "copy it from Twilio's console")
        webhook_url = text("WEBHOOK_URL") or (public_url + TwilioAccount.path if public_url else "")
        if webhook_url:
            webhook_url = env.url(f"{prefix}WEBHOOK_URL", webhook_url, ("https", "http"))
        settings = TwilioSettings(
            sid=sid,
            tokens=tuple(filter(None, (token, text("AUTH_TOKEN_OLD")))),
            sender=PREFIX + sender.removeprefix(PREFIX),
            api_url=env.url(f"{prefix}API_URL", text("API_URL", API_URL), ("https", "http")).rstrip("/"),
            messaging_url=env.url(
                f"{prefix}MESSAGING_URL", text("MESSAGING_URL", MESSAGING_URL), ("https", "http")
            ).rstrip("/"),
            content_sid=text("CONTENT_SID"),
            webhook_url=webhook_url,
        )
        accounts.append(TwilioAccount(name, settings))
    return accounts
