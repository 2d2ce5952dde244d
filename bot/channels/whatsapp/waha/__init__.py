"""WhatsApp by WAHA, a self-hosted server that drives a linked device; unofficial, so it is used gently."""

from bot.channels.whatsapp.waha.account import WahaAccount, read_accounts
from bot.channels.whatsapp.waha.settings import WahaSettings

__all__ = ["WahaAccount", "WahaSettings", "read_accounts"]
