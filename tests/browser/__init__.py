"""Tests of the web chat page in a real Chromium."""
