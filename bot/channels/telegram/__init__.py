"""Telegram: bots in private chats, by webhook or long polling."""

import os

from bot.channels.telegram.settings import read_accounts

__all__ = ["read_accounts"]

# The library's own switch to durations: without it, every "too many requests" also raises a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "1")
