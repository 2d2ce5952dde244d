"""A tracker store without I/O: it holds the trackers of turns in progress, nothing else.

Rasa's own stores hide failures and lose the turn; here the state arrives with the claim and leaves with the
commit, so the store only hands over.
"""

from __future__ import annotations

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker


class StagingTrackerStore(TrackerStore):
    """Maps a conversation to the tracker of its running turn."""

    def __init__(self, domain: Domain) -> None:
        super().__init__(domain)
        self._staged: dict[str, DialogueStateTracker] = {}

    def put(self, tracker: DialogueStateTracker) -> None:
        """Stage the tracker that a turn starts from."""
        self._staged[tracker.sender_id] = tracker

    def take(self, conversation: str) -> DialogueStateTracker:
        """Remove and return the tracker as the turn left it. Raises KeyError when none is staged."""
        return self._staged.pop(conversation)

    def drop(self, conversation: str) -> None:
        """Forget the tracker of a turn that failed."""
        self._staged.pop(conversation, None)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Rasa saves at the end of a turn."""
        self._staged[tracker.sender_id] = tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Rasa fetches at the start of a turn."""
        return self._staged.get(sender_id)
