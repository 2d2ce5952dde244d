"""Reads a JSON body strictly: the right type, no field too many, every field a text of the right shape."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from aiohttp import web

from bot.account_api.problems import Refusal

Shape = Mapping[str, re.Pattern[str]]


async def read_body(request: web.Request, shape: Shape) -> dict[str, str]:
    """The fields of `shape`, all of them and no others. Raises Refusal."""
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
        raise Refusal("unsupported-type", "send application/json in UTF-8")
    if "Content-Encoding" in request.headers:
        raise Refusal("unsupported-type", "send the body as it is, without a Content-Encoding")
    body = _parse(await request.read())
    if not isinstance(body, dict):
        raise Refusal("bad-request", "the body is not a JSON object")
    if body.keys() - shape.keys():
        raise Refusal("bad-request", f"the body has other fields than {', '.join(shape)}")
    for name, pattern in shape.items():
        value = body.get(name)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Refusal("bad-request", f"the field {name} is missing or not as described")
    return body


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        # The parser's own message would repeat what was sent.
        raise Refusal("bad-request", "the body is not JSON") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values under one name would be read differently by different readers."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name occurs twice")
    return fields


def _no_constant(_: str) -> NoReturn:
    raise ValueError("not a number of JSON")
