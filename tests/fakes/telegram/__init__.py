"""A fake Telegram: `async with TelegramFake() as fake:` in tests, `python -m tests.fakes.telegram` for people."""

from tests.fakes.telegram.chats import Bubble, Button
from tests.fakes.telegram.pace import Limit, Pace, Violation
from tests.fakes.telegram.person import Person
from tests.fakes.telegram.server import TOKEN, Call, TelegramFake
from tests.fakes.telegram.webhook import SECRET_HEADER, Attempt

__all__ = [
    "SECRET_HEADER",
    "TOKEN",
    "Attempt",
    "Bubble",
    "Button",
    "Call",
    "Limit",
    "Pace",
    "Person",
    "TelegramFake",
    "Violation",
]
