"""`./kawan test`: the order of the steps, its exit code, and what it does without a Chromium."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.launcher import checks
from bot.launcher.interrupts import Interrupts
from bot.launcher.problem import Problem
from bot.launcher.project import Project
from bot.launcher.workshop import Workshop

from .conftest import RememberingScreen


class RecordingShop(Workshop):
    """Runs nothing; answers with the exit codes that it was given by step."""

    def __init__(self, project: Project, screen: RememberingScreen, codes: dict[str, int]) -> None:
        self.project = project
        self.screen = screen
        self.codes = codes
        self.ran: list[str] = []

    def run_program(self, environment: str, command: Sequence[str | Path]) -> int:
        words = [word if not word.startswith("/") else Path(word).name for word in map(str, command)]
        step = " ".join([environment, *words])
        self.ran.append(step)
        # So that a test sees what was said before and after each step.
        self.screen.say(f"<{step}>")
        return next((code for part, code in self.codes.items() if part in step), 0)


@pytest.fixture
def project_with_tests(project: Project) -> Project:
    for name in ("assistant", "contract"):
        (project.root / "tests" / name).mkdir(parents=True)
    return project


def test_steps_run_in_order_with_the_gateway_s_pytest_last(
    project_with_tests: Project, screen: RememberingScreen
) -> None:
    shop = RecordingShop(project_with_tests, screen, {})
    assert checks.run_all(shop) == 0
    assert shop.ran == [
        "gateway ruff check .",
        "gateway ruff format --check .",
        "gateway python -m mypy",
        "gateway hadolint Dockerfile",
        "assistant python -m pytest tests/assistant tests/contract",
        "gateway python -m pytest tests --ignore=tests/assistant",
    ]
    assert screen.text.endswith(f"<{shop.ran[-1]}>\n")


def test_first_failure_decides_the_exit_code_and_the_rest_still_runs(
    project_with_tests: Project, screen: RememberingScreen
) -> None:
    shop = RecordingShop(project_with_tests, screen, {"mypy": 3, "assistant python": 5, "gateway python -m pytest": 1})
    assert checks.run_all(shop) == 3
    assert len(shop.ran) == 6
    assert "FAILED so far: mypy, tests in the assistant's environment" in screen.text.splitlines()[-2]


def test_failure_of_the_last_step_alone_is_the_exit_code(
    project_with_tests: Project, screen: RememberingScreen
) -> None:
    shop = RecordingShop(project_with_tests, screen, {"gateway python -m pytest": 4})
    assert checks.run_all(shop) == 4
    assert "FAILED" not in screen.text


def test_missing_chromium_is_explained_to_those_who_cannot_install_it(
    project: Project, screen: RememberingScreen, interrupts: Interrupts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(checks, "_CHROMIUM_PATHS", ())
    with pytest.raises(Problem, match="no Chromium"):
        checks.obtain_chromium(project, screen, interrupts)
