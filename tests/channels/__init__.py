"""Channels: adapters, renderer, limits, and the suite that every platform passes."""
