"""The door: the one place where a message from outside becomes one of ours, cleaned and redacted."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from bot.channels.port import Arrival, Fate, Receipt
from bot.contract.logs import Pseudonyms, fields
from bot.contract.mailroom import Mailroom
from bot.contract.messages import Inbound
from bot.contract.redaction import clean, redact

logger = logging.getLogger(__name__)


class MailroomDoor:
    """Stores arrivals in the mailroom. What is masked here was never written anywhere."""

    def __init__(
        self,
        mailroom: Mailroom,
        pseudonyms: Pseudonyms,
        *,
        text_limit: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._mailroom = mailroom
        self._pseudonyms = pseudonyms
        self._text_limit = text_limit
        self._clock = clock

    async def take(self, arrival: Arrival) -> Receipt:
        """Clean, redact, accept. Raises BadMessage and MailroomUnavailable."""
        # Redacted before it is cut: a number must not escape by standing across the limit.
        whole, _ = clean(arrival.text, len(arrival.text))
        redacted = redact(whole)
        text, truncated = clean(redacted.text, self._text_limit)
        message = Inbound(
            id=arrival.id,
            conversation=arrival.address.key,
            kind=arrival.kind,
            received_at=self._clock(),
            text=text,
            choice=arrival.choice,
            media=arrival.media,
            contact=arrival.contact,
            masked=redacted.kinds,
            truncated=truncated,
            sent_at=arrival.sent_at,
        )
        fate = Fate(await self._mailroom.accept(message))
        if fate is not Fate.ACCEPTED:
            who = self._pseudonyms(message.conversation)
            logger.info("not taken", extra=fields(conversation=who, fate=fate.value))
        return Receipt(fate, message)
