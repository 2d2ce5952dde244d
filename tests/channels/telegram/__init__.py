"""The Telegram adapter by itself."""
