"""Rasa component: puts the normalised text beside the raw one, which entities and people still need."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu import normalising
from nlu.components.sources import digest
from nlu.normalising.lexicon import LEXICON_FILE, WORDS_FILE, Lexicon
from nlu.normalising.normaliser import Normaliser

PLAIN_TEXT = "plain_text"
CODE = sorted(Path(normalising.__file__).parent.glob("*.py"))

logger = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class ChatNormaliser(GraphComponent):
    """Sets `plain_text` on every message that has a text."""

    def __init__(self) -> None:
        self._normaliser = Normaliser(Lexicon.load())

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
        """An edited lexicon or rule is trained on, also by a plain `rasa train`."""
        return digest(LEXICON_FILE, WORDS_FILE, *CODE)

    def process(self, messages: list[Message]) -> list[Message]:
        """Normalise a batch of messages in place. The log says which rules took part, and no word of the text."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                plain = self._normaliser.read(text)
                message.set(PLAIN_TEXT, plain.text)
                if logger.isEnabledFor(logging.DEBUG):
                    logger.debug("normalised: %s", plain.path())
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Normalise the training examples in place."""
        self.process(training_data.training_examples)
        return training_data
