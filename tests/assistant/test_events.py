"""What is kept of a dialogue: it stays small however long the talk, and slots and forms survive the trimming."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.events import KEEP_TURNS, to_events, to_tracker

ANI = "web:main:ani"
DOMAIN = Domain.from_dict(
    {
        "intents": ["greet", "faq"],
        "actions": ["action_a"],
        "forms": {"laporan_form": {"required_slots": ["nama"]}},
        "slots": {
            name: {"type": "any", "mappings": [{"type": "custom"}], **({"initial_value": first} if first else {})}
            for name, first in {"nama": None, "setuju": None, "jumlah": None, "bahasa": "id"}.items()
        },
    }
)
Kept = tuple[dict[str, Any], ...]


def turn(text: str, *more: Event) -> list[Event]:
    parse = {"intent": {"name": "greet", "confidence": 0.9}, "entities": [], "text": text, "intent_ranking": [{}] * 5}
    said = UserUttered(text, intent=parse["intent"], parse_data=parse)  # type: ignore[arg-type]
    return [said, ActionExecuted("action_a"), *more, BotUttered(f"balasan {text}"), ActionExecuted("action_listen")]


def live(kept: Kept, events: list[Event]) -> Kept:
    """One turn as the engine does it: from what was kept to what is kept."""
    tracker = to_tracker(ANI, kept, DOMAIN)
    for event in events:
        tracker.update(event, DOMAIN)
    return to_events(tracker, DOMAIN)


def slots(kept: Kept) -> dict[str, Any]:
    values: dict[str, Any] = to_tracker(ANI, kept, DOMAIN).current_slot_values()
    return {name: values[name] for name in ("nama", "setuju", "jumlah", "bahasa")}


def size(kept: Kept) -> int:
    return len(json.dumps(kept))


def after(turns: int, kept: Kept = ()) -> Kept:
    for number in range(turns):
        kept = live(kept, turn(f"pesan {number:03}"))
    return kept


def test_size_is_the_same_after_400_turns_as_after_10() -> None:
    early = after(10)
    late = after(390, early)
    assert len(late) == len(early)
    assert size(late) == size(early)
    assert size(late) < 4_000


def test_last_turns_are_kept_in_order_and_what_the_bot_said_is_not() -> None:
    kept = after(12)
    assert [body["text"] for body in kept if body["event"] == "user"] == [f"pesan {n:03}" for n in range(7, 12)]
    assert len([body for body in kept if body["event"] == "user"]) == KEEP_TURNS
    assert not [body for body in kept if body["event"] == "bot"]


@pytest.mark.parametrize("value", ["Ani", False, True, 0, 3.5, ["a"], {"b": None}])
def test_slot_survives_the_trimming_of_the_turn_that_set_it(value: Any) -> None:
    kept = after(20, live((), turn("mulai", SlotSet("setuju", value))))
    assert slots(kept)["setuju"] == value


@pytest.mark.parametrize("turns", [0, 20])
def test_slot_set_to_false_or_zero_is_not_forgotten(turns: int) -> None:
    kept = after(turns, live((), turn("mulai", SlotSet("setuju", False), SlotSet("jumlah", 0))))
    assert slots(kept) == {"nama": None, "setuju": False, "jumlah": 0, "bahasa": "id"}


@pytest.mark.parametrize("turns", [0, 20])
def test_slot_that_was_emptied_stays_empty(turns: int) -> None:
    kept = live((), turn("mulai", SlotSet("nama", "Ani")))
    kept = after(turns, live(kept, turn("hapus", SlotSet("nama", None), SlotSet("bahasa", None))))
    assert slots(kept) == {"nama": None, "setuju": None, "jumlah": None, "bahasa": None}


def test_slot_has_its_last_value_when_it_changes_within_the_kept_turns() -> None:
    kept = live(after(3, live((), turn("a", SlotSet("nama", "Ani")))), turn("b", SlotSet("nama", "Budi")))
    assert slots(after(2, kept))["nama"] == "Budi"


@pytest.mark.parametrize("turns", [0, 20])
def test_active_form_survives_and_an_ended_one_does_not_come_back(turns: int) -> None:
    kept = after(turns, live((), turn("lapor", ActiveLoop("laporan_form"))))
    assert to_tracker(ANI, kept, DOMAIN).active_loop_name == "laporan_form"
    kept = after(turns, live(kept, turn("selesai", ActiveLoop(None))))
    assert to_tracker(ANI, kept, DOMAIN).active_loop_name is None


def test_trimmed_dialogue_waits_for_the_person_like_the_whole_one() -> None:
    for kept in (after(2), after(20)):
        tracker = to_tracker(ANI, kept, DOMAIN)
        assert tracker.latest_action_name == "action_listen"
        assert tracker.latest_message is not None
        assert tracker.latest_message.intent_name == "greet"


def test_first_turn_starts_from_nothing() -> None:
    tracker = to_tracker(ANI, (), DOMAIN)
    assert isinstance(tracker, DialogueStateTracker)
    assert not tracker.events
    assert live((), [SessionStarted(), *turn("halo")])
