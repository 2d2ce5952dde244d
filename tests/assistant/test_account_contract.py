"""docs/account-api.yml and our words: each state has a text, each status that it allows can be read and said."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.accounts.status import FULL, read_status, read_waves
from actions.accounts.wording import StatusWriter, when
from bot.assistant.replies import MAX_BUBBLE
from nlu.content.catalogue import load_catalogue
from nlu.content.checks import ACCOUNT_PARTS, EVERYTHING
from nlu.content.status_texts import GROUPS, UNKNOWN
from tests.assistant.backend_stub import SECRET, TOKEN, Contract, full_status, stage_status, waves

PROJECT = Path(__file__).resolve().parents[2]
CONTRACT = Contract()
TEXTS: Mapping[str, str] = load_catalogue(PROJECT).status
NOW = datetime(2026, 11, 25, 1, 20, tzinfo=timezone.utc)
ASKED = (*ACCOUNT_PARTS, EVERYTHING)
NEW = "sesuatu_yang_baru"
# The enums that people hear of, by the schema and the field, and the texts for their members.
WORDED = {
    ("Stage", ""): "stage",
    ("Registration", "state"): "registration",
    ("Registration", "reason"): "registration_reason",
    ("Selection", "state"): "selection",
    ("Selection", "reason"): "selection_reason",
    ("Membership", "state"): "membership",
    ("Membership", "reason"): "membership_reason",
    ("Course", "state"): "course",
    ("Course", "certificate"): "certificate",
    ("Incentive", "kind"): "incentive_name",
    ("Incentive", "state"): "incentive",
    ("Incentive", "reason"): "incentive_reason",
    ("Survey", "state"): "survey",
    ("Destination", "state"): "destination",
    ("Destination", "reason"): "destination_reason",
}
# Those that only decide something: the provider says what kind it is, and only open waves are spoken of.
SILENT = {("Destination", "kind"), ("Waves", "state")}
# What a state of a part has to be for its reason or its detail to be said, and who asks about it.
SHOWN = {
    "Registration": ("registration", {"state": "failed"}),
    "Selection": ("selection", {"state": "not_selected"}),
    "Membership": ("training", {"state": "revoked"}),
    "Course": ("certificate", {"state": "finished"}),
    "Incentive": ("incentive", {"state": "failed"}),
    "Survey": ("survey", {}),
    "Destination": ("destination", {"state": "rejected"}),
}
EXAMPLES = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)


def enum_of(schema: str, field: str) -> tuple[str, ...]:
    found = CONTRACT.schemas[schema]
    return tuple((found["properties"][field] if field else found)["enum"])


def enums() -> Iterator[tuple[str, str]]:
    """Every enum of what is told of an account, and of waves."""
    for name in ("Stage", "Waves", "StageStatus", "FullStatus", *SHOWN):
        schema = CONTRACT.schemas[name]
        if "enum" in schema:
            yield name, ""
        fields = {**schema.get("properties", {})}
        fields |= fields.get("waves", {}).get("items", {}).get("properties", {})
        yield from ((name, field) for field, inner in fields.items() if "enum" in inner)


class TestTexts:
    @pytest.mark.parametrize("enum", WORDED, ids=".".join)
    def test_every_member_has_a_text_and_no_text_is_for_another(self, enum: tuple[str, str]) -> None:
        group = WORDED[enum]
        assert set(GROUPS[group]) - {UNKNOWN} == set(enum_of(*enum))
        said = {name.partition(".")[2] for name in TEXTS if name.startswith(f"{group}.")}
        assert said == set(GROUPS[group])

    def test_no_enum_is_left_out(self) -> None:
        assert set(enums()) == WORDED.keys() | SILENT

    def test_whatever_comes_that_is_no_reason_has_a_text_for_the_unknown(self) -> None:
        without = {group for group, members in GROUPS.items() if UNKNOWN not in members}
        assert without == {group for group in GROUPS if group.endswith("_reason")}

    def test_schemas_that_statuses_are_made_of_are_those_that_are_known_here(self) -> None:
        parts = set(
            re.findall(r"schemas/(\w+)", json.dumps([CONTRACT.schemas["FullStatus"], CONTRACT.schemas["Training"]]))
        )
        assert parts == {"Stage", "Training", *SHOWN}


def with_new_member(schema: str, field: str) -> tuple[dict[str, Any], str]:
    """A status in which an enum has a member that we do not know yet, and the topic that shows it."""
    body = deepcopy(full_status())
    topic, state = SHOWN[schema]
    holder: dict[str, Any] = {
        "Course": body["training"]["courses"][0],
        "Incentive": body["incentives"][0],
        "Survey": body["surveys"][0],
        **{name: body[name.lower()] for name in ("Registration", "Selection", "Membership", "Destination")},
    }[schema]
    holder.update({**state, field: NEW})
    return body, topic


class TestNewerContract:
    @pytest.mark.parametrize("enum", [one for one in WORDED if one[1] not in ("reason", "")], ids=".".join)
    def test_member_that_is_new_is_said_to_be_unreadable(self, enum: tuple[str, str]) -> None:
        body, topic = with_new_member(*enum)
        for asked in (topic, EVERYTHING):
            said = answer(body, asked)
            assert faults_of_text(said) == []
            if asked == topic:
                assert all(piece in said for piece in literals(TEXTS[f"{WORDED[enum]}.{UNKNOWN}"]))
            assert NEW not in said

    @pytest.mark.parametrize("enum", [one for one in WORDED if one[1] == "reason"], ids=".".join)
    def test_reason_that_is_new_is_not_said(self, enum: tuple[str, str]) -> None:
        body, topic = with_new_member(*enum)
        said = answer(body, topic)
        assert faults_of_text(said) == []
        assert NEW not in said
        assert literals(TEXTS["because"])[0] not in said

    def test_stage_that_is_new(self) -> None:
        assert TEXTS["stage.unknown"] in answer(stage_status(NEW), EVERYTHING)

    def test_level_that_is_new_shows_no_more_than_the_stage(self) -> None:
        status = read_status(full_status(level="half"))
        assert not status.full
        assert "Si**" not in answer(full_status(level="half"), EVERYTHING)

    def test_fields_that_are_new_are_passed_over(self) -> None:
        body = full_status(colour="biru")
        body["training"]["courses"][0]["colour"] = {"deep": [1]}
        assert answer(body, EVERYTHING) == answer(full_status(), EVERYTHING)


def answer(body: Mapping[str, Any], topic: str, found: Mapping[str, Any] | None = None) -> str:
    return StatusWriter(TEXTS, read_status(body), read_waves(found or waves()), NOW).answer(topic)


def literals(text: str) -> list[str]:
    """What stands around the gaps of a text."""
    return [piece for piece, _, _, _ in string.Formatter().parse(text) if piece.strip(" .,:()")]


def faults_of_text(said: str) -> list[str]:
    """What no answer may hold: a gap that was not filled, a stray None, doubled stops or spaces."""
    wrong = {
        "a brace": r"[{}]",
        "None": r"\bNone\b",
        "doubled stops": r"[.,:;!?] *[.,:;!?]",
        "a space too many": r"  | [.,:;!?)]|\( |^ | $",
        "empty brackets": r"\(\)|\"\"",
        "an empty line too many": r"\n\n\n",
    }
    return [f"{name} in {said!r}" for name, pattern in wrong.items() if re.search(pattern, said, re.MULTILINE)]


LETTERS = st.text(alphabet=string.ascii_lowercase + "éñ漢🙂&'-+#", min_size=1, max_size=14)


def from_schema(schema: Mapping[str, Any], most: int = 3) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a kind each
    """Values that a schema allows: for the part of JSON Schema that the contract uses."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return from_schema(CONTRACT.schemas[name], 2 if name == "Survey" else most)
    if "oneOf" in schema:
        return st.one_of([from_schema(one) for one in schema["oneOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    if kind == "object":
        return _objects(schema)
    if kind == "array":
        return st.lists(from_schema(schema["items"]), max_size=2 if "Survey" in str(schema["items"]) else most)
    if kind == "integer":
        return st.integers(schema.get("minimum"), schema.get("maximum", 999_999_999))
    return {"string": _strings, "boolean": lambda _: st.booleans(), "null": lambda _: st.none()}[kind](schema)


def _objects(schema: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: from_schema(inner) for name, inner in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema["required"]}
    return st.fixed_dictionaries(required, optional=fields)


def _strings(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """Names as people give them: words with single spaces between. Odd names are tested with the wording."""
    form = schema.get("format")
    if form == "date":
        return st.dates().map(lambda day: day.isoformat())
    if form == "date-time":
        return _moments()
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    return st.lists(LETTERS, min_size=1).map(lambda words: " ".join(words)[: schema["maxLength"]].strip())


def _moments() -> st.SearchStrategy[str]:
    zones = st.sampled_from([timezone.utc, timezone(timedelta(hours=7)), timezone(timedelta(hours=-9, minutes=-30))])
    precise = st.sampled_from(["seconds", "milliseconds", "microseconds"])
    days = st.datetimes(datetime(2020, 1, 1), datetime(2099, 12, 31), timezones=zones)  # noqa: DTZ001 - bounds
    return st.tuples(days, precise).map(lambda one: one[0].isoformat(timespec=one[1]).replace("+00:00", "Z"))


FULL_STATUS = from_schema(CONTRACT.named("FullStatus"))
STAGE_STATUS = from_schema(CONTRACT.named("StageStatus"))
MEMBERS = FULL_STATUS.map(  # of the many statuses that make sense to nobody, those that somebody could have
    lambda body: {**body, "selection": {"state": "accepted"}, "membership": {"state": "active"}}
)
STATUS = st.one_of(FULL_STATUS, MEMBERS, STAGE_STATUS)
WAVES = from_schema(CONTRACT.named("Waves"))


class TestEveryStatus:
    @EXAMPLES
    @given(status=STATUS, found=WAVES)
    def test_what_is_generated_is_of_the_contract(self, status: dict[str, Any], found: dict[str, Any]) -> None:
        assert CONTRACT.faults_of(CONTRACT.named("Status"), status) == []
        assert CONTRACT.faults_of(CONTRACT.named("Waves"), found) == []

    @EXAMPLES
    @given(status=STATUS, found=WAVES)
    def test_can_be_read_and_said_for_every_topic(self, status: dict[str, Any], found: dict[str, Any]) -> None:
        read = read_status(status)
        writer = StatusWriter(TEXTS, read, read_waves(found), NOW)
        for topic in ASKED:
            said = writer.answer(topic)
            assert faults_of_text(said) == []
            assert said.endswith("\n\n" + TEXTS["as_of"].format(when=when(read.as_of)))
            assert said.count(literals(TEXTS["next"])[0]) == (status["level"] == FULL)

    @EXAMPLES
    @given(status=STAGE_STATUS)
    def test_stage_is_all_that_is_said_of_a_stage(self, status: dict[str, Any]) -> None:
        said = {answer(status, topic) for topic in ASKED}
        assert len(said) == 1
        assert said.pop().startswith(TEXTS[f"stage.{status['stage']}"] + "\n\n" + TEXTS["details_by_link"])

    @EXAMPLES
    @given(status=FULL_STATUS)
    def test_reads_the_same_again_from_what_the_cache_keeps(self, status: dict[str, Any]) -> None:
        assert read_status(json.loads(json.dumps(status))) == read_status(status)

    @pytest.mark.parametrize("topic", ASKED)
    @pytest.mark.parametrize(("title", "platform"), [(56, 20), (120, 60)], ids=["usual names", "longest names"])
    def test_three_courses_three_incentives_and_two_surveys_fit_into_one_bubble(
        self, topic: str, title: int, platform: int
    ) -> None:
        body = largest("Menguasai Pemasaran Digital " * 5, "Kelas Cakap " * 5, title, platform)
        assert CONTRACT.faults_of(CONTRACT.named("Status"), body) == []
        assert len(answer(body, topic)) <= MAX_BUBBLE


def largest(title: str, platform: str, title_length: int, platform_length: int) -> dict[str, Any]:
    """Everything in the words that take most room."""
    day = "2026-11-26"
    course = {
        "title": title[:title_length],
        "platform": platform[:platform_length],
        "state": "finished",
        "certificate": "issued",
        "certificate_on": day,
        "reviewed": False,
    }
    reason = max(enum_of("Incentive", "reason"), key=lambda one: len(TEXTS[f"incentive_reason.{one}"]))
    why = max(enum_of("Destination", "reason"), key=lambda one: len(TEXTS[f"destination_reason.{one}"]))
    paid = {"kind": "survey", "amount": 600_000, "state": "failed", "on": day, "reason": reason}
    return full_status(
        stage="incentive_failed",
        name="Muh***** R******** N********",
        training={"balance": 3_500_000, "balance_until": day, "courses": [course, course, course]},
        incentives=[{**paid, "number": 1}, {**paid, "number": 2}, {**paid, "number": 3}],
        surveys=[{"number": 1, "state": "open", "until": day}, {"number": 2, "state": "open", "until": day}],
        destination={"kind": "ewallet", "provider": "LinkAja", "number": "•••912", "state": "rejected", "reason": why},
    )


class TestMoments:
    """RFC 3339, by which the contract writes times, has more forms than the one that everybody uses."""

    @pytest.mark.parametrize("fraction", ["", ".5", ".25", ".123", ".1234", ".123456", ".1234567", ".123456789"])
    def test_fractions_of_a_second_of_any_length(self, fraction: str) -> None:
        body = stage_status(as_of=f"2026-11-25T08:20:01{fraction}Z")
        assert CONTRACT.faults_of(CONTRACT.named("Status"), body) == []
        assert "25 November 2026 pukul 15.20 WIB" in answer(body, EVERYTHING)

    @pytest.mark.parametrize("zone", ["Z", "z", "+00:00", "-00:00"])
    def test_every_way_to_write_utc(self, zone: str) -> None:
        assert "pukul 15.20 WIB" in answer(stage_status(as_of=f"2026-11-25T08:20:01{zone}"), EVERYTHING)

    def test_small_letter_between_day_and_time(self) -> None:
        assert "pukul 15.20 WIB" in answer(stage_status(as_of="2026-11-25t08:20:01z"), EVERYTHING)

    def test_other_zones(self) -> None:
        assert "26 November 2026 pukul 00.20 WIB" in answer(stage_status(as_of="2026-11-25T12:20:01-05:00"), EVERYTHING)

    def test_wave_that_closes_when_the_calendar_ends(self) -> None:
        """Backends write so for "not decided yet"."""
        joinable = full_status(selection={"state": "not_joined"}, membership={"state": "none"})
        found = waves({"number": 71, "state": "open", "closes_at": "9999-12-31T23:59:59Z"})
        assert CONTRACT.faults_of(CONTRACT.named("Waves"), found) == []
        assert "elombang 71" in answer(joinable, "selection", found)


RIGHT_CALL: dict[str, Any] = {
    "method": "POST",
    "path": "/v1/links/redeem",
    "headers": {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"},
    "body": json.dumps({"token": TOKEN, "chat": "4b1f7c0a9d3e5f60718293a4b5c6d7e8", "channel": "telegram"}).encode(),
}


class TestChecker:
    """The stand-in for the backend notices a call that the contract does not allow."""

    def test_right_call(self) -> None:
        assert CONTRACT.faults_of_call(**RIGHT_CALL) == []

    @pytest.mark.parametrize(
        "change",
        [
            {"method": "PUT"},
            {"path": "/v2/links/redeem"},
            {"path": "/v1/accounts/x/dispute"},
            {"headers": {"Authorization": "Bearer lain", "Content-Type": "application/json"}},
            {"headers": {"Authorization": f"Bearer {SECRET}", "Content-Type": "text/plain"}},
            {"body": b'{"token": "x"}'},
            {"body": json.dumps({"token": TOKEN, "chat": "web:main:ani", "channel": "telegram"}).encode()},
            {
                "body": json.dumps(
                    {"token": TOKEN, "chat": "4b1f7c0a9d3e5f60718293a4b5c6d7e8", "channel": "fax"}
                ).encode()
            },
            {
                "body": json.dumps(
                    {"token": TOKEN, "chat": "4b1f7c0a9d3e5f60718293a4b5c6d7e8", "channel": "telegram", "nik": "1"}
                ).encode()
            },
            {"method": "GET", "path": "/v1/waves/current"},
        ],
        ids=["method", "path", "reference", "secret", "type", "absent", "chat", "channel", "unknown", "body"],
    )
    def test_wrong_call(self, change: dict[str, Any]) -> None:
        assert CONTRACT.faults_of_call(**{**RIGHT_CALL, **change}) != []
