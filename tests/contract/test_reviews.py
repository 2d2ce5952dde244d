"""Messages to review are kept once, bounded, for a while, and without anything that leads to a person."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from bot.contract import reviews as module
from bot.contract.connection import connect, disconnect
from bot.contract.errors import BadMessage, MailroomUnavailable
from bot.contract.keys import REVIEW_COUNTS, REVIEW_ORDER, review, review_seen
from bot.contract.logs import Pseudonyms
from bot.contract.reviews import COARSE_SECONDS, DAY, KINDS, MAX_TEXT, RANKED, Review, Reviews, review_id
from bot.contract.scripts import Client
from tests.contract.samples import ANI, BUDI, START, Clock
from tests.redis_server import RedisServer

# A whole hour, so that what is put down comes back as it is.
NOW = START // COARSE_SECONDS * COARSE_SECONDS
RANKING = (("faq/lupa-sandi", 0.2), ("greet", 0.1))


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest_asyncio.fixture
async def kept(client: Client, clock: Clock) -> Reviews:
    return Reviews(client, 30, clock=clock)


def unanswered(number: int, at: float = NOW) -> Review:
    return Review(f"r{number}", "unanswered", at, f"pesan {number}", RANKING)


async def names(kept: Reviews) -> list[str]:
    return [one.id for one in await kept.all()]


async def test_what_is_put_down_comes_back_oldest_first(kept: Reviews, clock: Clock) -> None:
    later = replace(unanswered(1, NOW + DAY), kind="picked", answered=("lupa-sandi",))
    await kept.add(later)
    await kept.add(unanswered(2))
    clock.now += DAY
    assert await kept.all() == [unanswered(2), later]


async def test_same_message_is_kept_and_counted_once(kept: Reviews) -> None:
    for _ in range(3):
        await kept.add(unanswered(1))
    assert await names(kept) == ["r1"]
    assert await kept.totals() == {"unanswered": 1}


async def test_what_happens_later_takes_the_place_of_what_was_noted_before(kept: Reviews) -> None:
    picked = replace(unanswered(1), kind="picked", answered=("lupa-sandi",))
    await kept.add(unanswered(1))
    await kept.add(picked)
    assert await kept.all() == [picked]
    assert await kept.totals() == {"unanswered": 1, "picked": 1, "picked:lupa-sandi": 1}


async def test_repeated_turn_does_not_bring_back_what_an_editor_has_dealt_with(kept: Reviews) -> None:
    await kept.add(unanswered(1))
    await kept.remove(["r1", "r2"])
    await kept.add(unanswered(1))
    assert await kept.all() == []


async def test_thumb_up_and_an_answer_behind_a_button_are_only_counted(kept: Reviews, client: Client) -> None:
    await kept.add(replace(unanswered(1), kind="upvoted", answered=("lupa-sandi",)))
    await kept.add(Review("r2", "downvoted", NOW, answered=("lupa-sandi", "lupa-email")))
    assert await kept.all() == []
    redis: Any = client
    assert not await redis.exists(review("r1"), review("r2"), REVIEW_ORDER)
    assert await kept.totals() == {
        "upvoted": 1,
        "upvoted:lupa-sandi": 1,
        "downvoted": 1,
        "downvoted:lupa-sandi": 1,
        "downvoted:lupa-email": 1,
    }


async def test_oldest_make_room_beyond_the_limit(client: Client, clock: Clock) -> None:
    kept = Reviews(client, 30, most=3, clock=clock)
    for number in range(5):
        await kept.add(unanswered(number, NOW + number * COARSE_SECONDS))
    assert await names(kept) == ["r2", "r3", "r4"]
    redis: Any = client
    assert len(await redis.keys(review("*"))) == 3


async def test_limit_holds_again_after_a_process_died_before_it_made_room(
    client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Reviews(client, 30, most=2, clock=clock)

    async def dies(ids: Any) -> None:
        raise MailroomUnavailable("killed")

    for number in range(2):
        await kept.add(unanswered(number, NOW + number * COARSE_SECONDS))
    monkeypatch.setattr(kept, "remove", dies)
    with pytest.raises(MailroomUnavailable):
        await kept.add(unanswered(2, NOW + DAY))
    monkeypatch.undo()
    await kept.add(unanswered(3, NOW + 2 * DAY))
    assert await names(kept) == ["r2", "r3"]


async def test_everything_has_a_lifetime(kept: Reviews, client: Client) -> None:
    await kept.add(unanswered(1))
    redis: Any = client
    lives = {key.decode(): await redis.ttl(key) for key in await redis.keys("*")}
    month = pytest.approx(30 * DAY, abs=60)
    assert lives == {
        review("r1"): month,
        REVIEW_ORDER: month,
        REVIEW_COUNTS: month,
        review_seen("r1", "unanswered"): pytest.approx(2 * DAY, abs=60),
    }


async def test_old_messages_are_not_shown_and_leave_the_order(kept: Reviews, client: Client, clock: Clock) -> None:
    await kept.add(unanswered(1))
    clock.now += 31 * DAY
    assert await kept.all() == []
    await kept.add(unanswered(2, clock.now))
    redis: Any = client
    assert await redis.zrange(REVIEW_ORDER, 0, -1) == [b"r2"]


async def test_nothing_is_kept_when_it_is_turned_off(client: Client, clock: Clock) -> None:
    off = Reviews(client, 0, clock=clock)
    await off.add(unanswered(1))
    redis: Any = client
    assert await redis.keys("*") == []
    await Reviews(client, 30, clock=clock).add(unanswered(1))
    assert await off.all() == []


async def test_text_ranking_and_time_are_kept_no_finer_than_an_editor_needs(kept: Reviews) -> None:
    long = Review("r1", "unanswered", NOW + 59.5, "a" * 4000, tuple((f"faq/{n}", 1 / 3) for n in range(20)))
    await kept.add(long)
    (one,) = await kept.all()
    assert one.at == NOW
    assert one.text == "a" * MAX_TEXT
    assert one.ranking == tuple((f"faq/{n}", 0.3333) for n in range(RANKED))


async def test_many_are_read_and_removed_in_pieces(kept: Reviews, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK", 3)
    for number in range(8):
        await kept.add(unanswered(number, NOW + number * COARSE_SECONDS))
    assert len(await names(kept)) == 8
    await kept.remove([f"r{number}" for number in range(1, 8)])
    assert await names(kept) == ["r0"]


async def test_garbled_message_is_passed_over(kept: Reviews, client: Client) -> None:
    await kept.add(unanswered(1))
    await kept.add(unanswered(2))
    redis: Any = client
    await redis.set(review("r1"), b'{"id":')
    assert await names(kept) == ["r2"]


async def test_redis_that_is_away_is_said_so(own_redis: RedisServer) -> None:
    client = connect(own_redis.url)
    kept = Reviews(client, 30)
    own_redis.stop()
    for call in (kept.add(unanswered(1)), kept.remove(["r1"]), kept.all(), kept.totals()):
        with pytest.raises(MailroomUnavailable):
            await call
    await disconnect(client)


def test_name_follows_from_the_message_and_tells_nothing_of_it() -> None:
    who = Pseudonyms("kunci")
    name = review_id(who(ANI), "m1")
    assert name == review_id(who(ANI), "m1")
    assert (
        len({name, review_id(who(ANI), "m2"), review_id(who(BUDI), "m1"), review_id(Pseudonyms("b")(ANI), "m1")}) == 4
    )
    assert len(name) == 24
    assert int(name, 16) >= 0


@given(
    st.builds(
        Review,
        id=st.text(max_size=24),
        kind=st.sampled_from(KINDS),
        at=st.floats(0, 1e10),
        text=st.text(),
        ranking=st.lists(st.tuples(st.text(), st.floats(0, 1)), max_size=3).map(tuple),
        answered=st.lists(st.text(), max_size=3).map(tuple),
    )
)
def test_message_survives_its_storage(one: Review) -> None:
    assert Review.from_json(one.to_json().encode()) == one


@pytest.mark.parametrize("change", [{"kind": "liked"}, {"ranking": [1]}, {"at": "x"}, {"answered": None}, {"id": ...}])
def test_anything_else_is_no_message_to_review(change: dict[str, Any]) -> None:
    body = json.loads(unanswered(1).to_json())
    body |= change
    raw = json.dumps({name: value for name, value in body.items() if value is not ...})
    for broken in (raw, "[]", "null", "{"):
        with pytest.raises(BadMessage):
            Review.from_json(broken)


def test_text_of_a_message_is_not_in_what_a_log_would_show() -> None:
    assert "pesan 1" not in repr(unanswered(1))
