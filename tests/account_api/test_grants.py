"""Links and grants over HTTP: who gets one, who loses one, who may dispute, and for how long."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bot.account_api.people import PEOPLE
from bot.account_api.tokens import PREFIX
from tests.account_api.serving import Caller, Clock, chat

MINUTES = 60.0
HOURS = 3600.0
DAYS = 86400.0
SITI, BUDI, DEWI = chat(1), chat(2), chat(3)


async def test_everybody_can_be_linked_and_seen(api: Caller) -> None:
    for number, person in enumerate(PEOPLE):
        grant = (await api.redeem(await api.link(person.id), chat(number))).json
        assert grant["level"] == "full"
        seen = (await api.status(grant["reference"])).json
        assert seen["stage"] == person.situation["stage"]
        assert seen["name"] == grant["label"]


async def test_grants_last_half_a_year(api: Caller, clock: Clock) -> None:
    reference = await api.grant("siti", SITI)
    clock.now += 180 * DAYS - 1
    assert (await api.status(reference)).status == 200
    clock.now += 1
    ended = await api.status(reference)
    assert (ended.status, ended.problem) == (410, "grant-ended")
    assert (await api.dispute(reference)).problem == "grant-ended"


async def test_token_ages_to_the_second(api: Caller, clock: Clock) -> None:
    early, late = await api.link("siti"), await api.link("siti")
    clock.now += 10 * MINUTES - 1
    assert (await api.redeem(early, SITI)).status == 200
    clock.now += 1
    answer = await api.redeem(late, SITI)
    assert (answer.status, answer.problem) == (410, "link-expired")


@pytest.mark.parametrize(
    "token", ["x", "kp1_", PREFIX + "A" * 50, PREFIX + "A" * 60, "\ud800", "é" * 64, "\x00", "kp1_ñ" + "A" * 49]
)
async def test_tokens_that_are_none(api: Caller, token: str) -> None:
    answer = await api.redeem(token, SITI)
    assert (answer.status, answer.problem) == (404, "link-unknown")


async def test_wrong_signature_and_unknown_token_cannot_be_told_apart(api: Caller, clock: Clock) -> None:
    token = await api.link("siti")
    forged = token[:-2] + ("AA" if token[-2:] != "AA" else "BA")
    wrong = await api.redeem(forged, SITI)
    # Genuine, but gone: the account's open links ended with a dispute.
    await api.dispute(await api.grant("siti", SITI))
    unknown = await api.redeem(token, SITI)
    kept = {"Date"}
    assert wrong.text == unknown.text
    assert {k: v for k, v in wrong.headers.items() if k not in kept} == {
        k: v for k, v in unknown.headers.items() if k not in kept
    }


async def test_same_chat_gets_the_same_grant_again_also_later(api: Caller, clock: Clock) -> None:
    await api.grant("siti", DEWI, "whatsapp")
    token = await api.link("siti")
    first = await api.redeem(token, SITI)
    assert [other["chat"] for other in first.json["others"]] == [DEWI]
    clock.now += 3 * DAYS
    await api.revoke(await api.grant("budi", DEWI, "whatsapp"))
    again = await api.redeem(token, SITI)
    assert again.json == first.json
    other = await api.redeem(token, BUDI)
    assert (other.status, other.problem) == (409, "link-used")
    elsewhere = await api.redeem(token, SITI, "web")
    assert (elsewhere.status, elsewhere.problem) == (409, "link-used")


async def test_redeemed_token_of_an_ended_grant_is_used_up(api: Caller) -> None:
    token = await api.link("siti")
    reference = (await api.redeem(token, SITI)).json["reference"]
    await api.revoke(reference)
    assert (await api.redeem(token, SITI)).problem == "link-used"


async def test_one_of_fifty_wins(api: Caller) -> None:
    token = await api.link("siti")
    answers = await asyncio.gather(*(api.redeem(token, chat(number)) for number in range(50)))
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 49}
    (winner,) = [answer for answer in answers if answer.status == 200]
    assert (await api.status(winner.json["reference"])).status == 200


async def test_the_same_chat_fifty_times_at_once_has_one_grant(api: Caller) -> None:
    token = await api.link("siti")
    answers = await asyncio.gather(*(api.redeem(token, SITI) for _ in range(50)))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].status == 200


async def test_many_tokens_of_one_account_at_once_leave_one_chat_of_the_kind(api: Caller) -> None:
    tokens = [await api.link("siti") for _ in range(20)]
    answers = await asyncio.gather(*(api.redeem(token, chat(number)) for number, token in enumerate(tokens)))
    seen = [await api.status(answer.json["reference"]) for answer in answers]
    assert Counter(answer.status for answer in seen) == {200: 1, 410: 19}


async def test_a_new_chat_replaces_the_one_of_its_kind_and_others_hear_of_it(api: Caller) -> None:
    old = await api.grant("siti", SITI, "telegram")
    web = await api.grant("siti", BUDI, "web")
    new = (await api.redeem(await api.link("siti"), DEWI, "telegram")).json
    assert {(other["chat"], other["channel"], other["ended"]) for other in new["others"]} == {
        (SITI, "telegram", True),
        (BUDI, "web", False),
    }
    assert (await api.status(old)).status == 410
    assert (await api.status(web)).status == 200
    assert (await api.status(new["reference"])).status == 200


async def test_the_redeeming_chat_is_never_named(api: Caller) -> None:
    first = await api.grant("siti", SITI)
    again = (await api.redeem(await api.link("siti"), SITI)).json
    assert again["others"] == []
    assert again["reference"] != first
    assert (await api.status(first)).status == 410


async def test_one_chat_sees_one_account(api: Caller) -> None:
    old = await api.grant("siti", SITI)
    new = (await api.redeem(await api.link("budi"), SITI)).json
    assert new["others"] == []
    assert (await api.status(old)).status == 410
    assert (await api.status(new["reference"])).status == 200
    # It left by itself, nobody took its place.
    assert (await api.dispute(old)).problem == "grant-ended"


async def test_revoking_is_repeatable_and_harmless(api: Caller) -> None:
    reference = await api.grant("siti", SITI)
    for known in (reference, reference, "A" * 43):
        assert (await api.revoke(known)).status == 204
    assert (await api.status(reference)).problem == "grant-ended"
    assert (await api.status("A" * 43)).problem == "grant-unknown"
    assert (await api.dispute(reference)).problem == "grant-ended"


async def test_dispute_ends_every_grant_and_every_open_token(api: Caller) -> None:
    phone = next(person.phone for person in PEOPLE if person.id == "siti")
    telegram = await api.grant("siti", SITI)
    web = await api.grant("siti", BUDI, "web")
    stage = (await api.find(phone, DEWI)).json["reference"]
    budi = await api.grant("budi", chat(9))
    token, used = await api.link("siti"), await api.link("siti")
    rest = (await api.redeem(used, chat(5), "rest")).json["reference"]
    answer = await api.dispute(telegram)
    assert sorted(answer.json["ended"]) == [SITI, BUDI, DEWI, chat(5)]
    for reference in (telegram, web, stage, rest):
        assert (await api.status(reference)).problem == "grant-ended"
    assert (await api.status(budi)).status == 200
    assert (await api.redeem(token, SITI)).problem == "link-unknown"
    assert (await api.redeem(used, chat(5), "rest")).problem == "link-used"
    assert (await api.dispute(web)).problem == "grant-ended"


@pytest.mark.parametrize(("hours", "works"), [(0.0, True), (24 - 1 / 3600, True), (24.0, False), (48.0, False)])
async def test_a_replaced_chat_may_dispute_for_a_day(api: Caller, clock: Clock, hours: float, works: bool) -> None:
    old = await api.grant("siti", SITI)
    new = await api.grant("siti", DEWI)
    clock.now += hours * HOURS
    answer = await api.dispute(old)
    if works:
        assert answer.json == {"ended": [DEWI]}
        assert (await api.status(new)).status == 410
    else:
        assert answer.problem == "grant-ended"
        assert (await api.status(new)).status == 200


async def test_dispute_is_for_those_who_were_linked(api: Caller) -> None:
    stage = (await api.find("+6281200000001", DEWI)).json["reference"]
    full = await api.grant("siti", SITI)
    answer = await api.dispute(stage)
    assert (answer.status, answer.problem) == (403, "level-too-low")
    assert (await api.status(full)).status == 200
    assert (await api.dispute("A" * 43)).problem == "grant-unknown"


async def test_a_phone_opens_the_stage_and_nothing_more(api: Caller) -> None:
    for number, person in enumerate(PEOPLE):
        answer = await api.find(person.phone, chat(number))
        if person.id in {"ani", "asep"}:
            assert (answer.status, answer.problem) == (404, "account-unknown")
            continue
        grant = answer.json
        assert (grant["level"], grant["label"], grant["others"]) == ("stage", "", [])
        seen = (await api.status(grant["reference"])).json
        assert seen.keys() == {"level", "as_of", "stage"}
        assert seen["stage"] == person.situation["stage"]
    assert (await api.find("+6281299999999", SITI)).problem == "account-unknown"


async def test_finding_again_gives_the_same_grant_and_ends_nothing(api: Caller, clock: Clock) -> None:
    full = await api.grant("siti", BUDI, "whatsapp")
    first = await api.find("+6281200000001", SITI)
    clock.now += 9 * DAYS
    assert (await api.find("+6281200000001", SITI)).json == first.json
    assert (await api.status(full)).status == 200
    answers = await asyncio.gather(*(api.find("+6281200000001", DEWI) for _ in range(20)))
    assert len({answer.text for answer in answers}) == 1
    await api.revoke(first.json["reference"])
    assert (await api.find("+6281200000001", SITI)).json["reference"] != first.json["reference"]


async def test_a_full_link_takes_the_place_of_the_stage(api: Caller) -> None:
    own = (await api.find("+6281200000001", SITI)).json["reference"]
    foreign = (await api.find("+6281200000001", BUDI)).json["reference"]
    elsewhere = (await api.find("+6281200000001", DEWI, "rest")).json["reference"]
    grant = (await api.redeem(await api.link("siti"), SITI, "whatsapp")).json
    # Who only had the stage hears of it where that was taken away.
    assert grant["others"] == [{"chat": BUDI, "channel": "whatsapp", "ended": True}]
    assert [(await api.status(each)).status for each in (own, foreign, elsewhere)] == [410, 410, 200]
