"""WhatsApp by Fonnte, an Indonesian gateway that signs nothing: the secret is a part of the webhook's address."""

from bot.channels.whatsapp.fonnte.account import FonnteAccount, read_accounts
from bot.channels.whatsapp.fonnte.settings import API_URL, FonnteSettings

__all__ = ["API_URL", "FonnteAccount", "FonnteSettings", "read_accounts"]
