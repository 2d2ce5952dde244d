"""Rasa component: one classifier over functional intents and FAQ entries together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components import linear
from nlu.components.linear import LinearModel
from nlu.components.normaliser import PLAIN_TEXT
from nlu.components.sources import digest
from nlu.content.catalogue import RETRIEVAL_INTENT

RESPONSE_SELECTOR = "response_selector"
RANKING_LENGTH = 5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class QuestionClassifier(GraphComponent):
    """Sets the intent, its ranking, and for `faq` the entry, in the shape of Rasa's ResponseSelector."""

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, sharpness: float, model: LinearModel | None = None
    ) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._sharpness = sharpness
        self._model = model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The probabilities as they are learned, when config.yml does not say how to sharpen them."""
        return {"sharpness": 1.0}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> QuestionClassifier:
        """Called by Rasa before training."""
        return cls(model_storage, resource, float(config["sharpness"]))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> QuestionClassifier:
        """Called by Rasa to answer questions with a trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, float(config["sharpness"]), LinearModel.load(folder))

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str:
        """A changed model is trained anew, also by a plain `rasa train`."""
        return digest(Path(linear.__file__))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on all examples that have an intent."""
        examples = [one for one in training_data.intent_examples if one.get(TEXT)]
        self._model = LinearModel.train(
            [one.get(PLAIN_TEXT) or one.get(TEXT) for one in examples],
            [one.get(INTENT_RESPONSE_KEY) or one.get(INTENT) for one in examples],
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing later in the pipeline learns from this component."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify a batch of messages in place; one matrix product for all of them."""
        readable = [message for message in messages if message.get(PLAIN_TEXT)]
        if not self._model or not readable:
            return messages
        rows = self._model.probabilities([message.get(PLAIN_TEXT) for message in readable], self._sharpness)
        for message, row in zip(readable, rows):
            self._write(message, self._pressed(message.get(TEXT), row), self._model)
        return messages

    def _pressed(self, text: str, row: np.ndarray) -> np.ndarray:
        """A payload like /faq/lupa-sandi is certain. Rasa does not know it for an intent, but `rasa shell` sends it.

        In the worker no text begins with a slash.
        """
        labels = self._model.labels if self._model else []
        if not text.startswith(f"/{RETRIEVAL_INTENT}/") or text[1:] not in labels:
            return row
        certain = np.zeros_like(row)
        certain[labels.index(text[1:])] = 1.0
        return certain

    def _write(self, message: Message, row: np.ndarray, model: LinearModel) -> None:
        order = np.argsort(row)[::-1]
        ranked = [(model.labels[index], float(row[index])) for index in order]
        intents: dict[str, float] = {}
        for label, probability in ranked:
            intents.setdefault(label.split("/")[0], probability)
        ranking = [{"name": name, "confidence": probability} for name, probability in intents.items()]
        message.set(INTENT, dict(ranking[0]), add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking[:RANKING_LENGTH], add_to_output=True)
        entries = [
            {"intent_response_key": label, "confidence": probability}
            for label, probability in ranked
            if label.startswith(f"{RETRIEVAL_INTENT}/")
        ][:RANKING_LENGTH]
        if entries:
            message.set(RESPONSE_SELECTOR, selector_output(entries), add_to_output=True)


def selector_output(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """What Rasa's own ResponseSelector would report for a ranking of FAQ entries."""
    best = entries[0]
    return {
        "all_retrieval_intents": [RETRIEVAL_INTENT],
        RETRIEVAL_INTENT: {
            "response": {**best, "responses": [], "utter_action": f"utter_{best['intent_response_key']}"},
            "ranking": entries,
        },
    }
