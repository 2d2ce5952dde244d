"""The FAQ reaches Rasa as retrieval intents, and the components make of it what Rasa expects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rasa.core.agent import Agent
from rasa.core.utils import AvailableEndpoints
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT

from nlu.components.linear import LinearModel
from nlu.content.catalogue import load_catalogue
from nlu.importer import ContentImporter


@pytest.fixture(scope="module")
def importer(project: Path) -> TrainingDataImporter:
    """As `rasa train` makes it from config.yml."""
    return TrainingDataImporter.load_from_config(
        str(project / "config.yml"), str(project / "domain.yml"), [str(project / "data")]
    )


def test_every_example_of_every_entry_is_trained_on(importer: TrainingDataImporter, project: Path) -> None:
    messages = importer.get_nlu_data().intent_examples
    trained = {(one.get(INTENT_RESPONSE_KEY), one.get(TEXT)) for one in messages if one.get(INTENT) == "faq"}
    entries = load_catalogue(project).entries.values()
    assert trained == {(entry.intent, example) for entry in entries for example in entry.phrasings}


def test_small_talk_is_trained_on_beside_the_faq(importer: TrainingDataImporter) -> None:
    assert {"greet", "thank", "out_of_scope", "ask_human", "faq"} <= importer.get_nlu_data().intents


def test_domain_knows_the_faq_and_a_response_for_each_entry(importer: TrainingDataImporter, project: Path) -> None:
    domain = importer.get_domain()
    assert "faq" in domain.intents
    assert "faq" in domain.retrieval_intents
    assert {f"utter_{entry.intent}" for entry in load_catalogue(project).entries.values()} <= set(domain.responses)
    assert "utter_faq" in domain.action_names_or_texts


def test_rules_are_read_whatever_folder_is_named(project: Path, tmp_path: Path) -> None:
    importer = ContentImporter(str(project / "config.yml"), str(project / "domain.yml"), [str(tmp_path)])
    assert len(importer.get_stories().story_steps) >= 15
    assert importer.get_nlu_data().intent_examples


TEXTS = [f"{word} {number}" for word in ("insentif", "pelatihan", "akun") for number in range(8)]
LABELS = [f"faq/{text.split()[0]}" for text in TEXTS]


@pytest.fixture(scope="module")
def linear() -> LinearModel:
    return LinearModel.train(TEXTS, LABELS)


def test_saved_model_gives_the_same_probabilities(linear: LinearModel, tmp_path: Path) -> None:
    linear.save(tmp_path)
    again = LinearModel.load(tmp_path)
    texts = [*TEXTS, "", "kata lain", "insentif pelatihan"]
    assert again.labels == linear.labels
    np.testing.assert_allclose(again.probabilities(texts), linear.probabilities(texts), atol=1e-6)
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".npz"}


def test_same_data_give_the_same_model(linear: LinearModel) -> None:
    np.testing.assert_array_equal(LinearModel.train(TEXTS, LABELS).probabilities(TEXTS), linear.probabilities(TEXTS))


def test_probabilities_are_a_distribution_over_the_labels(linear: LinearModel) -> None:
    rows = linear.probabilities(["insentif 1", "xyz"])
    assert rows.shape == (2, 3)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-5)
    assert linear.labels[int(rows[0].argmax())] == "faq/insentif"


@pytest.fixture(scope="module")
def agent(model: Path, project: Path) -> Agent:
    """As `rasa shell` makes it from endpoints.yml, except for its action server."""
    endpoints = AvailableEndpoints.read_endpoints(str(project / "endpoints.yml"))
    return Agent.load(str(model), generator=endpoints.nlg)


@pytest.mark.parametrize(
    ("text", "part"),
    [("halo", "Kawan Prakerja"), ("lupa password prakerja", "Sumber: "), ("_", "saya belum paham")],
)
async def test_rasas_own_agent_answers_as_the_worker_does(agent: Agent, text: str, part: str) -> None:
    (reply,) = await agent.handle_text(text) or []
    assert part in reply["text"]


async def test_button_works_in_rasas_own_shell(agent: Agent, project: Path) -> None:
    entry = load_catalogue(project).entries["lupa-sandi"]
    # Rasa looks for the payload among the plain intents first, and says that it is none.
    with pytest.warns(UserWarning, match="Failed to parse arguments"):
        (reply,) = await agent.handle_text(f"/{entry.intent}") or []
    assert entry.answer in reply["text"]
