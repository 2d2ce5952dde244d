"""WhatsApp by Twilio: signed forms in, its REST API out."""

from bot.channels.whatsapp.twilio.account import TwilioAccount, read_accounts
from bot.channels.whatsapp.twilio.settings import TwilioSettings

__all__ = ["TwilioAccount", "TwilioSettings", "read_accounts"]
