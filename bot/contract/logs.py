"""Structured logs: one JSON object a line, people only as a keyed hash, never a message text."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import sys
from datetime import datetime, timezone
from typing import Any

_FIELDS = "kawan_fields"
_OWN = ("bot", "nlu", "actions")
_QUIET = (
    "aiohttp.access",
    "rasa",
    "rasa_sdk",
    "asyncio",
    "httpx",
    "httpcore",
    "telegram",
    "matplotlib",
    "apscheduler",
    "urllib3",
    "py.warnings",
)


class Pseudonyms:
    """Names conversations in logs so that lines can be joined, but not traced back without the key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def __call__(self, conversation: str) -> str:
        """Twelve hex digits, the same for the same conversation and key."""
        return hmac.new(self._key, conversation.encode(), hashlib.sha256).hexdigest()[:12]


class JsonFormatter(logging.Formatter):
    """One event, one line. What others say may hold people's words or addresses, so exceptions keep only their
    type and place, and the records of libraries only the first line of their pattern, without its values.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Serialise a record."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = _trace(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False, default=str)


def fields(**values: Any) -> dict[str, Any]:
    """Fields for a log call: `logger.info("turn done", extra=fields(ms=12))`."""
    return {_FIELDS: values}


def set_up_logs(level: str) -> None:
    """Send everything to stderr as JSON; third-party loggers only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)


def _event(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in _OWN:
        return record.getMessage()
    return str(record.msg).partition("\n")[0]


def _trace(traceback: Any) -> list[str]:
    """Files and lines, innermost last; without source text or values."""
    places = []
    while traceback:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places[-12:]
