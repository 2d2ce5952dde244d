"""Dates of facts: how exact they are, and how they read in Indonesian."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

JAKARTA = ZoneInfo("Asia/Jakarta")
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
_FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def is_partial_date(text: str) -> bool:
    """Whether `text` is YYYY, YYYY-MM or YYYY-MM-DD and exists in the calendar."""
    match = _FORM.fullmatch(text)
    if not match:
        return False
    year, month, day = match.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return False
    return True


def in_words(text: str) -> str:
    """`2023-10-05` -> `5 Oktober 2023`, `2023-10` -> `Oktober 2023`, `2023` -> `2023`."""
    match = _FORM.fullmatch(text)
    if not match:
        return text
    year, month, day = match.groups()
    words = [year]
    if month:
        words.insert(0, MONTHS[int(month) - 1])
    if day:
        words.insert(0, str(int(day)))
    return " ".join(words)


def today() -> date:
    """The calendar day in Jakarta, where the programme lives."""
    return datetime.now(JAKARTA).date()
