"""Runs a fake WhatsApp gateway until Ctrl-C: `python -m tests.fakes.whatsapp --gateway meta`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from tests.fakes.whatsapp.fonnte import FonnteFake
from tests.fakes.whatsapp.meta import MetaFake
from tests.fakes.whatsapp.server import WhatsAppFake
from tests.fakes.whatsapp.twilio import TwilioFake
from tests.fakes.whatsapp.waha import WahaFake

PORT = 9001
WEBHOOK = "http://127.0.0.1:8080"
PEOPLE = (("6281234567890", "Siti"), ("6281234567891", "Budi"), ("6281234567892", "Wulan"))
GATEWAYS: dict[str, type[WhatsAppFake]] = {fake.name: fake for fake in (MetaFake, WahaFake, TwilioFake, FonnteFake)}


def main() -> int:
    """0 after Ctrl-C; 1 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.whatsapp", description="A fake WhatsApp gateway.")
    parser.add_argument("--gateway", choices=GATEWAYS, default="meta")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}; 0 takes any free one")
    parser.add_argument("--webhook", default=WEBHOOK, help=f"where our gateway listens (default {WEBHOOK})")
    parser.add_argument("--limits", action="store_true", help="refuse what comes too often")
    chosen = parser.parse_args()
    return asyncio.run(_serve(chosen))


async def _serve(chosen: argparse.Namespace) -> int:
    fake = GATEWAYS[chosen.gateway](webhook=chosen.webhook.rstrip("/"), port=chosen.port, limits=chosen.limits)
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
    lines = [f"ready {fake.url}", "open it in a browser to chat; give the gateway:"]
    lines += [f"{name}={value}" for name, value in fake.variables().items()]
    sys.stdout.write("\n".join([*lines, "stop with Ctrl-C", ""]))
    sys.stdout.flush()
    await stopped.wait()
    await fake.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
