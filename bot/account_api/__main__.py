"""Starts the reference server of the account API, or makes a link through a running one, or lists its people."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys

from aiohttp import web

from bot.account_api.addresses import CHANNELS
from bot.account_api.app import build_app
from bot.account_api.command import ask_for_link
from bot.account_api.people import PEOPLE
from bot.account_api.settings import DEFAULT_URL, ServerSettings, read_settings
from bot.contract.errors import SettingsError
from bot.contract.logs import fields, set_up_logs

KEEPALIVE_SECONDS = 75.0
SHUTDOWN_SECONDS = 5.0

logger = logging.getLogger("bot.account_api")


def main() -> int:
    """The exit code: 0 after a clean stop, 2 for wrong settings, 1 for anything else."""
    arguments = _parser().parse_args()
    if arguments.command == "people":
        for person in PEOPLE:
            sys.stdout.write(f"{person.id:<8} {person.phone:<15} {person.name:<20} {person.about}\n")
        return 0
    if arguments.command == "link":
        return ask_for_link(arguments.url, arguments.person, arguments.to)
    given = {
        "--port": arguments.port,
        "--host": arguments.host,
        "--database": arguments.database,
        "--telegram-bot": arguments.telegram_bot,
        "--whatsapp-number": arguments.whatsapp_number,
        "--web-url": arguments.web_url,
    }
    options = {name: value for name, value in given.items() if value is not None}
    try:
        settings = read_settings(options, os.environ, dashboard=not arguments.no_dashboard)
        app = build_app(settings)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    set_up_logs(settings.log_level)
    try:
        asyncio.run(_serve(app, settings))
    except OSError as error:
        sys.stderr.write(f"cannot listen on {settings.host}, port {settings.port}: {error.strerror}\n")
        return 1
    return 0


async def _serve(app: web.Application, settings: ServerSettings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=KEEPALIVE_SECONDS, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        sys.stdout.write(f"account-api ready {url}\n")
        sys.stdout.flush()
        logger.info("account API starts", extra=fields(host=host, port=port, dashboard=settings.dashboard))
        await stopped.wait()
    finally:
        await runner.cleanup()
    logger.info("account API stopped")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot.account_api", description="The reference server of the account API, with invented people."
    )
    parser.add_argument("--port", help="default: ACCOUNT_API_PORT, else 8090; 0: any that is free")
    parser.add_argument("--host", help="default: 127.0.0.1")
    parser.add_argument("--database", metavar="PATH", help="default: .kawan/data/account-api.sqlite3")
    parser.add_argument("--telegram-bot", metavar="NAME", help="where 'Hubungkan Telegram' leads")
    parser.add_argument("--whatsapp-number", metavar="DIGITS", help="where 'Hubungkan WhatsApp' leads")
    parser.add_argument("--web-url", metavar="URL", help="where 'Hubungkan chat web' leads; http://127.0.0.1:8080")
    parser.add_argument("--no-dashboard", action="store_true", help="the API only")
    commands = parser.add_subparsers(dest="command", title="instead of a server")
    link = commands.add_parser("link", help="make a link through a running server's dashboard")
    link.add_argument("--person", required=True, metavar="ID", help="for example siti; `people` lists them")
    link.add_argument("--to", required=True, choices=CHANNELS)
    link.add_argument("--url", default=DEFAULT_URL, help=f"of the running server; default: {DEFAULT_URL}")
    commands.add_parser("people", help="list the invented people")
    return parser


if __name__ == "__main__":
    sys.exit(main())
