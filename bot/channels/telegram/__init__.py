"""Telegram, by python-telegram-bot: its types, calls and errors, but not its dispatcher."""

from bot.channels.telegram.settings import read_accounts

__all__ = ["read_accounts"]
