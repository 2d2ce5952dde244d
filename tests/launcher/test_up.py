"""`./kawan up` and `chat` from outside: the real launcher and Redis with stand-ins for gateway and workers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.launcher.instance import probe

from .fake_project import FakeProject
from .waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def kawan(tmp_path: Path, redis_program: Path) -> Iterator[FakeProject]:
    kawan = FakeProject(tmp_path / "k", redis_program)
    yield kawan
    kawan.close()


def finish(process: subprocess.Popen[str], number: int) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_becomes_ready_and_stops_cleanly(kawan: FakeProject, number: int) -> None:
    process, url = kawan.up("--port", "0", "--workers", "2")
    assert probe(url)[0]
    assert set(kawan.state()["children"]) == {"redis", "worker-1", "worker-2", "gateway", "account-api"}
    code, out, err = finish(process, number)
    assert code == 0
    assert out == ""
    assert "environments" in err
    assert "started in" in err
    assert err.endswith("kawan: stopped\n")
    assert kawan.leftovers() == []
    assert not (kawan.project.run / "state.json").exists()


def test_second_one_in_the_folder_names_the_first(kawan: FakeProject) -> None:
    _, url = kawan.up("--port", "0")
    code, out, err = kawan.run("up")
    assert code == 1
    assert out == ""
    assert f"already runs (./kawan up, process {kawan.state()['launcher']['pid']}): {url}" in err


def test_killed_children_come_back_and_it_is_said(kawan: FakeProject) -> None:
    process, _ = kawan.up("--port", "0")
    for name in ("worker-1", "gateway", "redis"):
        before = kawan.pid(name)
        os.kill(before, signal.SIGKILL)
        eventually(partial(kawan.has_another, name, before), f"{name} is back")
    code, _, err = finish(process, signal.SIGTERM)
    assert code == 0
    assert [line.split()[0] for line in err.splitlines() if "starting it again" in line] == [
        "worker-1",
        "gateway",
        "redis",
    ]


def test_children_die_with_a_launcher_that_is_killed_and_the_folder_is_usable_again(kawan: FakeProject) -> None:
    process, _ = kawan.up("--port", "0")
    finish(process, signal.SIGKILL)
    eventually(lambda: not kawan.leftovers(), "all children are gone")
    kawan.up("--port", "0")


def test_wanted_port_that_is_taken_stops_the_start(kawan: FakeProject) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        for arguments, variables in ((("--port", port), {}), ((), {"PORT": port})):
            code, out, err = kawan.run("up", *arguments, **variables)
            assert code == 1
            assert out == ""
            assert f"port {port} on 127.0.0.1 is already in use" in err


def test_wrong_setting_stops_the_start_and_is_shown(kawan: FakeProject) -> None:
    code, _, err = kawan.run("up", "--port", "0", BAD_SETTING="1")
    assert code == 1
    assert "BAD_SETTING is wrong" in err
    assert "gateway cannot start" in err


def test_content_error_stops_the_start_and_is_shown(kawan: FakeProject) -> None:
    code, _, err = kawan.run("up", "--port", "0", TRAINING="nothing")
    assert code == 1
    assert "the model could not be trained" in err
    assert "entry lupa-sandi" in err
    assert "Traceback" not in err


def test_train_prints_only_the_model_on_stdout(kawan: FakeProject) -> None:
    assert kawan.run("train")[:2] == (0, "model.tar.gz\n")


def test_chat_uses_the_running_one(kawan: FakeProject) -> None:
    process, url = kawan.up("--port", "0")
    assert kawan.run("chat", "apa kabar?")[:2] == (0, f"jawaban: --url {url} apa kabar?\n")
    assert process.poll() is None


def test_chat_starts_a_private_one_and_stops_it(kawan: FakeProject) -> None:
    code, out, err = kawan.run("chat", "-5", "--", "-x")
    assert code == 0
    assert out.startswith("jawaban: --url http://127.0.0.1:")
    assert out.endswith(" -- -5 -x\n")
    assert "started for this chat" in err
    assert kawan.leftovers() == []


def test_stopping_during_the_start_leaves_nothing(kawan: FakeProject) -> None:
    (kawan.project.root / "bot/assistant/__main__.py").write_text("import time; time.sleep(600)", encoding="utf-8")
    process = kawan.start("up", "--port", "0")
    eventually(lambda: (kawan.project.run / "state.json").exists() and kawan.state()["children"], "children run")
    code, out, err = finish(process, signal.SIGTERM)
    assert code == 128 + signal.SIGTERM
    assert out == ""
    assert "stopped before it was done" in err
    assert kawan.leftovers() == []


def test_account_server_of_invented_people_runs_only_where_no_other_is_named(kawan: FakeProject) -> None:
    process, _ = kawan.up("--port", "0")
    url = kawan.state()["account_url"]
    assert url.startswith("http://127.0.0.1:")
    code, out, _ = kawan.run("account-api", "link", "--person", "siti", "--to", "web")
    assert (code, out) == (0, f"link --person siti --to web --url {url}\n")
    _, _, err = finish(process, signal.SIGTERM)
    assert f"accounts of invented people: {url}" in err
    for variables in ({"ACCOUNT_API_URL": "https://akun.example.id"}, {"KAWAN_ENV": "production"}):
        process, _ = kawan.up("--port", "0", **variables)
        assert "account-api" not in kawan.state()["children"]
        assert kawan.state()["account_url"] == ""
        finish(process, signal.SIGTERM)


def test_wrong_account_port_stops_the_start(kawan: FakeProject) -> None:
    code, _, err = kawan.run("up", "--port", "0", ACCOUNT_API_PORT="delapan")
    assert code == 1
    assert "ACCOUNT_API_PORT is 'delapan'" in err
