"""The supervisor with real children: restarts, their spacing, and the order of stopping."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bot.launcher.interrupts import Interrupts
from bot.launcher.processes import GOOD_LIFE, LONGEST_DELAY, ChildSpec, Supervisor
from bot.launcher.programs import ROTATE_BYTES, open_log
from bot.launcher.state import identify

from .conftest import RememberingScreen
from .waiting import eventually

# Writes its name into a shared journal when it starts and when it is asked to stop.
POLITE = """
import pathlib, signal, sys, time
journal = pathlib.Path("journal").open("a", buffering=1)
def leave(number, frame):
    journal.write(f"{sys.argv[1]} stopped\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
journal.write(f"{sys.argv[1]} started\\n")
time.sleep(600)
"""
STUBBORN = """
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("journal").open("a").write("stubborn started\\n")
time.sleep(600)
"""


class Clock:
    """A clock that only moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Stage:
    """A supervisor in a folder, with a journal that its children write."""

    def __init__(self, folder: Path, screen: RememberingScreen, interrupts: Interrupts) -> None:
        self.folder = folder
        self.clock = Clock()
        self.supervisor = Supervisor(screen.say, clock=self.clock)
        self.interrupts = interrupts

    def spec(self, name: str, code: str, order: int = 1, limit: float = 10.0) -> ChildSpec:
        command = [sys.executable, "-c", code, name]
        return ChildSpec(name, command, dict(os.environ), self.folder, self.folder / f"{name}.log", order, limit)

    def journal(self) -> list[str]:
        path = self.folder / "journal"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def wait_for(self, line: str, times: int = 1) -> None:
        eventually(lambda: self.journal().count(line) == times, f"{times} times {line!r}")

    def wait_for_death(self, name: str) -> float:
        """Polls until the child's death is noticed; the pause until its restart."""
        eventually(lambda: self.supervisor.poll() < 3600 and name not in self.supervisor.pids(), f"{name} is gone")
        return self.supervisor.poll()

    def stop(self) -> bool:
        def wait(seconds: float) -> None:
            before = time.monotonic()
            self.interrupts.wait(min(seconds, 0.1))
            self.clock.now += time.monotonic() - before

        return self.supervisor.stop(wait, impatient=lambda: self.interrupts.impatient)


@pytest.fixture
def stage(tmp_path: Path, screen: RememberingScreen, interrupts: Interrupts) -> Stage:
    return Stage(tmp_path, screen, interrupts)


def test_killed_child_is_restarted_after_its_delay_and_it_is_said(stage: Stage, screen: RememberingScreen) -> None:
    stage.supervisor.start(stage.spec("worker-1", POLITE))
    stage.wait_for("worker-1 started")
    os.kill(stage.supervisor.pids()["worker-1"], signal.SIGKILL)
    assert stage.wait_for_death("worker-1") == pytest.approx(0.5)
    assert screen.text.count("\n") == 1
    assert "worker-1 ended (killed by SIGKILL) after 0 s; starting it again in 0.5 s" in screen.text
    stage.clock.now += 0.5
    stage.supervisor.poll()
    stage.wait_for("worker-1 started", times=2)
    assert stage.stop()


def test_delays_double_up_to_the_longest_and_a_good_life_resets_them(stage: Stage) -> None:
    stage.supervisor.start(stage.spec("c", "raise SystemExit(3)"))
    delays = []
    for _ in range(8):
        delays.append(stage.wait_for_death("c"))
        stage.clock.now += delays[-1]
        stage.supervisor.poll()
    assert delays == pytest.approx([0.5, 1, 2, 4, 8, 16, 30, LONGEST_DELAY])
    stage.clock.now += GOOD_LIFE
    assert stage.wait_for_death("c") == pytest.approx(0.5)
    assert stage.stop()


def test_third_quick_death_shows_the_end_of_the_log(stage: Stage, screen: RememberingScreen) -> None:
    stage.supervisor.start(stage.spec("c", "print('\\n'.join(f'line {n}' for n in range(40))); raise SystemExit(1)"))
    for number in range(3):
        assert stage.supervisor.hopeless() == []
        stage.clock.now += stage.wait_for_death("c")
        assert ("| line 39" in screen.text) == (number == 2)
        if number < 2:
            stage.supervisor.poll()
    assert stage.supervisor.hopeless() == ["c"]
    assert "| line 25\n" in screen.text
    assert "| line 24\n" not in screen.text
    assert stage.stop()


def test_wrong_settings_are_shown_and_hopeless_at_once(stage: Stage, screen: RememberingScreen) -> None:
    code = "import sys; print('PORT is wrong', file=sys.stderr); sys.exit(2)"
    stage.supervisor.start(stage.spec("gateway", code))
    stage.wait_for_death("gateway")
    assert stage.supervisor.hopeless() == ["gateway"]
    assert "| PORT is wrong" in screen.text


def test_program_that_is_not_there_is_a_death_like_any_other(stage: Stage, screen: RememberingScreen) -> None:
    spec = stage.spec("c", "")
    stage.supervisor.start(ChildSpec("c", ["/nowhere/python"], {}, spec.cwd, spec.log, 1, 1.0))
    assert stage.supervisor.poll() == pytest.approx(0.5)
    assert "could not be started" in screen.text


def test_children_stop_stage_by_stage(stage: Stage) -> None:
    for name, order in (("redis", 3), ("worker-1", 2), ("gateway", 1), ("worker-2", 2)):
        stage.supervisor.start(stage.spec(name, POLITE, order))
    for name in ("redis", "worker-1", "gateway", "worker-2"):
        stage.wait_for(f"{name} started")
    assert stage.stop()
    stopped = [line.split()[0] for line in stage.journal() if line.endswith("stopped")]
    assert stopped[0] == "gateway"
    assert set(stopped[1:3]) == {"worker-1", "worker-2"}
    assert stopped[3:] == ["redis"]
    assert stage.supervisor.pids() == {}


def test_child_that_does_not_stop_is_killed_and_the_next_stage_still_stops_cleanly(
    stage: Stage, screen: RememberingScreen
) -> None:
    stage.supervisor.start(stage.spec("worker-1", STUBBORN, 1, limit=0.3))
    stage.supervisor.start(stage.spec("redis", POLITE, 2))
    stage.wait_for("stubborn started")
    stage.wait_for("redis started")
    assert not stage.stop()
    assert "worker-1 did not stop within 0 s and was killed" in screen.text
    assert stage.journal()[-1] == "redis stopped"


def test_what_a_child_started_does_not_outlive_it(stage: Stage) -> None:
    code = """
import pathlib, subprocess, sys
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("inner").write_text(str(inner.pid))
inner.wait()
"""
    stage.supervisor.start(stage.spec("c", code))
    inner = stage.folder / "inner"
    eventually(lambda: inner.exists() and inner.read_text(encoding="utf-8"), "the grandchild runs")
    stage.stop()
    pid = int(inner.read_text(encoding="utf-8"))
    eventually(lambda: identify(pid) is None, "the grandchild is gone")


def test_dead_child_is_not_restarted_while_stopping(stage: Stage) -> None:
    stage.supervisor.start(stage.spec("c", "raise SystemExit(1)"))
    stage.wait_for_death("c")
    assert stage.stop()
    stage.clock.now += 100
    stage.supervisor.poll()
    assert stage.supervisor.pids() == {}


def test_verbose_shows_output_with_the_child_s_name(
    tmp_path: Path, screen: RememberingScreen, interrupts: Interrupts
) -> None:
    stage = Stage(tmp_path, screen, interrupts)
    stage.supervisor = Supervisor(screen.say, verbose=True)
    (tmp_path / "c.log").write_text("from an earlier run\n", encoding="utf-8")
    stage.supervisor.start(stage.spec("c", "import time; print('hello', flush=True); time.sleep(600)"))
    eventually(lambda: stage.supervisor.poll() >= 0 and "[c] hello" in screen.text, "the line is shown")
    assert "earlier" not in screen.text
    stage.stop()


def test_log_that_has_grown_big_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "c.log"
    for size in (ROTATE_BYTES, ROTATE_BYTES + 1):
        log.write_bytes(b"x" * size)
        os.close(open_log(log))
        assert (tmp_path / "c.log.1").exists() == (size > ROTATE_BYTES)
    assert log.stat().st_size == 0


def test_second_keypress_counts_as_impatience_only_after_a_second(
    interrupts: Interrupts, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    seen = []
    for moment in (0.0, 0.2, 1.5):
        clock.now = 1000.0 + moment
        signal.raise_signal(signal.SIGINT)
        seen.append(interrupts.impatient)
    assert seen == [False, False, True]
    assert interrupts.stop_signal == signal.SIGINT
