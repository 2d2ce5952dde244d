"""Groups messages that ask alike, so that an editor looks at twenty groups and not at a thousand messages.

Texts are compared by their character n-grams, and a little by what the classifier made of them: of the 300 evaluation
phrasings that it is least sure of, groups by letters alone hold 42 to 60 % of one question, with it 77 to 87 %.
The text with the most neighbours draws them into its group, then the next one among what is left (Butina's
clustering): no number of groups to choose, and the same order every time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from nlu.review.noted import Noted
from nlu.review.phrasing import alike, one_line

ALIKE = 0.35  # of 1; below it, different questions come together
CLASSIFIER_SHARE = 0.3
SHOWN = 5
MOST_GUESSES = 5
_ROWS = 256  # compared at once, to bound memory

FAQ = "faq/"


@dataclass(frozen=True)
class Guess:
    """An entry that a group may belong to: the classifier's mean share for it, how many people picked it."""

    entry: str
    share: float
    picked: int


@dataclass(frozen=True)
class Cluster:
    """Messages that ask alike. `samples` are different texts among them, the most typical one first."""

    messages: tuple[Noted, ...]
    samples: tuple[str, ...]

    @property
    def ids(self) -> list[str]:
        """The names of all its messages."""
        return [one.id for one in self.messages]

    def guesses(self) -> list[Guess]:
        """The likeliest entries: what people picked, then what the classifier thought of."""
        shares: dict[str, float] = defaultdict(float)
        picked: dict[str, int] = defaultdict(int)
        for message in self.messages:
            for label, share in message.ranking:
                if label.startswith(FAQ):
                    shares[label.removeprefix(FAQ)] += share / len(self.messages)
            if message.kind == "picked":
                for entry in message.answered:
                    picked[entry] += 1
        found = [Guess(name, shares.get(name, 0.0), picked.get(name, 0)) for name in {**shares, **picked}]
        return sorted(found, key=lambda one: (-one.picked, -one.share, one.entry))[:MOST_GUESSES]


def cluster(messages: Sequence[Noted]) -> list[Cluster]:
    """All messages in groups, the biggest first."""
    same: dict[str, list[Noted]] = defaultdict(list)
    for message in messages:
        same[alike(one_line(message.text))].append(message)
    found = sorted(same.values(), key=lambda twins: (-len(twins), alike(twins[0].text)))
    return sorted(map(_of, _grouped(found)), key=lambda one: (-len(one.messages), one.samples))


def _of(members: Sequence[Sequence[Noted]]) -> Cluster:
    # The most typical text leads; behind it comes what was written most often.
    ordered = [members[0], *sorted(members[1:], key=lambda twins: -len(twins))]
    return Cluster(
        tuple(message for twins in ordered for message in twins),
        tuple(one_line(twins[0].text) for twins in ordered[:SHOWN]),
    )


def _grouped(found: Sequence[Sequence[Noted]]) -> list[list[Sequence[Noted]]]:
    """Groups of texts (each with its twins), led by the one that the others are near to."""
    near = _neighbours([twins[0] for twins in found]) if found else []
    weights = np.array([len(twins) for twins in found])
    crowd = [int(weights[others].sum()) for others in near]
    left = set(range(len(found)))
    groups: list[list[Sequence[Noted]]] = []
    for place in sorted(range(len(found)), key=lambda one: (-crowd[one], one)):
        if place in left:
            members = [place, *(other for other in near[place] if other in left and other != place)]
            left.difference_update(members)
            groups.append([found[one] for one in members])
    return groups


def _neighbours(messages: Sequence[Noted]) -> list[np.ndarray]:
    """For each message those that are alike, itself among them."""
    features = _features(messages)
    near: list[np.ndarray] = []
    for start in range(0, len(messages), _ROWS):
        block = (features[start : start + _ROWS] @ features.T).toarray()
        for index, row in enumerate(block):
            row[start + index] = 1.0  # whatever it is made of, a message is alike to itself
            near.append(np.flatnonzero(row >= ALIKE).astype(np.int32))
    return near


def _features(messages: Sequence[Noted]) -> csr_matrix:
    """Rows whose products are the likeness: letters and ranking, each of length 1, mixed by their shares."""
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    # A word that no text has: without any letter in all of them there would be nothing to count.
    letters = grams.fit_transform([*(alike(one_line(one.text)) for one in messages), "kosong"])[:-1]
    ranking = normalize(DictVectorizer().fit_transform([{"": 0.0, **dict(one.ranking)} for one in messages]))
    parts = [letters * (1 - CLASSIFIER_SHARE) ** 0.5, ranking * CLASSIFIER_SHARE**0.5]
    return hstack(parts, format="csr")
