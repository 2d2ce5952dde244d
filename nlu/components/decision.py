"""Rasa component: answers only when sure; otherwise the intent becomes nlu_fallback and people get to choose."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message

from nlu.components.classifier import RESPONSE_SELECTOR
from nlu.components.normaliser import PLAIN_TEXT
from nlu.components.topics import CHECK_STATUS
from nlu.content.catalogue import RETRIEVAL_INTENT, load_catalogue
from nlu.importer import PROJECT

OUT_OF_SCOPE = "out_of_scope"
# A single word names a subject, and seldom which question about it is meant. Small talk is different: "halo".
MANY_MEANINGS = (RETRIEVAL_INTENT, "link_words", "unlink_account")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SureOrAsk(GraphComponent):
    """Compares the best probability and its lead over the next one with thresholds from config.yml.

    `sure` and `margin` hold for every message; a single word about the programme has to reach `sure_alone`. `personal`
    are the entries that people mean for themselves.
    """

    def __init__(self, sure: float, margin: float, sure_alone: float, personal: Set[str] = frozenset()) -> None:
        self._sure = sure
        self._margin = margin
        self._sure_alone = sure_alone
        self._personal = personal

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The thresholds that hold when config.yml names none."""
        return {"sure": 0.45, "margin": 0.25, "sure_alone": 0.985}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SureOrAsk:
        """Called by Rasa with the thresholds of config.yml; a changed `status` counts from the next start on.

        Raises ContentError.
        """
        personal = frozenset(entry.intent for entry in load_catalogue(PROJECT).entries.values() if entry.status)
        return cls(float(config["sure"]), float(config["margin"]), float(config["sure_alone"]), personal)

    def process(self, messages: list[Message]) -> list[Message]:
        """Replace the intent of unsure messages in place, keeping the ranking."""
        for message in messages:
            if not self._is_sure(message):
                ranking = message.get(INTENT_RANKING_KEY) or []
                fallback = {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": 1.0}
                message.set(INTENT, fallback, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [fallback, *ranking], add_to_output=True)
        return messages

    def _is_sure(self, message: Message) -> bool:
        intent = message.get(INTENT)
        if not isinstance(intent, dict) or not intent.get("name"):
            return False
        if intent["name"] == OUT_OF_SCOPE:
            # Even when it barely leads: offering three questions about the programme to someone who asks for
            # the weather reads worse than saying what we can do. Costs 2 % of questions their offer.
            return True
        best, second = self._best_two(message, intent)
        alone = intent["name"] in MANY_MEANINGS and " " not in (message.get(PLAIN_TEXT) or " ")
        return best >= (self._sure_alone if alone else self._sure) and best - second >= self._margin

    def _best_two(self, message: Message, intent: dict[str, Any]) -> tuple[float, float]:
        """The two best probabilities over functional intents and FAQ entries alike.

        "insentif saya belum cair" is a question of the FAQ and one about the own status, and both lead to the same
        answer (bot/assistant/personal.py): these two do not compete.
        """
        selector = message.get(RESPONSE_SELECTOR) or {}
        entries = selector.get(RETRIEVAL_INTENT, {}).get("ranking", [])
        scores = {row["intent_response_key"]: float(row["confidence"]) for row in entries}
        ranking = message.get(INTENT_RANKING_KEY)
        scores |= {row["name"]: float(row["confidence"]) for row in ranking if row["name"] != RETRIEVAL_INTENT}
        first, second, *_ = (*sorted(scores, key=scores.__getitem__, reverse=True), "", "")
        if CHECK_STATUS in (first, second) and self._personal & {first, second}:
            scores[first] += scores.pop(second)
        best, other, *_ = (*sorted(scores.values(), reverse=True), 0.0, 0.0)
        return (best, other) if scores else (float(intent["confidence"]), 0.0)
