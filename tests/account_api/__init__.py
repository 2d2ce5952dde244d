"""Tests of the reference server of the account API."""
