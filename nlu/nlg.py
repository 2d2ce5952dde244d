"""Rasa's response generator for this project: FAQ answers come from the live catalogue, the rest from domain.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from nlu.content.catalogue import RETRIEVAL_INTENT, Catalogue
from nlu.content.dates import today
from nlu.content.live import LiveCatalogue
from nlu.content.notices import Answer
from nlu.wording import answer_entry, offer_entries

PROJECT = Path(__file__).resolve().parent.parent
FALLBACK = "utter_fallback"
FAQ = f"utter_{RETRIEVAL_INTENT}/"


class AnswerGenerator(TemplatedNaturalLanguageGenerator):
    """Named in endpoints.yml, so that `rasa shell` and `rasa run` answer as the worker does.

    They make it before they know the domain, and put `responses` in place after they have loaded the model.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        super().__init__((domain or Domain.empty()).responses)
        self._catalogue = LiveCatalogue(PROJECT)

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The message for one `utter_` action; None when neither catalogue nor domain knows it."""
        catalogue = self._catalogue.current()
        entry = catalogue.entries.get(utter_action.removeprefix(FAQ))
        if entry:
            addresses = [str(one) for one in tracker.get_latest_entity_values("url")]
            return _message(answer_entry(catalogue, entry, today(), wave=_wave(tracker), addresses=addresses))
        # An entry that the model knows and the catalogue does not was withdrawn, and its old answer with it.
        if utter_action == FALLBACK or utter_action.startswith(FAQ):
            return _message(self._offer(catalogue, tracker))
        return await super().generate(utter_action, tracker, output_channel, **kwargs)

    def _offer(self, catalogue: Catalogue, tracker: DialogueStateTracker) -> Answer:
        opening = self.responses[FALLBACK][0]["text"]
        return offer_entries(catalogue, _ranked(tracker), opening) or catalogue.notices["not_understood"]


def _ranked(tracker: DialogueStateTracker) -> list[str]:
    latest = tracker.latest_message
    selector = latest.parse_data.get("response_selector", {}) if latest else {}
    return [row["intent_response_key"] for row in selector.get(RETRIEVAL_INTENT, {}).get("ranking", [])]


def _wave(tracker: DialogueStateTracker) -> int:
    """The one wave that the message names; 0 for none, and for several."""
    named = {str(value) for value in tracker.get_latest_entity_values("wave")}
    return int(named.pop()) if len(named) == 1 else 0


def _message(answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.text,
        "buttons": [{"title": button.title, "payload": f"/{button.intent}"} for button in answer.buttons],
    }
