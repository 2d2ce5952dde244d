"""Delivery reports: late, doubled and unordered ones still end in the truth."""

from __future__ import annotations

import itertools

import pytest

from bot.channels.deliveries import Deliveries
from bot.channels.platform import Delivery, Status
from bot.contract.scripts import Client


@pytest.fixture
def deliveries(redis: Client) -> Deliveries:
    return Deliveries(redis)


async def status(deliveries: Deliveries, reference: str = "wamid.1") -> str:
    return await deliveries.status("merpati", "default", reference)


async def report(deliveries: Deliveries, news: Status, *, outbound: str = "") -> bool:
    return await deliveries.report("merpati", "default", Delivery(None, "wamid.1", news, outbound=outbound))


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
async def test_any_order_ends_with_the_furthest(deliveries: Deliveries, order: tuple[Status, ...]) -> None:
    for news in order:
        await report(deliveries, news)
    assert await status(deliveries) == "read"


async def test_second_report_is_no_news(deliveries: Deliveries) -> None:
    assert await report(deliveries, "delivered")
    assert not await report(deliveries, "delivered")


async def test_failure_after_sent_counts_and_after_delivered_does_not(deliveries: Deliveries) -> None:
    await report(deliveries, "sent")
    assert await report(deliveries, "failed")
    assert await report(deliveries, "delivered")
    assert not await report(deliveries, "failed")


async def test_report_before_the_send_was_answered_is_found_by_our_id(deliveries: Deliveries) -> None:
    await report(deliveries, "delivered", outbound="o1")
    await deliveries.sent("merpati", "default", "o1", "wamid.1")
    assert await status(deliveries, "o1") == "delivered"
    assert await status(deliveries) == "delivered"


async def test_accounts_do_not_share_references(deliveries: Deliveries) -> None:
    await report(deliveries, "read")
    assert await deliveries.status("merpati", "kedua", "wamid.1") == ""


async def test_platform_without_receipts_is_known_by_our_id_alone(deliveries: Deliveries) -> None:
    await deliveries.sent("merpati", "default", "o1", "")
    assert await status(deliveries, "o1") == "accepted"
