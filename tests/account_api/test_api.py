"""What every call passes: the secret, the strict bodies, the methods, the limits and the faults one can switch on."""

from __future__ import annotations

import asyncio
import gzip
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.account_api import scenario
from bot.account_api.app import build_app
from bot.account_api.database import Database
from tests.account_api.contract import Contract, Operation
from tests.account_api.serving import SECRET, Answer, Caller, Clock, chat, server_settings

SITI = chat(1)
REFERENCE = "A" * 43
JSON = {"Content-Type": "application/json"}
REDEEM = {"token": "kp1_x", "chat": SITI, "channel": "telegram"}
FIND = {"phone": "+6281200000001", "chat": SITI, "channel": "whatsapp"}
OPERATIONS = Contract().operations()
BODIES = {"redeemLink": REDEEM, "findAccount": FIND}


def _options(operation: Operation) -> dict[str, Any]:
    return {"json": BODIES[operation.name]} if operation.name in BODIES else {}


async def _call(api: Caller, operation: Operation, **options: Any) -> Answer:
    return await api.call(operation.method, operation.path, reference=REFERENCE, **{**_options(operation), **options})


def test_there_are_six_operations() -> None:
    assert len(OPERATIONS) == 6


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {SECRET[:-1]}",
        f"Bearer {SECRET}x",
        f"Bearer {SECRET.upper()}",
        "Bearer rahasia-layanan-untuk-uj\u00ed",
        f"Basic {SECRET}",
        SECRET,
    ],
)
async def test_nobody_gets_in_without_the_secret(api: Caller, operation: Operation, header: str) -> None:
    answer = await _call(api, operation, headers={"Authorization": header})
    assert (answer.status, answer.problem) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_the_secret_is_asked_for_before_anything_else(api: Caller, operation: Operation) -> None:
    async with api.client.request("PUT", operation.path.replace("{reference}", "x"), data=b"\xff") as response:
        assert response.status == 401
    async with api.client.request(operation.method, operation.path.replace("{reference}", REFERENCE)) as response:
        assert response.status == 401


async def test_the_scheme_may_be_written_in_any_case(api: Caller) -> None:
    answer = await api.call("GET", "/v1/waves/current", headers={"Authorization": f"bEARER  {SECRET}"})
    assert answer.status == 200


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused_with_the_right_ones(api: Caller, operation: Operation, method: str) -> None:
    if method == operation.method:
        return
    headers = {"Authorization": f"Bearer {SECRET}"}
    path = operation.path.replace("{reference}", REFERENCE)
    async with api.client.request(method, path, headers=headers) as response:
        assert response.status == 405
        assert response.headers["Allow"] == operation.method
        assert response.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        "kp1_x",
        {**REDEEM, "more": 1},
        {**REDEEM, "token": ""},
        {**REDEEM, "token": "x" * 65},
        {**REDEEM, "token": 7},
        {**REDEEM, "token": None},
        {**REDEEM, "token": ["kp1_x"]},
        {**REDEEM, "chat": SITI.upper().replace("1", "A")},
        {**REDEEM, "chat": SITI + "0"},
        {**REDEEM, "chat": SITI + "\n"},
        {**REDEEM, "chat": SITI[:-1] + "\u0661"},
        {**REDEEM, "channel": "signal"},
        {**REDEEM, "channel": "Telegram"},
        {**REDEEM, "channel": True},
        {"token": "kp1_x", "chat": SITI},
    ],
)
async def test_bodies_that_are_not_as_described(api: Caller, body: Any) -> None:
    answer = await api.call("POST", "/v1/links/redeem", data=json.dumps(body), headers=JSON)
    assert (answer.status, answer.problem) == (400, "bad-request")
    assert "signal" not in answer.text


@pytest.mark.parametrize(
    "phone", ["081200000001", "+0812000000", "+6281200000001\n", "+62 812", "+" + "9" * 16, "+1", 62]
)
async def test_phones_that_are_none(api: Caller, phone: Any) -> None:
    answer = await api.call("POST", "/v1/accounts/find", json={**FIND, "phone": phone})
    assert (answer.status, answer.problem) == (400, "bad-request")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf" + json.dumps(REDEEM).encode(),
        b"[" * 5000,
        b"NaN",
        b'{"token": NaN}',
        b"9" * 6000,
        json.dumps(REDEEM).encode()[:-1] + b', "token": "kp1_y"}',
        json.dumps(REDEEM).encode("utf-16"),
    ],
)
async def test_bodies_that_are_no_json(api: Caller, raw: bytes) -> None:
    answer = await api.call("POST", "/v1/links/redeem", data=raw, headers=JSON)
    assert (answer.status, answer.problem) == (400, "bad-request")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": ""},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_bodies_of_another_type(api: Caller, headers: dict[str, str]) -> None:
    raw = json.dumps(REDEEM).encode()
    data = gzip.compress(raw) if "Content-Encoding" in headers else raw
    answer = await api.call("POST", "/v1/links/redeem", data=data, headers=headers)
    assert (answer.status, answer.problem) == (415, "unsupported-type")


async def test_bodies_that_are_too_large(api: Caller) -> None:
    answer = await api.call("POST", "/v1/links/redeem", json={**REDEEM, "token": "x" * 20_000})
    assert (answer.status, answer.problem) == (413, "too-large")


async def test_expectations_that_cannot_be_met(api: Caller) -> None:
    odd = await api.call("POST", "/v1/links/redeem", json=REDEEM, headers={"Expect": "kabar-baik"})
    assert (odd.status, odd.problem) == (417, "expectation-failed")
    usual = await api.call("POST", "/v1/links/redeem", json=REDEEM, expect100=True)
    assert usual.status == 404


@pytest.mark.parametrize("reference", ["x", "A" * 21, "A" * 65, "A" * 22 + "%0A", "A" * 22 + "%2F", "%C3%A9" * 30])
async def test_references_that_are_none(api: Caller, reference: str) -> None:
    for call in (api.status, api.revoke, api.dispute):
        answer = await call(reference)
        assert (answer.status, answer.problem) == (400, "bad-request")


@pytest.mark.parametrize("path", ["/v1/", "/v1/links", "/v1/waves/current/", "/v2/waves/current", "/nowhere"])
async def test_addresses_that_are_none(api: Caller, path: str) -> None:
    async with api.client.get(path, headers={"Authorization": f"Bearer {SECRET}"}) as response:
        assert response.status == 404
        assert response.content_type == "application/problem+json"
        assert (await response.json(content_type=None))["type"] == "urn:prakerja:problem:not-found"


async def test_health_needs_no_secret(api: Caller) -> None:
    async with api.client.get("/healthz") as response:
        assert response.status == 200


async def test_three_hundred_failures_a_minute_are_guessing(api: Caller, clock: Clock) -> None:
    token = await api.link("siti")
    for _ in range(scenario.FAILURES_A_MINUTE):
        assert (await api.redeem("kp1_x", SITI)).status == 404
    clock.now += 59
    answer = await api.redeem(token, SITI)
    assert (answer.status, answer.problem) == (429, "too-many")
    assert 1 <= int(answer.headers["Retry-After"]) <= 2
    assert (await api.find("+6281200000001", SITI)).status == 200
    clock.now += 1
    assert (await api.redeem(token, SITI)).status == 200


async def _switch(api: Caller, what: str, mode: str) -> None:
    async with api.client.post(f"/dashboard/{what}", json={"mode": mode}) as response:
        assert response.status == 200
        assert await response.json() == {"mode": mode}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_faults(api: Caller, naps: list[float], operation: Operation) -> None:
    usual = await _call(api, operation)
    await _switch(api, "fault", "down")
    down = await _call(api, operation)
    assert (down.status, down.problem) == (503, "unavailable")
    await _switch(api, "fault", "limited")
    limited = await _call(api, operation)
    assert (limited.status, limited.headers["Retry-After"]) == (429, "7")
    assert naps == []
    await _switch(api, "fault", "slow")
    assert (await _call(api, operation)).status == usual.status
    assert naps == [10.0]
    await _switch(api, "fault", "ok")
    assert (await _call(api, operation)).status == usual.status
    async with api.client.post("/dashboard/fault", json={"mode": "kebakaran"}) as response:
        assert response.status == 400


async def test_faults_are_of_the_api_only(api: Caller) -> None:
    await _switch(api, "fault", "down")
    for path in ("/", "/healthz", "/dashboard/people/siti"):
        async with api.client.get(path) as response:
            assert response.status == 200


async def test_waves_can_be_switched(api: Caller) -> None:
    for mode, states in (("none", []), ("announced", ["announced"]), ("open", ["open"])):
        await _switch(api, "waves", mode)
        answer = await api.call("GET", "/v1/waves/current")
        assert [wave["state"] for wave in answer.json["waves"]] == states


async def test_grants_and_links_outlive_the_server(tmp_path: Path, contract: Contract, clock: Clock) -> None:
    settings = server_settings(tmp_path)
    async with TestClient(TestServer(build_app(settings, clock=clock))) as client:
        first = Caller(client, contract)
        used, unused = await first.link("siti"), await first.link("budi")
        grant = (await first.redeem(used, SITI)).json
    async with TestClient(TestServer(build_app(settings, clock=clock))) as client:
        second = Caller(client, contract)
        assert (await second.status(grant["reference"])).status == 200
        assert (await second.redeem(used, SITI)).json == grant
        assert (await second.redeem(used, chat(2))).problem == "link-used"
        assert (await second.redeem(unused, chat(2))).status == 200


async def test_two_servers_on_one_file_have_one_winner(tmp_path: Path, contract: Contract, clock: Clock) -> None:
    settings = server_settings(tmp_path)
    async with (
        TestClient(TestServer(build_app(settings, clock=clock))) as one,
        TestClient(TestServer(build_app(settings, clock=clock))) as other,
    ):
        callers = [Caller(one, contract), Caller(other, contract)]
        token = await callers[0].link("siti")
        answers = await asyncio.gather(*(callers[number % 2].redeem(token, chat(number)) for number in range(20)))
        assert sorted(answer.status for answer in answers) == [200] + [409] * 19


async def test_a_database_that_is_away_is_said_and_passes(
    tmp_path: Path, contract: Contract, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.account_api.database.BUSY_SECONDS", 0.01)
    settings = server_settings(tmp_path)
    async with TestClient(TestServer(build_app(settings, clock=clock))) as client:
        api = Caller(client, contract)
        reference = await api.grant("siti", SITI)
        hog = sqlite3.connect(settings.database, isolation_level=None)
        hog.execute("BEGIN IMMEDIATE")
        assert (await api.status(reference)).problem == "unavailable"
        hog.close()
        assert (await api.status(reference)).status == 200


async def test_a_failure_inside_tells_nothing(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("rahasia")

    monkeypatch.setattr(Database, "transact", fail)
    answer = await api.find("+6281200000001", SITI)
    assert (answer.status, answer.problem) == (500, "internal")
    assert "rahasia" not in answer.text
