"""The .env file: what is understood, and what is said about the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.launcher import children, dotenv
from bot.launcher.problem import Problem
from bot.launcher.project import Project


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=value", "value"),
        ("  KEY = value  ", "value"),
        ("export KEY=value", "value"),
        ("KEY=", ""),
        ("KEY=   # nothing", ""),
        ("KEY=a value # with a comment", "a value"),
        ("KEY=pass#word", "pass#word"),
        ("KEY=a=b=c", "a=b=c"),
        ("KEY='single # kept $HOME \\n'", "single # kept $HOME \\n"),
        ('KEY="double # kept" # comment', "double # kept"),
        ('KEY="line\\nbreak \\"quoted\\" \\$x"', 'line\nbreak "quoted" $x'),
        ("\ufeffKEY=value", "value"),
    ],
)
def test_line_gives_value(line: str, value: str) -> None:
    assert dotenv.parse(line) == {"KEY": value}


def test_comments_and_empty_lines_are_skipped_and_the_last_value_wins() -> None:
    assert dotenv.parse("# a\n\n  # b\nA=1\r\nA=2\n") == {"A": "2"}


@pytest.mark.parametrize("line", ["TOKEN-rahasia", "1A=x", 'A="rahasia', "A='rahasia' more", "=rahasia"])
def test_wrong_line_is_named_without_its_content(line: str) -> None:
    with pytest.raises(Problem) as caught:
        dotenv.parse(f"OK=1\n{line}\n")
    said = "\n".join(caught.value.lines())
    assert "line 2" in said
    assert "rahasia" not in said


def test_missing_file_has_no_variables(tmp_path: Path) -> None:
    assert dotenv.read(tmp_path / ".env") == {}


def test_real_environment_wins_over_the_file(project: Project) -> None:
    (project.root / ".env").write_text("PORT=1\nTELEGRAM_TOKEN=file\n", encoding="utf-8")
    around = children.surroundings(project, {"PORT": "2", "PYTHONHOME": "/x", "PYTHONDONTWRITEBYTECODE": "1"})
    env = around.gateway()
    assert (env["PORT"], env["TELEGRAM_TOKEN"]) == ("2", "file")
    assert env["KAWAN_ROOT"] == env["PYTHONPATH"] == str(project.root)
    assert not {"PYTHONHOME", "PYTHONDONTWRITEBYTECODE"} & set(env)


def test_assistant_is_quiet_unless_the_operator_wants_otherwise(project: Project) -> None:
    env = children.surroundings(project, {"OMP_NUM_THREADS": "4"}).assistant()
    assert env["TF_CPP_MIN_LOG_LEVEL"] == "3"
    assert env["OMP_NUM_THREADS"] == "4"


def test_log_key_is_made_once_and_only_for_the_owner(project: Project) -> None:
    first = children.log_key(project, "")
    assert len(first) == 64
    assert children.log_key(project, "") == first
    assert (project.data / "log_key").stat().st_mode & 0o777 == 0o600
    assert children.log_key(project, "given") == "given"
