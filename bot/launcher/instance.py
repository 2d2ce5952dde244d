"""One running kawan: Redis, workers and gateway of this folder, from start to stop."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.launcher import account_api, children, environments, model, ports, redis_server, state
from bot.launcher.folder_lock import FileLock
from bot.launcher.interrupts import Interrupts
from bot.launcher.ports import PortClaim
from bot.launcher.problem import AlreadyRunning, Problem
from bot.launcher.processes import Supervisor
from bot.launcher.programs import last_lines
from bot.launcher.project import Project
from bot.launcher.screen import Screen

READY_LIMIT = 180.0


@dataclass(frozen=True)
class Options:
    """What `up` was asked for; None means that nobody said."""

    command: str = "up"
    host: str | None = None
    port: int | None = None
    workers: int | None = None
    verbose: bool = False
    download_python: bool = False


class Instance:
    """`start` returns when it answers; `watch` keeps it so; `stop` always has to follow, also after an error."""

    def __init__(
        self, project: Project, options: Options, screen: Screen, interrupts: Interrupts, environ: Mapping[str, str]
    ) -> None:
        self._project = project
        self._options = options
        self._screen = screen
        self._interrupts = interrupts
        self._environ = environ
        self._around = children.surroundings(project, environ)
        self._owner = FileLock(project.run / "instance.lock")
        self._claim: PortClaim | None = None
        self._account_claim: PortClaim | None = None
        self._ready = False
        self._supervisor = Supervisor(screen.say, on_change=self._record, verbose=options.verbose)

    @property
    def url(self) -> str:
        return self._claimed.url

    @property
    def _claimed(self) -> PortClaim:
        if self._claim is None:
            raise RuntimeError("no port is chosen before the start")
        return self._claim

    def start(self) -> None:
        project, screen, interrupts = self._project, self._screen, self._interrupts
        project.make_folders()
        self._own_the_folder()
        # A busy port is said before minutes of installing, not after.
        self._claim_port()
        self._record()
        with screen.phase("environments") as phase:
            phase.note = environments.prepare(
                project, screen, interrupts, self._environ, download_python=self._options.download_python
            )
        with screen.phase("model") as phase:
            trained = model.ensure(self._around, screen, interrupts)
            phase.note = trained.note or "up to date"
        with screen.phase("redis") as phase:
            redis_url, phase.note = self._start_redis()
        with screen.phase("processes") as phase:
            # Another program may have taken the port meanwhile.
            if not ports.is_free(self._claimed.host, self._claimed.port):
                self._claim_port()
            phase.note = self._start_programs(redis_url, trained)
        with screen.phase("ready") as phase:
            self._wait_until_ready()
            phase.note = "gateway, Redis and a worker answer"
        self._ready = True
        self._record()

    def watch(self) -> float:
        """Restarts what has died; returns the seconds until it wants to look again."""
        return self._supervisor.poll()

    def stop(self) -> bool:
        """False when a child had to be killed."""
        clean = self._supervisor.stop(self._interrupts.wait, impatient=lambda: self._interrupts.impatient)
        current = state.read(self._project)
        if current is not None and current.launcher.pid == os.getpid():
            state.remove(self._project)
        for claim in (self._claim, self._account_claim):
            if claim is not None:
                claim.release()
        if self._owner.held:
            redis_server.tidy(self._project)
            self._owner.release()
        return clean

    def _own_the_folder(self) -> None:
        if not self._owner.try_acquire():
            raise already_running(self._project)
        for name in state.clear_stale(self._project):
            self._screen.say(f"  stopped {name}, left over from a launcher that was killed")

    def _claim_port(self) -> None:
        if self._claim is not None:
            self._claim.release()
        wanted = self._wanted_port()
        self._claim = ports.claim(self._options.host or self._around.get("HOST") or "127.0.0.1", wanted)
        if wanted is None and self._claim.port != ports.DEFAULT_PORT:
            self._screen.say(f"  port {ports.DEFAULT_PORT} is in use; using {self._claim.port} instead")

    def _wanted_port(self) -> int | None:
        if self._options.port is not None:
            return self._options.port
        text = self._around.get("PORT")
        if not text:
            return None
        if not text.isdecimal() or int(text) > 65535:
            raise Problem(
                f"PORT is {text!r}; it has to be a number up to 65535.", fix=("correct it in .env or the shell",)
            )
        return int(text)

    def _start_redis(self) -> tuple[str, str]:
        given = self._around.get("REDIS_URL")
        if given:
            return given, f"{redis_server.check_given(given)} of REDIS_URL"
        project, interrupts = self._project, self._interrupts
        server = redis_server.obtain(project, self._screen, interrupts, self._environ)
        listen = redis_server.socket_path(project)
        self._supervisor.start(redis_server.child(project, server, listen, self._around.base()))
        url = redis_server.url_of(listen)
        redis_server.wait_until_ready(url, project, interrupts, self._poll_hopeful)
        redis_server.forget_old_workers(url)
        return url, f"{server.shown_version()} ({project.shown(server.path)})"

    def _start_programs(self, redis_url: str, trained: model.Model) -> str:
        shared = {
            "REDIS_URL": redis_url,
            "HOST": self._claimed.host,
            "PORT": str(self._claimed.port),
            "LOG_KEY": children.log_key(self._project, self._around.get("LOG_KEY")),
        }
        shared |= self._start_account_api()
        count = self._options.workers or default_workers()
        # Workers first: they need seconds to load, the gateway less than one.
        for number in range(1, count + 1):
            self._supervisor.start(children.worker(self._around, shared, number, trained.path))
        self._supervisor.start(children.gateway(self._around, shared))
        invented = f"; accounts of invented people: {self._account_url}" if self._account_url else ""
        return f"gateway and {count} worker{'s' if count > 1 else ''}{invented}"

    @property
    def _account_url(self) -> str:
        return self._account_claim.url if self._account_claim else ""

    def _start_account_api(self) -> dict[str, str]:
        if not account_api.is_wanted(self._around):
            return {}
        self._account_claim = account_api.claim_port(self._around, any_port=self._wanted_port() == 0)
        self._supervisor.start(account_api.child(self._around, self._account_claim.port, self._claimed.url))
        return account_api.settings(self._around, self._account_claim.url)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_LIMIT
        told = time.monotonic()
        while True:
            self._interrupts.check()
            self._poll_hopeful()
            ready, answer = probe(self.url)
            if ready and self._account_url and not account_api.answers(self._account_url):
                ready, answer = False, "the account server does not answer yet"
            if ready:
                return
            now = time.monotonic()
            if now > deadline:
                raise Problem(
                    f"it did not become ready within {READY_LIMIT:.0f} s: {answer}.",
                    fix=("see the last lines of the logs below, or ./kawan doctor",),
                    details=self._log_tails(),
                )
            if now - told > 15:
                told = now
                self._screen.say(f"  not ready yet ({now - deadline + READY_LIMIT:.0f} s): {answer}")
            self._interrupts.wait(0.1)

    def _poll_hopeful(self) -> float:
        pause = self._supervisor.poll()
        hopeless = self._supervisor.hopeless()
        if hopeless:
            # The supervisor has just shown the last lines of their logs.
            raise Problem(f"{' and '.join(hopeless)} cannot start.", fix=("see the lines above, or ./kawan doctor",))
        return pause

    def _log_tails(self) -> list[str]:
        tails: list[str] = []
        for name in sorted(self._supervisor.pids()):
            log = self._project.log(name)
            tails += [f"{self._project.shown(log)}:", *(f"  {line}" for line in last_lines(log, 15))]
        return tails

    def _record(self) -> None:
        launcher = state.identify(os.getpid())
        if launcher is None or self._claim is None:
            return
        found = {name: state.identify(pid) for name, pid in self._supervisor.pids().items()}
        state.write(
            self._project,
            state.State(
                root=str(self._project.root),
                command=self._options.command,
                launcher=launcher,
                host=self._claim.host,
                port=self._claim.port,
                url=self._claim.url,
                ready=self._ready,
                account_url=self._account_url,
                children={name: process for name, process in found.items() if process is not None},
            ),
        )


def default_workers() -> int:
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return max(1, cores // 2)


def probe(url: str) -> tuple[bool, str]:
    """Whether /readyz says 200, else what it says."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=2.0)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read(300).decode("utf-8", "replace").strip()
        return response.status == 200, f"/readyz says {response.status} {body}"
    except (OSError, http.client.HTTPException) as error:
        return False, f"the gateway does not answer yet ({error})"
    finally:
        connection.close()


def already_running(project: Project) -> AlreadyRunning:
    current = state.running(project)
    if current is None:
        return AlreadyRunning("another kawan is starting in this folder.", fix=("wait for it, or stop it first",))
    return AlreadyRunning(
        f"this folder's kawan already runs (./kawan {current.command}, process {current.launcher.pid}): {current.url}",
        fix=(f"use it: {current.url}, or", f"stop it: kill {current.launcher.pid}"),
    )
