"""Reads a `.env` file: KEY=VALUE lines, comments and quotes, nothing that a shell would have to run."""

from __future__ import annotations

import re
from pathlib import Path

from bot.launcher.problem import Problem

_LINE = re.compile(r"^(?:export\s+)?(?P<key>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*)$")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$"}


def parse(text: str, name: str = ".env") -> dict[str, str]:
    values: dict[str, str] = {}
    for number, raw in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            raise _wrong(name, number, "a line looks like KEY=VALUE")
        values[match["key"]] = _value(match["value"], name, number)
    return values


def read(path: Path) -> dict[str, str]:
    """The file's variables; a file that is not there has none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{path.name} cannot be read: {error}", fix=("it has to be a UTF-8 text file",)) from error
    return parse(text, path.name)


def _value(text: str, name: str, number: int) -> str:
    if not text.startswith(("'", '"')):
        # A # inside a word belongs to the value: passwords and addresses have them.
        return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()
    quote = text[0]
    pattern = r"'(?P<body>[^']*)'" if quote == "'" else r'"(?P<body>(?:[^"\\]|\\.)*)"'
    match = re.match(pattern + r"\s*(?:#.*)?$", text)
    if match is None:
        raise _wrong(name, number, "the closing quote is missing, or something follows it")
    if quote == "'":
        return match["body"]
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), match["body"])


def _wrong(name: str, number: int, what: str) -> Problem:
    # The line itself is not shown: it may hold a token.
    return Problem(f"{name}, line {number}: {what}.", fix=(f"correct line {number} of {name}",))
