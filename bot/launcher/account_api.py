"""The reference account server beside a development instance, and the command that plays its dashboard."""

from __future__ import annotations

import argparse
import http.client
import os
from collections.abc import Sequence
from urllib.parse import urlsplit

from bot.launcher import children, ports, state
from bot.launcher.children import Surroundings
from bot.launcher.environments import GATEWAY
from bot.launcher.interrupts import Interrupts, Stopped
from bot.launcher.ports import PortClaim
from bot.launcher.problem import Problem
from bot.launcher.processes import ChildSpec
from bot.launcher.project import Project
from bot.launcher.screen import Screen
from bot.launcher.workshop import Workshop

FIRST_PORT = 8090
HOST = "127.0.0.1"
_STOP_LAST = 3


def is_wanted(around: Surroundings) -> bool:
    """Only where nothing else is named, and never for real people: it knows invented ones."""
    return not around.get("ACCOUNT_API_URL") and around.get("KAWAN_ENV").lower() != "production"


def claim_port(around: Surroundings, *, any_port: bool) -> PortClaim:
    """ACCOUNT_API_PORT, else the first free one from 8090; any free one for an instance that chose so itself."""
    text = around.get("ACCOUNT_API_PORT")
    if text and (not text.isdecimal() or int(text) > 65535):
        raise Problem(
            f"ACCOUNT_API_PORT is {text!r}; it has to be a number up to 65535.",
            fix=("correct it in .env or the shell",),
        )
    wanted = int(text) if text else 0 if any_port else None
    return ports.claim(HOST, wanted, first=FIRST_PORT)


def settings(around: Surroundings, url: str) -> dict[str, str]:
    """What a worker needs to ask this server, and what people are told about where its dashboard is."""
    return {
        "ACCOUNT_API_URL": url,
        "ACCOUNT_API_TOKEN": token(around),
        "ACCOUNT_DASHBOARD": around.get("ACCOUNT_DASHBOARD") or url,
    }


def token(around: Surroundings) -> str:
    """The secret between worker and server."""
    return children.kept_secret(around.project, "account_api_token", around.get("ACCOUNT_API_TOKEN"))


def child(around: Surroundings, port: int, web_url: str) -> ChildSpec:
    project = around.project
    command = [str(project.python("gateway")), "-m", "bot.account_api", "--port", str(port), "--web-url", web_url]
    env = {**around.gateway(), "ACCOUNT_API_TOKEN": token(around)}
    return ChildSpec("account-api", command, env, project.root, project.log("account-api"), _STOP_LAST, 8.0)


def answers(url: str) -> bool:
    """Whether the server takes calls."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or HOST, parts.port, timeout=2.0)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def run(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    """`./kawan account-api`: the server alone; `link` and `people` speak to the one of the running instance."""
    with Interrupts() as interrupts:
        shop = Workshop(project, screen, interrupts, wanted=(GATEWAY,))
        around = children.surroundings(project, os.environ)
        shop.set("ACCOUNT_API_TOKEN", token(around))
        words = list(rest)
        current = state.running(project)
        if words[:1] == ["link"] and "--url" not in words and current and current.account_url:
            words += ["--url", current.account_url]
        try:
            return shop.run("gateway", ["-m", "bot.account_api", *words])
        except Stopped:
            return 0  # Ctrl-C is how it ends
