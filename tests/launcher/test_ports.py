"""Which port is chosen, and what is said when the wanted one is taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.launcher import ports
from bot.launcher.problem import Problem

HOST = "127.0.0.1"


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_wanted_port_that_is_taken_is_named_with_a_fix(busy: int, tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        ports.claim(HOST, busy, lock_folder=tmp_path)
    said = "\n".join(caught.value.lines())
    assert f"port {busy} on {HOST} is already in use" in said
    assert f"--port {busy + 1}" in said


def test_without_a_wish_the_next_free_port_is_taken(busy: int, tmp_path: Path) -> None:
    claim = ports.claim(HOST, None, first=busy, lock_folder=tmp_path)
    assert busy < claim.port < busy + 100
    claim.release()


def test_two_launchers_do_not_choose_the_same_port_before_either_listens(tmp_path: Path) -> None:
    first = ports.claim(HOST, None, lock_folder=tmp_path)
    second = ports.claim(HOST, None, lock_folder=tmp_path)
    assert first.port != second.port
    first.release()
    assert ports.claim(HOST, first.port, lock_folder=tmp_path).port == first.port
    second.release()


def test_zero_means_any_free_port(tmp_path: Path) -> None:
    assert ports.claim(HOST, 0, lock_folder=tmp_path).port > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("::1", "http://[::1]:8080"),
        ("localhost", "http://localhost:8080"),
    ],
)
def test_url_can_be_opened_on_this_machine(host: str, url: str) -> None:
    assert ports.PortClaim(host, 8080, None).url == url


def test_address_of_another_machine_is_refused_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"cannot listen on 192\.0\.2\.1"):
        ports.claim("192.0.2.1", 8080, lock_folder=tmp_path)
