"""Fake Meta: how badly its webhooks may come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes.faults import (
    BadRequest,
    Batch,
    Duplicate,
    RateLimited,
    Refuse,
    Reorder,
    Rule,
    ServerError,
    StatusBeforeAnswer,
    TimeoutAfterTaken,
)
from tests.fakes.whatsapp.hook import Hook
from tests.fakes.whatsapp.meta import NUMBER_ID, TOKEN, MetaFake
from tests.fakes.whatsapp.meta_talk import BUDI, SITI, WULAN, call, messages, send, statuses, values


@pytest_asyncio.fixture
async def fake(hook: Hook) -> AsyncIterator[MetaFake]:
    async with MetaFake(webhook=hook.url, second=0.02) as fake:
        yield fake


class TestDelivery:
    async def test_it_comes_again_until_it_is_taken(self, fake: MetaFake, hook: Hook) -> None:
        hook.answers = [503, 403, 302]
        fake.person(SITI).write("Halo")
        requests = await hook.take(4)
        await fake.settled()
        assert len({request.body for request in requests}) == 1
        assert [(one.status, one.attempt) for one in fake.delivering.attempts] == [
            (503, 1),
            (403, 2),
            (302, 3),
            (200, 4),
        ]

    async def test_batch_spreads_messages_over_changes_and_statuses_over_another_entry(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.person(SITI).write("Halo")
        await fake.settled()
        fake.faults.add(Rule(Batch(size=4, seconds=60)))
        fake.faults.add(Rule(Batch(size=4, seconds=60), method="status_sent"))
        fake.reports.ladder = ("sent",)
        await send(fake, http)
        await asyncio.sleep(0.05)
        for number in (SITI, BUDI, WULAN):
            fake.person(number).write(f"Saya {number}")
        first, second = await hook.take(2)
        assert len(messages([first])) == 1
        entries = second.json["entry"]
        assert [[sorted(change["value"]) for change in entry["changes"]] for entry in entries] == [
            [["contacts", "messages", "messaging_product", "metadata"]] * 2,
            [["messaging_product", "metadata", "statuses"]],
        ]
        assert [len(value.get("messages", [])) for value in values([second])] == [2, 1, 0]

    async def test_batch_goes_when_nobody_else_comes(self, fake: MetaFake, hook: Hook) -> None:
        fake.faults.add(Rule(Batch(size=4, seconds=1)))
        fake.person(SITI).write("Halo")
        fake.person(BUDI).write("Halo")
        (request,) = await hook.take(1)
        assert len(messages([request])) == 2

    async def test_second_delivery_is_put_together_differently(self, fake: MetaFake, hook: Hook) -> None:
        fake.person(BUDI).write("Sebelumnya")
        await fake.settled()
        fake.faults.add(Rule(Duplicate(after=20), times=1))
        sent = fake.person(SITI).write("Halo")
        await hook.take(2)
        assert fake.delivering.pending  # the repeat is still to come
        third = (await hook.take(3))[2]
        assert [message["id"] for message in messages([third])][-1] == sent
        assert len(messages([third])) == 2
        assert third.body != hook.got[1].body

    async def test_reordered_messages_come_backwards(self, fake: MetaFake, hook: Hook) -> None:
        fake.faults.add(Rule(Reorder(window=3, seconds=60)))
        siti = fake.person(SITI)
        sent = [siti.write(f"Pesan {number}") for number in range(3)]
        assert [message["id"] for message in messages(await hook.take(3))] == sent[::-1]

    async def test_without_an_address_nothing_is_delivered_and_nothing_waits(self) -> None:
        async with MetaFake() as fake:
            fake.person(SITI).write("Halo")
            await fake.settled(1)
            assert fake.delivering.attempts == []


class TestStatuses:
    @pytest_asyncio.fixture(autouse=True)
    async def _open_window(self, fake: MetaFake, hook: Hook) -> None:
        fake.person(SITI).write("Halo")
        await fake.settled()
        hook.got.clear()

    async def test_reference_of_the_bot_comes_back(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        _, answer = await send(fake, http, biz_opaque_callback_data="o1")
        await fake.settled()
        found = statuses(hook.got)
        assert {one["status"] for one in found} == {"sent", "delivered", "read"}
        assert {(one["id"], one["biz_opaque_callback_data"], one["recipient_id"]) for one in found} == {
            (answer["messages"][0]["id"], "o1", SITI)
        }
        assert fake.person(SITI).seen[0].state == "read"

    async def test_they_can_be_out_of_order_skipped_and_doubled(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.reports.ladder = ("read", "sent", "read")
        await send(fake, http)
        await fake.settled()
        (bubble,) = fake.person(SITI).seen
        assert bubble.reports == ["read", "sent", "read"]
        assert bubble.state == "read"
        assert sorted(one["status"] for one in statuses(hook.got)) == ["read", "read", "sent"]

    async def test_only_rules_that_name_them_are_about_them(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.add(Rule(Duplicate()))
        await send(fake, http)
        await fake.settled()
        assert fake.faults.fired == []
        hook.got.clear()
        fake.faults.clear()
        fake.faults.add(Rule(Duplicate(), method="status_read"))
        await send(fake, http)
        await fake.settled()
        assert [one["status"] for one in statuses(hook.got)].count("read") == 2

    async def test_one_can_come_before_the_answer(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.add(Rule(StatusBeforeAnswer()))
        await send(fake, http)
        assert statuses(hook.got)[0]["status"] == "delivered"

    async def test_failure_comes_late_when_the_plan_says_so(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.load([{"action": {"kind": "bad_request", "code": 131049}, "method": "status", "times": 1}])
        assert (await send(fake, http))[0] == 200
        await fake.settled()
        failed = next(one for one in statuses(hook.got) if one["status"] == "failed")
        assert failed["errors"][0]["code"] == 131049
        assert "message" not in failed["errors"][0]
        assert fake.person(SITI).seen[0].state == "failed"

    async def test_failure_comes_when_a_test_says_so(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        await send(fake, http)
        await fake.settled()
        fake.reports.fail(fake.person(SITI).seen[0].id, 131026)
        await fake.settled()
        assert statuses(hook.got)[-1]["errors"][0]["code"] == 131026

    @pytest.mark.parametrize(("number", "code"), [(SITI, 131047), (BUDI, 131026)])
    async def test_what_is_known_on_the_way_alone_is_told_late(
        self, hook: Hook, http: aiohttp.ClientSession, number: str, code: int
    ) -> None:
        async with MetaFake(webhook=hook.url, late=True, second=0.01) as fake:
            fake.person(SITI)
            assert (await send(fake, http, number))[0] == 200
            await fake.settled()
            assert [one["status"] for one in statuses(hook.got) if one["status"] == "failed"] == ["failed"]
            assert next(one for one in statuses(hook.got) if "errors" in one)["errors"][0]["code"] == code
            assert fake.person(SITI).seen == []

    async def test_reports_can_be_lost(self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(Refuse(), method="status"))
        assert (await send(fake, http))[0] == 200
        await fake.settled()
        assert hook.got == []

    async def test_person_without_receipts_is_never_seen_reading(
        self, fake: MetaFake, http: aiohttp.ClientSession
    ) -> None:
        siti = fake.person(SITI)
        siti.receipts = False
        await send(fake, http)
        await fake.settled()
        assert siti.seen[0].state == "delivered"

    async def test_who_blocked_us_sees_nothing_and_whatsapp_does_not_say_so(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        siti = fake.person(SITI)
        siti.block()
        assert (await send(fake, http))[0] == 200
        await fake.settled()
        assert [one["status"] for one in statuses(hook.got)] == ["sent"]
        assert siti.seen == []

    async def test_message_that_was_taken_in_silence_is_reported(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.add(Rule(TimeoutAfterTaken(0.05), times=1))
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await send(fake, http, biz_opaque_callback_data="o1")
        await fake.settled()
        assert len(fake.person(SITI).seen) == 1
        assert {one["biz_opaque_callback_data"] for one in statuses(hook.got)} == {"o1"}
        assert fake.calls[-1].status == 0


class TestTrouble:
    @pytest_asyncio.fixture(autouse=True)
    async def _open_window(self, fake: MetaFake) -> None:
        fake.person(SITI).write("Halo")

    async def test_account_that_is_throttled_is_told_how_long(
        self, fake: MetaFake, http: aiohttp.ClientSession
    ) -> None:
        fake.faults.add(Rule(RateLimited(4.2)))
        url, headers = f"{fake.url}/v25.0/{NUMBER_ID}/messages", {"Authorization": f"Bearer {TOKEN}"}
        body = {"messaging_product": "whatsapp", "to": SITI, "type": "text", "text": {"body": "Halo"}}
        async with http.post(url, headers=headers, json=body) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "5")
            assert (await response.json())["error"]["code"] == 130429

    @pytest.mark.parametrize(
        ("fault", "status", "code"),
        [
            (BadRequest(code=131056, status=429), 429, 131056),
            (ServerError(500), 500, 131000),
            (ServerError(503), 503, 131000),
        ],
    )
    async def test_errors_are_json(
        self, fake: MetaFake, http: aiohttp.ClientSession, fault: Any, status: int, code: int
    ) -> None:
        fake.faults.add(Rule(fault))
        found, answer = await send(fake, http)
        assert (found, answer["error"]["code"]) == (status, code)

    @pytest.mark.parametrize("fault", [ServerError(502), ServerError(504), BadRequest(status=503)])
    async def test_errors_of_a_server_in_between_are_pages(
        self, fake: MetaFake, http: aiohttp.ClientSession, fault: Any
    ) -> None:
        fake.faults.add(Rule(fault))
        status, page = await send(fake, http)
        assert status >= 500
        assert "<html>" in page

    async def test_refused_message_is_not_shown(self, fake: MetaFake, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(Refuse(), times=1))
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await send(fake, http)
        assert fake.person(SITI).seen == []
        assert (await send(fake, http))[0] == 200

    async def test_outage_is_about_every_call(self, fake: MetaFake, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(ServerError(503), seconds=60))
        read = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": fake.person(SITI).chat[0].id,
        }
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert (await call(fake, http, read))[0] == 503
        assert (await send(fake, http))[0] == 503
        async with http.get(f"{fake.url}/v25.0/{NUMBER_ID}", headers=headers) as response:
            assert response.status == 503

    async def test_single_fault_is_not_used_up_by_a_gesture(self, fake: MetaFake, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(ServerError(503), times=1))
        read = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": fake.person(SITI).chat[0].id,
        }
        assert (await call(fake, http, read))[0] == 200
        assert (await send(fake, http))[0] == 503
        fake.faults.add(Rule(ServerError(503), method="read", times=1))
        assert (await call(fake, http, read))[0] == 503

    async def test_host_can_be_down_and_come_back(self, fake: MetaFake, http: aiohttp.ClientSession) -> None:
        await fake.close_port()
        with pytest.raises(aiohttp.ClientConnectorError):
            await send(fake, http)
        await fake.open_port()
        assert (await send(fake, http))[0] == 200
