"""Fonnte: what its webhooks say, what is sent, and which devices the settings name."""
