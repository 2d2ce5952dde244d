"""Channels: one module for each platform behind the narrow interface of port.py."""
