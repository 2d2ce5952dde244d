"""Plays the programme's logged-in dashboard, for trying only: pages, links, ending of links, and switches."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.account_api.accounts import account, everybody, move
from bot.account_api.addresses import CHANNELS
from bot.account_api.bodies import read_body
from bot.account_api.database import Database
from bot.account_api.grants import Grants
from bot.account_api.pages import home_page, person_page
from bot.account_api.problems import Refusal, expect
from bot.account_api.scenario import FAULTS, WAVE_MODES, Scenario
from bot.account_api.settings import ServerSettings
from bot.account_api.statuses import status
from bot.account_api.tokens import LIFETIME_SECONDS

STATIC = Path(__file__).parent / "static"

_LINK = {"channel": re.compile("|".join(CHANNELS))}
_FAULT = {"mode": re.compile("|".join(FAULTS))}
_WAVES = {"mode": re.compile("|".join(WAVE_MODES))}

# What a page of another site can send without asking first.
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Dashboard:
    """Anybody who reaches it is everybody, so it listens to its own pages and to commands on this machine only."""

    def __init__(
        self,
        database: Database,
        grants: Grants,
        scenario: Scenario,
        settings: ServerSettings,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._grants = grants
        self._scenario = scenario
        self._addresses = settings.addresses
        self._clock = clock
        self._local = _is_loopback(settings.host)

    def routes(self) -> list[web.AbstractRouteDef]:
        """All of the dashboard."""
        person = "/dashboard/people/{person}"
        return [
            web.get("/", self._guarded(self.home), allow_head=False, expect_handler=expect),
            web.get(person, self._guarded(self.person), allow_head=False, expect_handler=expect),
            web.post(f"{person}/links", self._guarded(self.make_link), expect_handler=expect),
            web.post(f"{person}/grants/end", self._guarded(self.end_all), expect_handler=expect),
            web.post(person + r"/grants/{number:\d{1,15}}/end", self._guarded(self.end_one), expect_handler=expect),
            web.post(f"{person}/like/{{other}}", self._guarded(self.move), expect_handler=expect),
            web.post("/dashboard/fault", self._guarded(self.set_fault), expect_handler=expect),
            web.post("/dashboard/waves", self._guarded(self.set_waves), expect_handler=expect),
            web.static("/dashboard/static", STATIC),
        ]

    async def home(self, _: web.Request) -> web.Response:
        """The list of people."""
        people = await self._database.transact(everybody)
        return _html(home_page(people, self._scenario.fault, self._scenario.waves))

    async def person(self, request: web.Request) -> web.Response:
        """One person's dashboard."""
        who = request.match_info["person"]
        person, chats, people = await self._database.transact(
            lambda connection: (
                account(connection, who),
                self._grants.connected(connection, who),
                everybody(connection),
            )
        )
        full = status(person.name, person.situation, "full", self._clock())
        return _html(person_page(person, full, chats, [each for each in people if each.id != who]))

    async def make_link(self, request: web.Request) -> web.Response:
        """A new link token, with where it leads."""
        body = await read_body(request, _LINK)
        who = request.match_info["person"]
        token = await self._database.transact(
            lambda connection: self._grants.make_link(connection, account(connection, who).id)
        )
        lead = self._addresses.lead(body["channel"], token)
        return _json({"token": token, "url": lead.url, "text": lead.text, "seconds": LIFETIME_SECONDS})

    async def end_all(self, request: web.Request) -> web.Response:
        """End all grants and open links of a person."""
        who = request.match_info["person"]
        ended = await self._database.transact(
            lambda connection: self._grants.end_all(connection, account(connection, who).id, "revoked")
        )
        return _json({"ended": len(ended)})

    async def end_one(self, request: web.Request) -> web.Response:
        """End one grant of a person."""
        who, number = request.match_info["person"], int(request.match_info["number"])
        await self._database.transact(
            lambda connection: self._grants.end_one(connection, account(connection, who).id, number)
        )
        return web.Response(status=204)

    async def move(self, request: web.Request) -> web.Response:
        """Put a person into another's situation."""
        who, other = request.match_info["person"], request.match_info["other"]
        await self._database.transact(lambda connection: move(connection, who, other))
        return web.Response(status=204)

    async def set_fault(self, request: web.Request) -> web.Response:
        """How the API answers from now on."""
        self._scenario.fault = (await read_body(request, _FAULT))["mode"]
        return _json({"mode": self._scenario.fault})

    async def set_waves(self, request: web.Request) -> web.Response:
        """Which wave there is from now on."""
        self._scenario.waves = (await read_body(request, _WAVES))["mode"]
        return _json({"mode": self._scenario.waves})

    def _guarded(self, handler: _Handler) -> _Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            host = request.headers.get("Host", "")
            # A foreign name that was made to point here would otherwise be its own origin.
            if self._local and not _is_loopback(_hostname(host)):
                raise Refusal("forbidden", "open the dashboard as 127.0.0.1 or localhost")
            origin = request.headers.get("Origin")
            if origin is not None and origin not in {f"http://{host}", f"https://{host}"}:
                raise Refusal("forbidden", "the dashboard is for its own pages")
            if request.method != "GET" and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
                raise Refusal("forbidden", "the dashboard is for its own pages")
            if request.method != "GET" and request.content_type in _FORMS:
                raise Refusal("unsupported-type", "send application/json")
            return await handler(request)

        return guarded


def _hostname(host: str) -> str:
    """Of a Host header, which is anything at all; without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


def _json(body: dict[str, Any]) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), content_type="application/json")
