"""Starts one worker: settings, logs, model, then the loops until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
import time
import warnings

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
        from actions.tools import make_tools  # noqa: PLC0415
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
    worker = Worker(mailroom, turns, settings, pseudonyms, model=engine.model_name)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    try:
        await worker.run()
    finally:
        if tools.accounts:
            await tools.accounts.close()
        await redis.close()


def main() -> int:
    """The exit code: 0 after a clean stop, 2 for wrong settings, 1 for anything else of ours."""
    set_up_logs("info")
    try:
        settings = read_settings()
        set_up_logs(settings.shared.log_level)
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
