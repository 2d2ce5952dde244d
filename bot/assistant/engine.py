"""Rasa as a library: loads a trained model, parses texts in batches, runs one turn of dialogue."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from rasa.core.actions.action import Action
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from actions.tools import Tools
from bot.assistant.events import to_events, to_tracker
from bot.assistant.graph import StraightRunner
from bot.assistant.in_process import ActionRoom, InProcessAction, InProcessEndpoint
from bot.assistant.parses import Parse
from bot.assistant.rules import search_by_intent_only
from bot.assistant.staging import StagingTrackerStore
from nlu.components.classifier import selector_output
from nlu.components.topics import CHECK_STATUS, STATUS_TOPIC
from nlu.content.catalogue import RETRIEVAL_INTENT
from nlu.nlg import AnswerGenerator

_SLASHES_FIRST = re.compile(r"[\s/]+")


class TurnProcessor(MessageProcessor):
    """Rasa's processor with our actions in process."""

    def __init__(self, model: Path, actions: ActionRoom) -> None:
        self._actions = actions
        self.staging = StagingTrackerStore(Domain.empty())
        # The generator needs the model's domain, which is known only after loading.
        endpoint = InProcessEndpoint(actions)
        super().__init__(model, self.staging, InMemoryLockStore(), generator=None, action_endpoint=endpoint)
        self.graph_runner = StraightRunner(self.graph_runner)
        for component in self.graph_runner.components():
            if isinstance(component, RulePolicy):
                search_by_intent_only(component)
        self.staging.domain = self.domain
        self.nlg = AnswerGenerator(domain=self.domain)

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> tuple[Action, PolicyPrediction]:
        """The next action, ours instead of a remote call where we have it. Raises ActionLimitReached."""
        action, prediction = super().predict_next_with_tracker_if_should(tracker)
        if self._actions.has(action.name()):
            action = InProcessAction(action.name(), self._actions)
        return action, prediction

    async def run_anonymization_pipeline(self, tracker: DialogueStateTracker) -> None:
        """Texts are redacted before they get here; Rasa's own pipeline is a paid feature that is never present."""


class Engine:
    """One loaded model. Parsing and dialogue block the event loop: one process, one turn at a time."""

    def __init__(self, model: Path, *, action_seconds: float, actions: str = "actions") -> None:
        quiet = structlog.make_filtering_bound_logger(logging.WARNING)
        structlog.configure(wrapper_class=quiet, cache_logger_on_first_use=True)
        self._actions = ActionRoom(actions, action_seconds)
        self._processor = TurnProcessor(model, self._actions)
        self.model_name = self._processor.model_filename

    def equip(self, tools: Tools) -> None:
        """Give the account actions what they work with; without it they look for it in the environment."""
        self._actions.equip(tools)

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        """Intents and entities for a batch of texts, in one run of the graph."""
        if not texts:
            return []
        target = self._processor.model_metadata.nlu_target
        results = self._processor.graph_runner.run(
            inputs={
                PLACEHOLDER_MESSAGE: [UserMessage(_as_words(text)) for text in texts],
                PLACEHOLDER_TRACKER: DialogueStateTracker("", []),
            },
            targets=[target],
        )
        parses = []
        for text, message in zip(texts, results[target]):
            parse: Parse = {"text": "", "intent": {"name": None, "confidence": 0.0}, "entities": []}
            parse.update(message.as_dict(only_output_properties=True))
            parse["text"] = text
            self._processor._update_full_retrieval_intent(parse)
            parses.append(parse)
        return parses

    async def turn(
        self,
        conversation: str,
        events: Sequence[dict[str, Any]],
        parse: Parse,
        about: Mapping[str, Any] | None = None,
    ) -> tuple[list[dict[str, Any]], tuple[dict[str, Any], ...]]:
        """Run one turn: the messages that Rasa wants to send, and the events to keep.

        `about` is what actions may know of the message (as its metadata); it is not kept.

        An empty list of messages means that something inside failed; Rasa swallows what actions raise.
        """
        store, domain = self._processor.staging, self._processor.domain
        store.put(to_tracker(conversation, events, domain))
        output = CollectingOutputChannel()
        try:
            await self._processor.handle_message(
                UserMessage(
                    parse["text"],
                    output,
                    conversation,
                    parse_data=parse,
                    input_channel="kawan",
                    metadata=dict(about or {}),
                )
            )
            tracker = store.take(conversation)
        finally:
            store.drop(conversation)
        return output.messages, to_events(tracker, domain)


def _as_words(text: str) -> str:
    """Rasa's RegexMessageHandler takes a slash at the front, behind any white space, for an intent payload."""
    slashes = _SLASHES_FIRST.match(text)
    return (text[slashes.end() :] if slashes else text) or "-"


def certain(intent: str, text: str, entities: Sequence[tuple[str, str]] = ()) -> Parse:
    """Parse data for an intent that needs no classifier: a pressed button, a known command, a deep link.

    `check_status/<topic>` asks for one part of the person's own status.
    """
    name, _, part = intent.partition("/")
    if name == CHECK_STATUS and part:
        entities = [*entities, (STATUS_TOPIC, part)]
    parse: Parse = {
        "text": text,
        "intent": {"name": name, "confidence": 1.0},
        "intent_ranking": [{"name": name, "confidence": 1.0}],
        "entities": [{"entity": kind, "value": value} for kind, value in entities],
    }
    if name == RETRIEVAL_INTENT:
        parse["intent"]["full_retrieval_intent_name"] = intent
        parse["response_selector"] = selector_output([{"intent_response_key": intent, "confidence": 1.0}])
    return parse
