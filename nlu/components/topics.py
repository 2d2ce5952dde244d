"""Rasa component: which part of their own account somebody asks about, as the entity `status_topic`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.normaliser import PLAIN_TEXT
from nlu.components.sources import digest

CHECK_STATUS, STATUS_TOPIC = "check_status", "status_topic"
WORDS_FILE = Path(__file__).resolve().parent.parent / "status_topics.yml"


class TopicWords:
    """Finds topics by their words."""

    def __init__(self, words: Mapping[str, Mapping[str, list[str]]]) -> None:
        self._strong = {topic: _any_of(kinds["words"]) for topic, kinds in words.items()}
        self._below = {topic: kinds.get("over", []) for topic, kinds in words.items()}
        self._weak = {topic: _any_of(kinds["weak"]) for topic, kinds in words.items() if "weak" in kinds}

    @classmethod
    def load(cls) -> TopicWords:
        """The words of nlu/status_topics.yml."""
        return cls(yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))

    def topic_of(self, plain: str) -> str:
        """The one topic that a normalised text names; empty when it names none, or several."""
        for patterns in (self._strong, self._weak):
            named = [topic for topic, pattern in patterns.items() if pattern.search(plain)]
            named = [topic for topic in named if not any(topic in self._below.get(other, ()) for other in named)]
            if named:
                return named[0] if len(named) == 1 else ""
        return ""


def _any_of(words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(word) for word in words)})(?:ku|mu|nya)?(?![\w-])")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class StatusTopics(GraphComponent):
    """Looks only at messages that ask for a status."""

    def __init__(self) -> None:
        self._words = TopicWords.load()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> StatusTopics:
        """Called by Rasa; there is nothing to configure."""
        return cls()

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str:
        """Edited words count, also for a plain `rasa train`."""
        return digest(WORDS_FILE, Path(__file__))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entity in place."""
        for message in messages:
            intent = message.get(INTENT) or {}
            if intent.get("name") != CHECK_STATUS:
                continue
            topic = self._words.topic_of(message.get(PLAIN_TEXT) or "")
            if topic:
                found = {"entity": STATUS_TOPIC, "value": topic, "extractor": type(self).__name__}
                message.set(ENTITIES, [*(message.get(ENTITIES) or []), found], add_to_output=True)
        return messages
