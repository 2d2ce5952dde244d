"""A call's parameters, from a query string, a form, a multipart body or JSON, read as the Bot API reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.fakes.telegram.errors import bad_request

_YES = {"true", "yes", "1"}


class Parameters:
    """Named values; texts may hold numbers and JSON, as in a form."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)

    def text(self, name: str) -> str:
        """Empty when it is not given. Raises ApiError for what is no UTF-8."""
        value = self.values.get(name)
        if value is None:
            return ""
        text = value if isinstance(value, str) else json.dumps(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise bad_request("strings must be encoded in UTF-8") from None
        return text

    def integer(self, name: str, default: int) -> int:
        """The default for what is no number, as the real server does."""
        try:
            return int(self.text(name).strip())
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        """False when it is not given."""
        return self.text(name).strip().lower() in _YES

    def data(self, name: str, what: str) -> Any:
        """A JSON value; None when it is not given. Raises ApiError."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None


async def read_parameters(request: web.Request) -> Parameters:
    """Raises ApiError for a body that is not what it says."""
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        values |= _object(await request.read())
    elif request.can_read_body:
        form = await request.post()
        values |= {name: value for name, value in form.items() if isinstance(value, str)}
    return Parameters(values)


def _object(raw: bytes) -> dict[str, Any]:
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(body, dict):
        raise bad_request("object expected")
    return body
