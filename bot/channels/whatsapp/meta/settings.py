"""Which numbers of Meta's Cloud API the settings name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.channels.accounts import FIRST, account_prefixes
from bot.contract.environment import Environment

API_URL = "https://graph.facebook.com"
API_VERSION = "v25.0"
NEEDED = {
    "PHONE_NUMBER_ID": "copy it from the app's WhatsApp page, it is digits and no phone number",
    "TOKEN": "make a permanent token of a system user",
    "APP_SECRET": "copy it from the app's basic settings; it signs the webhooks",
    "VERIFY_TOKEN": "choose a random text and enter it beside the webhook address",
}
_VERSION = re.compile(r"v\d{1,3}\.\d")


@dataclass(frozen=True)
class MetaSettings:
    """One number. `app_secrets`: those that may sign webhooks, the current one first."""

    phone_number_id: str
    token: str = field(repr=False)
    app_secrets: tuple[str, ...] = field(repr=False)
    verify_token: str = field(repr=False)
    api_url: str
    api_version: str
    template: str
    template_language: str


def read_settings(env: Environment) -> list[tuple[str, MetaSettings]]:
    """(account name, settings) of each number; further numbers inherit what they do not set themselves."""
    first = "WHATSAPP_META_"
    found = []
    for name, prefix in account_prefixes(env, "WHATSAPP_META"):
        number = env.text(f"{prefix}PHONE_NUMBER_ID", "")

        def text(part: str, default: str = "", prefix: str = prefix) -> str:
            return env.text(f"{prefix}{part}", env.text(f"{first}{part}", default))

        token, secret, verify = text("TOKEN"), text("APP_SECRET"), text("VERIFY_TOKEN")
        if name == FIRST and not (number or token or secret or verify):
            continue
        # The first account's old secret is of its app; one with an app of its own has its own.
        old = env.text(f"{prefix}APP_SECRET_OLD", "") if env.text(f"{prefix}APP_SECRET", "") else text("APP_SECRET_OLD")
        given = {"PHONE_NUMBER_ID": number, "TOKEN": token, "APP_SECRET": secret, "VERIFY_TOKEN": verify}
        for part, value in given.items():
            env.require(bool(value), f"{prefix}{part}", "is missing", NEEDED[part])
        env.require(
            number.isdigit() or not number, f"{prefix}PHONE_NUMBER_ID", "is no number", NEEDED["PHONE_NUMBER_ID"]
        )
        fits = token.isprintable() and " " not in token
        env.require(fits, f"{prefix}TOKEN", "holds a space or a line break", "copy it anew, in one piece")
        version = text("API_VERSION", API_VERSION)
        env.require(bool(_VERSION.fullmatch(version)), f"{prefix}API_VERSION", f"is {version!r}", "write it as v25.0")
        settings = MetaSettings(
            phone_number_id=number,
            token=token,
            app_secrets=tuple(filter(None, (secret, old))),
            verify_token=verify,
            api_url=env.url(f"{prefix}API_URL", text("API_URL", API_URL), ("https", "http")).rstrip("/"),
            api_version=version,
            template=text("TEMPLATE"),
            template_language=text("TEMPLATE_LANGUAGE", "id"),
        )
        found.append((name, settings))
    numbers = [settings.phone_number_id for _, settings in found]
    env.require(len(numbers) == len(set(numbers)), "WHATSAPP_META_ACCOUNTS", "names one number twice", "remove one")
    return found
