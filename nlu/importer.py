"""Rasa importer: FAQ entries become retrieval intents, so that nothing has to be generated into files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers import utils
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.content.catalogue import RETRIEVAL_INTENT, Catalogue, load_catalogue

PROJECT = Path(__file__).resolve().parent.parent
TRAINING_FOLDERS = (PROJECT / "nlu" / "data", PROJECT / "nlu" / "rules")


class ContentImporter(RasaFileImporter):
    """Reads nlu/data, nlu/rules and the FAQ catalogue, whatever `--data` says; config and domain as usual."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(config_file, domain_path, [str(folder) for folder in TRAINING_FOLDERS])
        self._catalogue: Catalogue | None = None

    def _content(self) -> Catalogue:
        if self._catalogue is None:
            self._catalogue = load_catalogue(PROJECT)
        return self._catalogue

    def get_nlu_data(self, language: str | None = "id") -> TrainingData:
        """Training examples of the functional intents and of every FAQ entry. Raises ContentError."""
        examples = [
            Message(data={TEXT: text, INTENT: RETRIEVAL_INTENT, INTENT_RESPONSE_KEY: entry.intent})
            for entry in self._content().entries.values()
            for text in entry.phrasings
        ]
        return super().get_nlu_data(language).merge(TrainingData(examples))

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """Rules and stories. Rasa adds retrieval intents to the domain only later, but checks the names here."""
        domain = self.get_domain().merge(Domain.from_dict({"intents": [RETRIEVAL_INTENT]}))
        return utils.story_graph_from_paths(self._story_files, domain, exclusion_percentage)

    def get_domain(self) -> Domain:
        """The domain of domain.yml plus one response for each FAQ entry, which Rasa's checks ask for."""
        responses = {f"utter_{entry.intent}": [{"text": entry.answer}] for entry in self._content().entries.values()}
        return super().get_domain().merge(Domain.from_dict({"responses": responses}))
