"""An engine without Rasa: every text is understood at once, and single words make it fail or dawdle."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bot.assistant.parses import Parse

UNPARSABLE = "tak terbaca"
RAISING = "meledak"
SILENT = "bungkam"
SLOW = "lambat"


class FakeEngine:
    """Answers "balasan <text>" and keeps the texts as its events. Records what it was asked to parse."""

    model_name = "fake"

    def __init__(self) -> None:
        self.parsed: list[list[str]] = []
        self.running: asyncio.Event | None = None
        self.may_go_on: asyncio.Event | None = None

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        """Everything is the intent `faq`, unless a text cannot be parsed."""
        self.parsed.append(list(texts))
        if any(UNPARSABLE in text for text in texts):
            raise ValueError("cannot be parsed")
        return [{"text": text, "intent": {"name": "faq"}, "entities": []} for text in texts]

    async def turn(
        self,
        conversation: str,
        events: Sequence[dict[str, Any]],
        parse: Parse,
        about: Mapping[str, Any] | None = None,
    ) -> tuple[list[dict[str, Any]], tuple[dict[str, Any], ...]]:
        """One reply with a button; or whatever the text asks for."""
        text = str(parse["text"])
        if RAISING in text:
            raise RuntimeError("dialogue broke")
        if SLOW in text:
            await asyncio.sleep(30)
        if self.running and self.may_go_on:
            self.running.set()
            await self.may_go_on.wait()
        if SILENT in text:
            return [], tuple(events)
        reply = {"text": f"balasan {text}", "buttons": [{"title": "Bantuan", "payload": "/help"}]}
        return [reply], (*events, {"event": "user", "text": text})
