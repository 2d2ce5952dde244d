"""The FAQ catalogue: reads data/ into frozen objects and reports every fault with file, entry and field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from nlu.content import checks
from nlu.content.errors import ContentError, Problem
from nlu.content.notices import Answer, check_buttons, read_notices
from nlu.content.status_texts import read_status_texts
from nlu.content.strict_yaml import parse_yaml
from nlu.content.waves import Waves, read_waves

RETRIEVAL_INTENT = "faq"


@dataclass(frozen=True)
class Fact:
    """One sourced statement of data/facts.yml."""

    id: str
    statement: str
    publisher: str
    volatile: bool


@dataclass(frozen=True)
class ProgrammeFact:
    """One changeable fact of data/programme.yml. `as_of` and `review_by` are days in Jakarta."""

    key: str
    title: str
    text: str
    as_of: str
    review_by: date
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One question with its answer. `as_of` is YYYY, YYYY-MM or YYYY-MM-DD.

    `status` names the part of their own account that people may mean by it; empty for questions in general.
    `offers_status` names the part that is only offered as a button; `offers_human` offers a person.
    """

    id: str
    topic: str
    title: str
    question: str
    answer: str
    sources: tuple[str, ...]
    as_of: str
    review_by: date | None
    lead: str
    related: tuple[str, ...]
    examples: tuple[str, ...]
    status: str = ""
    offers_status: str = ""
    offers_human: bool = False

    @property
    def intent(self) -> str:
        """The retrieval intent's full name, `faq/<id>`."""
        return f"{RETRIEVAL_INTENT}/{self.id}"

    @property
    def phrasings(self) -> tuple[str, ...]:
        """What the classifier learns: the examples and the question itself, which is often the only formal one."""
        return tuple(dict.fromkeys((self.question, *self.examples)))


@dataclass(frozen=True)
class Catalogue:
    """All content: entries, volatile facts, sourced facts and notices, each by id."""

    entries: dict[str, Entry]
    programme: dict[str, ProgrammeFact]
    facts: dict[str, Fact]
    topics: dict[str, str]
    notices: dict[str, Answer]
    status: dict[str, str]
    waves: Waves


def content_files(root: Path) -> list[Path]:
    """The files that make up the content, in a fixed order."""
    data = root / "data"
    fixed = ("facts.yml", "programme.yml", "notices.yml", "status.yml", "waves.yml")
    return [*(data / name for name in fixed), *sorted((data / "faq").glob("*.yml"))]


def load_catalogue(root: Path) -> Catalogue:
    """Read and check all content below `root`. Raises ContentError that lists every problem."""
    problems: list[Problem] = []
    facts_file, programme_file, notices_file, status_file, waves_file, *faq_files = content_files(root)
    facts = _read_facts(facts_file, problems)
    programme = _read_programme(programme_file, problems)
    notices = read_notices(_read_yaml(notices_file, problems), notices_file.name, problems)
    status = read_status_texts(_read_yaml(status_file, problems), status_file.name, facts, problems)
    waves = read_waves(_read_yaml(waves_file, problems), waves_file.name, facts, problems)
    entries: dict[str, Entry] = {}
    topics: dict[str, str] = {}
    for file in faq_files:
        _read_topic(file, entries, topics, problems)
    if not faq_files:
        problems.append(Problem("data/faq", "", "", "there is no topic file"))
    # Before every file is readable, what they say of each other means nothing.
    if all(problem.entry for problem in problems):
        faulty = {problem.entry for problem in problems}
        problems += checks.check_programme(programme, programme_file.name, facts, faulty)
        problems += checks.check_entries(entries, facts, programme, faulty)
        questions = {f"{RETRIEVAL_INTENT}/{name}" for name in (*entries, *faulty)}
        problems += check_buttons(notices, notices_file.name, questions)
    if problems:
        raise ContentError(problems)
    return Catalogue(entries, programme, facts, topics, notices, status, waves)


def _read_yaml(file: Path, problems: list[Problem]) -> Any:
    """The file's content, an empty mapping for an empty file; None when it cannot be read, which is noted."""
    try:
        body = parse_yaml(file.read_text(encoding="utf-8"))
        return {} if body is None else body
    except OSError as error:
        problems.append(Problem(file.name, "", "", f"cannot be read ({error.strerror})"))
    except UnicodeDecodeError:
        problems.append(Problem(file.name, "", "", "is not UTF-8 text"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problems.append(Problem(file.name, "", "", f"{line}not valid YAML: {getattr(error, 'problem', error)}"))
    return None


def _read_facts(file: Path, problems: list[Problem]) -> dict[str, Fact]:
    body = _read_yaml(file, problems)
    facts: dict[str, Fact] = {}
    rows = body.get("facts") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        if body is not None:
            problems.append(Problem(file.name, "", "facts", "must be a list"))
        return facts
    for number, row in enumerate(rows, start=1):
        name = str(row.get("id", f"number {number}")) if isinstance(row, dict) else f"number {number}"
        found = checks.check_fields(row, file.name, name, checks.FACT_FIELDS)
        problems += found
        if found:
            continue
        if name in facts:
            problems.append(Problem(file.name, name, "id", "stands twice"))
        publisher = row["source"].split(" — ")[0].split(" (")[0].strip()
        facts[name] = Fact(name, row["statement"], publisher, row["volatile"])
    return facts


def _read_programme(file: Path, problems: list[Problem]) -> dict[str, ProgrammeFact]:
    body = _read_yaml(file, problems)
    programme: dict[str, ProgrammeFact] = {}
    rows = body.get("facts") if isinstance(body, dict) else None
    if not isinstance(rows, dict):
        if body is not None:
            problems.append(Problem(file.name, "", "facts", "must be a mapping of names to facts"))
        return programme
    for key, row in rows.items():
        found = checks.check_fields(row, file.name, str(key), checks.PROGRAMME_FIELDS)
        problems += found
        if not found:
            programme[str(key)] = ProgrammeFact(
                str(key), row["title"], row["text"], str(row["as_of"]), row["review_by"], tuple(row["sources"])
            )
    return programme


def _read_topic(file: Path, entries: dict[str, Entry], topics: dict[str, str], problems: list[Problem]) -> None:
    body = _read_yaml(file, problems)
    if body is None:
        return
    found = checks.check_fields(body, file.name, "", checks.TOPIC_FIELDS)
    if found:
        problems += found
        return
    if body["topic"] != file.stem:
        problems.append(Problem(file.name, "", "topic", f"must be the file's name, {file.stem!r}"))
    topics[file.stem] = body["title"]
    for number, row in enumerate(body["entries"], start=1):
        name = str(row.get("id", f"number {number}")) if isinstance(row, dict) else f"number {number}"
        found = checks.check_fields(row, file.name, name, checks.ENTRY_FIELDS)
        problems += found
        if found:
            continue
        if name in entries:
            problems.append(Problem(file.name, name, "id", f"is also in {entries[name].topic}.yml"))
            continue
        entries[name] = Entry(
            id=name,
            topic=file.stem,
            title=row["title"],
            question=row["question"],
            answer=row["answer"].strip(),
            sources=tuple(row["sources"]),
            as_of=str(row["as_of"]),
            review_by=row.get("review_by"),
            lead=row.get("lead", ""),
            related=tuple(row.get("related", ())),
            examples=tuple(row["examples"]),
            status=row.get("status", ""),
            offers_status=row.get("offers_status", ""),
            offers_human=row.get("offers_human", False),
        )
