"""What is wrong with content files, said so that an editor can mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault: where it is (file, entry, field) and what would be right."""

    file: str
    entry: str
    field: str
    message: str

    def __str__(self) -> str:
        where = " > ".join(part for part in (self.file, self.entry, self.field) if part)
        return f"{where}: {self.message}"


class ContentError(Exception):
    """Content that must not be served; `problems` holds every fault found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s) in the content:\n" + "\n".join(f"  {one}" for one in problems))
        self.problems = problems
