"""The one next step that matters to a person, out of their whole status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actions.accounts.status import UNKNOWN, Course, Incentive, Status, Wave

# What to do about a payment that failed or cannot come yet, by its reason.
INCENTIVE_STEPS = {
    "review_missing": "review",
    "certificate_missing": "ask_provider",
    "destination_missing": "connect_destination",
    "destination_inactive": "ask_partner",
    "destination_not_upgraded": "upgrade_destination",
    "name_mismatch": "own_destination",
    "balance_limit": "empty_wallet",
    "wrong_number": "own_destination",
    "partner_disturbed": "ask_partner",
}
# Who was not selected for one of these cannot be by trying again.
FOR_GOOD = ("already_recipient", "household_limit", "excluded_group")
DESTINATION_STEPS = {
    "name_mismatch": "own_destination",
    "not_upgraded": "upgrade_destination",
    "phone_mismatch": "match_phone",
    "inactive": "ask_partner",
}


@dataclass(frozen=True)
class Step:
    """A text `step.<name>` of data/status.yml, and what it is about."""

    name: str
    course: Course | None = None
    wave: Wave | None = None


def next_step(status: Status, waves: Sequence[Wave]) -> Step:
    """What the person should do now; waiting is a step, too."""
    for look in (_before_training, _money_in_danger, _training, _payment, _surveys):
        step = look(status, waves)
        if step:
            return step
    return Step("nothing" if status.membership.state in ("active", "completed") else UNKNOWN)


def _before_training(status: Status, waves: Sequence[Wave]) -> Step | None:
    ended = {"blocked": "object", "revoked": "complain"}
    if status.membership.state in ended:
        return Step(ended[status.membership.state])
    if status.membership.state in ("active", "completed"):
        return None
    registration, selection = status.registration, status.selection
    if registration.state != "verified":
        by_reason = "correct_id" if registration.reason == "id_mismatch" else "retry_verification"
        names = {"incomplete": "complete_registration", "checking": "wait_verification", "failed": by_reason}
        return Step(names.get(registration.state, UNKNOWN))
    if selection.reason in FOR_GOOD:
        return Step("complain")
    if selection.state in ("not_joined", "not_selected"):
        open_wave = next((wave for wave in waves if wave.state == "open"), None)
        return Step("join_wave", wave=open_wave) if open_wave else Step("wait_wave")
    return Step("wait_result") if selection.state in ("joined", "being_processed") else None


def _money_in_danger(status: Status, waves: Sequence[Wave]) -> Step | None:
    if status.training.first_purchase_until and not status.training.courses:
        return Step("buy_training")
    failed = next((one for one in status.incentives if one.state == "failed"), None)
    if failed:
        return _for_incentive(failed, status)
    return None


def _training(status: Status, waves: Sequence[Wave]) -> Step | None:
    for course in status.training.courses:
        if course.state == "bought":
            return Step("start_training", course)
        if course.state == "in_progress":
            return Step("finish_training", course)
        if course.certificate in ("none", "waiting_for_provider"):
            return Step("ask_provider", course)
        if course.certificate == "waiting_for_programme":
            return Step("wait_certificate", course)
        if course.certificate == "issued" and not course.reviewed:
            return Step("review", course)
    return None


def _payment(status: Status, waves: Sequence[Wave]) -> Step | None:
    missed = {one.number for one in status.surveys if one.state == "missed"}
    owed = [
        one
        for one in status.incentives
        if one.state in ("checking", "scheduled") or (one.state == "not_due" and status.membership.state != "completed")
        if not (one.kind == "survey" and one.number in missed)
    ]
    destination = status.destination
    if owed and destination is None:
        return Step("connect_destination")
    if destination and destination.state == "rejected":
        return Step(DESTINATION_STEPS.get(destination.reason, "own_destination"))
    # A survey that can be filled in comes before waiting for a payment.
    if any(one.state == "open" for one in status.surveys):
        return Step("fill_survey")
    if owed:
        reasoned = next((one for one in owed if one.reason), None)
        return _for_incentive(reasoned, status) if reasoned else Step("wait_incentive")
    return None


def _surveys(status: Status, waves: Sequence[Wave]) -> Step | None:
    return Step("wait_survey") if any(one.state == "not_yet" for one in status.surveys) else None


def _for_incentive(incentive: Incentive, status: Status) -> Step:
    course = status.training.courses[0] if status.training.courses else None
    if incentive.reason == "wrong_number" and status.destination and status.destination.kind == "ewallet":
        return Step("match_phone", course)
    name = INCENTIVE_STEPS.get(incentive.reason, UNKNOWN)
    # There is no provider to ask about a course that was never bought.
    return Step(name if course or name != "ask_provider" else UNKNOWN, course)
