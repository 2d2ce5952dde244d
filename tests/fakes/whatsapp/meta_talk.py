"""How the tests write to the fake Meta, and how they take its webhooks apart."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.fakes.whatsapp.hook import Request
from tests.fakes.whatsapp.meta import NUMBER_ID, TOKEN, MetaFake

SITI, BUDI, WULAN = "6281234567890", "6281234567891", "6281234567892"


async def send(fake: MetaFake, http: aiohttp.ClientSession, number: str = SITI, **more: Any) -> tuple[int, Any]:
    """Sends a text as the bot does: status, answer."""
    body = {"messaging_product": "whatsapp", "to": number, "type": "text", "text": {"body": "Halo"}, **more}
    return await call(fake, http, {name: value for name, value in body.items() if value is not None})


async def call(fake: MetaFake, http: aiohttp.ClientSession, body: dict[str, Any]) -> tuple[int, Any]:
    url, headers = f"{fake.url}/v25.0/{NUMBER_ID}/messages", {"Authorization": f"Bearer {TOKEN}"}
    async with http.post(url, headers=headers, json=body) as response:
        plain = response.content_type != "application/json"
        return response.status, await (response.text() if plain else response.json())


def values(requests: list[Request]) -> list[dict[str, Any]]:
    return [change["value"] for request in requests for entry in request.json["entry"] for change in entry["changes"]]


def messages(requests: list[Request]) -> list[dict[str, Any]]:
    return [message for value in values(requests) for message in value.get("messages", [])]


def statuses(requests: list[Request]) -> list[dict[str, Any]]:
    return [status for value in values(requests) for status in value.get("statuses", [])]
