"""Where the dashboard's buttons lead: from a link token to an address to open and a text to send."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

CHANNELS = ("telegram", "whatsapp", "web", "rest")


@dataclass(frozen=True)
class Lead:
    """`url` is empty where there is nothing to open; sending `text` to the assistant does the same."""

    url: str
    text: str


@dataclass(frozen=True)
class Addresses:
    """The assistant's own addresses; an empty one is not known."""

    telegram_bot: str
    whatsapp_number: str
    web_url: str

    def lead(self, channel: str, token: str) -> Lead:
        """How a person hands this token to the assistant on this channel."""
        asked = f"HUBUNGKAN {token}"
        if channel == "telegram":
            url = f"https://t.me/{self.telegram_bot}?start={token}" if self.telegram_bot else ""
            return Lead(url, f"/start {token}")
        if channel == "whatsapp":
            url = f"https://wa.me/{self.whatsapp_number}?text={quote(asked)}" if self.whatsapp_number else ""
            return Lead(url, asked)
        if channel == "web":
            return Lead(f"{self.web_url}/#hubungkan={token}", asked)
        return Lead("", asked)
