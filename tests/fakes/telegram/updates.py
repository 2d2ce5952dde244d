"""The bot's update queue: what waits for the bot, in which order, and what it may fetch or be sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.faults import Clock, Duplicate, FaultPlan, Reorder
from tests.fakes.telegram.errors import OTHER_POLLER, WEBHOOK_SET, ApiError

KEPT_SECONDS = 24 * 3600.0
QUERY_SECONDS = 150.0
LONGEST_POLL_SECONDS = 50.0
MOST_UPDATES = 100
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
LANES = {"edited_message": "message", "edited_channel_post": "message", "channel_post": "message"}


@dataclass
class Update:
    """One update on its way. `lane` and `chat` name its queue: a chat's messages, presses and membership each have
    one. `again_after` seconds after it was taken it comes again; a repetition is given whatever the offset."""

    id: int
    kind: str
    chat: int
    content: dict[str, Any]
    expires_at: float
    again_after: float | None = None
    repeated: bool = False

    @property
    def lane(self) -> tuple[str, int]:
        return LANES.get(self.kind, self.kind), self.chat

    @property
    def body(self) -> dict[str, Any]:
        return {"update_id": self.id, self.kind: self.content}


@dataclass
class _Held:
    """What is kept back in one chat until `window` of them can come in reverse order."""

    window: int = 0
    updates: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


class Updates:
    """Updates in order of arrival; `on_added` hears of each."""

    def __init__(self, clock: Clock, plan: FaultPlan, first_id: int) -> None:
        self._clock = clock
        self._plan = plan
        self._next_id = first_id
        self._waiting: list[Update] = []
        self._held: dict[int, _Held] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self._poll: asyncio.Future[None] | None = None
        self.allowed: list[str] | None = None
        self.on_added: Callable[[Update], None] | None = None
        self.given: list[dict[str, Any]] = []  # every update that the bot was given by polling

    def __len__(self) -> int:
        return len(self._fresh()) + sum(len(held.updates) for held in self._held.values())

    def add(self, kind: str, chat: int, content: dict[str, Any]) -> None:
        """Something happened in a chat. Not queued when the bot does not want its kind."""
        wanted = kind not in NOT_BY_DEFAULT if self.allowed is None else kind in self.allowed
        if not wanted:
            return
        faults = self._plan.on_delivery(kind, str(chat))
        again = next((one.after for one in faults if isinstance(one, Duplicate)), None)
        reorder = next((one for one in faults if isinstance(one, Reorder)), None)
        if reorder or chat in self._held:
            self._hold(chat, reorder or Reorder(), (kind, chat, content))
        else:
            self._put(kind, chat, content, again)

    def lanes(self) -> Iterable[tuple[str, int]]:
        """The queues in which something waits."""
        return {update.lane for update in self._fresh()}

    def first(self, lane: tuple[str, int]) -> Update | None:
        """What is to be delivered next in one queue."""
        return next((update for update in self._fresh() if update.lane == lane), None)

    def take(self, update: Update) -> None:
        """The bot has it."""
        self._waiting.remove(update)
        if update.again_after is not None:
            self._later(update.again_after, lambda: self._repeat(update))

    def clear(self) -> None:
        """Drops everything that waits."""
        self._waiting.clear()
        for held in self._held.values():
            if held.timer:
                held.timer.cancel()
        self._held.clear()

    def stop(self) -> None:
        """Ends timers and the waiting poll."""
        for timer in self._timers:
            timer.cancel()
        self.clear()
        self.interrupt(ApiError(500, "Internal Server Error: restart"))

    async def poll(self, offset: int, limit: int, seconds: float) -> list[dict[str, Any]]:
        """getUpdates: confirms what is below `offset`, gives what is left, waits when there is nothing."""
        self._confirm(offset)
        if not self._fresh() and seconds > 0:
            self.interrupt(ApiError(409, OTHER_POLLER))
            await self._wait(min(seconds, LONGEST_POLL_SECONDS))
        given = self._fresh()[:limit]
        for update in [one for one in given if one.repeated]:
            self._waiting.remove(update)
        self.given += [update.body for update in given]
        return [update.body for update in given]

    def interrupt(self, error: ApiError | None = None) -> None:
        """Ends the waiting poll with an error (by default: a webhook was set)."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(error or ApiError(409, WEBHOOK_SET))

    async def _wait(self, seconds: float) -> None:
        poll = asyncio.get_running_loop().create_future()
        self._poll = poll
        try:
            async with asyncio.timeout(seconds):
                await poll
        except TimeoutError:
            pass
        finally:
            if self._poll is poll:
                self._poll = None

    def _confirm(self, offset: int) -> None:
        fresh = self._fresh()
        if offset < 0:
            gone = fresh[:offset] if -offset < len(fresh) else []
        else:
            gone = [one for one in fresh if one.id < offset and not one.repeated]
        for update in gone:
            self.take(update)

    def _fresh(self) -> list[Update]:
        now = self._clock()
        self._waiting = [update for update in self._waiting if now < update.expires_at]
        return self._waiting

    def _put(self, kind: str, chat: int, content: dict[str, Any], again: float | None = None) -> None:
        kept = QUERY_SECONDS if kind == "callback_query" else KEPT_SECONDS
        self._arrive(Update(self._next_id, kind, chat, content, self._clock() + kept, again))
        self._next_id += 1

    def _repeat(self, update: Update) -> None:
        self._arrive(Update(update.id, update.kind, update.chat, update.content, update.expires_at, repeated=True))

    def _arrive(self, update: Update) -> None:
        self._waiting.append(update)
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        if self.on_added:
            self.on_added(update)

    def _hold(self, chat: int, reorder: Reorder, what: tuple[str, int, dict[str, Any]]) -> None:
        if chat not in self._held:
            timer = self._later(reorder.seconds, lambda: self._release(chat))
            self._held[chat] = _Held(reorder.window, timer=timer)
        held = self._held[chat]
        held.updates.append(what)
        if len(held.updates) >= held.window:
            self._release(chat)

    def _release(self, chat: int) -> None:
        held = self._held.pop(chat, _Held())
        if held.timer:
            held.timer.cancel()
        for kind, where, content in reversed(held.updates):
            self._put(kind, where, content)

    def _later(self, seconds: float, work: Callable[[], None]) -> asyncio.TimerHandle:
        def run() -> None:
            self._timers.discard(timer)
            work()

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)
        return timer
