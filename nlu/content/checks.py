"""The rules that content must keep, as documented in docs/content.md."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from nlu.content.dates import is_partial_date
from nlu.content.errors import Problem

if TYPE_CHECKING:
    from nlu.content.catalogue import Entry, Fact, ProgrammeFact

MAX_TITLE = 20
MAX_QUESTION = 70
MAX_ANSWER = 650
MAX_PROGRAMME_TEXT = 160
MAX_RELATED = 3
MIN_EXAMPLES = 8

# The parts of a person's own account that can be asked about.
ACCOUNT_PARTS = ("registration", "selection", "training", "certificate", "incentive", "survey", "destination")
EVERYTHING, NEXT = "all", "next"
STATUS_TOPICS = (*ACCOUNT_PARTS, NEXT)
OFFERED_TOPICS = (*STATUS_TOPICS, EVERYTHING)

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONG_NUMBER = re.compile(r"(?<!\d)(?:\d[ .-]?){9,}\d(?!\d)")
_LIST_NUMBER = re.compile(r"(?m)^\s*\d+[.)]\s")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_DOMAIN = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:id|com|online|go\.id|org|net|co\.id)\b")


@dataclass(frozen=True)
class Field:
    """What one YAML field must be."""

    kinds: tuple[type, ...]
    words: str
    required: bool = True
    of: type | None = None


_TEXT = Field((str,), "a text")
_TEXTS = Field((list,), "a list of one or more texts", of=str)

FACT_FIELDS: Mapping[str, Field] = {
    "id": _TEXT,
    "statement": _TEXT,
    "source": _TEXT,
    "volatile": Field((bool,), "true or false"),
    "topic": _TEXT,
    "applies_to": Field((str,), "a text", required=False),
    "as_of": Field((str, date, int), "a date", required=False),
    "other_sources": Field((list,), "a list of texts", required=False, of=str),
    "confidence": Field((str,), "high, medium or low", required=False),
    "note": Field((str,), "a text", required=False),
}
PROGRAMME_FIELDS: Mapping[str, Field] = {
    "title": _TEXT,
    "text": _TEXT,
    "as_of": Field((date,), "a full date (YYYY-MM-DD)"),
    "review_by": Field((date,), "a full date (YYYY-MM-DD)"),
    "sources": _TEXTS,
}
TOPIC_FIELDS: Mapping[str, Field] = {
    "topic": _TEXT,
    "title": _TEXT,
    "entries": Field((list,), "a list of entries"),
}
ENTRY_FIELDS: Mapping[str, Field] = {
    "id": _TEXT,
    "title": _TEXT,
    "question": _TEXT,
    "answer": _TEXT,
    "sources": _TEXTS,
    "as_of": Field((str, int, date), "a date: YYYY, YYYY-MM or YYYY-MM-DD"),
    "review_by": Field((date,), "a full date (YYYY-MM-DD)", required=False),
    "lead": Field((str,), "a name from data/programme.yml", required=False),
    "related": Field((list,), "a list of entry ids", required=False, of=str),
    "examples": _TEXTS,
    "status": Field((str,), f"one of {', '.join(STATUS_TOPICS)}", required=False),
    "offers_status": Field((str,), f"one of {', '.join(OFFERED_TOPICS)}", required=False),
    "offers_human": Field((bool,), "true", required=False),
}


def check_fields(row: Any, file: str, entry: str, fields: Mapping[str, Field]) -> list[Problem]:
    """Whether a YAML mapping has the fields it must have, of the right kind, and no others."""
    if not isinstance(row, dict):
        return [Problem(file, entry, "", "must be a mapping (name: value lines)")]
    problems = []
    for name, field in fields.items():
        if name not in row:
            if field.required:
                problems.append(Problem(file, entry, name, f"is missing; it must be {field.words}"))
            continue
        value = row[name]
        if not _fits(value, field):
            problems.append(Problem(file, entry, name, f"must be {field.words}{_odd_one(value, field)}"))
    problems += [
        Problem(file, entry, str(name), f"is not a known field; known are {', '.join(fields)}")
        for name in row
        if name not in fields
    ]
    return problems


def _fits(value: Any, field: Field) -> bool:
    # For Python a bool is an int and a time is a day; for an editor they are not.
    if not isinstance(value, field.kinds) or (isinstance(value, bool) and bool not in field.kinds):
        return False
    if isinstance(value, datetime):
        return False
    if isinstance(value, str):
        return bool(value.strip())
    if field.of and isinstance(value, list):
        return (bool(value) or not field.required) and all(isinstance(one, field.of) and one for one in value)
    return True


def _odd_one(value: Any, field: Field) -> str:
    for number, one in enumerate(value if field.of and isinstance(value, list) else (), start=1):
        if not (isinstance(one, field.of or object) and one):
            return f", but number {number} is {one!r}; quotes around it may be missing"
    return ""


def check_programme(
    programme: Mapping[str, ProgrammeFact], file: str, facts: Mapping[str, Fact], faulty: Set[str]
) -> list[Problem]:
    """Whether the changeable facts are short, dated and sourced. `faulty` as for `check_entries`."""
    problems: list[Problem] = []
    for key, fact in programme.items():
        problems += _unknown(fact.sources, {*facts, *faulty}, file, key, "sources", "data/facts.yml")
        length = len(fact.text)
        if length > MAX_PROGRAMME_TEXT:
            problems.append(Problem(file, key, "text", f"has {length} characters; {MAX_PROGRAMME_TEXT} at most"))
        if fact.review_by.isoformat() < fact.as_of:
            problems.append(Problem(file, key, "review_by", "is before as_of"))
        if faulty.isdisjoint(fact.sources):
            problems += unsourced(fact.text, fact.sources, facts, file, key, "text")
    return problems


def check_entries(
    entries: Mapping[str, Entry],
    facts: Mapping[str, Fact],
    programme: Mapping[str, ProgrammeFact],
    faulty: Set[str],
) -> list[Problem]:
    """Every rule of docs/content.md about FAQ entries, each and together.

    `faulty` names what is already known to be wrong: who refers to it is not blamed for it.
    """
    problems: list[Problem] = []
    titles: dict[str, str] = {}
    examples: dict[str, str] = {}
    for entry in entries.values():
        file = f"{entry.topic}.yml"
        problems += _check_entry(entry, file, entries, facts, programme, faulty)
        if entry.title in titles:
            problems.append(Problem(file, entry.id, "title", f"is also the title of {titles[entry.title]}"))
        titles[entry.title] = entry.id
        for example in entry.examples:
            plain = " ".join(example.lower().split())
            if plain in examples:
                problems.append(Problem(file, entry.id, "examples", f"{example!r} is also in {examples[plain]}"))
            examples[plain] = entry.id
    return problems


def _check_entry(
    entry: Entry,
    file: str,
    entries: Mapping[str, Entry],
    facts: Mapping[str, Fact],
    programme: Mapping[str, ProgrammeFact],
    faulty: Set[str],
) -> list[Problem]:
    def problem(field: str, message: str) -> None:
        problems.append(Problem(file, entry.id, field, message))

    problems = _unknown(entry.sources, {*facts, *faulty}, file, entry.id, "sources", "data/facts.yml")
    problems += _unknown(entry.related, {*entries, *faulty}, file, entry.id, "related", "any file of data/faq/")
    if entry.status and entry.status not in STATUS_TOPICS:
        problem("status", f"{entry.status!r} is not one of {', '.join(STATUS_TOPICS)}")
    if entry.offers_status and entry.offers_status not in OFFERED_TOPICS:
        problem("offers_status", f"{entry.offers_status!r} is not one of {', '.join(OFFERED_TOPICS)}")
    if entry.status and entry.offers_status:
        problem("offers_status", "is superfluous: `status` offers it, too")
    if faulty.isdisjoint(entry.sources):
        problems += unsourced(entry.answer, entry.sources, facts, file, entry.id, "answer")
    if not _ID.fullmatch(entry.id):
        problem("id", "must be small letters and digits joined by single dashes")
    for name, limit in (("title", MAX_TITLE), ("question", MAX_QUESTION), ("answer", MAX_ANSWER)):
        length = len(getattr(entry, name))
        if length > limit:
            problem(name, f"has {length} characters; {limit} at most")
    if not is_partial_date(entry.as_of):
        problem("as_of", "must be YYYY, YYYY-MM or YYYY-MM-DD")
    volatile = [source for source in entry.sources if source in facts and facts[source].volatile]
    if volatile and entry.review_by is None:
        problem("review_by", f"is missing, but {', '.join(volatile)} can change")
    if entry.lead and entry.lead not in {*programme, *faulty}:
        problem("lead", f"{entry.lead!r} is not in data/programme.yml")
    if len(entry.related) > MAX_RELATED:
        problem("related", f"has {len(entry.related)} entries; {MAX_RELATED} at most")
    if entry.id in entry.related:
        problem("related", "names the entry itself")
    return problems + [Problem(file, entry.id, "examples", fault) for fault in _faults_of(entry.examples)]


def _faults_of(examples: Sequence[str]) -> Iterator[str]:
    if len(examples) < MIN_EXAMPLES:
        yield f"has {len(examples)}; at least {MIN_EXAMPLES}"
    for example in examples:
        if holds_long_number(example):
            yield f"{example!r} holds a long number: no person's data belongs here"
        if is_command(example):
            yield f"{example!r} starts with a slash, which Rasa takes for a command"


def holds_long_number(example: str) -> bool:
    """Whether an example may hold somebody's number."""
    return bool(_LONG_NUMBER.search(example))


def is_command(example: str) -> bool:
    """Whether Rasa would take an example for an intent's payload."""
    return example.lstrip().startswith("/")


def _unknown(
    names: Iterable[str], known: Container[str], file: str, entry: str, field: str, where: str
) -> list[Problem]:
    return [Problem(file, entry, field, f"{name!r} is not in {where}") for name in names if name not in known]


def unsourced(
    text: str, sources: Iterable[str], facts: Mapping[str, Fact], file: str, entry: str, field: str
) -> list[Problem]:
    """Numbers and web domains of a text that none of its facts holds."""
    known = " ".join(facts[source].statement for source in sources if source in facts).lower()
    body = _LIST_NUMBER.sub("", text).lower()
    problems = [
        Problem(file, entry, field, f"the number {number!r} is in none of its sources")
        for number in _NUMBER.findall(body)
        if not re.search(rf"(?<!\d)(?<!\d[.,]){re.escape(number)}(?![.,]?\d)", known)
    ]
    problems += [
        Problem(file, entry, field, f"the address {domain!r} is in none of its sources")
        for domain in _DOMAIN.findall(body)
        if domain.removeprefix("www.") not in known
    ]
    return problems
