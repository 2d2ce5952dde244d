"""The ways to understand that are compared, each trained on the same data and asked the same phrasings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nlu.content.catalogue import RETRIEVAL_INTENT
from nlu.content.strict_yaml import parse_yaml
from nlu.evaluation.figures import OUT_OF_SCOPE, UNSURE, Verdict, to_verdict

FOLDER = Path(__file__).resolve().parent
PROJECT = FOLDER.parent.parent
DEFAULT_PIPELINE = FOLDER / "pipelines" / "default.yml"
OUR_PIPELINE = PROJECT / "config.yml"
CLASSIFIER = "nlu.components.classifier.QuestionClassifier"
DECISION = "nlu.components.decision.SureOrAsk"
FULL_EPOCHS = 100
# On two shared cores an epoch of the classifier takes a minute with these examples, and the selector has its own: a
# hundred do not fit into ten minutes.
SHORT_EPOCHS = 2
_WORD = re.compile(r"\w+")
# Stands in nearly every message whatever it asks, so it might only be in the way.
_PROGRAMME = re.compile(r"\b(?:program )?(?:kartu )?prakerja\b")


class Model(Protocol):
    """A trained contestant."""

    def verdicts(self, texts: Sequence[str]) -> list[Verdict]:
        """What it makes of a batch."""


def stock_verdict(parse: Mapping[str, Any]) -> Verdict:
    """The verdict in a parse result of Rasa's own classifier and response selector.

    The selector's probabilities are of one entry given that the FAQ is meant, so they rank among themselves, in the
    place that the classifier gives to the FAQ as a whole. That is also what a conversation with Rasa does.
    """
    selector = parse.get("response_selector", {})
    found = next((one for name, one in selector.items() if name != "all_retrieval_intents"), {})
    entries = [(row["intent_response_key"], float(row["confidence"])) for row in found.get("ranking", [])]
    ranked: list[tuple[str, float]] = []
    for row in parse.get("intent_ranking", []):
        if row["name"] == RETRIEVAL_INTENT:
            ranked += [(name, share * float(row["confidence"])) for name, share in entries]
        elif row["name"] != UNSURE:
            ranked.append((row["name"], float(row["confidence"])))
    done = parse["intent"]["name"] or UNSURE
    if done == RETRIEVAL_INTENT:
        done = entries[0][0] if entries else UNSURE
    return Verdict(tuple(name for name, _ in ranked), done, ranked[0][1] if ranked else 0.0)


def config_with_epochs(config: str, epochs: int) -> str:
    """The text of a pipeline whose networks learn for so many epochs."""
    return re.sub(r"\bepochs: \d+", f"epochs: {epochs}", config)


def letters_only() -> Callable[[str], str]:
    """Small letters without punctuation: what any tokenizer does."""
    return lambda text: " ".join(_WORD.findall(text.lower()))


def normalised() -> Callable[[str], str]:
    """As the product does it."""
    from nlu.normalising.lexicon import Lexicon  # noqa: PLC0415  # needs rapidfuzz
    from nlu.normalising.normaliser import Normaliser  # noqa: PLC0415

    return Normaliser(Lexicon.load())


def without_programme() -> Callable[[str], str]:
    """Normalised, and without the programme's own name, unless it is all that was said."""
    plain = normalised()
    return lambda text: neutral(plain(text))


def neutral(plain: str) -> str:
    """A normalised text without the programme's name."""
    return " ".join(_PROGRAMME.sub(" ", plain).split()) or plain


@dataclass(frozen=True)
class Contestant:
    """A way to understand: a Rasa pipeline, or our linear model alone behind another preparation of the words."""

    name: str
    title: str
    pipeline: Path | None = None
    prepare: Callable[[], Callable[[str], str]] = letters_only
    embeddings: bool = False

    def load(self, folder: Path) -> Model:
        """What `trial.train` left in the folder."""
        if self.embeddings:
            return _Cascaded(folder, self.prepare())
        if self.pipeline:
            return _Pipeline(folder / "model.tar.gz", stock=self.pipeline == DEFAULT_PIPELINE)
        return _Linear(folder, self.prepare())


CONTESTANTS = (
    Contestant("default", "Rasa's default pipeline", pipeline=DEFAULT_PIPELINE),
    Contestant("raw", "n-grams + logistic regression", prepare=letters_only),
    Contestant("normalised", "the same, normalised", prepare=normalised),
    Contestant("stop-phrases", "the same, without \"kartu prakerja\"", prepare=without_programme),
    Contestant("cascade", "normalised, embeddings where unsure", prepare=normalised, embeddings=True),
    Contestant("ours", "ours as it is used (config.yml)", pipeline=OUR_PIPELINE),
)  # fmt: skip


class _Pipeline:
    def __init__(self, model: Path, *, stock: bool) -> None:
        from nlu.evaluation.parsing import Parser  # noqa: PLC0415

        self._parser = Parser(model)
        self._verdict = stock_verdict if stock else to_verdict

    def verdicts(self, texts: Sequence[str]) -> list[Verdict]:
        return [self._verdict(parse) for parse in self._parser.parse(texts)]


class _Linear:
    """The linear model and the decision, without Rasa's graph around them."""

    def __init__(self, folder: Path, prepare: Callable[[str], str]) -> None:
        from nlu.components.linear import LinearModel  # noqa: PLC0415

        self._model = LinearModel.load(folder)
        self._prepare = prepare
        self._settings = our_settings()

    def verdicts(self, texts: Sequence[str]) -> list[Verdict]:
        rows = self._model.probabilities([self._prepare(text) for text in texts], self._settings.sharpness)
        return [decided(row, self._model.labels, self._settings) for row in rows]


class _Cascaded:
    """The same with embeddings (nlu/evaluation/embeddings.py)."""

    def __init__(self, folder: Path, prepare: Callable[[str], str]) -> None:
        from nlu.evaluation.embeddings import Cascade  # noqa: PLC0415

        self._settings = our_settings()
        self._cascade = Cascade(folder, self._settings.sure)
        self._prepare = prepare

    def verdicts(self, texts: Sequence[str]) -> list[Verdict]:
        plain = [self._prepare(text) for text in texts]
        rows = self._cascade.probabilities(plain, texts, self._settings.sharpness)
        return [decided(row, self._cascade.linear.labels, self._settings) for row in rows]


def decided(row: Any, labels: Sequence[str], settings: Settings) -> Verdict:
    """The verdict on one row of probabilities, by the rule of nlu/components/decision.py, but for single words."""
    order = row.argsort()[::-1]
    ranked = tuple(labels[index] for index in order)
    best, second = float(row[order[0]]), float(row[order[1]])
    certain = (best >= settings.sure and best - second >= settings.margin) or ranked[0] == OUT_OF_SCOPE
    return Verdict(ranked, ranked[0] if certain else UNSURE, best)


@dataclass(frozen=True)
class Settings:
    """What config.yml says of our classifier and of our decision."""

    sharpness: float
    sure: float
    margin: float


def our_settings(config: Path = OUR_PIPELINE) -> Settings:
    """Raises KeyError when the pipeline is no longer ours."""
    parts = {one["name"]: one for one in parse_yaml(config.read_text(encoding="utf-8"))["pipeline"]}
    classifier, decision = parts[CLASSIFIER], parts[DECISION]
    return Settings(float(classifier["sharpness"]), float(decision["sure"]), float(decision["margin"]))
