"""The REST channel: Rasa's shape for good requests, a clear error for everything else."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from bot.channels import rest
from bot.channels.rest import RestChannel
from bot.contract.scripts import Client
from bot.gateway import app as gateway_app
from tests.contract.samples import PATIENCE_SECONDS, until
from tests.gateway.conftest import Http, Start
from tests.gateway.echo_worker import EchoWorker
from tests.redis_server import RedisServer

WEBHOOK = "/webhooks/rest/webhook"
PRODUCTION = {"KAWAN_ENV": "production", "LOG_KEY": "kunci-acak-yang-panjang"}


async def ask(http: Http, body: Any) -> tuple[int, Any]:
    """The status and JSON of one request."""
    async with http.post(WEBHOOK, json=body) as response:
        return response.status, await response.json()


async def ask_until_answered(http: Http, body: dict[str, Any]) -> Any:
    """The replies to one message, asked again with its `message_id` as long as the answer is 504."""

    async def answered() -> Any:
        status, replies = await ask(http, body)
        assert status in (200, 504)
        return replies if status == 200 else None

    return await until(answered)


async def ask_raw(http: Http, data: bytes, kind: str = "application/json") -> tuple[int, Any]:
    """The same with a body that is no proper JSON."""
    async with http.post(WEBHOOK, data=data, headers={"Content-Type": kind}) as response:
        return response.status, await response.json()


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests give up after a moment instead of 20 seconds."""
    monkeypatch.setattr(gateway_app, "RestChannel", partial(RestChannel, wait_seconds=0.3))


class TestRasasShape:
    async def test_reply_names_its_recipient(self, http: Http, worker: EchoWorker) -> None:
        answer = await ask(http, {"sender": "ani", "message": "halo"})
        assert answer == (200, [{"recipient_id": "ani", "text": "gema: halo"}])

    async def test_all_bubbles_of_a_turn_arrive_together(self, http: Http, worker: EchoWorker) -> None:
        _, replies = await ask(http, {"sender": "ani", "message": "dua"})
        assert [reply["text"] for reply in replies] == ["gema: dua", "dan lagi"]

    async def test_buttons_have_title_and_payload(self, http: Http, worker: EchoWorker) -> None:
        _, (reply,) = await ask(http, {"sender": "ani", "message": "tombol"})
        assert reply["buttons"] == [
            {"title": "Cara daftar", "payload": "pilih:a1"},
            {"title": "Jadwal", "payload": "pilih:b2"},
        ]

    async def test_pressed_button_arrives_as_its_payload(self, http: Http, worker: EchoWorker) -> None:
        await ask(http, {"sender": "ani", "message": "pilih:a1"})
        assert [message.text for message in worker.heard] == ["pilih:a1"]

    @pytest.mark.parametrize("body", [{"message": "halo"}, {"sender": None, "message": "halo"}])
    async def test_sender_may_be_missing(self, http: Http, worker: EchoWorker, body: dict[str, Any]) -> None:
        _, (reply,) = await ask(http, body)
        assert reply["recipient_id"] == "default"

    async def test_fields_that_rasa_knows_and_we_do_not_are_ignored(self, http: Http, worker: EchoWorker) -> None:
        body = {"sender": "ani", "message": "halo", "metadata": {"a": [1]}, "input_channel": "x"}
        assert (await ask(http, body))[0] == 200

    async def test_content_type_does_not_matter(self, http: Http, worker: EchoWorker) -> None:
        status, _ = await ask_raw(http, b'{"sender": "ani", "message": "halo"}', "text/plain")
        assert status == 200


class TestHostileInput:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "bad_json"),
            (b"halo", "bad_json"),
            (b"{", "bad_json"),
            (b"\xff\xfe\x00", "bad_json"),
            (b"null", "bad_json"),
            (b"[]", "bad_json"),
            (b'"halo"', "bad_json"),
            (b"[" * 100_000, "bad_json"),
            (b'{"a":' * 30_000 + b"1" + b"}" * 30_000, "bad_json"),
            (b'{"message": "x", "sender": ' + b"9" * 5000 + b"}", "bad_json"),
            (b"{}", "bad_field"),
            (b'{"message": null}', "bad_field"),
            (b'{"message": 5}', "bad_field"),
            (b'{"message": {"text": "halo"}}', "bad_field"),
            (b'{"message": ["halo"]}', "bad_field"),
            (b'{"text": "halo"}', "bad_field"),
            (b'{"message": "x", "sender": ""}', "bad_field"),
            (b'{"message": "x", "sender": true}', "bad_field"),
            (b'{"message": "x", "sender": 1.5}', "bad_field"),
            (b'{"message": "x", "sender": ["ani"]}', "bad_field"),
            (b'{"message": "x", "sender": {"id": 1}}', "bad_field"),
            (b'{"message": "x", "message_id": 7}', "bad_field"),
            (b'{"message": "x", "message_id": "a\\nb"}', "bad_id"),
            (b'{"message": "x", "message_id": "' + b"i" * 129 + b'"}', "bad_id"),
            (b'{"message": "x", "sender": "a\\nb"}', "bad_address"),
            (b'{"message": "x", "sender": "a\\u0000b"}', "bad_address"),
            (b'{"message": "x", "sender": "\\ud800"}', "bad_address"),
            (b'{"message": "x", "sender": "' + b"s" * 161 + b'"}', "bad_address"),
            (b'{"message": "x", "sender": ' + b"9" * 4000 + b"}", "bad_address"),
        ],
    )
    async def test_what_is_no_message_gets_a_clear_400(self, http: Http, data: bytes, code: str) -> None:
        status, answer = await ask_raw(http, data)
        assert (status, answer["error"]["code"]) == (400, code)
        assert set(answer["error"]) == {"code", "message", "detail"}

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "   ",
            "x" * 100_000,
            "😀" * 200,
            "\x00\x01\x02",
            "\ud83d",
            "/restart",
            '/jadi_admin{"x":1}',
            "/intent",
            "{{7*7}} ${jndi:ldap://x} '; DROP TABLE --",
            "a\u0301" * 2000,
        ],
    )
    async def test_odd_text_is_taken_and_answered(self, http: Http, worker: EchoWorker, text: str) -> None:
        status, replies = await ask(http, {"sender": "ani", "message": text})
        assert (status, len(replies)) == (200, 1)

    async def test_body_above_the_limit_is_refused(self, http: Http) -> None:
        status, answer = await ask(http, {"message": "x" * 300_000})
        assert (status, answer["error"]["code"]) == (413, "too_long")

    @pytest.mark.parametrize(
        ("sender", "recipient"),
        [
            ("ani:budi", "ani:budi"),
            ("web:default:ani", "web:default:ani"),
            ("a/../b?c#d%3A", "a/../b?c#d%3A"),
            ("{0}*", "{0}*"),
            ("Ibu Ñañá 🙂", "Ibu Ñañá 🙂"),
            (628123, "628123"),
            (-1, "-1"),
        ],
    )
    async def test_odd_sender_gets_its_own_answer(
        self, http: Http, worker: EchoWorker, sender: Any, recipient: str
    ) -> None:
        status, replies = await ask(http, {"sender": sender, "message": "halo"})
        assert (status, replies) == (200, [{"recipient_id": recipient, "text": "gema: halo"}])

    async def test_senders_that_look_alike_have_separate_conversations(self, http: Http, worker: EchoWorker) -> None:
        senders = ["a:b", "a%3Ab", "a", "a:", "A", " a", "1", "a b", "a+b", "web:default:a"]
        for sender in senders:
            await ask(http, {"sender": sender, "message": f"dari {sender}"})
        assert len({message.conversation for message in worker.heard}) == len(senders)
        assert all(message.conversation.startswith("rest:default:") for message in worker.heard)

    async def test_number_and_its_text_are_one_sender(self, http: Http, worker: EchoWorker) -> None:
        for sender in (5, "5"):
            await ask(http, {"sender": sender, "message": "halo"})
        assert len({message.conversation for message in worker.heard}) == 1

    async def test_waiting_person_never_gets_another_ones_answer(self, http: Http, worker: EchoWorker) -> None:
        async def one(number: int) -> None:
            sender = f"orang:{number}"
            _, replies = await ask(http, {"sender": sender, "message": f"soal {number}", "message_id": "sama-saja"})
            assert replies == [{"recipient_id": sender, "text": f"gema: soal {number}"}]

        await asyncio.gather(*(one(number) for number in range(30)))

    async def test_same_sender_asking_twice_at_once_gets_each_answer_where_it_belongs(
        self, http: Http, worker: EchoWorker
    ) -> None:
        async def one(number: int) -> None:
            _, (reply,) = await ask(http, {"sender": "ani", "message": f"soal {number}"})
            assert reply["text"] == f"gema: soal {number}"

        await asyncio.gather(*(one(number) for number in range(20)))

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    async def test_other_methods_are_refused_by_name(self, http: Http, method: str) -> None:
        async with http.request(method, WEBHOOK) as response:
            assert (response.status, response.headers["Allow"]) == (405, "POST")
            assert (await response.json())["error"]["code"] == "bad_method"

    async def test_body_that_never_ends_is_not_waited_for(self, http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bot.channels.bodies.BODY_SECONDS", 0.2)
        reader, writer = await asyncio.open_connection(http.host, http.port)
        writer.write(f"POST {WEBHOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        line = await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
        writer.close()
        await writer.wait_closed()
        assert line.startswith(b"HTTP/1.1 408")


class TestWaiting:
    async def test_late_answer_is_a_504_that_says_what_to_do(
        self, start: Start, redis: Client, redis_server: RedisServer, short_wait: None
    ) -> None:
        status, answer = await ask(await start(), {"sender": "ani", "message": "halo", "message_id": "nomor-satu"})
        assert (status, answer["error"]["code"]) == (504, "no_answer_yet")
        assert "'nomor-satu'" in answer["error"]["message"]

    async def test_own_id_is_told_to_those_who_gave_none(
        self, start: Start, redis: Client, redis_server: RedisServer, short_wait: None
    ) -> None:
        http = await start()
        _, answer = await ask(http, {"sender": "ani", "message": "halo"})
        message_id = answer["error"]["message"].split("'")[1]
        async with EchoWorker(redis_server.url):
            replies = await ask_until_answered(http, {"sender": "ani", "message": "halo", "message_id": message_id})
        assert replies[0]["text"] == "gema: halo"

    async def test_repeated_request_gets_the_same_replies(self, http: Http, worker: EchoWorker) -> None:
        body = {"sender": "ani", "message": "dua", "message_id": "nomor-satu"}
        first = await ask(http, body)
        assert first[0] == 200
        assert await ask(http, body) == first
        assert len(worker.heard) == 1

    async def test_requests_repeated_while_they_wait_are_all_answered_once(
        self, http: Http, worker: EchoWorker
    ) -> None:
        worker.awake.clear()
        body = {"sender": "ani", "message": "halo", "message_id": "nomor-satu"}
        waiting = [asyncio.create_task(ask(http, body)) for _ in range(5)]
        await asyncio.sleep(0.1)
        worker.awake.set()
        assert await asyncio.gather(*waiting) == [(200, [{"recipient_id": "ani", "text": "gema: halo"}])] * 5
        assert len(worker.heard) == 1

    async def test_flood_of_one_sender_is_refused_and_another_is_served(
        self, start: Start, redis: Client, redis_server: RedisServer, short_wait: None
    ) -> None:
        http = await start(MAILBOX_LIMIT="2")
        for _ in range(2):
            assert (await ask(http, {"sender": "ani", "message": "halo"}))[0] == 504
        async with http.post(WEBHOOK, json={"sender": "ani", "message": "halo"}) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "5")
            assert (await response.json())["error"]["code"] == "full"
        async with EchoWorker(redis_server.url):
            assert await ask_until_answered(http, {"sender": "budi", "message": "halo", "message_id": "nomor-satu"})

    async def test_answer_comes_without_waiting_for_the_next_look(
        self, http: Http, worker: EchoWorker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rest, "LOOK_AGAIN_SECONDS", 3600.0)
        for number in range(5):
            assert (await ask(http, {"sender": "ani", "message": f"soal {number}"}))[0] == 200


class TestRedisAway:
    async def test_503_while_it_is_away_and_fine_when_it_is_back(self, start: Start, own_redis: RedisServer) -> None:
        http = await start(REDIS_URL=own_redis.url)
        async with EchoWorker(own_redis.url):
            assert (await ask(http, {"sender": "ani", "message": "satu"}))[0] == 200
            own_redis.stop()
            async with http.post(WEBHOOK, json={"sender": "ani", "message": "dua kali"}) as response:
                assert (response.status, response.headers["Retry-After"]) == (503, "2")
                assert (await response.json())["error"]["code"] == "unavailable"
            own_redis.start()
            _, replies = await ask(http, {"sender": "ani", "message": "tiga"})
            assert replies[0]["text"] == "gema: tiga"

    async def test_accepted_message_is_still_answered_when_redis_restarts_meanwhile(
        self, start: Start, own_redis: RedisServer
    ) -> None:
        http = await start(REDIS_URL=own_redis.url)
        async with EchoWorker(own_redis.url) as worker:
            worker.awake.clear()
            waiting = asyncio.create_task(ask(http, {"sender": "ani", "message": "halo"}))
            await until(worker.holding)
            own_redis.stop()
            await asyncio.sleep(2.5)  # longer than the pause between two looks
            own_redis.start()
            worker.awake.set()
            status, replies = await waiting
        assert (status, replies[0]["text"]) == (200, "gema: halo")


class TestSwitchedOff:
    async def test_it_is_off_in_production(self, start: Start, redis: Client) -> None:
        status, answer = await ask(await start(**PRODUCTION), {"message": "halo"})
        assert (status, answer["error"]["code"]) == (404, "not_found")

    async def test_it_is_on_in_production_when_asked(self, start: Start, redis: Client, worker: EchoWorker) -> None:
        status, _ = await ask(await start(**PRODUCTION, REST_CHANNEL="on"), {"message": "halo"})
        assert status == 200
