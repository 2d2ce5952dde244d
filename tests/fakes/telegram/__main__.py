"""Runs the fake Telegram until Ctrl-C: `python -m tests.fakes.telegram --port 9000`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from tests.fakes.telegram.server import TOKEN, TelegramFake

PORT = 9000
PEOPLE = ((42, "Siti"), (43, "Budi"), (44, "Wulan"))


def main() -> int:
    """0 after Ctrl-C; 1 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.telegram", description="A fake Telegram to try a bot.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}; 0 takes any free one")
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--limits", action="store_true", help="refuse with 429 what comes too often")
    chosen = parser.parse_args()
    return asyncio.run(_serve(chosen))


async def _serve(chosen: argparse.Namespace) -> int:
    fake = TelegramFake(token=chosen.token, host=chosen.host, port=chosen.port, limits=chosen.limits)
    for number, name in PEOPLE:
        fake.person(number, name)
    stopped = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stopped.set)
    try:
        await fake.start()
    except OSError as error:
        await fake.stop()
        sys.stderr.write(f"cannot listen on port {chosen.port}: {error.strerror}; choose another with --port\n")
        return 1
    _say(f"ready {fake.url}", "open it in a browser to chat; give the gateway:")
    _say(f"TELEGRAM_TOKEN={fake.token}", f"TELEGRAM_API_URL={fake.url}", "stop with Ctrl-C")
    await stopped.wait()
    await fake.stop()
    return 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
