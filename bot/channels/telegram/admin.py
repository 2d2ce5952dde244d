"""`python -m bot.channels.telegram.admin`: set, show and delete the webhook of our bots.

Exit codes: 0 when all is well, 1 when Telegram refused or something keeps updates from coming, 2 for wrong settings.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone

from telegram import Bot
from telegram.error import TelegramError

from bot.channels.telegram.client import Client
from bot.channels.telegram.commands import set_commands
from bot.channels.telegram.condition import webhook_trouble
from bot.channels.telegram.errors import outcome_of
from bot.channels.telegram.polling import ALLOWED_UPDATES
from bot.channels.telegram.profile import BotProfile
from bot.channels.telegram.settings import read_profiles, variable
from bot.contract.environment import Environment
from bot.contract.errors import SettingsError
from bot.contract.logs import set_up_logs

WEBHOOK_CONNECTIONS = 40  # chats that Telegram serves at one moment
DONE, FAILED, WRONG_SETTINGS = 0, 1, 2

_JAKARTA = timezone(timedelta(hours=7), "WIB")
_REFUSALS = {
    "invalid_token": "Telegram does not accept the token: copy it from @BotFather again",
    "unreachable": "Telegram cannot be reached from here: look at the network, and at TELEGRAM_API_URL",
    "no_answer": "Telegram did not answer in time: try again",
    "server_error": "Telegram has trouble of its own: try again later",
    "flood": "Telegram asks for a pause: try again in a minute",
}
_ADVICE = {
    "webhook_set": "the settings say polling, but a webhook is set: delete-webhook, or set the mode to webhook",
    "webhook_missing": "no webhook is set: set-webhook",
    "webhook_elsewhere": "the webhook is another address than PUBLIC_URL says: set-webhook",
    "webhook_failing": "Telegram cannot deliver: see the last error; PUBLIC_URL must reach the gateway. After a 403"
    " the secret has changed: set-webhook",
}

Write = Callable[[str], object]


async def run(arguments: Sequence[str], variables: Mapping[str, str], write: Write) -> int:
    """Carry out one command; returns the exit code. Argparse exits by itself with 2 for a wrong command line."""
    wanted = _parser().parse_args(arguments)
    try:
        profiles = _profiles(variables, wanted.account)
        for profile in profiles:
            _COMMANDS[wanted.command][0](profile)
    except SettingsError as error:
        write("\n".join(["wrong settings:", *(f"  - {problem}" for problem in error.problems)]) + "\n")
        return WRONG_SETTINGS
    codes = [await _on(profile, _COMMANDS[wanted.command][1], write) for profile in profiles]
    return max(codes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telegram", description="Webhooks of our Telegram bots.")
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("--account", help="only this bot; else all that the settings name")
    return parser


def _profiles(variables: Mapping[str, str], account: str | None) -> list[BotProfile]:
    env = Environment(variables)
    public_url = env.optional_url("PUBLIC_URL", ("https", "http")).rstrip("/")
    profiles = read_profiles(env, public_url)
    env.finish()
    if not profiles:
        raise SettingsError(["TELEGRAM_TOKEN is not set; get a token from @BotFather"])
    chosen = [profile for profile in profiles if account in (None, profile.name)]
    if not chosen:
        names = ", ".join(profile.name for profile in profiles)
        raise SettingsError([f"--account {account!r} is not a bot of the settings; use one of {names}"])
    return chosen


async def _on(profile: BotProfile, command: Callable[[Bot, BotProfile, Write], Awaitable[int]], write: Write) -> int:
    """Run a command on one bot. Whatever it writes goes through `_hidden`."""

    def careful(line: str) -> None:
        write(_hidden(f"{profile.name}: {line}\n", profile))

    client = Client(profile)
    try:
        return await command(client.bot, profile, careful)
    except TelegramError as error:
        code = outcome_of(error).code
        careful(_REFUSALS.get(code, f"Telegram refused ({code or type(error).__name__}): {error.message}"))
    except Exception as error:
        careful(f"the answer is not Telegram's ({type(error).__name__}): look at TELEGRAM_API_URL")
    finally:
        await client.close()
    return FAILED


async def _set_webhook(bot: Bot, profile: BotProfile, write: Write) -> int:
    await bot.set_webhook(
        profile.webhook_url,
        secret_token=profile.secrets[0],
        allowed_updates=ALLOWED_UPDATES,
        max_connections=WEBHOOK_CONNECTIONS,
    )
    write(f"webhook set: {profile.webhook_url}")
    await set_commands(bot)
    write("commands set")
    return DONE


async def _delete_webhook(bot: Bot, profile: BotProfile, write: Write) -> int:
    await bot.delete_webhook(drop_pending_updates=False)
    write("webhook deleted; waiting updates are kept")
    return DONE


async def _info(bot: Bot, profile: BotProfile, write: Write) -> int:
    user = await bot.get_me()
    info = await bot.get_webhook_info()
    write(f"bot: @{user.username or '?'} (id {user.id})")
    write(f"mode: {profile.mode}")
    write(f"webhook: {info.url or 'none'}")
    write(f"pending updates: {info.pending_update_count}")
    if info.last_error_date:
        write(f"last error: {_jakarta(info.last_error_date)}: {info.last_error_message or '?'}")
    trouble = webhook_trouble(info, profile)
    write(f"what to do: {_ADVICE[trouble]}" if trouble else "all is well")
    return FAILED if trouble else DONE


def _can_set(profile: BotProfile) -> None:
    """Raises SettingsError when a webhook would not work."""
    mode = variable(profile.name, "MODE")
    if profile.mode == "polling":
        raise SettingsError([f"{mode} is polling, and a webhook would stop that; set it to webhook first"])
    if not profile.webhook_url:
        raise SettingsError(["PUBLIC_URL is not set; set the address at which Telegram reaches the gateway"])


def _can_always(profile: BotProfile) -> None:
    """Nothing to check."""


def _jakarta(moment: datetime) -> str:
    return f"{moment.astimezone(_JAKARTA):%Y-%m-%d %H:%M:%S %Z}"


def _hidden(line: str, profile: BotProfile) -> str:
    """A webhook's address that somebody else set may hold the token, as an old habit has it. The library changes
    the case of what Telegram says."""
    secrets = "|".join(re.escape(secret) for secret in (profile.token, *profile.secrets))
    return re.sub(secrets, "***", line, flags=re.IGNORECASE)


_COMMANDS: Mapping[str, tuple[Callable[[BotProfile], None], Callable[[Bot, BotProfile, Write], Awaitable[int]]]] = {
    "set-webhook": (_can_set, _set_webhook),
    "info": (_can_always, _info),
    "delete-webhook": (_can_always, _delete_webhook),
}


def main() -> int:
    """Read arguments and environment, write to standard output."""
    set_up_logs("ERROR")
    return asyncio.run(run(sys.argv[1:], os.environ, sys.stdout.write))


if __name__ == "__main__":
    sys.exit(main())
