"""Every invented person asks every question about their own status: what they hear follows from what the API said."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from actions.accounts.steps import FOR_GOOD
from bot.account_api.people import PEOPLE
from bot.account_api.situations import Person
from bot.account_api.statuses import NEXT_WAVE
from bot.assistant.engine import Engine
from bot.assistant.personal import as_personal
from bot.contract.keys import Keys
from nlu.components.topics import CHECK_STATUS, STATUS_TOPIC
from nlu.content.dates import MONTHS
from nlu.content.live import LiveCatalogue
from tests.assistant.accounts_world import Town
from tests.assistant.talk import Talk
from tests.assistant.test_account_contract import faults_of_text

Json = dict[str, Any]

EVERYTHING = "all"
QUESTIONS = {
    "registration": "akun gue udah keverifikasi belum cekin",
    "selection": "cekin hasil seleksi saya dong",
    "training": "saldo gw tinggal berapa ya",
    "certificate": "sertif gw udah terbit apa belom, cekin min",
    "incentive": "insentif saya udah cair belum?",
    "survey": "liatin survey gw ada apa nggak",
    "destination": "cek rekening saya udah terhubung belum",
    EVERYTHING: "cek status saya",
}
# The texts of data/status.yml that are lines about a topic, by their name or their group's.
LINES = {
    "registration": ("registration",),
    "selection": ("selection", "selection_again", "wave_open", "wave_announced", "wave_none"),
    "training": ("membership", "balance", "first_purchase", "first_purchase_done", "first_purchase_over", "course"),
    "certificate": ("course", "no_courses"),
    "incentive": ("incentive", "no_incentives"),
    "survey": ("survey", "survey_when", "no_surveys"),
    "destination": ("destination", "destination_none"),
}
DEADLINES = ("first_purchase", "survey")
NEAR_DAYS = 5
UTC = "%Y-%m-%dT%H:%M:%SZ"
JAKARTA = timezone(timedelta(hours=7))
MOST_BUTTONS = 3
LONGEST_BUTTON = 20


class Texts:
    """data/status.yml, as patterns and as what they say of a state."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._patterns = {name: _pattern(text) for name, text in texts.items()}

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def is_said(self, names: Sequence[str], line: str) -> list[str]:
        """Those of these texts, or of these groups, that a line is made of."""
        of_group = [one for one in self._texts if one in names or (one.partition(".")[0] in names and "." in one)]
        return [one for one in of_group if self._patterns[one].fullmatch(line)]


def _pattern(text: str) -> re.Pattern[str]:
    parts = (
        re.escape(piece) + (".*?" if gap is not None else "") for piece, gap, _, _ in string.Formatter().parse(text)
    )
    return re.compile("".join(parts))


@dataclass(frozen=True)
class Line:
    """What has to stand in one line: that it is made of this text, and what is in its gaps."""

    text: str
    holds: tuple[str, ...] = ()


class Facts:
    """The lines that follow from a status of the API, topic by topic."""

    def __init__(self, texts: Texts, body: Json) -> None:
        self._texts = texts
        self._body = body

    def of(self, topic: str) -> list[Line]:
        """The lines about one topic."""
        lines: list[Line] = getattr(self, f"_{topic}")()
        return lines

    def of_everything(self) -> list[Line]:
        """What somebody hears who asks for everything; what cannot come yet is left out."""
        body = self._body
        if body["selection"]["state"] != "accepted":
            return [*self.of("registration"), self.of("selection")[0]]
        due = [line for line in self.of("incentive") if line.text not in ("incentive.not_due", "no_incentives")]
        surveys = [
            line for line in self.of("survey") if line.text not in ("survey.not_yet", "no_surveys", "survey_when")
        ]
        mine = [*self.of("training"), *self.of("certificate"), *due, *surveys, *self.of("destination")]
        return [self.of("selection")[0], *mine]

    def _registration(self) -> list[Line]:
        return [self._state("registration", self._body["registration"])]

    def _selection(self) -> list[Line]:
        selection = self._body["selection"]
        holds = [f"gelombang {selection['wave']}"] if "wave" in selection else []
        if selection["state"] in ("accepted", "not_selected"):
            holds.append(day(selection["announced_on"]))
        return [self._state("selection", selection, *holds)]

    def _training(self) -> list[Line]:
        membership, training = self._body["membership"], self._body["training"]
        since = [day(membership["since"])] if membership["state"] in ("active", "revoked", "blocked") else []
        lines = [self._state("membership", membership, *since)]
        if membership["state"] != "none":
            until = [day(training["balance_until"])] if "balance_until" in training else []
            lines.append(Line("balance", (rupiah(training["balance"]), *until)))
        if "first_purchase_until" in training:
            lines.append(Line("first_purchase", (day(training["first_purchase_until"]),)))
        return lines

    def deadlines(self) -> list[Line]:
        """What ends within days."""
        today = datetime.strptime(self._body["as_of"], UTC).replace(tzinfo=timezone.utc).astimezone(JAKARTA).date()
        until = {survey["until"]: f"survey.{survey['state']}" for survey in self._body["surveys"] if "until" in survey}
        until = {when: name for when, name in until.items() if name == "survey.open"}
        if "first_purchase_until" in self._body["training"]:
            until[self._body["training"]["first_purchase_until"]] = "first_purchase"
        near = {when: name for when, name in until.items() if (date.fromisoformat(when) - today).days <= NEAR_DAYS}
        return [Line(name, (day(when),)) for when, name in near.items()]

    def _certificate(self) -> list[Line]:
        return [self._course(one) for one in self._body["training"]["courses"]] or [Line("no_courses")]

    def _course(self, course: Json) -> Line:
        holds = [course["title"], course["platform"]]
        if course["state"] == "finished":
            holds += literals(self._texts[f"certificate.{course['certificate']}"])
        if course["certificate"] == "issued":
            holds += [day(course["certificate_on"]), self._texts["reviewed" if course["reviewed"] else "not_reviewed"]]
        return Line(f"course.{course['state']}", tuple(holds))

    def _incentive(self) -> list[Line]:
        return [self._payment(one) for one in self._body["incentives"]] or [Line("no_incentives")]

    def _payment(self, incentive: Json) -> Line:
        name = self._texts[f"incentive_name.{incentive['kind']}"]
        holds = [
            f"{name} {incentive['number']}" if incentive["kind"] == "survey" else name,
            rupiah(incentive["amount"]),
        ]
        holds += [day(incentive["on"])] if "on" in incentive else []
        if incentive["state"] == "sent":
            holds.append(self._body["destination"]["number"])
        return self._state("incentive", incentive, *holds)

    def _survey(self) -> list[Line]:
        found = self._body["surveys"]
        lines = [
            self._state("survey", one, str(one["number"]), *([day(one["until"])] if one["state"] == "open" else []))
            for one in found
        ]
        soon = [Line("survey_when")] if any(one["state"] == "not_yet" for one in found) else []
        return [*lines, *soon] or [Line("no_surveys")]

    def _destination(self) -> list[Line]:
        destination = self._body["destination"]
        if destination is None:
            return [Line("destination_none")]
        return [self._state("destination", destination, destination["provider"], destination["number"])]

    def _state(self, group: str, part: Json, *holds: str) -> Line:
        reason = [self._texts[f"{group}_reason.{part['reason']}"]] if "reason" in part else []
        return Line(f"{group}.{part['state']}", (*holds, *reason))


def literals(text: str) -> list[str]:
    """What stands around the gaps of a text, without the stop at its end."""
    pieces = (piece.strip(" .") for piece, _, _, _ in string.Formatter().parse(text))
    return [piece for piece in pieces if piece]


def day(iso: str) -> str:
    year, month, number = map(int, iso.split("-"))
    return f"{number} {MONTHS[month - 1]} {year}"


def rupiah(amount: int) -> str:
    digits = str(amount)
    return "Rp" + ".".join(reversed([digits[max(0, end - 3) : end] for end in range(len(digits), 0, -3)]))


def moment(utc: str) -> str:
    local = datetime.strptime(utc, UTC).replace(tzinfo=timezone.utc).astimezone(JAKARTA)
    return f"{day(local.date().isoformat())} pukul {local:%H.%M} WIB"


@dataclass(frozen=True)
class Answer:
    """One answer, taken apart."""

    deadlines: list[str]
    body: list[str]
    name: str
    step: str
    as_of: str


def taken_apart(texts: Texts, said: str) -> Answer:
    *parts, step, as_of = said.split("\n\n")
    name = parts.pop(0) if texts.is_said(["name"], parts[0]) else ""
    deadlines = [part for part in parts if texts.is_said(["deadline"], part)]
    rest = [part for part in parts if part not in deadlines]
    assert len(rest) <= 1, f"more than one list in {said!r}"
    body = [line.removeprefix("- ") for part in rest for line in part.split("\n")]
    mark = texts["deadline"].partition("{")[0]
    return Answer([one.removeprefix(mark) for one in deadlines], body, name, step, as_of)


@pytest.fixture
def texts(catalogue: LiveCatalogue) -> Texts:
    return Texts(catalogue.current().status)


@pytest.mark.parametrize("topic", QUESTIONS)
def test_question_is_understood(engine: Engine, catalogue: LiveCatalogue, topic: str) -> None:
    parse = as_personal(engine.parse([QUESTIONS[topic]])[0], catalogue.current().entries)
    assert parse["intent"]["name"] == CHECK_STATUS
    found = [one["value"] for one in parse["entities"] if one["entity"] == STATUS_TOPIC]
    assert found == ([] if topic == EVERYTHING else [topic])


def test_people_differ_in_all_that_matters() -> None:
    assert len(PEOPLE) >= 30
    assert len({json.dumps(person.situation, sort_keys=True) for person in PEOPLE}) == len(PEOPLE)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.id)
async def test_person_hears_what_was_asked(town: Town, texts: Texts, person: Person) -> None:
    talk = await town.linked(person.id)
    steps = set()
    for topic, question in QUESTIONS.items():
        await talk.says(question)
        raw = await town.redis.get(Keys(1).status(talk.conversation))  # type: ignore[union-attr]
        body = json.loads(raw)["status"]
        steps.add(_check(texts, talk, topic, Facts(texts, body), body))
    assert len(steps) == 1, "the next step does not depend on the question"


def _check(texts: Texts, talk: Talk, topic: str, facts: Facts, body: Json) -> str:
    said = talk.reply
    assert len(talk.posts) == 1
    assert faults_of_text(said) == []
    assert len(talk.buttons) <= MOST_BUTTONS
    assert len(set(talk.buttons)) == len(talk.buttons)
    assert all(len(title) <= LONGEST_BUTTON for title in talk.buttons)
    answer = taken_apart(texts, said)
    assert answer.as_of == texts["as_of"].format(when=moment(body["as_of"]))
    assert answer.name == (texts["name"].format(name=body["name"]) if topic == EVERYTHING else "")
    near = facts.deadlines()
    assert len(answer.deadlines) == len(near)
    _check_lines(texts, answer.deadlines, near)
    _check_lines(
        texts, [*answer.deadlines, *answer.body], facts.of_everything() if topic == EVERYTHING else facts.of(topic)
    )
    if topic != EVERYTHING:
        foreign = {name for names in LINES.values() for name in names} - set(LINES[topic])
        for line in answer.body:
            assert texts.is_said(LINES[topic], line), f"{line!r} is not about {topic}"
            assert not texts.is_said(tuple(foreign), line), f"{line!r} is about something else than {topic}"
    return _check_step(texts, said, answer)


def _check_step(texts: Texts, said: str, answer: Answer) -> str:
    mark = texts["next"].partition("{")[0]
    assert said.count(mark) == 1
    assert answer.step.startswith(mark)
    step = answer.step.removeprefix(mark)
    assert [one for one in texts.is_said(["step"], step) if one != "step.unknown"], f"{step!r} is no step"
    return step


def _check_lines(texts: Texts, said: Sequence[str], wanted: Sequence[Line]) -> None:
    for line in wanted:
        made_of = [one for one in said if line.text in texts.is_said([line.text.partition(".")[0]], one)]
        assert any(all(part in one for part in line.holds) for one in made_of), f"{line} is not in {said}"


JOINABLE = [one for one in PEOPLE if one.situation["selection"]["state"] in ("not_joined", "not_selected")]


@pytest.mark.parametrize("person", JOINABLE, ids=lambda person: person.id)
async def test_open_wave_is_told_to_who_can_join_it(town: Town, texts: Texts, person: Person) -> None:
    talk = await town.linked(person.id)
    town.server.waves("open")
    try:
        await talk.says(QUESTIONS["selection"])
    finally:
        town.server.waves("none")
    answer = taken_apart(texts, talk.reply)
    told = [line for line in answer.body if texts.is_said(["wave_open"], line) and str(NEXT_WAVE) in line]
    can = person.situation["selection"].get("reason") not in FOR_GOOD
    assert bool(told) == can
    joins = bool(texts.is_said(["step.join_wave"], answer.step.partition(": ")[2]))
    assert joins == (can and person.situation["registration"]["state"] == "verified")
