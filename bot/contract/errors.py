"""The project's exception hierarchy: one base, children named for what happened."""

from __future__ import annotations

from collections.abc import Sequence


class KawanError(Exception):
    """Base of every error that this project raises on purpose."""


class SettingsError(KawanError):
    """One or more settings are wrong; `problems` names each with its fix."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("wrong settings:\n" + "\n".join(f"  - {problem}" for problem in problems))
        self.problems = tuple(problems)


class BadMessage(KawanError):
    """Something from outside is not a message we can take; `code` is stable, `reason` is for developers."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class MailroomUnavailable(KawanError):
    """Redis did not answer, or is still loading; nothing was stored. Try again."""


class MailroomMismatch(KawanError):
    """Redis holds a mailroom with other partitions than the settings say."""


class MailboxFull(KawanError):
    """A person's mailbox is full; nothing was stored. The platform should send it again later."""
