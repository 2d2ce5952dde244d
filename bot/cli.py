"""The commands of `./kawan`. Each one loads only the module it needs, so that a start is quick."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.launcher.interrupts import Stopped
from bot.launcher.problem import Problem
from bot.launcher.project import Project
from bot.launcher.screen import Screen

# command -> module of bot.launcher and its function(project, screen, options, the other arguments) -> exit code
_MODULES = {
    "up": ("up", "run"),
    "chat": ("chat", "run"),
    "train": ("commands", "train"),
    "test": ("checks", "run"),
    "evaluate": ("commands", "evaluate"),
    "bench": ("commands", "bench"),
    "doctor": ("doctor", "run"),
    "facts": ("commands", "facts"),
    "review": ("review", "run"),
    "telegram": ("commands", "telegram"),
    "fake": ("commands", "fake"),
    "account-api": ("account_api", "run"),
    "lock": ("relock", "run"),
}
_PASS_ON = ("evaluate", "bench", "facts", "review", "telegram", "fake", "account-api")


def main(arguments: Sequence[str], root: Path) -> int:
    screen = Screen()
    own, rest = _split(arguments)
    parser = _parser()
    options, unknown = parser.parse_known_args(own)
    if unknown and options.command not in _PASS_ON:
        parser.error(f"unknown: {' '.join(unknown)} (see ./kawan {options.command} --help)")
    module, function = _MODULES[options.command]
    try:
        run = getattr(importlib.import_module(f"bot.launcher.{module}"), function)
        return int(run(Project(root), screen, options, [*unknown, *rest]))
    except Problem as problem:
        screen.problem(problem)
        return 1
    except Stopped as stopped:
        screen.say("kawan: stopped before it was done")
        return stopped.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; say nothing more, also not while Python closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stands before and after the first `--`."""
    words = list(arguments)
    if "--" not in words:
        return words, []
    place = words.index("--")
    return words[:place], words[place + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./kawan", description="Kawan Prakerja: sets up, starts, tests and measures the assistant."
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)

    def add(name: str, text: str, more: str = "") -> argparse.ArgumentParser:
        about = f"{text[0].upper()}{text[1:]}. {more}"
        return commands.add_parser(name, help=text, description=about, allow_abbrev=False)

    download: dict[str, Any] = {"action": "store_true", "help": "let uv fetch a missing Python into .kawan/python"}

    up = add("up", "set up what is missing, then start everything and stay", "Ctrl-C stops it. Settings: .env.example.")
    up.add_argument("--port", type=_port, help="default: PORT, else the first free one from 8080; 0: any free one")
    up.add_argument("--host", help="address to listen on (default: HOST, else 127.0.0.1)")
    up.add_argument("--workers", type=_count, metavar="N", help="assistant processes (default: one for two cores)")
    up.add_argument("--verbose", action="store_true", help="show the children's logs on the screen too")
    up.add_argument("--download-python", **download)

    chat = add("chat", "talk to the assistant in the terminal", "With a text: prints one answer, then ends.")
    chat.add_argument("text", nargs="*", help="a question; without one, a conversation begins")

    train = add("train", "train the model if the content changed", "Prints the model's path.")
    train.add_argument("--force", action="store_true", help="train even if nothing changed")
    train.add_argument("--download-python", **download)

    test = add("test", "run all checks and tests", "`test -- ARGS` runs only pytest with these arguments.")
    test.add_argument("--assistant", action="store_true", help="with `-- ARGS`: in the assistant's environment")
    test.add_argument("--download-python", **download)

    add(
        "evaluate",
        "measure how well questions are understood",
        "--compare: beside Rasa's default pipeline; --picture FILE.svg.",
    )
    add("bench", "measure the speed beside stock Rasa", "Other arguments go to bench.run.")
    add("facts", "list what may have changed since it was written", "--past: only what is past its review.")
    add(
        "review", "go through what was not understood, with an editor", "--count: how many wait; --list: as JSON lines."
    )
    add("telegram", "set up or check the Telegram webhook", "set-webhook, info or delete-webhook [--account NAME].")
    fake = add("fake", "play Telegram or WhatsApp, to try the bot without an account", "Other arguments go to it.")
    fake.add_argument("platform", choices=("telegram", "whatsapp"))
    add(
        "account-api",
        "play the programme's account service, with invented people",
        "`up` starts it by itself. `link --person siti --to web` makes a link, `people` lists them.",
    )
    add("doctor", "check this machine and the settings, and say what to fix")

    lock = add("lock", "write requirements/*.txt anew from pyproject.toml")
    lock.add_argument("--upgrade", action="store_true", help="take the newest allowed versions")
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")


def _count(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 64:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 64")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent.parent))
