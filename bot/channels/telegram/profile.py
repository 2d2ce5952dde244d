"""What the settings say about one bot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

API_URL = "https://api.telegram.org"
WEBHOOK_PATH = "/webhooks/telegram/webhook"

Mode = Literal["webhook", "polling"]


@dataclass(frozen=True)
class BotProfile:
    """One bot of ours.

    `secrets` holds what Telegram's webhook requests must carry: the current one first, then the one that is
    still accepted while it changes; none at all closes the webhook. `public_url` is empty when it is unknown.
    """

    name: str
    token: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    api_url: str = field(default=API_URL, repr=False)
    mode: Mode = "polling"
    public_url: str = ""

    @property
    def webhook_url(self) -> str:
        """Where Telegram should send updates; empty when our own address is unknown."""
        return self.public_url + WEBHOOK_PATH if self.public_url else ""

    @property
    def user_id(self) -> int:
        """The bot's own id, the part of the token before the colon; 0 when it has none there."""
        head = self.token.partition(":")[0]
        return int(head) if head.isascii() and head.isdigit() and len(head) < 20 else 0
