"""Starts one worker: settings, logs, model, then the loops until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
import sys
import time
import warnings

from actions.accounts.client import AccountClient
from actions.accounts.outcomes import Refused
from actions.tools import Tools, make_tools
from bot.assistant.settings import PROJECT, AssistantSettings, read_settings
from bot.contract.connection import connect
from bot.contract.errors import KawanError, SettingsError
from bot.contract.logs import Pseudonyms, fields, set_up_logs
from bot.contract.mailroom import Mailroom

logger = logging.getLogger("bot.assistant")


async def serve(settings: AssistantSettings) -> None:
    """Load the model and work until a signal says stop."""
    started = time.perf_counter()
    with warnings.catch_warnings():
        # Rasa's pinned dependencies announce their deprecations at every import, and some of them reset the filters.
        warnings.showwarning = lambda *_, **__: None
        # TensorFlow Lite imports JAX if it can, only to convert JAX models: a tenth of the start-up time.
        sys.modules["jax"] = None  # type: ignore[assignment]
        from bot.assistant.engine import Engine  # noqa: PLC0415
        from bot.assistant.replies import Clerk  # noqa: PLC0415
        from bot.assistant.turns import TurnTaker  # noqa: PLC0415
        from bot.assistant.worker import Worker  # noqa: PLC0415
        from nlu.content.live import LiveCatalogue  # noqa: PLC0415

        shared = settings.shared
        redis = connect(shared.redis_url, cluster=shared.redis_cluster)
        catalogue = LiveCatalogue(PROJECT)
        tools = make_tools(shared, settings.accounts, catalogue, redis)
        engine = Engine(settings.model_path, action_seconds=settings.action_seconds)
        engine.equip(tools)
    # Rasa and TensorFlow leave half a million objects that live as long as we do. Unfrozen, the garbage collector
    # walks them all again and again, and every turn waits for it: that was the slowest percent.
    gc.collect()
    gc.freeze()
    logger.info("model loaded", extra=fields(seconds=round(time.perf_counter() - started, 1)))
    pseudonyms = Pseudonyms(shared.log_key)
    turns = TurnTaker(
        engine,
        catalogue,
        Clerk(time.time),
        turn_seconds=settings.turn_seconds,
        clock=time.time,
        pseudonyms=pseudonyms,
    )
    mailroom = Mailroom(redis, shared.mailroom, cluster=shared.redis_cluster)
    worker = Worker(mailroom, turns, settings, pseudonyms, model=engine.model_name, vitals=lambda: vitals(tools))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    try:
        await worker.run()
    finally:
        if tools.accounts:
            await tools.accounts.close()
        await redis.close()


def vitals(tools: Tools) -> dict[str, bool]:
    """What operators want to know besides the worker's own figures."""
    return {"account_api": tools.accounts.up} if tools.accounts else {}


async def check(settings: AssistantSettings) -> int:
    """Ask the account service once; 1 when it does not answer as it should."""
    if not settings.accounts.on:
        sys.stdout.write("settings fine; no account service\n")
        return 0
    client = AccountClient(settings.accounts)
    answer = await client.waves()
    await client.close()
    if isinstance(answer, Refused):
        sys.stderr.write("the account service of ACCOUNT_API_URL does not answer, or not with this ACCOUNT_API_TOKEN\n")
        return 1
    sys.stdout.write("settings fine; the account service answers\n")
    return 0


def main() -> int:
    """The exit code: 0 after a clean stop, 2 for wrong settings, 1 for anything else of ours."""
    parser = argparse.ArgumentParser(prog="python -m bot.assistant", description=__doc__)
    parser.add_argument("--check", action="store_true", help="check the settings and the account service, then stop")
    arguments = parser.parse_args()
    set_up_logs("info")
    try:
        settings = read_settings()
        set_up_logs(settings.shared.log_level)
        if arguments.check:
            return asyncio.run(check(settings))
        asyncio.run(serve(settings))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KawanError as error:
        logger.error(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
