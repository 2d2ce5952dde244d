"""What Fonnte's webhooks become, and what damage they survive."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.channels.platform import AccountNews, Delivery, Event, Ignored
from bot.channels.port import Arrival
from bot.channels.whatsapp.fonnte import FonnteAccount
from bot.contract.errors import BadMessage
from bot.contract.messages import Contact, Media
from bot.contract.outcomes import Trouble
from tests.channels.fonnte.harness import DEVICE, SECRET, settings
from tests.channels.harness import NOW, request

ACCOUNT = FonnteAccount("default", settings())
ANY_DEVICE = FonnteAccount("default", settings(device=""))
SITI = "6281234567890"
ADDRESS = ACCOUNT.address(SITI)
PATH = f"/webhooks/whatsapp/fonnte/{SECRET}"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
# All fields that the gateway sends today, as it sends them where the inbox is off.
MESSAGE: dict[str, Any] = {
    "quick": False,
    "device": DEVICE,
    "pesan": "Halo",
    "pengirim": SITI,
    "member": "",
    "message": "Halo",
    "text": "non-button message",
    "sender": SITI,
    "name": "Siti",
    "location": "",
    "url": "",
    "type": "text",
    "extension": "",
    "filename": "",
    "pollname": "",
    "choices": [],
    "inboxid": 0,
    "isgroup": False,
    "isforwarded": False,
}


def parse(body: dict[str, Any], *, account: FonnteAccount = ACCOUNT, at: float = NOW, form: bool = False) -> Event:
    body = {name: value for name, value in body.items() if value is not None}
    raw = urlencode(body).encode() if form else json.dumps(body).encode()
    made = request(PATH, raw, {"Content-Type": FORM if form else JSON}, match={"secret": SECRET})
    (event,) = account.parse(replace(made, received_at=at))
    return event


def arrival(*, at: float = NOW, form: bool = False, **changes: Any) -> Arrival:
    event = parse({**MESSAGE, **changes}, at=at, form=form)
    assert isinstance(event, Arrival), event
    return event


def words(text: str | None) -> dict[str, Any]:
    return {"message": text, "pesan": text}


class TestMessage:
    def test_text(self) -> None:
        parsed = arrival(inboxid=4711, timestamp=1_760_000_000)
        assert parsed == Arrival("4711", ADDRESS, "text", text="Halo", sent_at=1_760_000_000.0)

    def test_form_says_the_same_as_json(self) -> None:
        changes: dict[str, Any] = {"inboxid": "4711", "choices": ""}
        assert arrival(form=True, **changes) == arrival(**changes)

    def test_old_names_are_enough(self) -> None:
        parsed = arrival(sender=None, message=None)
        assert (parsed.address, parsed.text) == (ADDRESS, "Halo")

    @pytest.mark.parametrize(
        ("sender", "person"),
        [
            (SITI, SITI),
            (int(SITI), SITI),
            ("+" + SITI, SITI),
            ("081234567890", SITI),
            (f"{SITI}@s.whatsapp.net", SITI),
            (f"{SITI}:12@s.whatsapp.net", SITI),
            (f"{SITI}@c.us", SITI),
            ("123456789012345@lid", "123456789012345@lid"),
        ],
    )
    def test_person_is_the_number_or_the_whole_hidden_id(self, sender: Any, person: str) -> None:
        assert arrival(sender=sender).address == ACCOUNT.address(person)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"device": "622150000001"}, "other_account"),
            ({"member": SITI, "sender": "120363400835772540@g.us", "isgroup": True}, "group"),
            ({"member": SITI}, "group"),
            ({"isgroup": True}, "group"),
            ({"isgroup": "true"}, "group"),
            ({"sender": "120363400835772540@g.us"}, "group"),
            ({"sender": "6281234567890-1600000000"}, "group"),
            ({"sender": "120363@newsletter"}, "channel"),
            ({"sender": "status@broadcast"}, "broadcast"),
            ({"sender": DEVICE}, "echo"),
            ({"sender": "02150000000"}, "echo"),
            ({"sender": "Siti"}, "bad_address"),
            ({"sender": "123"}, "bad_address"),
            ({"sender": "٦٢٨١٢٣٤٥٦٧٨٩٠"}, "bad_address"),
            ({"sender": "9" * 200}, "bad_address"),
        ],
    )
    def test_what_is_no_persons_message_is_ignored(self, changes: dict[str, Any], reason: str) -> None:
        assert parse({**MESSAGE, **changes}) == Ignored(reason)

    def test_device_that_is_not_configured_is_known_from_the_message(self) -> None:
        assert isinstance(parse({**MESSAGE, "device": "622159999999"}, account=ANY_DEVICE), Arrival)
        own = {**MESSAGE, "device": "622159999999", "sender": "622159999999"}
        assert parse(own, account=ANY_DEVICE) == Ignored("echo")

    def test_missing_device_costs_no_message(self) -> None:
        assert arrival(device=None).text == "Halo"

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"text": "Cara daftar", **words("")}, "Cara daftar"),
            ({"pollname": "Pilih", "choices": ["Satu", "Dua"], **words("")}, "Satu, Dua"),
            ({"pollname": "Pilih", "choices": "Satu", **words(None)}, "Satu"),
        ],
    )
    def test_words_are_found_where_they_stand(self, changes: dict[str, Any], text: str) -> None:
        parsed = arrival(**changes)
        assert (parsed.kind, parsed.text) == ("text", text)

    @pytest.mark.parametrize(
        "changes",
        [
            words(""),
            words("non-text message"),
            words(None),
            {"message": 5.5, "pesan": {"a": 1}},
            {"location": "-6.2,106.8"},
            {"location": "-6.2,106.8", **words("")},
            {"hologram": 3, **words("")},
        ],
    )
    def test_what_has_no_words_is_unsupported(self, changes: dict[str, Any]) -> None:
        parsed = arrival(**changes)
        assert (parsed.kind, parsed.text) == ("unsupported", "")

    @pytest.mark.parametrize(
        ("changes", "kind"),
        [
            ({"url": "https://x/1.jpg", "filename": "1.jpg", "extension": "jpg"}, "image"),
            ({"url": "https://x/1.jpg", "extension": ".JPG"}, "image"),
            ({"url": "https://x/1.webp", "extension": "webp"}, "sticker"),
            ({"url": "https://x/1.ogg", "filename": "1.ogg"}, "voice"),
            ({"url": "https://x/1", "extension": "pdf"}, "document"),
            ({"url": "https://x/1"}, "document"),
            ({"url": "", "type": "image"}, "image"),
            ({"url": "", "filename": "surat.docx"}, "document"),
        ],
    )
    def test_file_is_named_with_its_caption(self, changes: dict[str, Any], kind: str) -> None:
        parsed = arrival(**words("ini kenapa?"), **changes)
        assert (parsed.kind, parsed.text) == ("media", "ini kenapa?")
        assert parsed.media == Media(kind, changes.get("url", ""))

    def test_file_without_a_caption_has_no_words(self) -> None:
        assert arrival(url="https://x/1.jpg", **words("non-text message")).text == ""

    @pytest.mark.parametrize("changes", [{"type": "contact"}, {"type": "vcard"}, words("BEGIN:VCARD\nTEL:+62812")])
    def test_card_is_a_contact_without_its_number(self, changes: dict[str, Any]) -> None:
        parsed = arrival(**changes)
        assert (parsed.kind, parsed.contact, parsed.text) == ("contact", Contact("", False), "")

    @pytest.mark.parametrize("timestamp", [None, "kemarin", True, -1, 10**30, [1]])
    def test_time_that_is_none_costs_no_message(self, timestamp: Any) -> None:
        assert arrival(timestamp=timestamp).sent_at is None

    def test_arrival_does_not_show_what_was_written(self) -> None:
        assert "rahasia" not in repr(arrival(**words("nomor rahasia")))


class TestId:
    def test_number_of_the_inbox_is_the_id(self) -> None:
        assert arrival(inboxid=4711).id == arrival(inboxid="4711", **words("lain")).id == "4711"

    @pytest.mark.parametrize("inbox", [0, "0", "", None, False, []])
    def test_without_an_inbox_the_same_delivery_has_the_same_id(self, inbox: Any) -> None:
        first, again = (arrival(inboxid=inbox, timestamp=1_760_000_000, at=at) for at in (NOW, NOW + 500))
        assert first.id == again.id

    @pytest.mark.parametrize(
        "change",
        [
            {"timestamp": 1_760_000_001},
            {"sender": "6281234567891"},
            words("lain"),
            {"url": "https://x/1"},
            {"text": "b"},
        ],
    )
    def test_another_message_has_another_id(self, change: dict[str, Any]) -> None:
        assert arrival(timestamp=1_760_000_000).id != arrival(**{"timestamp": 1_760_000_000, **change}).id

    def test_same_words_later_are_a_new_message_also_where_no_time_is_told(self) -> None:
        ids = [arrival(at=NOW + seconds).id for seconds in (0, 5, 120, 86_400)]
        assert ids[0] == ids[1]
        assert len(set(ids)) == 3

    def test_words_cannot_be_guessed_from_the_id(self) -> None:
        secret = "3273012345678901"
        first = arrival(timestamp=1, **words(secret)).id
        other = FonnteAccount("default", settings(secret="rahasia-yang-lain-sama-sekali"))
        second = parse({**MESSAGE, "timestamp": 1, **words(secret)}, account=other)
        assert isinstance(second, Arrival)
        assert first != second.id
        assert first != hashlib.sha256(f"{SITI}\x001\x00{secret}".encode()).hexdigest()

    def test_id_too_long_to_keep_is_shortened(self) -> None:
        assert len(arrival(inboxid="9" * 300).id) <= 128


class TestReport:
    @pytest.mark.parametrize(
        ("body", "receipt", "status"),
        [
            ({"id": "r1", "stateid": "s1", "status": "sent", "state": "delivered"}, "r1", "delivered"),
            ({"id": 4711, "status": "Sent", "state": ""}, "4711", "sent"),
            ({"id": "r1", "status": "processing"}, "r1", "accepted"),
            ({"id": "r1", "status": "pending", "state": "baru"}, "r1", "accepted"),
            ({"stateid": "s1", "state": "read"}, "s1", "read"),
            ({"id": "", "stateid": "s1", "state": "played", "device": DEVICE}, "s1", "read"),
        ],
    )
    def test_progress(self, body: dict[str, Any], receipt: str, status: Any) -> None:
        assert parse(body) == Delivery(None, receipt, status)
        assert parse(body, form=True) == Delivery(None, receipt, status)

    @pytest.mark.parametrize("word", ["failed", "invalid", "expired", "Url unreachable"])
    def test_failure_has_a_reason(self, word: str) -> None:
        expected = Delivery(None, "r1", "failed", trouble=Trouble.UNDELIVERABLE, code=word.lower().replace(" ", "_"))
        assert parse({"id": "r1", "status": word}) == expected

    @pytest.mark.parametrize(
        ("status", "news"),
        [
            ("connect", AccountNews("session_up", True)),
            ("disconnect", AccountNews("session_down", False)),
            ("Disconnected", AccountNews("session_down", False)),
            ("baru", Ignored("status")),
        ],
    )
    def test_news_of_the_device(self, status: str, news: Event) -> None:
        body = {"device": DEVICE, "status": status, "token": "token", "timestamp": 1, "reason": "logged out"}
        assert parse(body) == news

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({"id": "r1", "status": "baru"}, "status"),
            ({"id": "r1"}, "status"),
            ({"id": "r1", "status": "sent", "device": "622150000001"}, "other_account"),
            ({"status": "disconnect", "device": "622150000001"}, "other_account"),
        ],
    )
    def test_other_reports_are_ignored(self, body: dict[str, Any], reason: str) -> None:
        assert parse(body) == Ignored(reason)

    @pytest.mark.parametrize(
        "body", [{}, {"a": 1}, {"sender": ""}, {"sender": {}}, {"id": [1]}, {"message": "rahasia"}]
    )
    def test_what_is_nothing_of_the_kind_is_bad_and_not_repeated(self, body: dict[str, Any]) -> None:
        with pytest.raises(BadMessage) as caught:
            parse(body)
        assert "rahasia" not in str(caught.value)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\udcff\x00") | st.just("x" * 300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
NAMES = st.sampled_from([*MESSAGE, "id", "stateid", "status", "state", "timestamp"])


class TestDamage:
    @examples(max_examples=400, deadline=None)
    @given(whole=st.booleans(), changes=st.dictionaries(NAMES, JUNK, max_size=6))
    def test_nothing_raises_but_bad_message(self, whole: bool, changes: dict[str, Any]) -> None:
        raw = json.dumps({**(MESSAGE if whole else {}), **changes}).encode()
        try:
            events = ACCOUNT.parse(request(PATH, raw, {"Content-Type": JSON}))
        except BadMessage:
            return
        assert len(events) == 1

    @examples(max_examples=200, deadline=None)
    @given(raw=st.binary(), content_type=st.sampled_from(["", JSON, FORM, "multipart/form-data"]))
    def test_no_bytes_are_a_message_or_an_error(self, raw: bytes, content_type: str) -> None:
        try:
            events = ACCOUNT.parse(request(PATH, raw, {"Content-Type": content_type}))
        except BadMessage:
            return
        assert not any(isinstance(event, Arrival) for event in events)

    def test_far_too_many_fields_are_bad(self) -> None:
        raw = b"&".join(b"f%d=1" % number for number in range(5000))
        with pytest.raises(BadMessage):
            ACCOUNT.parse(request(PATH, raw, {"Content-Type": FORM}))
