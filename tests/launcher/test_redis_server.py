"""Our own Redis: how it is configured, where it listens, when another one is refused."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.launcher import doctor, redis_server
from bot.launcher.interrupts import Interrupts
from bot.launcher.problem import Problem
from bot.launcher.processes import Supervisor
from bot.launcher.project import Project
from bot.launcher.redis_server import RedisServer
from bot.launcher.resp import RedisSaysNo, RedisTalk, masked

from .conftest import RememberingScreen
from .programs import shell_program


@contextmanager
def running(
    project: Project, program: Path, listen: Path, screen: RememberingScreen, interrupts: Interrupts
) -> Iterator[str]:
    server = redis_server.examine(program)
    assert server is not None
    supervisor = Supervisor(screen.say)
    supervisor.start(redis_server.child(project, server, listen, dict(os.environ)))
    url = redis_server.url_of(listen)
    try:
        redis_server.wait_until_ready(url, project, interrupts, supervisor.poll, limit=20)
        yield url
    finally:
        assert supervisor.stop(interrupts.wait)


def test_it_keeps_every_write_and_throws_nothing_away(
    project: Project, redis_program: Path, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    listen = redis_server.socket_path(project)
    with running(project, redis_program, listen, screen, interrupts) as url, RedisTalk(url) as talk:
        wanted = {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "port": "0",
            "save": "",
            "dir": str(project.data / "redis"),
        }
        for option, value in wanted.items():
            assert talk.ask("CONFIG", "GET", option) == [option, value]
        assert listen.stat().st_mode & 0o077 == 0
        assert [finding.fix for finding in doctor.examine_redis(url, "ours")] == [(), (), ()]


def test_data_are_there_again_after_a_restart(
    project: Project, redis_program: Path, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    listen = redis_server.socket_path(project)
    with running(project, redis_program, listen, screen, interrupts) as url, RedisTalk(url) as talk:
        assert talk.ask("SET", "greeting", "halo\r\nKak") == "OK"
    with running(project, redis_program, listen, screen, interrupts) as url, RedisTalk(url) as talk:
        assert talk.ask("GET", "greeting") == "halo\r\nKak"
        assert talk.ask("GET", "nothing") is None


def test_long_project_path_gets_a_private_folder_elsewhere(
    tmp_path: Path, redis_program: Path, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    project = Project(tmp_path / ("a-long-folder-name-" * 6))
    project.make_folders()
    listen = redis_server.socket_path(project, temporary=tmp_path)
    if len(os.fsencode(listen)) > redis_server.LONGEST_SOCKET_PATH:
        pytest.skip("this machine's temporary folder is itself too long for a socket")
    assert listen.parent.parent == tmp_path
    assert listen == redis_server.socket_path(project, temporary=tmp_path)
    with running(project, redis_program, listen, screen, interrupts) as url, RedisTalk(url) as talk:
        assert talk.ask("PING") == "PONG"
        assert listen.parent.stat().st_mode & 0o777 == 0o700


def test_somebody_else_s_folder_is_not_used(project: Project, tmp_path: Path) -> None:
    target = tmp_path / "theirs"
    target.mkdir()
    (tmp_path / "kawan-x").symlink_to(target)
    server = RedisServer(Path("/usr/bin/redis-server"), (7, 0, 0))
    with pytest.raises(Problem, match="belongs to another user"):
        redis_server.child(project, server, tmp_path / "kawan-x" / "redis.sock", {})


def test_path_with_strange_characters_survives_as_an_address() -> None:
    assert redis_server.url_of(Path("/a b/c#d?/redis.sock")) == "unix:///a%20b/c%23d%3F/redis.sock"


def test_old_redis_on_path_is_passed_over(tmp_path: Path) -> None:
    shell_program(tmp_path / "a/redis-server", "echo 'Redis server v=6.0.16 sha=0'")
    shell_program(tmp_path / "b/redis-server", "exit 1")
    path = f"{tmp_path / 'a'}{os.pathsep}{tmp_path / 'b'}"
    assert redis_server.on_path({"PATH": path}) is None
    good = shell_program(tmp_path / "c/redis-server", "echo 'Redis server v=6.2.0 sha=0'")
    assert redis_server.on_path({"PATH": f"{path}{os.pathsep}{tmp_path / 'c'}"}) == RedisServer(good, (6, 2, 0))


def test_older_redis_does_not_hide_the_data_of_a_newer_one(project: Project) -> None:
    (project.data / "redis/appendonlydir").mkdir(parents=True)
    with pytest.raises(Problem, match="written by Redis 7 or newer"):
        redis_server.child(project, RedisServer(Path("r"), (6, 2, 14)), redis_server.socket_path(project), {})


def test_given_redis_that_does_not_answer_is_named_without_its_password() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"redis://user:geheim@127.0.0.1:{taken.getsockname()[1]}/0"
        with pytest.raises(Problem) as caught:
            redis_server.check_given(url)
    said = "\n".join(caught.value.lines())
    assert "does not answer" in said
    assert "user:***@127.0.0.1" in said
    assert "geheim" not in said


@pytest.mark.parametrize("url", ["localhost:6379", "http://x", "redis://", ""])
def test_given_address_of_the_wrong_form_is_a_problem(url: str) -> None:
    with pytest.raises(Problem, match="REDIS_URL"):
        redis_server.check_given(url)


def test_mask_leaves_addresses_without_password_alone() -> None:
    assert masked("unix:///run/redis.sock") == "unix:///run/redis.sock"
    assert masked("rediss://:p@h:1/0?x=y") == "rediss://:***@h:1/0?x=y"


class Impostor:
    """Answers every connection with fixed bytes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> str:
        self._thread.start()
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(self._answer)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n", b"+PON"])
def test_whatever_does_not_speak_redis_is_no_redis(answer: bytes) -> None:
    with Impostor(answer) as url, RedisTalk(url) as talk, pytest.raises(OSError, match="Redis"):
        talk.ask("PING")


def test_redis_that_is_loading_is_not_ready() -> None:
    with Impostor(b"-LOADING Redis is loading\r\n") as url, RedisTalk(url) as talk, pytest.raises(RedisSaysNo):
        talk.ask("PING")
