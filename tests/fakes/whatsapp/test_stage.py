"""Fake WhatsApp: what people can do, in Python and over the page's addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes.whatsapp.hook import Hook
from tests.fakes.whatsapp.meta import NUMBER_ID, TOKEN, MetaFake
from tests.fakes.whatsapp.people import Bubble, Option

SITI = "6281234567890"


@pytest_asyncio.fixture
async def fake(hook: Hook) -> AsyncIterator[MetaFake]:
    async with MetaFake(webhook=hook.url, second=0.01) as fake:
        fake.person(SITI, "Siti")
        yield fake


@pytest.fixture
def ask(fake: MetaFake, http: aiohttp.ClientSession) -> Any:
    """A call of the page: status, answer."""

    async def ask(path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        url = f"{fake.url}/_control/{path}"
        async with http.get(url) if body is None else http.post(url, json=body) as response:
            return response.status, await response.json()

    return ask


def offer(fake: MetaFake, message_id: str, *titles: str, as_list: bool = False) -> None:
    """The bot shows something to choose from."""
    options = tuple(Option(f"pilih:{title}", title) for title in titles)
    shown = {"rows": options, "list_label": "Buka"} if as_list else {"buttons": options}
    fake.person(SITI).show(Bubble(message_id, "bot", "Pilih", fake.clock(), **shown))


class TestInPython:
    async def test_newest_button_of_that_name_is_pressed(self, fake: MetaFake) -> None:
        offer(fake, "b1", "Ya", "Tidak")
        offer(fake, "b2", "Ya")
        siti = fake.person(SITI)
        siti.press("Ya")
        siti.press("Tidak")
        siti.press("Ya", "b1")
        assert [bubble.text for bubble in siti.chat if bubble.sender == "person"] == ["Ya", "Tidak", "Ya"]
        with pytest.raises(LookupError):
            siti.press("Mungkin")
        with pytest.raises(LookupError):
            siti.press("Tidak", "b2")

    @pytest.mark.parametrize("number", ["", "+6281234567890", "0812 3456", "ID.1", "²"])
    async def test_number_is_digits(self, fake: MetaFake, number: str) -> None:
        with pytest.raises(ValueError, match="digits"):
            fake.person(number)

    async def test_only_own_messages_are_changed(self, fake: MetaFake) -> None:
        offer(fake, "b1", "Ya")
        siti = fake.person(SITI)
        with pytest.raises(LookupError):
            siti.edit("b1", "x")
        for message_id in ("b1", "lain"):
            with pytest.raises(LookupError):
                siti.revoke(message_id)

    async def test_ticks_only_grow(self, fake: MetaFake) -> None:
        offer(fake, "b1", "Ya")
        siti = fake.person(SITI)
        for status in ("delivered", "sent", "read", "delivered"):
            siti.tick("b1", status)
        assert (siti.seen[0].state, siti.seen[0].reports) == ("read", ["delivered", "sent", "read", "delivered"])

    async def test_nobody_waits_for_ever(self, fake: MetaFake) -> None:
        with pytest.raises(TimeoutError):
            await fake.person(SITI).read(1, seconds=0.02)


class TestOverHttp:
    async def test_it_says_what_it_is(self, ask: Any) -> None:
        _, about = await ask("about")
        assert about["platform"] == "whatsapp-meta"
        assert {"press", "edit", "revoke", "block", "typing"} <= set(about["abilities"])

    async def test_person_writes_and_the_bot_answers(
        self, fake: MetaFake, hook: Hook, http: aiohttp.ClientSession, ask: Any
    ) -> None:
        status, answer = await ask(f"people/{SITI}/write", {"text": "Halo"})
        assert status == 200
        assert (await hook.take(1))[0].json["entry"][0]["changes"][0]["value"]["messages"][0]["id"] == answer["id"]
        row = {"id": "a", "title": "Jadwal", "description": "Kapan mulai"}
        content = {
            "type": "list",
            "body": {"text": "Pilih"},
            "action": {"button": "Lihat pilihan", "sections": [{"rows": [row]}]},
        }
        body = {"messaging_product": "whatsapp", "to": SITI, "type": "interactive", "interactive": content}
        url, headers = f"{fake.url}/v25.0/{NUMBER_ID}/messages", {"Authorization": f"Bearer {TOKEN}"}
        async with http.post(url, headers=headers, json=body) as response:
            assert response.status == 200
        await fake.settled()
        _, conversation = await ask(f"people/{SITI}/messages?after=0")
        first, second = conversation["messages"]
        assert (first["from"], first["text"], first["state"]) == ("person", "Halo", "")
        assert (second["from"], second["state"]) == ("bot", "read")
        assert second["list"] == {"title": "Lihat pilihan", "rows": [row]}
        _, rest = await ask(f"people/{SITI}/messages?after={conversation['revision']}")
        assert rest["messages"] == []
        status, _ = await ask(f"people/{SITI}/press", {"id": "a", "message": second["id"]})
        assert status == 200

    async def test_messages_are_changed_and_taken_back(self, ask: Any) -> None:
        _, sent = await ask(f"people/{SITI}/write", {"text": "Halp"})
        await ask(f"people/{SITI}/edit", {"message": sent["id"], "text": "Halo"})
        _, conversation = await ask(f"people/{SITI}/messages")
        assert [(one["text"], one["state"]) for one in conversation["messages"]] == [("Halo", "edited")]
        await ask(f"people/{SITI}/revoke", {"message": sent["id"]})
        _, conversation = await ask(f"people/{SITI}/messages")
        assert [(one["text"], one["state"]) for one in conversation["messages"]] == [("", "deleted")]

    @pytest.mark.parametrize(
        ("verb", "kind"),
        [
            ("photo", "photo"),
            ("voice", "voice"),
            ("sticker", "sticker"),
            ("location", "location"),
            ("contact", "contact"),
        ],
    )
    async def test_what_is_no_text_is_shown_as_its_kind(self, ask: Any, verb: str, kind: str) -> None:
        assert (await ask(f"people/{SITI}/{verb}", {}))[0] == 200
        _, conversation = await ask(f"people/{SITI}/messages")
        assert [(one["kind"], one["text"]) for one in conversation["messages"]] == [(kind, "")]

    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            ("people/62999/write", {"text": "Halo"}, 404),
            (f"people/{SITI}/write", {"text": " "}, 400),
            (f"people/{SITI}/write", {}, 400),
            (f"people/{SITI}/write", {"text": 7}, 400),
            (f"people/{SITI}/press", {"id": "lain"}, 404),
            (f"people/{SITI}/edit", {"message": "lain", "text": "x"}, 404),
            (f"people/{SITI}/start", {}, 400),
        ],
    )
    async def test_what_cannot_be_done_is_said(self, ask: Any, path: str, body: dict[str, Any], status: int) -> None:
        found, answer = await ask(path, body)
        assert found == status
        assert answer["error"]

    async def test_every_new_person_is_somebody_else(self, fake: MetaFake, ask: Any) -> None:
        fake.person("6281234567891")
        made = [(await ask("people", {"name": name}))[1]["id"] for name in ("Budi", "Wulan")]
        assert len({*made, SITI, "6281234567891"}) == 4
        _, people = await ask("people")
        assert [person["name"] for person in people["people"]] == ["Siti", "Peserta 7891", "Budi", "Wulan"]

    async def test_person_can_block_the_bot(self, fake: MetaFake, ask: Any) -> None:
        await ask(f"people/{SITI}/block", {})
        assert (await ask("people"))[1]["people"][0]["blocked"] is True
        await ask(f"people/{SITI}/unblock", {})
        assert fake.person(SITI).blocked is False

    async def test_typing_is_shown(self, fake: MetaFake, ask: Any) -> None:
        fake.types(SITI)
        assert (await ask(f"people/{SITI}/messages"))[1]["typing"] is True

    async def test_faults_and_deliveries_are_told(self, fake: MetaFake, ask: Any) -> None:
        rule = {"action": {"kind": "duplicate"}, "times": 1}
        assert (await ask("faults", {"rules": [rule]}))[1]["rules"][0]["times"] == 1
        await ask(f"people/{SITI}/write", {"text": "Halo"})
        await fake.settled()
        _, told = await ask("deliveries")
        assert [(one["kind"], one["status"], one["person"]) for one in told["deliveries"]] == [("text", 200, SITI)] * 2
        assert (await ask("faults"))[1]["fired"][0]["kind"] == "duplicate"
