"""What tests, evaluation and benchmark need around them: environments, model, Redis program, variables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from bot.launcher import children, environments, model, redis_server
from bot.launcher.environments import ASSISTANT, GATEWAY, Environment
from bot.launcher.interrupts import Interrupts
from bot.launcher.programs import run_in_front
from bot.launcher.project import Project
from bot.launcher.screen import Screen


class Workshop:
    """Prepared surroundings in which `run` starts a program of either environment in front of the person."""

    def __init__(
        self,
        project: Project,
        screen: Screen,
        interrupts: Interrupts,
        *,
        dev: bool = False,
        wanted: Sequence[Environment] = (GATEWAY, ASSISTANT),
        private: bool = False,
        download_python: bool = False,
    ) -> None:
        self.project = project
        self.screen = screen
        self.interrupts = interrupts
        project.make_folders()
        environ = dict(os.environ)
        if private:
            # Tests start their own Redis; they must never write into one that people are served from.
            for name in ("REDIS_URL", "DATABASE_URL", "HOST", "PORT", "ACCOUNT_API_URL", "ACCOUNT_API_TOKEN"):
                environ.pop(name, None)
        self._around = children.Surroundings(project, environ) if private else children.surroundings(project, environ)
        with screen.phase("environments") as phase:
            phase.note = environments.prepare(
                project, screen, interrupts, os.environ, wanted=wanted, dev=dev, download_python=download_python
            )
        self._extra: dict[str, str] = {"KAWAN_GATEWAY_PYTHON": str(project.python("gateway"))}
        if ASSISTANT in wanted:
            with screen.phase("model") as phase:
                trained = model.ensure(self._around, screen, interrupts)
                phase.note = trained.note or "up to date"
            server = redis_server.obtain(project, screen, interrupts, os.environ)
            self._extra["KAWAN_ASSISTANT_PYTHON"] = str(project.python("assistant"))
            self._extra["MODEL_PATH"] = str(trained.path)
            self._extra["KAWAN_REDIS_SERVER"] = str(server.path)

    def set(self, name: str, value: str) -> None:
        self._extra[name] = value

    def tool(self, name: str) -> str:
        """A program that the gateway's environment brings along."""
        return str(self.project.environment("gateway") / "bin" / name)

    def run(self, environment: str, arguments: Sequence[str]) -> int:
        return self.run_program(environment, [str(self.project.python(environment)), *arguments])

    def run_program(self, environment: str, command: Sequence[str | Path]) -> int:
        self.interrupts.check()
        base = self._around.assistant() if environment == ASSISTANT.name else self._around.gateway()
        code = run_in_front(
            [str(word) for word in command],
            cwd=self.project.root,
            env={**base, **self._extra},
            interrupts=self.interrupts,
        )
        self.interrupts.check()
        return code
