"""The contestant with embeddings: they are asked only where the linear model is not sure, and then count as much."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from nlu.components.linear import LinearModel
from nlu.evaluation import embeddings
from nlu.evaluation.embeddings import Cascade

WORDS = {"insentif": 0, "uang": 0, "akun": 1, "kelas": 2}
TEXTS = ["insentif cair", "insentif belum", "akun saya", "akun hilang", "kelas daring", "kelas apa"]
LABELS = ["faq/insentif"] * 2 + ["faq/akun"] * 2 + ["faq/kelas"] * 2


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Texts whose embeddings were asked for; they know that "uang" means the incentive."""
    seen: list[str] = []

    def embed(texts: Sequence[str]) -> np.ndarray:
        seen.extend(texts)
        vectors = np.full((len(texts), 3), 0.1)
        for row, text in enumerate(texts):
            for word in text.split():
                if word in WORDS:
                    vectors[row, WORDS[word]] += 1
        return vectors

    monkeypatch.setattr(embeddings, "_embed", embed)
    return seen


def trained(folder: Path, sure: float) -> Cascade:
    LinearModel.train(TEXTS, LABELS).save(folder)
    embeddings.train(TEXTS, LABELS, folder)
    return Cascade(folder, sure)


def test_sure_texts_cost_no_embedding(tmp_path: Path, asked: list[str]) -> None:
    cascade = trained(tmp_path, sure=0.6)
    asked.clear()
    rows = cascade.probabilities(["insentif cair", "uang"], ["insentif cair", "uang"], 1.0)
    assert asked == ["uang"]
    assert rows.sum(axis=1) == pytest.approx([1, 1])
    assert cascade.linear.labels[rows[1].argmax()] == "faq/insentif"


def test_models_of_different_labels_are_refused(tmp_path: Path, asked: list[str]) -> None:
    trained(tmp_path, sure=0.6)
    LinearModel.train(TEXTS, [*LABELS[:5], "lain"]).save(tmp_path)
    with pytest.raises(ValueError, match="different labels"):
        Cascade(tmp_path, 0.6)
