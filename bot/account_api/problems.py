"""Answers that say no, in the shape of RFC 9457, for our own refusals and for aiohttp's."""

from __future__ import annotations

import asyncio
import json
import logging

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.contract.errors import KawanError
from bot.contract.logs import fields

TYPE = "urn:prakerja:problem:"

KINDS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request is not what the API describes"),
    "unauthorized": (401, "The service's secret is missing or wrong"),
    "forbidden": (403, "Not from here"),
    "level-too-low": (403, "The grant's level does not allow this"),
    "not-found": (404, "There is nothing at this address"),
    "link-unknown": (404, "No such link token"),
    "account-unknown": (404, "No account can be told by this number"),
    "grant-unknown": (404, "No such grant"),
    "method-not-allowed": (405, "This address does not know the method"),
    "link-used": (409, "The link token has been redeemed"),
    "link-expired": (410, "The link token is too old"),
    "grant-ended": (410, "The grant has ended"),
    "too-large": (413, "The body is too large"),
    "unsupported-type": (415, "The body is not JSON by its content type"),
    "expectation-failed": (417, "This expectation cannot be met"),
    "too-many": (429, "Too many calls"),
    "internal": (500, "The server failed"),
    "unavailable": (503, "The service is away for the moment"),
}
_OF_AIOHTTP = {
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-type",
    417: "expectation-failed",
}

logger = logging.getLogger(__name__)


class Refusal(KawanError):
    """A call that is answered with a problem of `kind`; `detail` never repeats what was sent."""

    def __init__(self, kind: str, detail: str = "", *, retry_after: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.retry_after = retry_after


def problem(kind: str, detail: str = "", *, retry_after: int = 0) -> web.Response:
    """The answer for a kind of problem."""
    status, title = KINDS[kind]
    body: dict[str, str | int] = {"type": TYPE + kind, "title": title, "status": status}
    if detail:
        body["detail"] = detail
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="account-api"'
    return web.Response(
        body=json.dumps(body).encode(), status=status, headers=headers, content_type="application/problem+json"
    )


def problems() -> Middleware:
    """Turns every failure into a problem; nothing of what was sent gets into an answer or a log."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            return problem(refusal.kind, refusal.detail, retry_after=refusal.retry_after)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            answer = problem(_OF_AIOHTTP.get(error.status, "internal" if error.status >= 500 else "bad-request"))
            if "Allow" in error.headers:
                answer.headers["Allow"] = error.headers["Allow"]
            return answer
        except (asyncio.CancelledError, ConnectionResetError):
            raise
        except Exception:
            logger.exception("call failed", extra=fields(route=route_of(request)))
            return problem("internal")

    return middleware


async def expect(request: web.Request) -> web.StreamResponse | None:
    """For a route's `expect_handler`: aiohttp's own refuses outside the middlewares and repeats what was sent."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        return problem("expectation-failed")
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    # The bytes of the interim answer are not those of the answer.
    request.writer.output_size = 0
    return None


def route_of(request: web.Request) -> str:
    """The route's pattern, never the raw path: a path may hold a reference."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
