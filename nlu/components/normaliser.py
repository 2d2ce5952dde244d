"""Rasa component: puts the normalised text beside the raw one, which entities and people still need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu import normalise
from nlu.components.sources import digest
from nlu.normalise import LEXICON_FILE, Lexicon, Normaliser

PLAIN_TEXT = "plain_text"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class ChatNormaliser(GraphComponent):
    """Sets `plain_text` on every message that has a text."""

    def __init__(self) -> None:
        self._normalise = Normaliser(Lexicon.load())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ChatNormaliser:
        """Called by Rasa; there is nothing to configure."""
        return cls()

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str:
        """An edited lexicon is trained on, also by a plain `rasa train`."""
        return digest(LEXICON_FILE, Path(normalise.__file__))

    def process(self, messages: list[Message]) -> list[Message]:
        """Normalise a batch of messages in place."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                message.set(PLAIN_TEXT, self._normalise(text))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Normalise the training examples in place."""
        self.process(training_data.training_examples)
        return training_data
