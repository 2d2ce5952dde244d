"""What is kept of accounts in Redis: links that live from their last use, names of chats, and exact limits."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest

from actions.accounts.links import ENDED_SECONDS, Link, LinkStore
from actions.accounts.tallies import FAILED_LINKS, LOOK_UPS, Tallies, Tally
from bot.contract.keys import Keys, chat
from bot.contract.scripts import Client
from tests.assistant.backend_stub import REFERENCE, TOKEN, Contract

ANI, BUDI = "telegram:default:ani", "whatsapp-meta:default:628120"
KEYS = Keys(1)
DAY = 86400
SECONDS = 90 * DAY
LINK = Link(REFERENCE, "full", "Si** R******", "0" * 32)
OTHER = replace(LINK, reference="B" * 22, label="Bu** S******")


@pytest.fixture
def links(redis: Client) -> LinkStore:
    return LinkStore(redis, KEYS, "rahasia", SECONDS)


@pytest.fixture
def tallies(redis: Client) -> Tallies:
    return Tallies(redis, KEYS)


async def ttl(redis: Any, key: str) -> int:
    """Seconds that a key lives; -1 for ever, -2 when it is gone."""
    return int(await redis.ttl(key))


def is_whole(left: int, seconds: int) -> bool:
    """Whether a lifetime has just begun."""
    return seconds - 30 <= left <= seconds


class TestLinks:
    async def test_link_is_kept_and_found_again(self, links: LinkStore) -> None:
        assert await links.get(ANI) is None
        await links.put(ANI, LINK)
        assert await links.get(ANI) == LINK
        assert await links.get(BUDI) is None

    async def test_link_lives_from_its_last_use(self, links: LinkStore, redis: Client) -> None:
        await links.put(ANI, LINK)
        assert is_whole(await ttl(redis, KEYS.link(ANI)), SECONDS)
        await redis.expire(KEYS.link(ANI), 5)
        await links.get(ANI)
        assert is_whole(await ttl(redis, KEYS.link(ANI)), SECONDS)

    async def test_link_that_was_not_used_is_gone(self, links: LinkStore, redis: Client) -> None:
        await links.put(ANI, LINK)
        await redis.expire(KEYS.link(ANI), 0)
        assert await links.get(ANI) is None

    async def test_way_back_from_the_name_lives_as_long_as_the_link(self, links: LinkStore, redis: Client) -> None:
        """Else the chat would not hear of a new link any more, nor lose its own when somebody objects."""
        await links.put(ANI, LINK)
        await redis.expire(chat(links.name_of(ANI)), 5)
        await links.get(ANI)
        assert await ttl(redis, chat(links.name_of(ANI))) >= await ttl(redis, KEYS.link(ANI))

    async def test_ended_link_is_kept_for_a_day_and_no_use_prolongs_it(self, links: LinkStore, redis: Client) -> None:
        await links.put(ANI, LINK)
        await links.end(ANI, LINK)
        assert await links.get(ANI) == replace(LINK, ended=True)
        assert is_whole(await ttl(redis, KEYS.link(ANI)), ENDED_SECONDS)
        await redis.expire(KEYS.link(ANI), 5)
        await links.get(ANI)
        assert await ttl(redis, KEYS.link(ANI)) <= 5

    async def test_new_link_takes_the_place_of_an_ended_one(self, links: LinkStore, redis: Client) -> None:
        await links.end(ANI, LINK)
        await links.put(ANI, OTHER)
        assert await links.get(ANI) == OTHER
        assert is_whole(await ttl(redis, KEYS.link(ANI)), SECONDS)

    @pytest.mark.parametrize("change", ["put", "end", "drop"])
    async def test_status_goes_with_the_link_that_showed_it(self, links: LinkStore, redis: Client, change: str) -> None:
        await links.put(ANI, LINK)
        await redis.set(KEYS.status(ANI), b"{}")
        if change == "put":
            await links.put(ANI, OTHER)
        elif change == "end":
            await links.end(ANI, LINK)
        else:
            await links.drop(ANI)
        assert await redis.exists(KEYS.status(ANI)) == 0

    async def test_dropped_link_is_gone_and_others_stay(self, links: LinkStore) -> None:
        await links.put(ANI, LINK)
        await links.put(BUDI, OTHER)
        await links.drop(ANI)
        assert await links.get(ANI) is None
        assert await links.get(BUDI) == OTHER

    @pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"[1]", b'["a","b","c","d",false,1]', b"null", b"7", b"\xff"])
    async def test_garbled_link_is_none(self, links: LinkStore, redis: Client, raw: bytes) -> None:
        await redis.set(KEYS.link(ANI), raw)
        assert await links.get(ANI) is None

    async def test_link_shows_neither_reference_nor_name_where_it_is_printed(self) -> None:
        assert REFERENCE not in repr(LINK)
        assert LINK.label not in repr(LINK)


class TestNames:
    async def test_name_leads_back_to_the_conversation(self, links: LinkStore) -> None:
        for conversation in (ANI, BUDI):
            await links.put(conversation, LINK)
        assert [await links.conversation_of(links.name_of(one)) for one in (ANI, BUDI)] == [ANI, BUDI]
        assert await links.conversation_of("f" * 32) == ""

    async def test_conversation_of_any_alphabet_comes_back(self, links: LinkStore) -> None:
        conversation = "web:main:s%C3%A9%F0%9F%99%82"
        await links.put(conversation, LINK)
        assert await links.conversation_of(links.name_of(conversation)) == conversation

    def test_name_is_what_the_contract_calls_a_chat(self, links: LinkStore) -> None:
        contract = Contract()
        assert contract.faults_of(contract.named("Chat"), links.name_of(ANI)) == []

    def test_name_depends_on_the_conversation_and_on_our_secret(self, redis: Client, links: LinkStore) -> None:
        elsewhere = LinkStore(redis, KEYS, "rahasia lain", SECONDS)
        assert len({links.name_of(ANI), links.name_of(BUDI), elsewhere.name_of(ANI), links.digest_of(ANI)}) == 4
        assert links.name_of(ANI) == LinkStore(redis, KEYS, "rahasia", 1).name_of(ANI)

    def test_digest_of_a_token_is_not_the_token(self, links: LinkStore) -> None:
        digest = links.digest_of(TOKEN)
        assert re.fullmatch("[0-9a-f]{32}", digest)
        assert digest != links.digest_of(TOKEN + "x")


@pytest.fixture(params=[LOOK_UPS, FAILED_LINKS], ids=lambda tally: tally.name)
def tally(request: pytest.FixtureRequest) -> Tally:
    found: Tally = request.param
    return found


class TestTallies:
    def test_limits_are_those_that_people_are_told(self) -> None:
        assert (LOOK_UPS.most, LOOK_UPS.seconds) == (5, 60)
        assert (FAILED_LINKS.most, FAILED_LINKS.seconds) == (10, 3600)

    async def test_so_many_and_no_more(self, tallies: Tallies, tally: Tally) -> None:
        assert [await tallies.spend(tally, ANI) for _ in range(tally.most)] == [0.0] * tally.most
        wait = await tallies.spend(tally, ANI)
        assert tally.seconds - 30 <= wait <= tally.seconds

    async def test_limit_is_reached_with_the_last_that_was_allowed(self, tallies: Tallies, tally: Tally) -> None:
        for _ in range(tally.most - 1):
            await tallies.spend(tally, ANI)
        assert not await tallies.is_spent(tally, ANI)
        await tallies.spend(tally, ANI)
        assert await tallies.is_spent(tally, ANI)

    async def test_looking_counts_nothing(self, tallies: Tallies, tally: Tally, redis: Client) -> None:
        assert not await tallies.is_spent(tally, ANI)
        assert await redis.exists(KEYS.tally(tally.name, ANI)) == 0

    async def test_period_is_counted_from_the_first_and_not_prolonged(
        self, tallies: Tallies, tally: Tally, redis: Client
    ) -> None:
        await tallies.spend(tally, ANI)
        assert is_whole(await ttl(redis, KEYS.tally(tally.name, ANI)), tally.seconds)
        await redis.expire(KEYS.tally(tally.name, ANI), 20)
        waits = [await tallies.spend(tally, ANI) for _ in range(tally.most + 3)]
        assert await ttl(redis, KEYS.tally(tally.name, ANI)) <= 20
        assert 1 <= waits[-1] <= 20

    async def test_begins_anew_when_the_period_is_over(self, tallies: Tallies, tally: Tally, redis: Client) -> None:
        for _ in range(tally.most + 1):
            await tallies.spend(tally, ANI)
        await redis.expire(KEYS.tally(tally.name, ANI), 0)
        assert not await tallies.is_spent(tally, ANI)
        assert await tallies.spend(tally, ANI) == 0.0

    async def test_each_person_and_each_limit_has_its_own_count(self, tallies: Tallies) -> None:
        for _ in range(FAILED_LINKS.most):
            await tallies.spend(FAILED_LINKS, ANI)
        assert not await tallies.is_spent(FAILED_LINKS, BUDI)
        assert await tallies.spend(LOOK_UPS, ANI) == 0.0

    async def test_waiting_time_is_never_none(self, tallies: Tallies, tally: Tally, redis: Client) -> None:
        """Redis rounds the last half second to none, which would read as "within the limit"."""
        waits: list[float] = []
        while not any(waits) and len(waits) < 100:  # a machine that is too busy lets it expire before
            await redis.set(KEYS.tally(tally.name, ANI), tally.most, px=400)
            waits.append(await tallies.spend(tally, ANI))
        assert waits[-1] == 1.0

    async def test_counter_has_a_lifetime_from_its_first_moment(
        self, tallies: Tallies, tally: Tally, redis: Client
    ) -> None:
        for _ in range(tally.most + 2):
            await tallies.spend(tally, ANI)
            assert is_whole(await ttl(redis, KEYS.tally(tally.name, ANI)), tally.seconds)

    @pytest.mark.parametrize("over", [-3, -1, 0, 5])
    async def test_counter_never_stays_without_a_lifetime(
        self, tallies: Tallies, tally: Tally, redis: Client, over: int
    ) -> None:
        """Else somebody would be locked out for ever."""
        await redis.set(KEYS.tally(tally.name, ANI), tally.most + over)
        await tallies.spend(tally, ANI)
        assert is_whole(await ttl(redis, KEYS.tally(tally.name, ANI)), tally.seconds)

    async def test_many_at_the_same_moment_are_all_counted(self, tallies: Tallies, tally: Tally) -> None:
        waits = await asyncio.gather(*(tallies.spend(tally, ANI) for _ in range(3 * tally.most)))
        assert sum(wait == 0.0 for wait in waits) == tally.most
