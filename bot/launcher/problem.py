"""A problem that the person at the keyboard can fix, in plain words."""

from __future__ import annotations

from collections.abc import Sequence


class Problem(Exception):
    """Says what is wrong, why it matters, how to fix it, and the last lines of whatever failed."""

    def __init__(
        self, what: str, *, why: str = "", fix: Sequence[str] = (), details: Sequence[str] = (), source: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = tuple(fix)
        self.details = tuple(details)
        self.source = source

    def lines(self) -> list[str]:
        lines = [self.what]
        if self.why:
            lines.append(f"  why: {self.why}")
        for number, step in enumerate(self.fix):
            lines.append(f"  {'fix:' if number == 0 else '    '} {step}")
        if self.details:
            lines.append(f"  last lines{' of ' + self.source if self.source else ''}:")
            lines.extend(f"    | {line}" for line in self.details)
        return lines


class AlreadyRunning(Problem):
    """Another launcher serves this folder."""
