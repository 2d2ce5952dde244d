"""What is said about a person's own account, read from data/status.yml and checked: no text missing, no gap unknown."""

from __future__ import annotations

from collections.abc import Container, Mapping
from string import Formatter
from typing import Any

from nlu.content.checks import Field, check_fields
from nlu.content.errors import Problem

Gaps = frozenset[str]

UNKNOWN = "unknown"
# For each state that the account API knows (docs/account-api.yml), and for those that it will learn.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "stage": (
        "registering", "verifying", "verification_failed", "ready_to_join", "in_selection", "not_selected",
        "choosing_training", "in_training", "awaiting_certificate", "awaiting_review", "awaiting_incentive",
        "incentive_failed", "awaiting_survey", "completed", "revoked", "blocked", UNKNOWN,
    ),
    "registration": ("incomplete", "checking", "verified", "failed", UNKNOWN),
    "registration_reason": (
        "data_incomplete", "email_unverified", "phone_unverified", "id_mismatch", "face_mismatch", "photo_unreadable",
    ),
    "selection": ("not_joined", "joined", "being_processed", "accepted", "not_selected", UNKNOWN),
    "selection_reason": (
        "quota", "id_mismatch", "excluded_group", "already_recipient", "household_limit", "photo_unreadable",
    ),
    "membership": ("none", "active", "completed", "revoked", "blocked", UNKNOWN),
    "membership_reason": ("first_purchase_missed", "training_unfinished", "terms_violated"),
    "course": ("bought", "in_progress", "finished", UNKNOWN),
    "certificate": ("none", "waiting_for_provider", "waiting_for_programme", "issued", UNKNOWN),
    "incentive": ("not_due", "checking", "scheduled", "sent", "failed", UNKNOWN),
    "incentive_name": ("training", "survey", UNKNOWN),
    "incentive_reason": (
        "review_missing", "certificate_missing", "destination_missing", "destination_inactive",
        "destination_not_upgraded", "name_mismatch", "balance_limit", "wrong_number", "partner_disturbed",
    ),
    "survey": ("not_yet", "open", "done", "missed", UNKNOWN),
    "destination": ("checking", "connected", "rejected", UNKNOWN),
    "destination_reason": ("name_mismatch", "not_upgraded", "phone_mismatch", "inactive"),
    "step": (
        "complete_registration", "retry_verification", "correct_id", "wait_verification", "join_wave", "wait_wave",
        "wait_result", "buy_training", "start_training", "finish_training", "ask_provider", "wait_certificate",
        "review", "connect_destination", "upgrade_destination", "match_phone", "own_destination", "empty_wallet",
        "ask_partner", "wait_incentive", "fill_survey", "wait_survey", "object", "complain", "nothing", UNKNOWN,
    ),
}  # fmt: skip
SINGLE = (
    "not_linked", "check_yourself", "no_service", "ask_link", "ask_link_or_number", "ask_link_again", "link_help",
    "linked", "linked_number", "already_linked", "already_linked_number", "ask_replace", "kept", "cancelled",
    "link_unknown", "link_expired", "link_used", "link_refused", "number_unknown", "number_impossible", "ask_unlink",
    "ask_unlink_number", "ask_dispute", "unlinked", "not_linked_anyway", "ended", "elsewhere", "elsewhere_ended",
    "elsewhere_number", "disputed", "nothing_to_dispute", "down", "down_link", "down_unlink", "down_dispute",
    "down_still", "down_ask_again", "promised", "back", "gave_up", "limited", "others", "freshness", "as_of", "name",
    "next", "deadline", "details_by_link", "selection_again", "wave_open", "wave_announced", "wave_none", "balance",
    "first_purchase", "first_purchase_done", "first_purchase_over", "no_courses", "no_incentives", "no_surveys",
    "survey_when", "destination_none", "because", "dated", "since", "until", "open_until", "before", "to", "reviewed",
    "not_reviewed", "wave", "some_wave", "some_provider", "today", "tomorrow", "in_days",
)  # fmt: skip
NAMES: tuple[str, ...] = (*SINGLE, *(f"{group}.{one}" for group, ones in GROUPS.items() for one in ones))
# What stands in the gaps of a text, by its name or its group's.
GAPS: Mapping[str, Gaps] = {
    "check_yourself": frozenset({"site"}),
    "ask_link": frozenset({"site", "channel"}),
    "ask_link_again": frozenset({"channel"}),
    "link_help": frozenset({"site", "channel"}),
    "freshness": frozenset({"seconds"}),
    "wave_announced": frozenset({"wave"}),
    **dict.fromkeys(("linked", "already_linked", "ask_replace", "ask_unlink", "kept", "name"), frozenset({"name"})),
    **dict.fromkeys(("elsewhere", "elsewhere_ended", "elsewhere_number"), frozenset({"channel", "when"})),
    "limited": frozenset({"seconds"}),
    "as_of": frozenset({"when"}),
    "next": frozenset({"step"}),
    "deadline": frozenset({"text"}),
    "balance": frozenset({"amount", "date"}),
    "first_purchase": frozenset({"date", "left"}),
    "first_purchase_over": frozenset({"date"}),
    **dict.fromkeys(("dated", "since", "until", "open_until", "before"), frozenset({"date"})),
    "because": frozenset({"reason"}),
    "to": frozenset({"provider", "number"}),
    "wave": frozenset({"number"}),
    "wave_open": frozenset({"wave", "date"}),
    "in_days": frozenset({"days"}),
    "registration": frozenset({"reason"}),
    "selection": frozenset({"wave", "date", "reason"}),
    "membership": frozenset({"date", "reason"}),
    "course": frozenset({"title", "platform", "certificate"}),
    "certificate": frozenset({"date", "review"}),
    "incentive": frozenset({"name", "amount", "date", "reason", "destination"}),
    "survey": frozenset({"number", "date"}),
    "destination": frozenset({"provider", "number", "reason"}),
    "step": frozenset({"wave", "date", "title", "platform", "provider"}),
}
_ROW: Mapping[str, Field] = {
    "text": Field((str,), "a text"),
    "sources": Field((list,), "a list of fact ids", of=str),
}


def read_status_texts(body: Any, file: str, facts: Container[str], problems: list[Problem]) -> dict[str, str]:
    """The texts of a parsed YAML file (None: unreadable) by name; faults are added to `problems`."""
    if body is None:
        return {}
    rows = body.get("texts") if isinstance(body, dict) else None
    if not isinstance(rows, dict):
        problems.append(Problem(file, "", "texts", "must be a mapping of names to texts"))
        return {}
    known = set(NAMES)
    problems += [Problem(file, name, "", "is missing") for name in NAMES if name not in rows]
    problems += [Problem(file, str(name), "", "is not a known text") for name in rows if name not in known]
    texts: dict[str, str] = {}
    for name, row in rows.items():
        full: Any = {"text": row, "sources": []} if isinstance(row, str) else row
        found = _check(full, file, str(name), facts)
        problems += found
        if not found:
            texts[str(name)] = full["text"]
    return texts


def _check(row: Any, file: str, name: str, facts: Container[str]) -> list[Problem]:
    plain = isinstance(row, dict) and row.get("sources") == []
    found = check_fields({**row, "sources": ["-"]} if plain else row, file, name, _ROW)
    if found:
        return found
    found += [
        Problem(file, name, "sources", f"{one!r} is no fact of data/facts.yml")
        for one in row["sources"]
        if one not in facts
    ]
    allowed = GAPS.get(name, GAPS.get(name.partition(".")[0], frozenset()))
    try:
        parts = [part for part in Formatter().parse(row["text"]) if part[1] is not None]
    except ValueError as error:
        return [*found, Problem(file, name, "text", f"has a brace too many or too few ({error})")]
    if any(form or change for _, _, form, change in parts):
        return [*found, Problem(file, name, "text", "has a gap with more than its name between the braces")]
    return found + [
        Problem(
            file, name, "text", f"{{{gap}}} is nothing that it can show; known: {', '.join(sorted(allowed)) or '-'}"
        )
        for gap in sorted({str(gap) for _, gap, _, _ in parts} - allowed)
    ]
