"""Between a Rasa tracker and the events that are kept: only recent turns, only what a policy looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

KEEP_TURNS = 5
METADATA_SLOT = "session_started_metadata"
# A link token is a key: it is remembered only until it has been used.
SECRET_SLOT, SECRET_ENTITY = "link_proof", "link_token"
# Rasa finds an event's class by walking all subclasses, for every event anew; that was 40 % of a turn.
_TYPES: dict[str, type[Event]] = {kind.type_name: kind for kind in all_subclasses(Event)}
_USELESS = ("timestamp", "metadata", "input_channel", "message_id", "policy", "confidence")


def to_tracker(conversation: str, events: Sequence[dict[str, Any]], domain: Domain) -> DialogueStateTracker:
    """The tracker as the last turn left it; a fresh one without events."""
    tracker = DialogueStateTracker(conversation, domain.slots)
    for body in events:
        kind = _TYPES[body["event"]]
        tracker.update(kind._from_parameters(dict(body)), domain)
    return tracker


def to_events(tracker: DialogueStateTracker, domain: Domain) -> tuple[dict[str, Any], ...]:
    """The last turns, led by the slots and the active form that hold, so that cost does not grow with age."""
    events = list(tracker.applied_events())
    turns = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    lead: list[Event] = []
    if len(turns) > KEEP_TURNS:
        start = turns[-KEEP_TURNS]
        # Slots and loop as they were when the kept part begins; what it changes, it carries itself.
        before = DialogueStateTracker.from_events(tracker.sender_id, events[:start], domain.slots, domain=domain)
        lead = [
            SlotSet(slot.name, slot.value)
            for slot in before.slots.values()
            if slot.value != slot.initial_value and slot.name != METADATA_SLOT
        ]
        if before.active_loop_name:
            lead.append(ActiveLoop(before.active_loop_name))
        lead.append(ActionExecuted(ACTION_LISTEN_NAME))
        events = events[start:]
    used = tracker.get_slot(SECRET_SLOT) is None
    return tuple(_slim(event, used) for event in [*lead, *events] if not _is_left_out(event, used))


def _is_left_out(event: Event, used: bool) -> bool:
    if isinstance(event, SlotSet):
        # Rasa keeps the first message's metadata in a slot; ours hold a phone number that is for actions only.
        return event.key == METADATA_SLOT or (used and event.key == SECRET_SLOT)
    return isinstance(event, BotUttered)


def _slim(event: Event, used: bool) -> dict[str, Any]:
    # What is empty Rasa puts back by itself, but a slot's value may be False or 0.
    body: dict[str, Any] = {
        key: value for key, value in event.as_dict().items() if key not in _USELESS and (value or key == "value")
    }
    if isinstance(event, UserUttered):
        parse = body["parse_data"]
        entities = [one for one in parse["entities"] if not (used and one.get("entity") == SECRET_ENTITY)]
        body["parse_data"] = {"intent": parse["intent"], "entities": entities, "text": parse["text"]}
    return body
