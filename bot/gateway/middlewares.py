"""What every request passes: errors with a clear face, security headers, a count."""

from __future__ import annotations

import asyncio
import logging
import time

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import Histogram

from bot.contract.errors import BadMessage, MailroomUnavailable
from bot.contract.logs import fields

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SENTENCES = {
    400: ("bad_request", "Permintaannya tidak bisa dibaca."),
    404: ("not_found", "Alamat ini tidak ada."),
    405: ("bad_method", "Cara memintanya tidak didukung."),
    408: ("too_slow", "Pesannya terlalu lama sampai. Coba lagi, ya."),
    413: ("too_long", "Pesannya terlalu panjang, Kak. Tolong dipersingkat."),
    503: ("unavailable", "Layanan sedang terganggu sebentar. Coba lagi, ya."),
    500: ("internal", "Ada gangguan di sisi kami. Coba lagi sebentar, ya."),
}

logger = logging.getLogger(__name__)


def error_response(status: int, code: str, message: str, *, detail: str = "", wait: int = 0) -> web.Response:
    """The one shape of all errors: {"error": {"code", "message"}}, with `detail` for developers."""
    body = {"code": code, "message": message}
    if detail:
        body["detail"] = detail
    headers = {"Retry-After": str(wait)} if wait else {}
    return web.json_response({"error": body}, status=status, headers=headers)


def errors() -> Middleware:
    """Turns every failure into an honest status; nothing from outside ever becomes a traceback for people."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except BadMessage as error:
            code, message = _SENTENCES[400]
            return error_response(400, error.code or code, message, detail=error.reason)
        except MailroomUnavailable as error:
            logger.warning("refused, redis is away", extra=fields(path=_route(request), reason=str(error)))
            return error_response(503, *_SENTENCES[503], wait=2)
        except web.HTTPException as error:
            if error.content_type == "application/json" or error.status < 400:
                raise
            code, message = _SENTENCES.get(error.status, (f"http_{error.status}", error.reason))
            response = error_response(error.status, code, message)
            for name in ("Allow", "Retry-After"):
                if name in error.headers:
                    response.headers[name] = error.headers[name]
            return response
        except (asyncio.CancelledError, ConnectionResetError):
            raise
        except Exception:
            logger.exception("request failed", extra=fields(path=_route(request)))
            return error_response(500, *_SENTENCES[500])

    return middleware


def measured(seconds: Histogram) -> Middleware:
    """Times requests by route and status; event streams are left out, they last as long as people stay."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()

        def note(response: web.StreamResponse) -> None:
            if response.content_type != "text/event-stream":
                route, status = _route(request), str(response.status)
                seconds.labels(route=route, status=status).observe(time.perf_counter() - started)

        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            note(refusal)
            raise
        note(response)
        return response

    return middleware


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every response, streams and errors included."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    # Without it, browsers would mix scripts of two releases after an upgrade.
    response.headers.setdefault("Cache-Control", "no-cache")


def _route(request: web.Request) -> str:
    """The route's pattern, never the raw path: a path may hold a secret or a person's id."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
