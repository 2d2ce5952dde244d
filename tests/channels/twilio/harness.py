"""Twilio's webhooks, for the conformance suite."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from bot.channels.platform import RawRequest
from bot.channels.whatsapp.twilio import TwilioAccount, TwilioSettings
from bot.channels.whatsapp.twilio import signature as twilio_signature
from tests.channels.harness import BASE, Harness, request

SID = "AC00000000000000000000000000000001"
TOKEN = "token-twilio-rahasia"
OWN = "whatsapp:+622150000000"


def settings(**changes: Any) -> TwilioSettings:
    values: dict[str, Any] = {
        "sid": SID,
        "tokens": (TOKEN, "token-lama-rahasia"),
        "sender": OWN,
        "api_url": "http://127.0.0.1:9",
        "messaging_url": "http://127.0.0.1:9",
        "content_sid": "",
        "webhook_url": f"{BASE}{TwilioAccount.path}",
    }
    return TwilioSettings(**{**values, **changes})


def form(message_id: str = "SM1", **more: str) -> bytes:
    fields = {"MessageSid": message_id, "SmsMessageSid": message_id, "AccountSid": SID, "To": OWN, "NumMedia": "0"}
    return urlencode(
        {**fields, "From": "whatsapp:+6281234567890", "ProfileName": "Siti é", "Body": "", **more}
    ).encode()


def signature(body: bytes, token: str = TOKEN) -> str:
    try:
        fields = parse_qsl(body.decode("ascii", "surrogateescape"), keep_blank_values=True, errors="replace")
    except ValueError:
        fields = []
    address = f"{BASE}{TwilioAccount.path}"
    return twilio_signature.sign(token, address + twilio_signature.joined(fields)).decode()


class TwilioHarness(Harness):
    name = "whatsapp-twilio"
    person = "6281234567890"

    def __init__(self) -> None:
        self.account = TwilioAccount("default", settings())

    def authentic(self, body: bytes) -> RawRequest:
        return self._with(body, signature(body))

    def forgeries(self, body: bytes) -> list[RawRequest]:
        right = signature(body)
        wrong = ("", right[:-1], right.lower(), signature(body, "lain"), "é")
        return [
            request(self.account.path, body, {}),
            self._with(body + b"&x=1", right),
            *(self._with(body, one) for one in wrong),
        ]

    def _with(self, body: bytes, proof: str) -> RawRequest:
        headers = {"X-Twilio-Signature": proof, "Content-Type": "application/x-www-form-urlencoded"}
        return request(self.account.path, body, headers)

    def text(self, message_id: str, text: str) -> bytes:
        return form(message_id, Body=text)

    def media(self, message_id: str) -> bytes | None:
        return form(message_id, NumMedia="1", MediaUrl0="https://api.twilio.com/x", MediaContentType0="image/jpeg")

    def unknown_kind(self, message_id: str) -> bytes | None:
        return form(message_id, HologramSize="3")

    def choice(self, message_id: str, choice_id: str, title: str) -> bytes | None:
        return form(message_id, ButtonPayload=choice_id, ButtonText=title, Body=title)

    def contact(self, message_id: str) -> bytes | None:
        return form(message_id, NumMedia="1", MediaContentType0="text/vcard", MediaUrl0="https://api.twilio.com/x")

    def status(self, receipt: str) -> bytes | None:
        fields = {"MessageSid": receipt, "AccountSid": SID, "MessageStatus": "delivered"}
        return urlencode({**fields, "To": "whatsapp:+6281234567890", "From": OWN}).encode()

    def group(self, message_id: str) -> bytes | None:
        return None

    def echo(self, message_id: str) -> bytes | None:
        return None
