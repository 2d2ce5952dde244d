"""Reads settings from environment variables and collects every problem before complaining."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from bot.contract.errors import SettingsError

_YES = {"1", "true", "yes", "on", "ya"}
_NO = {"0", "false", "no", "off", "tidak"}


class Environment:
    """One reading of the environment; `finish` raises SettingsError when anything in it was wrong."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        """Any text; an empty value counts as not set."""
        return self._variables.get(name, "").strip() or default

    def integer(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number within limits, both included."""
        raw = self.text(name, str(default))
        try:
            value = int(raw)
        except ValueError:
            self._complain(name, f"is {raw!r}, not a whole number", f"use a number from {lowest} to {highest}")
            return default
        if not lowest <= value <= highest:
            self._complain(name, f"is {value}", f"use a number from {lowest} to {highest}")
            return default
        return value

    def seconds(self, name: str, default: float, lowest: float, highest: float) -> float:
        """A duration in seconds within limits, both included."""
        raw = self.text(name, str(default))
        try:
            value = float(raw)
        except ValueError:
            self._complain(name, f"is {raw!r}, not a number", f"use seconds from {lowest} to {highest}")
            return default
        if not lowest <= value <= highest:
            self._complain(name, f"is {value}", f"use seconds from {lowest} to {highest}")
            return default
        return value

    def flag(self, name: str, default: bool) -> bool:
        """On or off."""
        raw = self.text(name, "on" if default else "off").lower()
        if raw in _YES | _NO:
            return raw in _YES
        self._complain(name, f"is {raw!r}", "use on or off")
        return default

    def one_of(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of a few words."""
        raw = self.text(name, default).lower()
        if raw in allowed:
            return raw
        self._complain(name, f"is {raw!r}", f"use one of {', '.join(allowed)}")
        return default

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        """An address with one of the given schemes. Its value is not repeated: it may hold a password."""
        raw = self.text(name, default)
        try:
            parts = urlsplit(raw)
            # Reading the port raises ValueError when it is none.
            usable = parts.scheme in schemes and bool(parts.hostname or parts.path.strip("/")) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            self._complain(name, "is not a usable address", f"start it with {' or '.join(f'{s}://' for s in schemes)}")
            return default
        return raw

    def optional_url(self, name: str, schemes: tuple[str, ...]) -> str:
        """An address as `url`, or an empty text when it is not set."""
        return self.url(name, "", schemes) if self.text(name, "") else ""

    def require(self, condition: bool, name: str, problem: str, fix: str) -> None:
        """A check across settings."""
        if not condition:
            self._complain(name, problem, fix)

    def finish(self) -> None:
        """Raises SettingsError with all problems, each with the setting's name and a fix."""
        if self._problems:
            raise SettingsError(self._problems)

    def _complain(self, name: str, problem: str, fix: str) -> None:
        self._problems.append(f"{name} {problem}; {fix}")
