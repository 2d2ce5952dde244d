"""The straight runner gives what Rasa's own runner gives, for the model that we serve."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.graph import StraightRunner

TEXTS = ("min insentif gw kok blm cair y", "halo", "mau ngomong sama orang", "resep rendang")


@pytest.fixture(scope="module")
def loaded(model: Path) -> tuple[ModelMetadata, DaskGraphRunner]:
    """The model as Rasa loads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is imported only now announces its deprecations
        _, metadata, runner = MessageProcessor._load_model(model)
    assert isinstance(runner, DaskGraphRunner)
    return metadata, runner


def test_understanding_is_the_same(loaded: tuple[ModelMetadata, DaskGraphRunner]) -> None:
    metadata, runner = loaded
    assert metadata.nlu_target
    answers = []
    for one in (runner, StraightRunner(runner)):
        inputs = {
            PLACEHOLDER_MESSAGE: [UserMessage(text) for text in TEXTS],
            PLACEHOLDER_TRACKER: DialogueStateTracker("ani", []),
        }
        messages = one.run(inputs=inputs, targets=[metadata.nlu_target])[metadata.nlu_target]
        answers.append([message.as_dict(only_output_properties=True) for message in messages])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("intent", ["greet", "ask_human", "nlu_fallback"])
def test_prediction_is_the_same(loaded: tuple[ModelMetadata, DaskGraphRunner], intent: str) -> None:
    metadata, runner = loaded
    assert metadata.core_target
    events = [ActionExecuted("action_listen"), UserUttered("teks", {"name": intent, "confidence": 1.0})]
    answers = []
    for one in (runner, StraightRunner(runner)):
        tracker = DialogueStateTracker.from_events("ani", events, metadata.domain.slots, domain=metadata.domain)
        prediction = one.run(inputs={PLACEHOLDER_TRACKER: tracker}, targets=[metadata.core_target])
        answers.append(prediction[metadata.core_target])
    assert answers[0].probabilities == answers[1].probabilities
    assert max(answers[0].probabilities) == 1.0
