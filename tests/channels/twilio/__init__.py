"""Twilio: what its webhooks prove and say, what is sent, and which senders the settings name."""
