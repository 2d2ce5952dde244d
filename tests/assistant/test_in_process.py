"""Actions without a server: what Rasa calls by itself, such as validation in forms, runs in this process too."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa_sdk import Action as SdkAction
from rasa_sdk import ActionExecutionRejection as SdkRejection
from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.assistant.in_process import ActionRoom, InProcessAction, InProcessEndpoint

PACKAGE = "actions_of_this_test"
DOMAIN = Domain.from_dict(
    {
        "intents": ["inform"],
        "slots": {"kota": {"type": "text", "mappings": [{"type": "custom"}]}},
        "forms": {"form_kota": {"required_slots": ["kota"]}},
        "actions": ["validate_form_kota", "action_refuse"],
    }
)


class ValidateCity(FormValidationAction):
    def name(self) -> str:
        return "validate_form_kota"

    def validate_kota(
        self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        dispatcher.utter_message(text=f"Baik, {value.title()}, Kak.")
        return {"kota": value.title()}


class Refuse(SdkAction):
    def name(self) -> str:
        return "action_refuse"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        raise SdkRejection(self.name(), "not now")


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> ActionRoom:
    package = ModuleType(PACKAGE)
    package.__path__ = []  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, PACKAGE, package)
    room = ActionRoom(PACKAGE, seconds=2.0)
    room._executor.register_action(ValidateCity)
    room._executor.register_action(Refuse)
    return room


@pytest.fixture
def tracker() -> DialogueStateTracker:
    tracker = DialogueStateTracker("web:main:ani", DOMAIN.slots)
    tracker.update(ActiveLoop("form_kota"), DOMAIN)
    tracker.update(UserUttered("malang", intent={"name": "inform"}), DOMAIN)
    tracker.update(SlotSet("kota", "malang"), DOMAIN)
    return tracker


async def test_validation_that_rasa_calls_remotely_runs_here(room: ActionRoom, tracker: DialogueStateTracker) -> None:
    action = RemoteAction("validate_form_kota", InProcessEndpoint(room))
    events = await action.run(CollectingOutputChannel(), TemplatedNaturalLanguageGenerator({}), tracker, DOMAIN)
    assert [event.text for event in events if event.type_name == "bot"] == ["Baik, Malang, Kak."]
    assert ("kota", "Malang") in [(event.key, event.value) for event in events if isinstance(event, SlotSet)]


async def test_action_that_refuses_lets_the_policies_choose_another(
    room: ActionRoom, tracker: DialogueStateTracker
) -> None:
    action = InProcessAction("action_refuse", room)
    with pytest.raises(ActionExecutionRejection):
        await action.run(CollectingOutputChannel(), TemplatedNaturalLanguageGenerator({}), tracker, DOMAIN)
