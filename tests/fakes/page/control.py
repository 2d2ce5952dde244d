"""The addresses of README.md, for any fake platform that is a `Stage`."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from tests.fakes.faults import BadFault, FaultPlan, describe

FILES = Path(__file__).parent / "files"
LONGEST_WAIT_SECONDS = 25.0
LOOK_SECONDS = 0.05
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class NotKnown(LookupError):
    """No such person, message or button; the text names it."""


class CannotDo(ValueError):
    """A person cannot do this now, or on this platform; the text says why."""


class Stage(Protocol):
    """What a fake platform offers to the page. Everything given and returned is as README.md describes it.

    The methods raise NotKnown and CannotDo.
    """

    @property
    def faults(self) -> FaultPlan: ...

    def about(self) -> dict[str, Any]: ...

    def people(self) -> list[dict[str, Any]]: ...

    def add_person(self, name: str) -> dict[str, Any]: ...

    def conversation(self, person: str, after: int) -> dict[str, Any]: ...

    async def act(self, person: str, verb: str, body: Mapping[str, Any]) -> dict[str, Any]: ...

    def deliveries(self) -> Sequence[Mapping[str, Any]]: ...


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(stage: Stage) -> list[web.AbstractRouteDef]:
    """The page at / and the addresses below /_control."""
    control = _Control(stage)
    handlers: list[tuple[str, str, Handler]] = [
        ("GET", "/", control.page),
        ("GET", "/page/{name}", control.file),
        ("GET", "/_control/about", control.about),
        ("GET", "/_control/people", control.people),
        ("POST", "/_control/people", control.add_person),
        ("GET", "/_control/people/{person}/messages", control.messages),
        ("POST", "/_control/people/{person}/{verb}", control.act),
        ("GET", "/_control/faults", control.faults),
        ("POST", "/_control/faults", control.set_faults),
        ("GET", "/_control/deliveries", control.deliveries),
    ]
    return [web.route(method, path, _answering(handler)) for method, path, handler in handlers]


class _Control:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(FILES / "index.html")

    async def file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in {path.name for path in FILES.iterdir()}:
            raise NotKnown(f"no file {name}")
        return web.FileResponse(FILES / name)

    async def about(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._stage.about())

    async def people(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"people": self._stage.people()})

    async def add_person(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        return web.json_response(self._stage.add_person(text_of(body, "name")))

    async def messages(self, request: web.Request) -> web.StreamResponse:
        person = request.match_info["person"]
        after = int(_number(request, "after"))
        found = self._stage.conversation(person, after)
        known = request.query.get("signs") or _signs(found)
        rounds = int(min(_number(request, "wait"), LONGEST_WAIT_SECONDS) / LOOK_SECONDS)
        for _ in range(rounds):
            if found["messages"] or _signs(found) != known:
                break
            await asyncio.sleep(LOOK_SECONDS)
            found = self._stage.conversation(person, after)
        return web.json_response({**found, "signs": _signs(found)})

    async def act(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        return web.json_response(await self._stage.act(request.match_info["person"], request.match_info["verb"], body))

    async def faults(self, request: web.Request) -> web.StreamResponse:
        return self._plan()

    async def set_faults(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        rules = body.get("rules", [])
        if not isinstance(rules, list):
            raise CannotDo("rules must be a list")
        if body.get("clear") is True:
            self._stage.faults.clear()
        self._stage.faults.load(rules)
        return self._plan()

    async def deliveries(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"deliveries": [dict(one) for one in self._stage.deliveries()]})

    def _plan(self) -> web.StreamResponse:
        plan = self._stage.faults
        fired = [
            {"kind": one.action.kind, "method": one.method, "person": one.person, "at": one.at} for one in plan.fired
        ]
        return web.json_response({"rules": [describe(rule) for rule in plan.rules], "fired": fired})


def text_of(body: Mapping[str, Any], name: str, default: str | None = "") -> str:
    """A text of a body. Raises CannotDo when it is none, or missing while `default` is None."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise CannotDo(f"{name} must be a text")
    return value


def _signs(conversation: Mapping[str, Any]) -> str:
    """A short sum of what has no revision, so that a reader can say what it knows of it."""
    told = json.dumps([conversation["typing"], conversation["contact_button"], conversation["hint"]])
    return f"{zlib.crc32(told.encode()):08x}"


def _answering(handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request)
        except NotKnown as error:
            response = web.json_response({"error": str(error)}, status=404)
        except (CannotDo, BadFault) as error:
            response = web.json_response({"error": str(error)}, status=400)
        response.headers.update(HEADERS)
        return response

    return answer


async def _body(request: web.Request) -> dict[str, Any]:
    # Only a body that says it is JSON: a page of another origin cannot send that unasked.
    raw = await request.read()
    if raw and request.content_type != "application/json":
        raise CannotDo("the body must be application/json")
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise CannotDo("the body must be JSON") from None
    if not isinstance(body, dict):
        raise CannotDo("the body must be a JSON object")
    return body


def _number(request: web.Request, name: str) -> float:
    raw = request.query.get(name, "0")
    if not raw.isascii() or not raw.isdigit():
        raise CannotDo(f"{name} must be a whole number of seconds or revisions")
    return float(raw)
