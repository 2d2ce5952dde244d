"""The web chat: a page of ours, its messages and its events."""
