"""Starts the gateway, or with --check only says whether the settings are right."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

from aiohttp import web

from bot.contract.errors import SettingsError
from bot.contract.logs import fields, set_up_logs
from bot.gateway.app import build_app
from bot.gateway.settings import GatewaySettings, read_settings

KEEPALIVE_SECONDS = 75.0
SHUTDOWN_SECONDS = 10.0

logger = logging.getLogger("bot.gateway")


async def _build(settings: GatewaySettings) -> web.Application:
    return build_app(settings)


def main() -> int:
    """The exit code: 0 after a clean stop, 2 for wrong settings, 1 for anything else."""
    parser = argparse.ArgumentParser(description="The gateway of Kawan Prakerja.")
    parser.add_argument("--check", action="store_true", help="check the settings and stop")
    arguments = parser.parse_args()
    try:
        settings = read_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if arguments.check:
        return 0
    set_up_logs(settings.shared.log_level)
    logger.info("gateway starts", extra=fields(host=settings.host, port=settings.port))
    loop = asyncio.new_event_loop()
    try:
        web.run_app(
            _build(settings),
            host=settings.host,
            port=settings.port,
            access_log=None,
            print=None,
            handle_signals=True,
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=SHUTDOWN_SECONDS,
            loop=loop,
        )
    except OSError as error:
        sys.stderr.write(f"cannot listen on HOST {settings.host}, PORT {settings.port}: {error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
