"""Fake WhatsApp gateways (Meta's Cloud API, WAHA, Twilio, Fonnte) with people who write to the bot through them."""
