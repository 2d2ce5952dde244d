"""Rasa component: wave, year, amount, address, wallet or bank, training platform and day, by shape and by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.sources import digest

NAMES_FILE = Path(__file__).resolve().parent.parent / "entities.yml"
READ_CHARACTERS = 2000  # what is named later in a story is not what it asks about
MOST = 20

_WAVE = re.compile(
    r"\b(?:gelombang|gelmbang|glombang|gelombg|gel|glmbg|glb|batch)\W{0,2}(?:ke\W?)?(\d{1,3})\b", re.IGNORECASE
)
_YEAR = re.compile(r"(?<![\d.,])(20[12]\d)(?![\d.,]*\d)")
_AMOUNT = re.compile(
    r"(?:\brp\.?\s*)?(?<![\d.,/-])(\d{1,3}(?:\.\d{3})+|\d+(?:[.,]\d{1,2})?)\s*(ribu|rb|k|juta|jt)?\b(?![./-]?\d)",
    re.IGNORECASE,
)
_URL = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"']{3,200}|\b(?:[a-z0-9-]{1,40}\.){1,4}"
    r"(?:id|com|net|org|online|site|xyz|info|link|me|ly|top|club|vip|shop|store|app|biz|live|my|web|icu|click|pro|cc|co)\b"
    r"(?:/[^\s<>\"']{0,200})?",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:tgl|tanggal)\W{0,2}(\d{1,2})(?:\W{1,2}(?:(jan|feb|mar|apr|mei|jun|jul|agu|sep|okt|nov|des)\w*|(\d{1,2})))?\b",
    re.IGNORECASE,
)
# People's numbers are masked at the door (bot/contract/redaction_rules.py); free service numbers stay.
_PHONE = re.compile(r"\[nomor HP\]|\b0800[ .-]?\d{3}[ .-]?\d{3,4}\b")
_FACTORS = {"ribu": 1_000, "rb": 1_000, "k": 1_000, "juta": 1_000_000, "jt": 1_000_000}


@dataclass(frozen=True)
class Found:
    """One entity: its kind, its plain value, and where it stands in the text."""

    kind: str
    value: str
    start: int
    end: int


class Entities:
    """Finds entities in a text as it was typed."""

    def __init__(self, names: Mapping[str, Mapping[str, list[str]]]) -> None:
        self._names: dict[str, str] = {}
        self._patterns: dict[str, re.Pattern[str]] = {}
        for kind, values in names.items():
            written = {str(one): value for value, ones in values.items() for one in ones}
            self._names |= {f"{kind}:{one}": value for one, value in written.items()}
            longest_first = sorted(written, key=len, reverse=True)
            shape = rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?:nya|ku|mu)?(?![\w-])"
            self._patterns[kind] = re.compile(shape, re.IGNORECASE)

    @classmethod
    def load(cls) -> Entities:
        """With the names of nlu/entities.yml."""
        return cls(yaml.safe_load(NAMES_FILE.read_text(encoding="utf-8")))

    def __call__(self, text: str) -> list[Found]:
        """In the order of the text, at most twenty. What is part of an address or a wave is nothing else besides."""
        text = text[:READ_CHARACTERS]
        taken: list[Found] = []
        for one in self._all(text):
            if not any(one.start < other.end and other.start < one.end for other in taken):
                taken.append(one)
        return sorted(taken, key=lambda one: one.start)[:MOST]

    def _all(self, text: str) -> Iterator[Found]:
        for found in _URL.finditer(text):
            yield Found("url", found[0].rstrip(".,!?)"), *found.span())
        for found in _PHONE.finditer(text):
            yield Found("phone", "".join(filter(str.isdigit, found[0])) or found[0], *found.span())
        for found in _WAVE.finditer(text):
            yield Found("wave", str(int(found[1])), *found.span())
        for found in _DATE.finditer(text):
            yield Found("day", " ".join(part for part in found.groups() if part).lower(), *found.span())
        for found in _YEAR.finditer(text):
            yield Found("year", found[1], *found.span(1))
        for found in _AMOUNT.finditer(text):
            amount = _rupiah(found[0], found[1], (found[2] or "").lower())
            if amount:
                yield Found("amount", str(amount), *found.span())
        for kind, pattern in self._patterns.items():
            for found in pattern.finditer(text):
                yield Found(kind, self._value(kind, found[0].lower()), *found.span())

    def _value(self, kind: str, written: str) -> str:
        for tail in ("", "nya", "ku", "mu"):
            value = self._names.get(f"{kind}:{written.removesuffix(tail)}")
            if value:
                return value
        return written


def _rupiah(whole: str, digits: str, unit: str) -> int:
    """600rb, Rp600.000, 4,2 jt; 0 for a bare number, which may be anything."""
    if not unit and not whole.lower().lstrip().startswith("rp"):
        return 0
    plain = digits.replace(".", "") if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", digits) else digits.replace(",", ".")
    return round(float(plain) * _FACTORS.get(unit, 1))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class KnownEntities(GraphComponent):
    """Adds what is found to every message; answers use the wave (nlu/nlg.py)."""

    def __init__(self) -> None:
        self._find = Entities.load()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KnownEntities:
        """Called by Rasa; there is nothing to configure."""
        return cls()

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str:
        """Edited names count, also for a plain `rasa train`."""
        return digest(NAMES_FILE, Path(__file__))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities in place."""
        for message in messages:
            found = [
                {
                    "entity": one.kind,
                    "value": one.value,
                    "start": one.start,
                    "end": one.end,
                    "extractor": type(self).__name__,
                }
                for one in self._find(message.get(TEXT) or "")
            ]
            if found:
                message.set(ENTITIES, [*(message.get(ENTITIES) or []), *found], add_to_output=True)
        return messages
