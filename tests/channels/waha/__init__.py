"""WAHA: what its webhooks say, what is sent, and which sessions the settings name."""
