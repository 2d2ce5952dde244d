"""The routes under /v1, as docs/account-api.yml describes them, and the secret that every call needs."""

from __future__ import annotations

import hmac
import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.account_api.accounts import Account, account
from bot.account_api.addresses import CHANNELS
from bot.account_api.bodies import read_body
from bot.account_api.database import Database
from bot.account_api.grants import Grant, Grants
from bot.account_api.problems import Refusal, expect
from bot.account_api.scenario import Failures, Scenario
from bot.account_api.statuses import rfc3339, status, waves

PREFIX = "/v1/"

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)
_WHO = {
    "chat": re.compile(r"[0-9a-f]{32}", re.ASCII),
    "channel": re.compile("|".join(CHANNELS)),
}
_REDEEM = {"token": re.compile(r".{1,64}", re.DOTALL)} | _WHO
_FIND = {"phone": re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)} | _WHO


class Api:
    """One method for each operation of the contract."""

    def __init__(
        self,
        database: Database,
        grants: Grants,
        scenario: Scenario,
        failures: Failures,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._grants = grants
        self._scenario = scenario
        self._failures = failures
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """All of the API."""
        return [
            web.post("/v1/links/redeem", self.redeem, expect_handler=expect),
            web.post("/v1/accounts/find", self.find, expect_handler=expect),
            web.get("/v1/accounts/{reference}/status", self.status, allow_head=False, expect_handler=expect),
            web.delete("/v1/accounts/{reference}/link", self.revoke, expect_handler=expect),
            web.post("/v1/accounts/{reference}/dispute", self.dispute, expect_handler=expect),
            web.get("/v1/waves/current", self.waves, allow_head=False, expect_handler=expect),
        ]

    async def redeem(self, request: web.Request) -> web.Response:
        """redeemLink"""
        body = await read_body(request, _REDEEM)
        self._failures.check()
        try:
            grant = await self._database.transact(
                lambda connection: self._grants.redeem(connection, body["token"], body["chat"], body["channel"])
            )
        except Refusal:
            self._failures.note()
            raise
        return _json(_grant(grant))

    async def find(self, request: web.Request) -> web.Response:
        """findAccount"""
        body = await read_body(request, _FIND)
        grant = await self._database.transact(
            lambda connection: self._grants.find(connection, body["phone"], body["chat"], body["channel"])
        )
        return _json(_grant(grant))

    async def status(self, request: web.Request) -> web.Response:
        """accountStatus"""
        reference = _reference(request)
        seen, level = await self._database.transact(lambda connection: self._seen(connection, reference))
        return _json(status(seen.name, seen.situation, level, self._clock()))

    async def revoke(self, request: web.Request) -> web.Response:
        """revokeLink"""
        reference = _reference(request)
        await self._database.transact(lambda connection: self._grants.revoke(connection, reference))
        return web.Response(status=204)

    async def dispute(self, request: web.Request) -> web.Response:
        """disputeLinks"""
        reference = _reference(request)
        ended = await self._database.transact(lambda connection: self._grants.dispute(connection, reference))
        return _json({"ended": ended})

    async def waves(self, _: web.Request) -> web.Response:
        """currentWaves"""
        return _json(waves(self._scenario.waves, self._clock()))

    def _seen(self, connection: sqlite3.Connection, reference: str) -> tuple[Account, str]:
        view = self._grants.view(connection, reference)
        return account(connection, view.account), view.level


def bearer(secret: str) -> Middleware:
    """Lets only those in who know the service's secret."""
    expected = secret.encode()

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(PREFIX):
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            known = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), expected)
            if not known or scheme.lower() != "bearer":
                raise Refusal("unauthorized")
        return await handler(request)

    return middleware


def _reference(request: web.Request) -> str:
    reference = request.match_info["reference"]
    if not _REFERENCE.fullmatch(reference):
        raise Refusal("bad-request", "the reference has not the shape of one")
    return reference


def _grant(grant: Grant) -> dict[str, Any]:
    times = {"linked_at": rfc3339(grant.linked_at), "expires_at": rfc3339(grant.expires_at)}
    return asdict(grant) | times


def _json(body: Any) -> web.Response:
    return web.Response(body=json.dumps(body, ensure_ascii=False).encode(), content_type="application/json")
