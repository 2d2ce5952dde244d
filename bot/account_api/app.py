"""Puts the reference server together: database, API, dashboard, and what every answer carries."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.account_api.accounts import seed
from bot.account_api.api import PREFIX, Api, bearer
from bot.account_api.dashboard import Dashboard
from bot.account_api.database import Database
from bot.account_api.grants import Grants
from bot.account_api.keys import read_key
from bot.account_api.people import PEOPLE
from bot.account_api.problems import problems, route_of
from bot.account_api.scenario import FAILURES_A_MINUTE, Failures, Scenario, Sleep
from bot.account_api.settings import ServerSettings
from bot.account_api.situations import Person
from bot.account_api.tokens import Tokens
from bot.contract.logs import fields

# The largest body of the contract has some 200 bytes.
BODY_LIMIT = 8192

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

logger = logging.getLogger(__name__)


def build_app(
    settings: ServerSettings,
    *,
    clock: Callable[[], float] = time.time,
    people: Sequence[Person] = PEOPLE,
    sleep: Sleep = asyncio.sleep,
) -> web.Application:
    """The whole server as an aiohttp application. Raises SettingsError when its files cannot be used."""
    tokens = Tokens(read_key(settings.key_file))
    database = Database(settings.database)
    database.transact_here(lambda connection: seed(connection, people))
    grants = Grants(tokens, clock)
    scenario = Scenario()
    app = web.Application(
        client_max_size=BODY_LIMIT,
        middlewares=[_noted(), problems(), scenario.middleware(PREFIX, sleep), bearer(settings.secret)],
    )
    app.add_routes(Api(database, grants, scenario, Failures(FAILURES_A_MINUTE, clock), clock).routes())
    app.router.add_get("/healthz", _healthy, allow_head=False)
    if settings.dashboard:
        app.add_routes(Dashboard(database, grants, scenario, settings, clock).routes())
    app.on_response_prepare.append(_add_headers)

    async def close(_: web.Application) -> None:
        await asyncio.to_thread(database.close)

    app.on_cleanup.append(close)
    return app


def _noted() -> Middleware:
    """One line in the log for each call: its route and outcome, and nothing of who it was about."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        response = await handler(request)
        took = round((time.perf_counter() - started) * 1000, 1)
        logger.info(
            "call", extra=fields(method=request.method, route=route_of(request), status=response.status, ms=took)
        )
        return response

    return middleware


async def _healthy(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
