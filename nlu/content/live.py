"""The catalogue as it is on disk right now: an edited answer is served without a restart."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from nlu.content.catalogue import Catalogue, content_files, load_catalogue
from nlu.content.errors import ContentError

LOOK_SECONDS = 2.0

logger = logging.getLogger(__name__)


class LiveCatalogue:
    """Reads the catalogue again when one of its files has changed, at most every two seconds.

    A broken edit is logged and the last good catalogue stays in service. Raises ContentError only
    when the very first reading fails.
    """

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._clock = clock
        self._stamp = self._look()
        self._catalogue = load_catalogue(root)
        self._looked_at = clock()

    def current(self) -> Catalogue:
        """The newest good catalogue."""
        now = self._clock()
        if now - self._looked_at < LOOK_SECONDS:
            return self._catalogue
        self._looked_at = now
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._catalogue = load_catalogue(self._root)
                logger.info("content reloaded")
            except ContentError as error:
                logger.error("content not reloaded: %s", error)
        return self._catalogue

    def _look(self) -> tuple[tuple[str, int], ...]:
        return tuple((file.name, _changed_at(file)) for file in content_files(self._root))


def _changed_at(file: Path) -> int:
    # Editors save by removing and renaming: a file may be gone for a moment.
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
