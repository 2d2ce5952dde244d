"""What WAHA's webhooks become, engine by engine, and what damage they survive."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.platform import AccountNews, Delivery, Event, Ignored, Revoked
from bot.channels.port import Arrival
from bot.channels.whatsapp.waha import WahaAccount
from bot.contract.errors import BadMessage
from bot.contract.messages import Contact, Media
from bot.contract.outcomes import Trouble
from tests.channels.waha.harness import OWN, SITI, WahaHarness, ack, envelope, message
from tests.channels.waha.harness import settings as waha_settings

HARNESS = WahaHarness()
ACCOUNT = HARNESS.account
ADDRESS = ACCOUNT.address("6281234567890")
HIDDEN = "123456789012345@lid"
GROUP = "120363000000000000@g.us"
CARD = "BEGIN:VCARD\nFN:Budi\nTEL:+62 812-0000-0000\nEND:VCARD"


def parse(event: str, payload: Any, **changes: Any) -> Event:
    (parsed,) = ACCOUNT.parse(HARNESS.authentic(json.dumps(envelope(event, payload, **changes)).encode()))
    return parsed


def arrival(payload: Any, event: str = "message", **changes: Any) -> Arrival:
    parsed = parse(event, payload, **changes)
    assert isinstance(parsed, Arrival), parsed
    return parsed


class TestMessage:
    @pytest.mark.parametrize("event", ["message", "message.any"])
    def test_text_is_taken_whichever_event_brings_it(self, event: str) -> None:
        identity = f"false_{SITI}_3EB0AA"
        expected = Arrival(identity, ADDRESS, "text", text="Halo", sent_at=1_760_000_000.0, handle=identity)
        assert arrival(message(body="Halo"), event) == expected

    @pytest.mark.parametrize(
        ("chat", "person"),
        [
            (SITI, "6281234567890"),
            ("6281234567890@s.whatsapp.net", "6281234567890"),
            ("6281234567890:17@s.whatsapp.net", "6281234567890"),
            (HIDDEN, HIDDEN),
            ("123456789012345:2@lid", HIDDEN),
        ],
    )
    def test_person_is_the_number_or_the_whole_hidden_id(self, chat: str, person: str) -> None:
        assert arrival(message(chat=chat, body="halo")).address == ACCOUNT.address(person)

    @pytest.mark.parametrize(
        ("timestamp", "sent_at"),
        [
            (1_760_000_000, 1_760_000_000.0),
            (1_760_000_000.5, 1_760_000_000.5),
            (1_760_000_000_500, 1_760_000_000.5),
            ("1760000000", 1_760_000_000.0),
            (None, 1_760_000_000.123),
            ("kemarin", 1_760_000_000.123),
            (True, 1_760_000_000.123),
            (-5, 1_760_000_000.123),
            (10**400, 1_760_000_000.123),
        ],
    )
    def test_time_is_the_messages_own_if_it_is_one(self, timestamp: Any, sent_at: float) -> None:
        assert arrival(message(body="halo", timestamp=timestamp)).sent_at == sent_at

    @pytest.mark.parametrize(
        ("mime", "kind"),
        [
            ("image/jpeg", "image"),
            ("image/webp", "sticker"),
            ("audio/ogg; codecs=opus", "voice"),
            ("audio/mp4", "audio"),
            ("video/mp4", "video"),
            ("application/pdf", "document"),
            ("", "document"),
        ],
    )
    def test_file_is_named_with_its_caption(self, mime: str, kind: str) -> None:
        file = {"url": "http://waha/api/files/1", "mimetype": mime, "filename": None}
        parsed = arrival(message(hasMedia=True, media=file, body="ini kenapa?"))
        assert (parsed.kind, parsed.text) == ("media", "ini kenapa?")
        assert parsed.media == Media(kind, "http://waha/api/files/1", mime)

    @pytest.mark.parametrize("file", [None, "rusak", {}, {"error": "too large"}])
    def test_file_that_was_not_downloaded_is_still_one(self, file: Any) -> None:
        parsed = arrival(message(hasMedia=True, media=file))
        assert parsed.media == Media("document", f"false_{SITI}_3EB0AA", "")

    @pytest.mark.parametrize(
        "content",
        [
            {"vCards": [CARD]},
            {"vCards": [CARD], "body": CARD},
            {"body": CARD},
            {"body": CARD, "_data": {"type": "vcard"}},
            {"_data": {"type": "multi_vcard"}},
        ],
    )
    def test_card_is_a_contact_without_its_number(self, content: dict[str, Any]) -> None:
        parsed = arrival(message(**content))
        assert (parsed.kind, parsed.contact, parsed.text) == ("contact", Contact("", False), "")

    @pytest.mark.parametrize(
        "content",
        [
            {"location": {"latitude": "-6.2", "longitude": "106.8"}, "body": "/9j/4AAQSkZJRg"},
            {"_data": {"type": "location"}, "body": "/9j/4AAQSkZJRg"},
            {"poll": {"name": "?"}},
            {"body": None},
            {"body": 5},
        ],
    )
    def test_what_has_no_words_is_unsupported(self, content: dict[str, Any]) -> None:
        parsed = arrival(message(**content))
        assert (parsed.kind, parsed.text) == ("unsupported", "")

    def test_id_too_long_to_keep_is_shortened_the_same_way_each_time(self) -> None:
        first, second = (arrival(message("X" * 300, body="halo")) for _ in range(2))
        assert len(first.id) <= 128
        assert first.id == second.id != arrival(message("Y" * 300, body="halo")).id

    def test_message_without_an_id_is_bad_and_the_reason_does_not_repeat_it(self) -> None:
        with pytest.raises(BadMessage) as caught:
            parse("message", message(id=None, body="nomor rahasia"))
        assert "rahasia" not in str(caught.value)

    def test_arrival_does_not_show_what_was_written(self) -> None:
        assert "rahasia" not in repr(arrival(message(body="nomor rahasia")))


class TestVote:
    def vote(self, **changes: Any) -> dict[str, Any]:
        vote = {
            "id": f"false_{SITI}_V1",
            "from": SITI,
            "fromMe": False,
            "to": OWN,
            "selectedOptions": ["Cara daftar"],
            "timestamp": 1_760_000_000_000,
            **changes,
        }
        return {"vote": vote, "poll": {"id": f"true_{SITI}_P1"}}

    def test_vote_is_the_words_that_were_chosen(self) -> None:
        parsed = arrival(self.vote(), "poll.vote")
        expected = Arrival(f"false_{SITI}_V1", ADDRESS, "text", text="Cara daftar", sent_at=1_760_000_000.0)
        assert parsed == expected

    def test_several_options_stay_together(self) -> None:
        assert arrival(self.vote(selectedOptions=["Satu", 5, "", "Dua"]), "poll.vote").text == "Satu, Dua"

    @pytest.mark.parametrize("options", [[], None, "Satu", [5], [""]])
    def test_vote_taken_back_says_nothing(self, options: Any) -> None:
        assert parse("poll.vote", self.vote(selectedOptions=options)) == Ignored("poll")

    def test_own_vote_is_an_echo(self) -> None:
        assert parse("poll.vote", self.vote(fromMe=True)) == Ignored("echo")


class TestAck:
    @pytest.mark.parametrize(
        ("numbers", "status"),
        [
            ({"ack": 0, "ackName": "PENDING"}, "accepted"),
            ({"ack": 1, "ackName": "SERVER"}, "sent"),
            ({"ack": 2, "ackName": "DEVICE"}, "delivered"),
            ({"ack": 3, "ackName": "READ"}, "read"),
            ({"ack": 4, "ackName": "PLAYED"}, "read"),
            ({"ack": None, "ackName": "READ"}, "read"),
            ({"ack": "2", "ackName": "DEVICE"}, "delivered"),
        ],
    )
    def test_report_names_the_message_by_its_bare_id(self, numbers: dict[str, Any], status: Any) -> None:
        assert parse("message.ack", ack(**numbers)) == Delivery(ADDRESS, "3EB0BB", status, at=1_760_000_000.123)

    def test_error_is_a_failure(self) -> None:
        report = parse("message.ack", ack(ack=-1, ackName="ERROR"))
        assert isinstance(report, Delivery)
        assert (report.status, report.trouble, report.code) == ("failed", Trouble.UNDELIVERABLE, "ack_error")

    @pytest.mark.parametrize("message_id", ["3EB0BB", f"true_{SITI}_3EB0BB", f"true_{SITI}_3EB0BB_{OWN}"])
    def test_receipt_is_the_same_in_every_engine(self, message_id: str) -> None:
        report = parse("message.ack", ack(id=message_id))
        assert isinstance(report, Delivery)
        assert (report.receipt, report.address) == ("3EB0BB", ADDRESS)

    def test_receiver_that_cannot_be_told_costs_no_report(self) -> None:
        report = parse("message.ack", ack(id="3EB0BB", to="rusak"))
        assert isinstance(report, Delivery)
        assert (report.receipt, report.address) == ("3EB0BB", None)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"ack": 7, "ackName": "BARU"}, "ack"),
            ({"ack": None, "ackName": None}, "ack"),
            ({"id": None}, "ack"),
            ({"fromMe": False}, "ack"),
            ({"id": f"false_{SITI}_3EB0BB", "fromMe": None}, "ack"),
            ({"id": f"true_{GROUP}_3EB0BB_{OWN}"}, "group"),
            ({"id": "true_status@broadcast_3EB0BB"}, "broadcast"),
        ],
    )
    def test_other_reports_are_ignored(self, changes: dict[str, Any], reason: str) -> None:
        assert parse("message.ack", ack(**changes)) == Ignored(reason)


class TestRevoked:
    def test_engine_that_keeps_messages_shows_the_old_one(self) -> None:
        payload = {"before": message("A1", body="rahasia"), "after": message("A2"), "revokedMessageId": "A1"}
        assert parse("message.revoked", payload) == Revoked(ADDRESS, f"false_{SITI}_A1")

    @pytest.mark.parametrize("named", ["A1", f"false_{SITI}_A1"])
    def test_other_engines_name_the_message_and_it_is_the_one_that_came(self, named: str) -> None:
        payload = {"before": None, "after": message("A2"), "revokedMessageId": named}
        revoked = parse("message.revoked", payload)
        assert revoked == Revoked(ADDRESS, arrival(message("A1", body="rahasia")).id)

    @pytest.mark.parametrize("chat", [HIDDEN, "6281234567890@c.us"])
    def test_chat_keeps_its_kind_of_id(self, chat: str) -> None:
        revoked = parse("message.revoked", {"after": message("A2", chat=chat), "revokedMessageId": "A1"})
        assert isinstance(revoked, Revoked)
        assert revoked.message_id == f"false_{chat}_A1"

    @pytest.mark.parametrize(
        ("payload", "reason"),
        [
            ({"after": message("A2", fromMe=True), "revokedMessageId": "A1"}, "echo"),
            ({"after": message("A2", chat=GROUP), "revokedMessageId": "A1"}, "group"),
            ({"after": message("A2")}, "revoke"),
            ({"revokedMessageId": "A1"}, "bad_address"),
            ({}, "bad_address"),
        ],
    )
    def test_what_concerns_no_persons_message_is_ignored(self, payload: dict[str, Any], reason: str) -> None:
        assert parse("message.revoked", payload) == Ignored(reason)


class TestNews:
    @pytest.mark.parametrize(
        ("status", "news"),
        [
            ("WORKING", AccountNews("session_up", True)),
            ("STOPPED", AccountNews("session_down", False)),
            ("STARTING", AccountNews("session_down", False)),
            ("SCAN_QR_CODE", AccountNews("session_down", False)),
            ("PASSKEY_REQUIRED", AccountNews("session_down", False)),
            ("FAILED", AccountNews("session_down", False)),
            ("BARU", AccountNews("session_down", False)),
            (None, Ignored("session")),
            (5, Ignored("session")),
        ],
    )
    def test_only_a_working_session_is_up(self, status: Any, news: Event) -> None:
        assert parse("session.status", {"name": "default", "status": status}) == news

    @pytest.mark.parametrize(
        ("event", "payload", "changes", "reason"),
        [
            ("message", message(body="halo"), {"session": "lain"}, "other_account"),
            ("message", message(body="halo"), {"session": None}, "other_account"),
            ("session.status", {"status": "FAILED"}, {"session": "lain"}, "other_account"),
            ("message", message(body="halo", fromMe=True), {}, "echo"),
            ("message.any", message(body="halo", fromMe=True), {}, "echo"),
            ("message", message(body="halo", fromMe=None, id=f"true_{SITI}_A"), {}, "echo"),
            ("message", message(body="halo", chat=OWN), {}, "echo"),
            ("message", message(body="halo", chat=GROUP), {}, "group"),
            ("message", message(body="halo", chat="120363@newsletter"), {}, "channel"),
            ("message", message(body="halo", chat="status@broadcast"), {}, "broadcast"),
            ("message", message(body="halo", chat="0@c.us"), {}, "bad_address"),
            ("message", message(body="halo", chat="budi@c.us"), {}, "bad_address"),
            ("message", message(body="halo", chat="٦٢٨١٢٣٤٥٦٧٨٩٠@c.us"), {}, "bad_address"),
            ("message", {**message(body="halo"), "from": None}, {}, "bad_address"),
            ("message", message(_data={"type": "e2e_notification"}), {}, "service"),
            ("message", message(_data={"type": "call_log"}), {}, "service"),
            ("message.reaction", message(reaction={"text": "👍"}), {}, "reaction"),
            ("message.edited", message(body="baru", editedMessageId="A"), {}, "edit"),
            ("message.ack.group", ack(), {}, "group"),
            ("poll.vote.failed", {}, {}, "poll"),
            ("call.received", {}, {}, "other_event"),
            ("presence.update", {}, {}, "other_event"),
            (None, message(body="halo"), {}, "other_event"),
        ],
    )
    def test_what_is_no_persons_message_is_ignored(
        self, event: Any, payload: Any, changes: dict[str, Any], reason: str
    ) -> None:
        assert parse(event, payload, **changes) == Ignored(reason)

    def test_each_session_takes_its_own(self) -> None:
        second = WahaAccount(waha_settings(name="kedua", session="kedua"))
        request = HARNESS.authentic(json.dumps(envelope("message", message(body="halo"), session="kedua")).encode())
        assert ACCOUNT.parse(request) == [Ignored("other_account")]
        (taken,) = second.parse(request)
        assert isinstance(taken, Arrival)
        assert taken.address.account == "kedua"


SAMPLES = [
    envelope("message", message(body="halo", media={"url": "u", "mimetype": "image/png"}, hasMedia=True)),
    envelope("message.ack", ack()),
    envelope("message.revoked", {"before": None, "after": message("A2"), "revokedMessageId": "A1"}),
    envelope("poll.vote", TestVote().vote()),
    envelope("session.status", {"status": "WORKING"}),
]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("x" * 200) | st.just("\udcff\x00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "from", "type"]), inner),
    max_leaves=4,
)


def places(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every place in a nested object."""
    inner = value.items() if isinstance(value, dict) else ()
    return [path, *(place for name, one in inner for place in places(one, (*path, name)))]


class TestDamage:
    @settings(max_examples=400, deadline=None)
    @given(data=st.data())
    def test_nothing_raises_but_bad_message(self, data: st.DataObject) -> None:
        body = copy.deepcopy(data.draw(st.sampled_from(SAMPLES)))
        *way, last = data.draw(st.sampled_from([place for place in places(body) if place]))
        holder = body
        for name in way:
            holder = holder[name]
        holder[last] = data.draw(JUNK)
        try:
            events = ACCOUNT.parse(HARNESS.authentic(json.dumps(body).encode()))
        except BadMessage:
            return
        assert len(events) == 1
