"""The door: the one place where a message from outside becomes one of ours, cleaned and redacted."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from bot.channels.port import Arrival, Fate, Receipt
from bot.contract.errors import MailroomUnavailable
from bot.contract.links import take_token
from bot.contract.logs import Pseudonyms, fields
from bot.contract.mailroom import Mailroom
from bot.contract.messages import Inbound
from bot.contract.redaction import clean, redact

CHOICE_LIMIT = 128
# Platforms wait a few seconds for their answer, then send again; the sender of a late one need not guess.
ACCEPT_SECONDS = 3.0
# No number is longer: where a text is too long to be read to its end, its last word may be half of one.
EDGE = 200

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
        # Before redaction, which would mask digits in the middle of a token.
        token, words = take_token(arrival.text)
        text, masked, truncated = self._tidy(words)
        message = Inbound(
            id=arrival.id,
            conversation=arrival.address.key,
            kind=arrival.kind,
            received_at=self._clock(),
            text=text,
            choice=redact(clean(arrival.choice, CHOICE_LIMIT)[0]).text,
            media=arrival.media,
            contact=arrival.contact,
            masked=masked,
            truncated=truncated,
            sent_at=arrival.sent_at,
            start=arrival.start or token,
            revokes=arrival.revokes,
            phone=arrival.phone,
            can_share=arrival.can_share,
        )
        try:
            async with asyncio.timeout(ACCEPT_SECONDS):
                fate = Fate(await self._mailroom.accept(message))
        except TimeoutError as error:
            raise MailroomUnavailable(f"no answer within {ACCEPT_SECONDS:g} s") from error
        if fate is not Fate.ACCEPTED:
            who = self._pseudonyms(message.conversation)
            logger.info("not taken", extra=fields(conversation=who, fate=fate.value))
        return Receipt(fate, message)

    def _tidy(self, text: str) -> tuple[str, tuple[str, ...], bool]:
        """The text as it may be stored, the kinds of secrets taken out, and whether it was cut."""
        # Redacted before it is cut: a number must not escape by standing across the limit. But what lies far
        # behind the limit is not even read, because redacting takes everybody's time.
        near = text[: 2 * self._text_limit]
        whole, _ = clean(near, 4 * len(near))  # composing characters can make a text longer
        redacted = redact(whole)
        shown = redacted.text if near == text else redacted.text[:-EDGE]
        short, cut = clean(shown, self._text_limit)
        return short, redacted.kinds, cut or near != text
