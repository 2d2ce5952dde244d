"""A scripted stand-in for the account API: answers as a test says, checks each call against docs/account-api.yml."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml
from aiohttp import web
from jsonschema import Draft202012Validator, FormatChecker

from actions.accounts.client import AccountClient
from actions.accounts.settings import AccountSettings

CONTRACT = Path(__file__).resolve().parents[2] / "docs" / "account-api.yml"
SECRET = "rahasia-layanan-untuk-tes"
TOKEN = "kp1_" + "Ab3_-" * 10
CHAT = "4b1f7c0a9d3e5f60718293a4b5c6d7e8"
REFERENCE = "gUqv0Yx3W8bK2mN5pR7tZa"
METHODS = ("get", "post", "put", "patch", "delete")

SECONDS = 30.0  # of patience: no test waits for it, and a busy machine does not use it up

Json = dict[str, Any]
Answer = Callable[["Call"], Awaitable[web.StreamResponse]]

CALLS: dict[str, Callable[[AccountClient], Awaitable[Any]]] = {
    "redeem": lambda client: client.redeem(TOKEN, CHAT, "telegram"),
    "find": lambda client: client.find("+6281200000010", CHAT, "whatsapp"),
    "status": lambda client: client.status(REFERENCE),
    "revoke": lambda client: client.revoke(REFERENCE),
    "dispute": lambda client: client.dispute(REFERENCE),
    "waves": lambda client: client.waves(),
}


class Contract:
    """The YAML file, read once: its schemas, and whether a call is one of its operations."""

    def __init__(self) -> None:
        document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
        self.schemas: Json = document["components"]["schemas"]
        self._components: Json = document["components"]
        self._paths: Json = document["paths"]

    def faults_of(self, schema: Mapping[str, Any], value: Any) -> list[str]:
        """What a schema of the file says against a value."""
        whole = {**schema, "components": self._components}
        found = Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value)
        return [f"{'/'.join(map(str, error.path)) or 'value'}: {error.message}" for error in found]

    def named(self, schema: str) -> Json:
        """A reference to a schema."""
        return {"$ref": f"#/components/schemas/{schema}"}

    def faults_of_call(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> list[str]:
        """What the contract says against a call; nothing when it is right."""
        for template, item in self._paths.items():
            match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
            operation = item.get(method.lower()) if match and method.lower() in METHODS else None
            if match and operation:
                return [
                    *self._faults_of_secret(headers),
                    *self._faults_of_parameters(operation, match.groupdict()),
                    *self._faults_of_body(operation, headers, body),
                ]
        return [f"{method} {path} is no operation"]

    def _faults_of_secret(self, headers: Mapping[str, str]) -> list[str]:
        said = headers.get("Authorization", "")
        return [] if said == f"Bearer {SECRET}" else [f"Authorization is {said!r}"]

    def _faults_of_parameters(self, operation: Json, values: Mapping[str, str]) -> list[str]:
        references = [one["$ref"].rpartition("/")[2] for one in operation.get("parameters", ())]
        wanted = {self._components["parameters"][one]["name"]: one for one in references}
        if wanted.keys() != values.keys():
            return [f"parameters are {sorted(values)}"]
        return [
            fault
            for name, one in wanted.items()
            for fault in self.faults_of(self._components["parameters"][one]["schema"], values[name])
        ]

    def _faults_of_body(self, operation: Json, headers: Mapping[str, str], body: bytes) -> list[str]:
        if "requestBody" not in operation:
            return [f"a body of {len(body)} bytes"] if body else []
        kind = headers.get("Content-Type", "").partition(";")[0]
        content = operation["requestBody"]["content"]
        if kind not in content:
            return [f"the body is {kind!r}"]
        return self.faults_of(content[kind]["schema"], json.loads(body))


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    request: web.BaseRequest
    port: int  # of the caller: a new one for each connection

    @property
    def json(self) -> Json:
        """The body."""
        read: Json = json.loads(self.body)
        return read


class Backend:
    """A server on 127.0.0.1. `will` says what it answers; the last answer is given again and again.

    What the contract says against a call is kept in `faults`.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.calls: list[Call] = []
        self.faults: list[str] = []
        self.url = ""
        self._answers: list[Answer] = []
        self._runner: web.ServerRunner | None = None
        self._ending = asyncio.Event()

    def will(self, *answers: Answer) -> None:
        """Answer so, in this order, from now on."""
        self._answers = list(answers)

    def hang(self, then: Callable[[], None] = lambda: None) -> Answer:
        """Take the call and say nothing until the server ends, or the caller goes. `then` happens when it came."""

        async def hang(_: Call) -> web.StreamResponse:
            then()
            await self._ending.wait()
            return web.Response()

        return hang

    async def __aenter__(self) -> Backend:
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        if self._runner:
            await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        port = request.transport.get_extra_info("peername")[1] if request.transport else 0
        call = Call(request.method, request.rel_url.raw_path, dict(request.headers), body, request, port)
        self.calls.append(call)
        self.faults += self.contract.faults_of_call(call.method, call.path, call.headers, call.body)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return await answer(call)


def client_settings(url: str, *, cache_seconds: int = 30, link_seconds: int = 90 * 86400) -> AccountSettings:
    """Settings of a client of this server."""
    return AccountSettings(url, SECRET, SECONDS, cache_seconds, link_seconds, "prakerja.go.id")


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    """JSON."""
    return sends(json.dumps(body).encode(), status, "application/json", **headers)


def refuses(kind: str, status: int, **headers: str) -> Answer:
    """A problem of the contract."""
    body = {"type": f"urn:prakerja:problem:{kind}", "title": "Tidak", "status": status}
    return sends(json.dumps(body).encode(), status, "application/problem+json", **headers)


def sends(raw: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> Answer:
    """Any bytes; `Retry_After="7"` becomes the header Retry-After."""

    async def send(_: Call) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=raw, status=status, content_type=kind, headers=named)

    return send


def leads_to(url: str, status: int) -> Answer:
    """A redirect."""
    return sends(b"", status, Location=url)


async def breaks_off(call: Call) -> web.StreamResponse:
    """Resets the connection without an answer."""
    if call.request.transport:
        call.request.transport.abort()
    return web.Response()


def never_ends(part: bytes) -> Answer:
    """A body without a length that goes on for as long as somebody listens."""

    async def stream(call: Call) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(call.request)
        while True:
            await response.write(part)

    return stream


def in_turn(*steps: Callable[[], None], then: Answer) -> Answer:
    """An answer before which something happens."""

    async def act(call: Call) -> web.StreamResponse:
        for step in steps:
            step()
        return await then(call)

    return act


def grant(level: str = "full", label: str = "Si** R******", **more: Any) -> Json:
    """A grant as the contract has it."""
    return {
        "reference": REFERENCE,
        "level": level,
        "label": label if level == "full" else "",
        "linked_at": "2026-11-25T08:20:00Z",
        "expires_at": "2027-05-24T08:20:00Z",
        "others": [],
        **more,
    }


def stage_status(stage: str = "in_training", **more: Any) -> Json:
    """The little that a phone number opens."""
    return {"level": "stage", "as_of": "2026-11-25T08:20:00Z", "stage": stage, **more}


def full_status(**more: Any) -> Json:
    """A whole status: somebody in their first training, with everything that the contract knows filled in."""
    course = {
        "title": "Dasar Desain Grafis",
        "platform": "Kelas Cakap",
        "bought_on": "2026-10-16",
        "state": "finished",
        "certificate": "issued",
        "certificate_on": "2026-11-05",
        "reviewed": True,
    }
    incentive = {"kind": "training", "number": 1, "amount": 600000, "state": "scheduled", "on": "2026-11-28"}
    return {
        **stage_status("awaiting_incentive", level="full"),
        "name": "Si** R******",
        "registration": {"state": "verified"},
        "selection": {"state": "accepted", "wave": 70, "announced_on": "2026-10-10"},
        "membership": {"state": "active", "since": "2026-10-10"},
        "training": {"balance": 2850000, "balance_until": "2027-02-23", "courses": [course]},
        "incentives": [incentive],
        "surveys": [{"number": 1, "state": "not_yet"}],
        "destination": {"kind": "ewallet", "provider": "OVO", "number": "•••010", "state": "connected"},
        **more,
    }


def waves(*found: Mapping[str, Any]) -> Json:
    """The waves that there are."""
    return {"as_of": "2026-11-25T08:20:00Z", "waves": list(found)}
