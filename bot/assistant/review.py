"""Joins the editor's review (nlu/review) with the messages in Redis: `python -m bot.assistant.review`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

from bot.assistant.settings import PROJECT
from bot.contract.connection import connect, disconnect
from bot.contract.environment import Environment
from bot.contract.errors import MailroomUnavailable, SettingsError
from bot.contract.reviews import Review, Reviews
from bot.contract.settings import read_shared
from nlu.review.run import arguments, run


class ReviewDesk:
    """The messages to review for a program that waits: every call blocks until Redis has answered."""

    def __init__(self, reviews: Reviews, loop: asyncio.AbstractEventLoop) -> None:
        self._reviews = reviews
        self._loop = loop

    def all(self) -> list[Review]:
        """All of them, oldest first."""
        return self._loop.run_until_complete(self._reviews.all())

    def remove(self, ids: Sequence[str]) -> None:
        """These are dealt with."""
        self._loop.run_until_complete(self._reviews.remove(ids))

    def totals(self) -> Mapping[str, int]:
        """How often each kind was noted lately."""
        return self._loop.run_until_complete(self._reviews.totals())


def main(words: Sequence[str]) -> int:
    """0; 1 when Redis does not answer, 2 for wrong settings or content."""
    chosen = arguments(words)
    env = Environment(os.environ)
    shared = read_shared(env)
    try:
        env.finish()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if not shared.review_days:
        sys.stderr.write("REVIEW_DAYS is 0: no messages are kept for review\n")
    loop = asyncio.new_event_loop()
    redis = connect(shared.redis_url, cluster=shared.redis_cluster)
    try:
        return run(PROJECT, ReviewDesk(Reviews(redis, shared.review_days), loop), chosen, sys.stdin, sys.stdout)
    except MailroomUnavailable:
        sys.stderr.write("Redis tidak menjawab; yang sudah ditambahkan tetap tersimpan.\n")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        loop.run_until_complete(disconnect(redis))
        loop.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
