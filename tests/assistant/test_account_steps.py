"""The one next step: what comes before what, and that every situation has exactly one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from itertools import product

import pytest

from actions.accounts.status import (
    FULL,
    Course,
    Destination,
    Incentive,
    Membership,
    Registration,
    Selection,
    Status,
    Survey,
    Training,
    Wave,
)
from actions.accounts.steps import DESTINATION_STEPS, FOR_GOOD, INCENTIVE_STEPS, Step, next_step
from nlu.content.status_texts import GROUPS, UNKNOWN

NOW = datetime(2026, 11, 25, 8, 20, tzinfo=timezone.utc)
SOON = date(2026, 11, 26)
OPEN, ANNOUNCED = Wave(72, "open"), Wave(73, "announced")
BOUGHT = Course("Dasar Desain Grafis", "Kelas Cakap", "bought", "none", reviewed=False)
DONE = replace(BOUGHT, state="finished", certificate="issued", reviewed=True)
OVO = Destination("ewallet", "OVO", "•••010", "connected")
BNI = Destination("bank", "BNI", "•••115", "connected")
SENT = Incentive("training", 600_000, "sent", 1)
DUE = replace(SENT, state="scheduled")


def applicant(**parts: object) -> Status:
    """Somebody verified whom no wave has taken."""
    status = Status(
        FULL,
        NOW,
        "ready_to_join",
        registration=Registration("verified"),
        selection=Selection("not_joined"),
        membership=Membership("none"),
    )
    return replace(status, **parts)  # type: ignore[arg-type]


def member(*courses: Course, **parts: object) -> Status:
    """Somebody whom a wave took, with a finished course and everything connected unless told otherwise."""
    status = applicant(
        selection=Selection("accepted", 70),
        membership=Membership("active"),
        training=Training(2_850_000, courses or (DONE,)),
        destination=OVO,
    )
    return replace(status, **parts)  # type: ignore[arg-type]


def failed(reason: str) -> tuple[Incentive, ...]:
    return (Incentive("training", 600_000, "failed", 1, reason=reason),)


def not_due(reason: str = "") -> tuple[Incentive, ...]:
    return (Incentive("training", 600_000, "not_due", 1, reason=reason),)


APPLICANTS = {
    "data are incomplete": (applicant(registration=Registration("incomplete")), "complete_registration"),
    "data are being checked": (applicant(registration=Registration("checking")), "wait_verification"),
    "face does not match": (applicant(registration=Registration("failed", "face_mismatch")), "retry_verification"),
    "photo cannot be read": (applicant(registration=Registration("failed", "photo_unreadable")), "retry_verification"),
    "identity does not match": (applicant(registration=Registration("failed", "id_mismatch")), "correct_id"),
    "not verified, and not selected": (
        applicant(registration=Registration("failed", "id_mismatch"), selection=Selection("not_selected", 70)),
        "correct_id",
    ),
    "no wave yet": (applicant(), "wait_wave"),
    "joined": (applicant(selection=Selection("joined", 71)), "wait_result"),
    "in the selection": (applicant(selection=Selection("being_processed", 71)), "wait_result"),
    "not selected": (applicant(selection=Selection("not_selected", 70, reason="quota")), "wait_wave"),
}
MEMBERS = {
    "first purchase to make": (member(training=Training(3_500_000, (), first_purchase_until=SOON)), "buy_training"),
    "course not begun": (member(BOUGHT), "start_training"),
    "course going on": (member(replace(BOUGHT, state="in_progress")), "finish_training"),
    "no certificate": (member(replace(BOUGHT, state="finished")), "ask_provider"),
    "provider has not reported": (
        member(replace(DONE, certificate="waiting_for_provider", reviewed=False)),
        "ask_provider",
    ),
    "certificate reported": (
        member(replace(DONE, certificate="waiting_for_programme", reviewed=False)),
        "wait_certificate",
    ),
    "no review": (member(replace(DONE, reviewed=False)), "review"),
    "second course going on": (member(DONE, replace(BOUGHT, state="in_progress")), "finish_training"),
    "nowhere to pay to": (member(destination=None, incentives=(DUE,)), "connect_destination"),
    "e-wallet being checked": (member(destination=replace(OVO, state="checking"), incentives=(DUE,)), "wait_incentive"),
    "payment scheduled": (member(incentives=(DUE,)), "wait_incentive"),
    "payment being checked": (member(incentives=(replace(SENT, state="checking"),)), "wait_incentive"),
    "payment lacks an account": (member(incentives=not_due("destination_missing")), "connect_destination"),
    "survey open": (member(incentives=(SENT,), surveys=(Survey(1, "open"),)), "fill_survey"),
    "survey to come": (member(incentives=(SENT,), surveys=(Survey(1, "not_yet"),)), "wait_survey"),
    "all over": (member(membership=Membership("completed"), incentives=(SENT,)), "nothing"),
    "membership taken away": (member(membership=Membership("revoked", reason="training_unfinished")), "complain"),
    "blocked": (member(membership=Membership("blocked", reason="terms_violated")), "object"),
}


@pytest.mark.parametrize("case", [*APPLICANTS, *MEMBERS])
def test_situation_has_its_step(case: str) -> None:
    status, step = {**APPLICANTS, **MEMBERS}[case]
    assert next_step(status, ()).name == step


class TestWaves:
    @pytest.mark.parametrize("state", ["not_joined", "not_selected"])
    def test_open_wave_is_to_be_joined(self, state: str) -> None:
        assert next_step(applicant(selection=Selection(state)), (ANNOUNCED, OPEN)) == Step("join_wave", wave=OPEN)

    @pytest.mark.parametrize("state", ["not_joined", "not_selected"])
    def test_announced_wave_is_waited_for(self, state: str) -> None:
        assert next_step(applicant(selection=Selection(state)), (ANNOUNCED,)) == Step("wait_wave")

    @pytest.mark.parametrize("status", [applicant(selection=Selection("joined", 71)), member(BOUGHT)])
    def test_open_wave_is_nothing_to_who_is_in_one(self, status: Status) -> None:
        assert next_step(status, (OPEN,)) == next_step(status, ())

    @pytest.mark.parametrize("state", ["incomplete", "checking", "failed"])
    def test_open_wave_is_not_for_who_is_not_verified(self, state: str) -> None:
        assert next_step(applicant(registration=Registration(state)), (OPEN,)).name != "join_wave"

    @pytest.mark.parametrize("reason", FOR_GOOD)
    def test_who_can_never_be_selected_is_not_sent_to_the_next_wave(self, reason: str) -> None:
        status = applicant(selection=Selection("not_selected", 70, reason=reason))
        assert next_step(status, (OPEN,)).name not in ("join_wave", "wait_wave")


class TestReasons:
    def test_reasons_are_those_of_the_texts(self) -> None:
        assert INCENTIVE_STEPS.keys() == set(GROUPS["incentive_reason"])
        assert DESTINATION_STEPS.keys() == set(GROUPS["destination_reason"])
        assert set(FOR_GOOD) <= set(GROUPS["selection_reason"])

    @pytest.mark.parametrize("reason", GROUPS["incentive_reason"])
    def test_failed_payment_says_what_to_do(self, reason: str) -> None:
        assert next_step(member(incentives=failed(reason), destination=BNI), ()).name == INCENTIVE_STEPS[reason]

    @pytest.mark.parametrize("reason", GROUPS["destination_reason"])
    def test_rejected_destination_says_what_to_do(self, reason: str) -> None:
        status = member(destination=replace(OVO, state="rejected", reason=reason), incentives=(DUE,))
        assert next_step(status, ()).name == DESTINATION_STEPS[reason]

    @pytest.mark.parametrize("reason", ["", "brand_new"])
    def test_failure_for_no_reason_that_we_know_leads_to_the_dashboard(self, reason: str) -> None:
        assert next_step(member(incentives=failed(reason)), ()).name == UNKNOWN

    def test_provider_is_asked_about_a_course_only(self) -> None:
        status = member(training=Training(0, ()), incentives=not_due("certificate_missing"))
        assert next_step(status, ()).name != "ask_provider"


@dataclass(frozen=True)
class Rank:
    """Somebody in two situations at once, and the one that goes before."""

    status: Status
    first: str


RANKS = {
    "blocked before everything": Rank(
        member(
            membership=Membership("blocked"),
            registration=Registration("failed", "id_mismatch"),
            training=Training(3_500_000, (), first_purchase_until=SOON),
            incentives=failed("name_mismatch"),
            surveys=(Survey(1, "open"),),
        ),
        "object",
    ),
    "taken away before a course": Rank(member(BOUGHT, membership=Membership("revoked")), "complain"),
    "deadline before a missing bank account": Rank(
        member(training=Training(0, (), first_purchase_until=SOON), destination=None, incentives=not_due()),
        "buy_training",
    ),
    "deadline before a failed incentive": Rank(
        member(training=Training(0, (), first_purchase_until=SOON), incentives=failed("balance_limit")), "buy_training"
    ),
    "failed incentive before a course": Rank(member(BOUGHT, incentives=failed("balance_limit")), "empty_wallet"),
    "failed incentive before a survey": Rank(
        member(incentives=failed("partner_disturbed"), surveys=(Survey(1, "open"),)), "ask_partner"
    ),
    "failed incentive before one that comes": Rank(
        member(incentives=(DUE, *failed("destination_not_upgraded"))), "upgrade_destination"
    ),
    "course before a survey": Rank(member(BOUGHT, surveys=(Survey(1, "open"),)), "start_training"),
    "course before a bank account": Rank(member(BOUGHT, destination=None, incentives=not_due()), "start_training"),
    "bank account before a survey": Rank(
        member(destination=None, incentives=(DUE,), surveys=(Survey(1, "open"),)), "connect_destination"
    ),
    "rejected bank account before waiting": Rank(
        member(destination=replace(OVO, state="rejected", reason="inactive"), incentives=(DUE,)), "ask_partner"
    ),
    "open survey before waiting": Rank(member(incentives=(DUE,), surveys=(Survey(1, "open"),)), "fill_survey"),
    "waiting for money before waiting for a survey": Rank(
        member(incentives=(DUE,), surveys=(Survey(1, "not_yet"),)), "wait_incentive"
    ),
    "verification before a wave": Rank(applicant(registration=Registration("checking")), "wait_verification"),
    "earliest course that is not done": Rank(
        member(DONE, replace(DONE, title="Kedua", reviewed=False), BOUGHT), "review"
    ),
}


@pytest.mark.parametrize("case", RANKS)
def test_what_matters_more_goes_before(case: str) -> None:
    assert next_step(RANKS[case].status, (OPEN,)).name == RANKS[case].first


def test_step_about_a_course_names_it() -> None:
    second = replace(BOUGHT, title="Kedua")
    assert next_step(member(DONE, second), ()) == Step("start_training", second)


def applicants() -> Iterator[Status]:
    """Everybody before a membership, in every state and for every reason."""
    states = product(
        GROUPS["registration"],
        ("", *GROUPS["registration_reason"]),
        GROUPS["selection"],
        ("", *GROUPS["selection_reason"]),
    )
    for registration, why, selection, why_not in states:
        yield applicant(registration=Registration(registration, why), selection=Selection(selection, 70, None, why_not))


def members() -> Iterator[Status]:
    """Everybody with a membership, in every combination of states."""
    courses = [
        (replace(BOUGHT, state=state, certificate=certificate, reviewed=reviewed),)
        for state, certificate, reviewed in product(GROUPS["course"], GROUPS["certificate"], (True, False))
    ]
    incentives = [(), *((Incentive("training", 600_000, state, 1),) for state in GROUPS["incentive"])]
    surveys = [(), *((Survey(1, state),) for state in GROUPS["survey"])]
    destinations = [None, *(replace(OVO, state=state) for state in GROUPS["destination"])]
    parts = product(GROUPS["membership"], [(), *courses], (None, SOON), incentives, surveys, destinations)
    for membership, bought, until, paid, asked, destination in parts:
        yield member(
            membership=Membership(membership),
            training=Training(0, bought, first_purchase_until=until),
            incentives=paid,
            surveys=asked,
            destination=destination,
        )


class TestEverySituation:
    def test_has_a_step_that_has_a_text(self) -> None:
        """And only one, which follows from the status alone."""
        found = {next_step(status, waves).name for status in applicants() for waves in ((), (OPEN,))}
        found |= {next_step(status, ()).name for status in members()}
        assert found <= set(GROUPS["step"])
        assert found >= {step for _, step in APPLICANTS.values()}

    def test_applicant_is_sent_to_the_dashboard_only_for_a_state_that_is_new(self) -> None:
        lost = [status for status in applicants() if next_step(status, ()).name == UNKNOWN]
        readable = [
            one
            for one in lost
            if UNKNOWN not in (one.registration.state, one.selection.state) and one.selection.state != "accepted"
        ]
        assert readable == []

    @pytest.mark.parametrize("survey", ["done", "missed"])
    def test_member_with_nothing_left_to_do_hears_so(self, survey: str) -> None:
        """A membership goes on for a while after the last payment."""
        status = member(incentives=(SENT,), surveys=(Survey(1, survey),))
        assert next_step(status, ()).name == "nothing"

    def test_every_step_is_somebodys(self) -> None:
        """No text is there for nothing."""
        everybody = [*applicants(), *(status for status, _ in MEMBERS.values())]
        everybody += [member(incentives=failed(reason)) for reason in GROUPS["incentive_reason"]]
        everybody += [
            member(destination=replace(OVO, state="rejected", reason=reason), incentives=(DUE,))
            for reason in GROUPS["destination_reason"]
        ]
        found = {next_step(status, waves).name for status in everybody for waves in ((), (OPEN,))}
        assert found == set(GROUPS["step"])
