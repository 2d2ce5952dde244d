"""Which Twilio senders the environment names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.channels.accounts import FIRST, account_prefixes
from bot.channels.whatsapp.numbers import digits_of
from bot.contract.environment import Environment

API_URL = "https://api.twilio.com"
MESSAGING_URL = "https://messaging.twilio.com"
PATH = "/webhooks/whatsapp/twilio"
PREFIX = "whatsapp:"
_PLATFORM = "WHATSAPP_TWILIO"
_SCHEMES = ("https", "http")
_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_CONTENT_SID = re.compile(r"HX[0-9a-fA-F]{32}")
_COPY = "copy it from Twilio's console"


@dataclass(frozen=True)
class TwilioSettings:
    """One sender. `tokens`: auth tokens that may sign, the current one first. `sender`: whatsapp:+62...

    `webhook_url`: where Twilio calls us, without a query; empty when that is unknown. `content_sid`: the template
    that asks people to write again.
    """

    sid: str
    tokens: tuple[str, ...] = field(repr=False)
    sender: str = field(repr=False)
    api_url: str = API_URL
    messaging_url: str = MESSAGING_URL
    content_sid: str = ""
    webhook_url: str = ""


def read_settings(env: Environment, public_url: str) -> list[tuple[str, TwilioSettings]]:
    """(account name, settings) of each sender, none when there is nothing about Twilio. Problems are noted in `env`.

    Further senders inherit what they do not set themselves, but for their number.
    """
    found: list[tuple[str, TwilioSettings]] = []
    for name, prefix in account_prefixes(env, _PLATFORM):
        reader = _Reader(env, prefix)
        if name != FIRST or any(env.text(prefix + part, "") for part in ("ACCOUNT_SID", "AUTH_TOKEN", "FROM")):
            one = reader.settings(public_url)
            _compare(env, prefix, one, [settings for _, settings in found])
            found.append((name, one))
    return found


class _Reader:
    """Reads one sender's variables; what it does not set itself comes from the first sender."""

    def __init__(self, env: Environment, prefix: str) -> None:
        self._env = env
        self._prefix = prefix

    def settings(self, public_url: str) -> TwilioSettings:
        sid, token, old = self._text("ACCOUNT_SID"), self._text("AUTH_TOKEN"), self._text("AUTH_TOKEN_OLD")
        self._check("ACCOUNT_SID", sid, bool(_SID.fullmatch(sid)), "is no account SID", f"{_COPY}, it begins with AC")
        for part, value in (("AUTH_TOKEN", token), ("AUTH_TOKEN_OLD", old or "-")):
            printable = value.isascii() and value.isprintable()
            self._check(part, value, printable, "holds characters that no token has", _COPY)
        content_sid = self._text("CONTENT_SID")
        self._check(
            "CONTENT_SID",
            content_sid or "-",
            not content_sid or bool(_CONTENT_SID.fullmatch(content_sid)),
            "is no content SID",
            f"{_COPY}, it begins with HX",
        )
        return TwilioSettings(
            sid=sid,
            tokens=tuple(filter(None, (token, old))),
            sender=self._sender(),
            api_url=self._url("API_URL", API_URL).rstrip("/"),
            messaging_url=self._url("MESSAGING_URL", MESSAGING_URL).rstrip("/"),
            content_sid=content_sid,
            webhook_url=self._webhook_url(public_url),
        )

    def _sender(self) -> str:
        written = self._env.text(f"{self._prefix}FROM", "")
        number = digits_of(written.removeprefix(PREFIX))
        self._check("FROM", written, bool(number), "is no phone number", "write it as whatsapp:+622150000000")
        return f"{PREFIX}+{number}"

    def _webhook_url(self, public_url: str) -> str:
        default = public_url + PATH if public_url else ""
        url = self._url("WEBHOOK_URL", default) if self._text("WEBHOOK_URL") else default
        return urlsplit(url)._replace(query="", fragment="").geturl()

    def _text(self, part: str) -> str:
        return self._env.text(f"{self._prefix}{part}", self._env.text(f"{_PLATFORM}_{part}", ""))

    def _url(self, part: str, default: str) -> str:
        inherited = self._env.text(f"{_PLATFORM}_{part}", default)
        return self._env.url(f"{self._prefix}{part}", inherited, _SCHEMES)

    def _check(self, part: str, value: str, fits: bool, problem: str, fix: str) -> None:
        self._env.require(fits and bool(value), self._prefix + part, problem if value else "is missing", fix)


def _compare(env: Environment, prefix: str, one: TwilioSettings, earlier: Sequence[TwilioSettings]) -> None:
    env.require(
        all((one.sid, one.sender) != (other.sid, other.sender) for other in earlier),
        f"{prefix}FROM",
        "is also another account's number",
        "each account needs a number of its own",
    )
