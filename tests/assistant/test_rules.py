"""The spared search changes no prediction, and is left alone where a model needs it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.events import ActionExecuted, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.graph import StraightRunner
from bot.assistant.rules import search_by_intent_only

LISTEN = ActionExecuted("action_listen")
INTENTS = ("greet", "ask_human", "faq", "out_of_scope", "nlu_fallback", "restart", None)
Loaded = tuple[ModelMetadata, RulePolicy]


@pytest.fixture
def loaded(model: Path) -> Loaded:
    """The model's domain and its rule policy, as Rasa loads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, metadata, runner = MessageProcessor._load_model(model)
    return metadata, next(one for one in StraightRunner(runner).components() if isinstance(one, RulePolicy))


def test_predictions_are_the_same(loaded: Loaded) -> None:
    assert _predictions(loaded) == _predictions(loaded, spare=True)


def test_text_is_not_searched(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = loaded[1]
    searched = []
    search = policy._find_action_from_rules
    monkeypatch.setattr(policy, "_find_action_from_rules", lambda *what: searched.append(what[-1]) or search(*what))
    search_by_intent_only(policy)
    _tell(loaded, "greet")
    assert searched == [False]


@pytest.mark.parametrize("user", [{"text": "halo"}, {}], ids=["a text", "no message"])
def test_search_stays_for_a_rule_that_may_match_text(loaded: Loaded, user: dict[str, str]) -> None:
    policy = loaded[1]
    state = {"prev_action": {"action_name": "action_listen"}, **({"user": user} if user else {})}
    policy.lookup[RULES][json.dumps([state])] = "utter_greet"
    search = policy._find_action_from_rules
    search_by_intent_only(policy)
    assert policy._find_action_from_rules == search


def _predictions(loaded: Loaded, *, spare: bool = False) -> list[tuple[list[float], bool]]:
    if spare:
        search_by_intent_only(loaded[1])
    return [_tell(loaded, intent) for intent in INTENTS]


def _tell(loaded: Loaded, intent: str | None) -> tuple[list[float], bool]:
    metadata, policy = loaded
    events: list[Event] = [LISTEN, UserUttered("teks", {"name": intent, "confidence": 1.0})]
    tracker = DialogueStateTracker.from_events("ani", events, metadata.domain.slots, domain=metadata.domain)
    prediction = policy.predict_action_probabilities(tracker, metadata.domain)
    return prediction.probabilities, prediction.is_end_to_end_prediction
