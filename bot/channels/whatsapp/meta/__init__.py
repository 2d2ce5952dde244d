"""WhatsApp by Meta's Cloud API."""

from bot.channels.whatsapp.meta.account import MetaAccount, read_accounts
from bot.channels.whatsapp.meta.settings import MetaSettings

__all__ = ["MetaAccount", "MetaSettings", "read_accounts"]
