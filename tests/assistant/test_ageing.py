"""The list of what may have changed."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from nlu.content.ageing import Ageing, ageing, first_day, report
from nlu.content.catalogue import load_catalogue

PROJECT = Path(__file__).resolve().parents[2]
NOW = date(2026, 4, 1)


def row(name: str, day: date, review: date) -> Ageing:
    return Ageing("faq/x.yml", name, day.isoformat(), day, review, "teks " * 30)


@pytest.mark.parametrize(
    ("as_of", "day"),
    [("2023", date(2023, 1, 1)), ("2023-10", date(2023, 10, 1)), ("2023-10-05", date(2023, 10, 5))],
)
def test_rough_knowledge_is_taken_for_older(as_of: str, day: date) -> None:
    assert first_day(as_of) == day


def test_everything_with_a_review_is_listed_oldest_first() -> None:
    catalogue = load_catalogue(PROJECT)
    rows = ageing(catalogue)
    assert [one.day for one in rows] == sorted(one.day for one in rows)
    expected = set(catalogue.programme) | {one.id for one in catalogue.entries.values() if one.review_by}
    assert {one.id for one in rows} == expected


def test_report_marks_what_is_past_from_the_day_after() -> None:
    rows = [row("lewat", NOW - timedelta(400), NOW - timedelta(1)), row("hari-ini", NOW - timedelta(10), NOW)]
    head, first, second, _, total, _ = report(rows, NOW).splitlines()
    assert "400" in first
    assert "PAST" in first
    assert "PAST" not in second
    assert all(len(line) < 140 for line in (head, first, second))
    assert total.startswith("2 statements can change; 1 are past")


@pytest.mark.parametrize(("arguments", "codes"), [([], {0}), (["--past"], {0}), (["--strict"], {0, 1})])
def test_command_prints_the_list(arguments: list[str], codes: set[int]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "nlu.content.ageing", *arguments],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in codes
    assert "statements can change" in done.stdout
