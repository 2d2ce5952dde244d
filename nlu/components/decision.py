"""Rasa component: answers only when sure; otherwise the intent becomes nlu_fallback and people get to choose."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message

from nlu.components.classifier import RESPONSE_SELECTOR
from nlu.content.catalogue import RETRIEVAL_INTENT

OUT_OF_SCOPE = "out_of_scope"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SureOrAsk(GraphComponent):
    """Compares the best probability and its lead over the next one with two thresholds from config.yml."""

    def __init__(self, sure: float, margin: float) -> None:
        self._sure = sure
        self._margin = margin

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The thresholds that hold when config.yml names none."""
        return {"sure": 0.45, "margin": 0.25}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SureOrAsk:
        """Called by Rasa with the thresholds of config.yml."""
        return cls(float(config["sure"]), float(config["margin"]))

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
        return best >= self._sure and best - second >= self._margin

    @staticmethod
    def _best_two(message: Message, intent: dict[str, Any]) -> tuple[float, float]:
        """The two best probabilities over functional intents and FAQ entries alike."""
        selector = message.get(RESPONSE_SELECTOR) or {}
        entries = selector.get(RETRIEVAL_INTENT, {}).get("ranking", [])
        others = [row["confidence"] for row in message.get(INTENT_RANKING_KEY) if row["name"] != RETRIEVAL_INTENT]
        scores = sorted([row["confidence"] for row in entries] + others, reverse=True)
        return (scores[0], scores[1]) if len(scores) > 1 else (float(intent["confidence"]), 0.0)
