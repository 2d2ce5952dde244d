"""Delivery for channels whose people fetch their replies: a line in the transcript is a message delivered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from bot.contract.messages import Inbound, Outbound
from bot.contract.outcomes import Fate, Outcome
from bot.contract.transcript import Transcripts


@dataclass(frozen=True)
class PullBox:
    """The transcripts of one channel, with how much and how long (seconds) is kept."""

    transcripts: Transcripts
    keep_lines: int
    keep_seconds: int

    async def deliver(self, message: Outbound) -> Outcome:
        """Show a reply. Raises MailroomUnavailable."""
        body = {
            "id": message.id,
            "from": message.sender,
            "text": message.text,
            "choices": [{"id": choice.id, "title": choice.title} for choice in message.choices],
            "answers": list(message.answers),
            "last": message.last,
            "at": _iso(message.created_at),
        }
        await self._append(message.conversation, message.id, body)
        return Outcome(Fate.ACCEPTED, receipt=message.id)

    async def echo(self, message: Inbound) -> None:
        """Show the person's own message, as it was stored."""
        body = {
            "id": message.id,
            "from": "person",
            "text": message.text,
            "choices": [],
            "answers": [],
            "last": True,
            "at": _iso(message.received_at),
        }
        await self._append(message.conversation, message.id, body)

    async def _append(self, conversation: str, line_id: str, body: dict[str, Any]) -> None:
        await self.transcripts.append(
            conversation,
            line_id,
            json.dumps(body, ensure_ascii=False, separators=(",", ":")),
            keep_lines=self.keep_lines,
            keep_seconds=self.keep_seconds,
        )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")
