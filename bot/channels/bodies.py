"""Reads JSON bodies from strangers: a clear error for everything that is not what was asked for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from bot.contract.errors import BadMessage

BODY_SECONDS = 15.0


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object. Raises BadMessage; aiohttp itself refuses bodies that are too large."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadMessage("bad_json", "the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadMessage("bad_json", "the body must be a JSON object")
    return body


def text_field(body: dict[str, Any], name: str, *, required: bool = False) -> str:
    """A text of the body, empty when absent. Raises BadMessage when it is something else, or missing but required."""
    value = body.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise BadMessage("bad_field", f"{name} must be a text")
    return value
