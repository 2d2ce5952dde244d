"""The locked requirements: complete with hashes, and the dev files contain the plain ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.launcher import relock
from bot.launcher.project import Project
from bot.launcher.pythons import Python

FOLDER = Path(__file__).resolve().parents[2] / "requirements"
NAMES = ("gateway", "gateway-dev", "assistant", "assistant-dev", "local-redis", "uv")


def entries(name: str) -> dict[str, str]:
    """Each pinned package with its markers and hashes, without comments."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    return {re.split(r"[= ;]", line)[0] + line.partition(";")[2].split("--")[0]: line for line in lines if line}


@pytest.mark.parametrize("name", NAMES)
def test_every_package_is_pinned_with_hashes_and_no_address(name: str) -> None:
    found = entries(name)
    assert found
    assert [line for line in found.values() if "==" not in line or "--hash=sha256:" not in line] == []
    assert "://" not in (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["gateway", "assistant"])
def test_dev_file_contains_the_plain_one_at_the_same_versions(name: str) -> None:
    dev = {line.split()[0] for line in entries(f"{name}-dev").values()}
    assert {line.split()[0] for line in entries(name).values()} - dev == set()


def test_lock_resolves_each_group_for_its_own_python(project: Project) -> None:
    uv = Path("/uv")
    gateway = relock.command(uv, Python("3.11.7", "/python3.11"), project, "gateway-dev", upgrade=False)
    assistant = relock.command(uv, Python("3.10.13", "/python3.10"), project, "assistant", upgrade=True)
    assert "--universal" in gateway
    assert gateway[gateway.index("--python-version") + 1] == "3.11"
    assert gateway[gateway.index("--constraints") + 1] == "requirements/gateway.txt"
    assert "--universal" not in assistant
    assert assistant[assistant.index("--python-version") + 1] == "3.10"
    assert "--upgrade" in assistant
