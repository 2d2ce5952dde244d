"""The courier: what it does before a call and what follows from the call's outcome."""

from __future__ import annotations

import pytest

from bot.channels.deliveries import Deliveries
from bot.channels.people import People
from bot.channels.platform import AccountNews, Delivery, Limit, Limits
from bot.channels.port import Capabilities
from bot.channels.rates import Rates
from bot.contract.breaker import PAUSES_SECONDS, THRESHOLD, Breaker
from bot.contract.keys import Lane
from bot.contract.mailroom import Claim, Mailroom, MailroomRules
from bot.contract.messages import Choice, Outbound
from bot.contract.outcomes import Fate, Outcome, Trouble
from bot.contract.scripts import Client
from bot.gateway.courier import STOPPED_SECONDS, Courier, Stores
from tests.contract.samples import Clock, claim_one
from tests.gateway.merpati import FAST, OK, Merpati

ANI = "merpati:default:ani"
BUDI = "merpati:default:budi"
GONE = Outcome(Fate.RETRY, code="unreachable", trouble=Trouble.TRANSIENT)
UNSURE = Outcome(Fate.UNKNOWN, code="no_answer", trouble=Trouble.TRANSIENT)
DAY = 86400.0


class Desk:
    """A courier with its stores, and mail for it."""

    def __init__(self, redis: Client, account: Merpati) -> None:
        self.clock = Clock()
        self.account = account
        self.mailroom = Mailroom(redis, MailroomRules(), clock=self.clock)
        self.people = People(redis, self.mailroom.keys, clock=self.clock)
        self.deliveries = Deliveries(redis)
        stores = Stores(self.mailroom, self.people, Rates(redis), self.deliveries)
        self.breaker = Breaker(self.clock)
        self.courier = Courier(account, stores, clock=self.clock, breaker=self.breaker)
        self._number = 0

    async def claim(self, text: str = "halo", conversation: str = ANI, **more: object) -> tuple[Claim, Outbound]:
        self._number += 1
        message = Outbound(f"o{self._number}", conversation, self.clock(), text=text, **more)  # type: ignore[arg-type]
        await self.mailroom.prepare()
        await self.mailroom.post(message)
        return await claim_one(self.mailroom, lane=Lane.OUTBOX), message

    async def deliver(self, text: str = "halo", conversation: str = ANI, **more: object) -> Outcome:
        claim, message = await self.claim(text, conversation, **more)
        outcome = await self.courier.deliver(claim, message)
        await self.mailroom.commit(claim, handled=1)
        return outcome


@pytest.fixture
def desk(redis: Client) -> Desk:
    return Desk(redis, Merpati())


async def test_accepted_message_is_known_by_both_ids(desk: Desk) -> None:
    assert (await desk.deliver("halo")).fate is Fate.ACCEPTED
    assert desk.account.texts == ["halo"]
    assert await desk.deliveries.status("merpati", "default", "o1") == "accepted"
    assert await desk.deliveries.status("merpati", "default", "r1") == "accepted"


async def test_choices_become_what_the_account_can_show(desk: Desk) -> None:
    await desk.deliver("Pilih", choices=(Choice("pilih:a", "Ya"), Choice("pilih:b", "Tidak")))
    assert [choice.title for choice in desk.account.sent[0].buttons] == ["Ya", "Tidak"]


async def test_nothing_is_sent_to_who_blocked_us(desk: Desk) -> None:
    await desk.people.block(ANI)
    assert (await desk.deliver()).fate is Fate.DROPPED
    assert desk.account.sent == []


async def test_block_is_learned_from_the_platform_and_ends_with_the_next_message(desk: Desk) -> None:
    desk.account.plan = [Outcome(Fate.REJECTED, code="blocked", trouble=Trouble.BLOCKED)]
    assert (await desk.deliver()).fate is Fate.DROPPED
    assert (await desk.deliver()).fate is Fate.DROPPED
    await desk.people.heard(ANI, sent_at=None)
    assert (await desk.deliver()).fate is Fate.ACCEPTED
    assert len(desk.account.sent) == 2


async def test_invalid_token_stops_the_account_and_keeps_the_mail(desk: Desk) -> None:
    desk.account.plan = [Outcome(Fate.RETRY, code="invalid_token", trouble=Trouble.AUTH)]
    assert (await desk.deliver()).fate is Fate.WAIT
    assert desk.courier.state.detail == "invalid_token"
    assert (await desk.deliver(conversation=BUDI)).fate is Fate.WAIT
    assert len(desk.account.sent) == 1


async def test_stopped_account_is_asked_before_it_is_used_again(desk: Desk) -> None:
    desk.account.plan = [Outcome(Fate.RETRY, code="invalid_token", trouble=Trouble.AUTH)]
    desk.account.up = False
    await desk.deliver()
    desk.clock.now += STOPPED_SECONDS + 1
    assert (await desk.deliver()).fate is Fate.WAIT
    assert desk.account.checks == 1
    desk.account.up = True
    desk.clock.now += STOPPED_SECONDS + 1
    assert (await desk.deliver()).fate is Fate.ACCEPTED
    assert desk.courier.state.up


async def test_wrong_token_shows_before_anybody_writes(desk: Desk) -> None:
    desk.account.up = False
    await desk.courier.look()
    assert (desk.courier.state.up, desk.courier.state.detail) == (False, "invalid_token")
    assert (await desk.deliver()).fate is Fate.ACCEPTED  # only a refused message proves it
    desk.account.up = True
    await desk.courier.look()
    assert desk.courier.state.up


async def test_session_that_comes_back_works_at_once(desk: Desk) -> None:
    desk.courier.hear(AccountNews("session_down", up=False))
    assert (await desk.deliver()).fate is Fate.WAIT
    desk.courier.hear(AccountNews("session_up", up=True))
    assert (await desk.deliver()).fate is Fate.ACCEPTED


async def test_platform_that_is_down_is_left_alone(desk: Desk) -> None:
    desk.account.plan = [GONE] * THRESHOLD
    outcomes = [await desk.deliver(conversation=f"merpati:default:{number}") for number in range(THRESHOLD + 3)]
    assert [outcome.fate for outcome in outcomes] == [Fate.RETRY] * (THRESHOLD - 1) + [Fate.WAIT] * 4
    assert len(desk.account.sent) == THRESHOLD
    assert desk.courier.state.detail == "unreachable"


async def test_after_a_pause_the_platform_is_asked_without_a_message(desk: Desk) -> None:
    desk.account.plan = [GONE] * THRESHOLD
    desk.account.up = False
    for number in range(THRESHOLD):
        await desk.deliver(conversation=f"merpati:default:{number}")
    desk.clock.now += PAUSES_SECONDS[0] + 0.1
    outcome = await desk.deliver()
    assert outcome.fate is Fate.WAIT
    assert outcome.retry_after == pytest.approx(PAUSES_SECONDS[1])
    assert len(desk.account.sent) == THRESHOLD
    desk.account.up = True
    desk.clock.now += PAUSES_SECONDS[1] + 0.1
    assert (await desk.deliver()).fate in (Fate.ACCEPTED, Fate.WAIT)  # the limit's own pause is of Redis' clock
    assert desk.courier.state.up


async def test_unknown_stays_unknown_when_the_platform_is_down(desk: Desk) -> None:
    desk.account.plan = [UNSURE] * THRESHOLD
    outcomes = [await desk.deliver(conversation=f"merpati:default:{number}") for number in range(THRESHOLD)]
    assert [outcome.fate for outcome in outcomes] == [Fate.UNKNOWN] * THRESHOLD
    assert outcomes[-1].retry_after > 0


async def test_adapter_that_raises_leaves_the_outcome_unknown(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.account.plan = [ValueError("rahasia")]
    assert await desk.deliver() == Outcome(Fate.UNKNOWN, code="adapter_failed")
    assert "adapter failed" in [record.getMessage() for record in caplog.records]


async def test_doubtful_attempt_that_was_reported_delivered_is_not_repeated(desk: Desk) -> None:
    claim, message = await desk.claim()
    await desk.deliveries.report("merpati", "default", Delivery(None, "wamid.1", "delivered", outbound=message.id))
    await desk.mailroom.retry_later(claim, 0, unsure=True)
    await desk.mailroom.promote(Lane.OUTBOX)
    again = await claim_one(desk.mailroom, lane=Lane.OUTBOX)
    assert again.unsure == 1
    assert (await desk.courier.deliver(again, message)).fate is Fate.ACCEPTED
    assert desk.account.sent == []


async def test_long_answer_goes_out_in_parts_and_resumes_behind_the_last_one(desk: Desk) -> None:
    text = "\n\n".join(letter * 300 for letter in "abc")
    desk.account.plan = [OK, GONE]
    claim, message = await desk.claim(text)
    assert (await desk.courier.deliver(claim, message)).fate is Fate.RETRY
    await desk.mailroom.retry_later(claim, 0, failure=True)
    await desk.mailroom.promote(Lane.OUTBOX)
    again = await claim_one(desk.mailroom, lane=Lane.OUTBOX)
    assert (again.part, again.starts) == (1, 1)
    assert (await desk.courier.deliver(again, message)).fate is Fate.ACCEPTED
    assert [text[0] for text in desk.account.texts] == ["a", "b", "b", "c"]
    assert len({bubble.id for bubble in desk.account.sent}) == 3


class TestPacing:
    async def test_person_above_their_limit_waits_aside(self, redis: Client) -> None:
        desk = Desk(redis, Merpati(limits=Limits(FAST.account, Limit(1, 60, burst=2))))
        outcomes = [await desk.deliver() for _ in range(3)]
        assert [outcome.fate for outcome in outcomes] == [Fate.ACCEPTED, Fate.ACCEPTED, Fate.WAIT]
        assert 60 < outcomes[2].retry_after <= 67
        assert (await desk.deliver(conversation=BUDI)).fate is Fate.ACCEPTED

    async def test_group_is_held_to_the_limit_of_groups(self, redis: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        desk = Desk(redis, Merpati(limits=Limits(FAST.account, FAST.person, group=Limit(1, 60))))
        monkeypatch.setattr(desk.account, "is_group", lambda person: person == "ani")
        outcomes = [await desk.deliver(conversation=name) for name in (ANI, ANI, BUDI, BUDI)]
        assert [outcome.fate for outcome in outcomes] == [Fate.ACCEPTED, Fate.WAIT, Fate.ACCEPTED, Fate.ACCEPTED]

    async def test_pause_that_the_platform_asks_of_the_account_holds_everybody(self, desk: Desk) -> None:
        desk.account.plan = [Outcome(Fate.RETRY, retry_after=30, code="429", trouble=Trouble.THROTTLED_ACCOUNT)]
        assert await desk.deliver() == Outcome(Fate.WAIT, retry_after=30, code="429")
        outcome = await desk.deliver(conversation=BUDI)
        assert outcome.fate is Fate.WAIT
        assert outcome.retry_after > 25

    async def test_pause_that_the_platform_asks_of_a_person_holds_only_them(self, desk: Desk) -> None:
        desk.account.plan = [Outcome(Fate.RETRY, retry_after=30, code="429", trouble=Trouble.THROTTLED_PERSON)]
        assert (await desk.deliver()).fate is Fate.RETRY
        assert (await desk.deliver(conversation=BUDI)).fate is Fate.ACCEPTED
        assert (await desk.deliver()).fate is Fate.WAIT


class TestWindow:
    @pytest.fixture
    def desk(self, redis: Client) -> Desk:
        return Desk(redis, Merpati(capabilities=Capabilities(text_limit=500, window_hours=24)))

    async def test_open_window_takes_free_text(self, desk: Desk) -> None:
        await desk.people.heard(ANI, sent_at=None)
        desk.clock.now += DAY - 60
        assert (await desk.deliver()).fate is Fate.ACCEPTED
        assert not desk.account.sent[0].reopen

    async def test_closed_window_gets_one_template_and_the_answer_waits_for_the_person(self, desk: Desk) -> None:
        await desk.people.heard(ANI, sent_at=None)
        desk.clock.now += DAY + 60
        claim, message = await desk.claim()
        for _ in range(2):
            outcome = await desk.courier.deliver(claim, message)
            assert (outcome.fate, outcome.code) == (Fate.WAIT, "window_closed")
        assert [bubble.reopen for bubble in desk.account.sent] == [True]
        await desk.people.heard(ANI, sent_at=None)
        assert (await desk.courier.deliver(claim, message)).fate is Fate.ACCEPTED
        assert [bubble.reopen for bubble in desk.account.sent] == [True, False]

    async def test_window_that_only_the_platform_knows_to_be_closed(self, desk: Desk) -> None:
        desk.account.plan = [Outcome(Fate.REJECTED, code="131047", trouble=Trouble.WINDOW_CLOSED)]
        claim, message = await desk.claim()
        assert (await desk.courier.deliver(claim, message)).fate is Fate.WAIT
        await desk.courier.deliver(claim, message)
        assert [bubble.reopen for bubble in desk.account.sent] == [False, True]

    async def test_account_without_a_template_just_waits(self, desk: Desk) -> None:
        await desk.people.heard(ANI, sent_at=None)
        desk.clock.now += DAY + 60
        desk.account.plan = [Outcome(Fate.REJECTED, code="window_closed", trouble=Trouble.WINDOW_CLOSED)]
        assert (await desk.deliver()).code == "window_closed"
