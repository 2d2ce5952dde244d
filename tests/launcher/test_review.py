"""`./kawan review` finds the Redis of the running instance, or of REDIS_URL, and says when there is none."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.launcher import redis_server as servers
from bot.launcher import state
from bot.launcher.children import surroundings
from bot.launcher.problem import Problem
from bot.launcher.project import Project
from bot.launcher.review import redis_of
from tests.redis_server import RedisServer

from .fake_project import FakeProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def kawan(tmp_path: Path, redis_program: Path) -> Iterator[FakeProject]:
    kawan = FakeProject(tmp_path / "k", redis_program)
    yield kawan
    kawan.close()


def test_running_instance_is_asked_whatever_redis_url_says(kawan: FakeProject) -> None:
    kawan.up("--port", "0", "--workers", "1")
    url = servers.url_of(servers.socket_path(kawan.project))
    code, out, _ = kawan.run("review", "--count", REDIS_URL="redis://127.0.0.1:1/0")
    assert (code, out) == (0, f"tinjau: {url} 64 --count\n")


def test_without_an_instance_and_a_redis_it_says_what_to_do(kawan: FakeProject) -> None:
    code, out, err = kawan.run("review", "--count")
    assert (code, out) == (1, "")
    assert "nothing runs in this folder, and REDIS_URL is not set" in err
    assert "./kawan up" in err


def test_redis_of_dotenv_is_used_when_it_answers(kawan: FakeProject, redis_server: RedisServer) -> None:
    dotenv = kawan.project.root / ".env"
    dotenv.write_text("REDIS_URL=unix:///nowhere/redis.sock\n", encoding="utf-8")
    code, _, err = kawan.run("review")
    assert code == 1
    assert "does not answer" in err
    dotenv.write_text(f"REDIS_URL={redis_server.url}\n", encoding="utf-8")
    code, out, _ = kawan.run("review", "--list")
    assert (code, out) == (0, f"tinjau: {redis_server.url} 64 --list\n")


def test_instance_whose_redis_is_not_known_here_is_no_stopped_one(project: Project) -> None:
    me = state.identify(os.getpid())
    assert me is not None
    state.write(project, state.State(str(project.root), "up", me, "127.0.0.1", 1, "http://127.0.0.1:1"))
    with pytest.raises(Problem, match="its Redis is not known here"):
        redis_of(project, surroundings(project, {}))
