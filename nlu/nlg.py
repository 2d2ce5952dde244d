"""Rasa's response generator for this project: FAQ answers come from the live catalogue, the rest from domain.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from nlu.content.catalogue import RETRIEVAL_INTENT
from nlu.content.dates import today
from nlu.content.live import LiveCatalogue
from nlu.content.notices import Answer
from nlu.wording import answer_entry, offer_entries

PROJECT = Path(__file__).resolve().parent.parent
FALLBACK = "utter_fallback"
MAX_OFFERED = 3


class AnswerGenerator(NaturalLanguageGenerator):
    """Named in endpoints.yml, so that `rasa shell` and `rasa run` answer as the worker does."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        self._catalogue = LiveCatalogue(PROJECT)
        self._responses = (domain or Domain.empty()).responses
        self._templates = TemplatedNaturalLanguageGenerator(self._responses)

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The message for one `utter_` action; None when neither catalogue nor domain knows it."""
        catalogue = self._catalogue.current()
        _, _, entry_id = utter_action.partition(f"utter_{RETRIEVAL_INTENT}/")
        if entry_id in catalogue.entries:
            return _message(answer_entry(catalogue, catalogue.entries[entry_id], today()))
        if utter_action == FALLBACK:
            opening = self._responses[FALLBACK][0]["text"]
            return _message(offer_entries(catalogue, _nearest(tracker), opening))
        return await self._templates.generate(utter_action, tracker, output_channel, **kwargs)


def _nearest(tracker: DialogueStateTracker) -> list[str]:
    latest = tracker.latest_message
    selector = latest.parse_data.get("response_selector", {}) if latest else {}
    ranking = selector.get(RETRIEVAL_INTENT, {}).get("ranking", [])
    return [row["intent_response_key"] for row in ranking[:MAX_OFFERED]]


def _message(answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.text,
        "buttons": [{"title": button.title, "payload": f"/{button.intent}"} for button in answer.buttons],
    }
