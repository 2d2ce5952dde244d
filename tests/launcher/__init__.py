"""Tests of the launcher, with real processes and a real redis-server."""
