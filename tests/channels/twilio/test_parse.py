"""What Twilio's webhooks become, and what damage they survive."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.channels.platform import Delivery, Event, Ignored
from bot.channels.port import Arrival
from bot.channels.whatsapp.twilio import TwilioAccount
from bot.contract.errors import BadMessage
from bot.contract.messages import Contact, Media
from bot.contract.outcomes import Trouble
from tests.channels.harness import request
from tests.channels.twilio.harness import OWN, SID, TwilioHarness, settings

HARNESS = TwilioHarness()
ACCOUNT = HARNESS.account
SITI = "whatsapp:+6281234567890"
ADDRESS = ACCOUNT.address("6281234567890")
MESSAGE = {"MessageSid": "SM1", "SmsMessageSid": "SM1", "SmsStatus": "received", "AccountSid": SID, "From": SITI}
MESSAGE |= {"To": OWN, "NumMedia": "0", "Body": "Halo", "WaId": "6281234567890", "ProfileName": "Siti"}
REPORT = {"MessageSid": "SM2", "SmsStatus": "delivered", "MessageStatus": "delivered", "AccountSid": SID}
REPORT |= {"From": OWN, "To": SITI}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def form(base: dict[str, str], changes: dict[str, Any]) -> bytes:
    return urlencode({name: value for name, value in {**base, **changes}.items() if value is not None}).encode()


def parse(base: dict[str, str] = MESSAGE, query: str = "", **changes: Any) -> Event:
    (event,) = ACCOUNT.parse(request(ACCOUNT.path + query, form(base, changes), FORM))
    return event


def arrival(**changes: Any) -> Arrival:
    event = parse(**changes)
    assert isinstance(event, Arrival), event
    return event


class TestMessage:
    def test_text(self) -> None:
        assert parse() == Arrival("SM1", ADDRESS, "text", text="Halo", handle="SM1")

    @pytest.mark.parametrize(
        ("changes", "person"),
        [
            ({}, "6281234567890"),
            ({"From": "+6281234567890"}, "6281234567890"),
            ({"From": "6281234567890"}, "6281234567890"),
            ({"From": "whatsapp: 6281234567890"}, "6281234567890"),  # a plus that nobody escaped
            ({"From": SITI, "ExternalUserId": "whatsapp:ID.5550001"}, "6281234567890"),
            ({"From": "whatsapp:ID.5550001", "WaId": None}, "ID.5550001"),
            ({"From": "ID.5550001", "WaId": ""}, "ID.5550001"),
            ({"From": None, "WaId": None, "ExternalUserId": "whatsapp:ID.5550001"}, "ID.5550001"),
            ({"From": "whatsapp:ID.5550001"}, "6281234567890"),
        ],
    )
    def test_person_is_the_number_if_there_is_one_else_the_scoped_id(
        self, changes: dict[str, Any], person: str
    ) -> None:
        assert arrival(**changes).address == ACCOUNT.address(person)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"From": "messenger:12345", "WaId": None}, "bad_address"),
            ({"From": "whatsapp:ID.ENT.5550001", "WaId": None}, "bad_address"),
            ({"From": "whatsapp:ID." + "x" * 160, "WaId": None}, "bad_address"),
            ({"From": None, "WaId": None}, "bad_address"),
            ({"From": OWN, "WaId": None}, "echo"),
            ({"AccountSid": "AC" + "f" * 32}, "other_account"),
            ({"AccountSid": None}, "other_account"),
            ({"To": "whatsapp:+622150000001"}, "other_account"),
            ({"To": None}, "other_account"),
            ({"MessageType": "reaction", "Body": "👍"}, "reaction"),
        ],
    )
    def test_what_is_no_persons_message_to_us_is_ignored(self, changes: dict[str, Any], reason: str) -> None:
        assert parse(**changes) == Ignored(reason)

    @pytest.mark.parametrize("name", ["MessageSid", "SmsMessageSid", "SmsSid"])
    def test_id_by_any_of_its_names(self, name: str) -> None:
        assert arrival(**{"MessageSid": None, "SmsMessageSid": None, name: "SM9"}).id == "SM9"

    def test_message_without_an_id_is_bad(self) -> None:
        with pytest.raises(BadMessage) as caught:
            parse(MessageSid=None, SmsMessageSid=None, Body="nomor rahasia")
        assert "rahasia" not in str(caught.value)

    @pytest.mark.parametrize(
        ("mime", "kind"),
        [("image/jpeg", "image"), ("image/webp", "sticker"), ("audio/ogg", "voice"), ("application/pdf", "document")],
    )
    def test_file_is_named_with_its_caption(self, mime: str, kind: str) -> None:
        parsed = arrival(NumMedia="1", MediaUrl0="https://api.twilio.com/m", MediaContentType0=mime)
        assert (parsed.kind, parsed.text) == ("media", "Halo")
        assert parsed.media == Media(kind, "https://api.twilio.com/m", mime)

    @pytest.mark.parametrize("mime", ["text/vcard", "text/x-vcard; charset=utf-8", "TEXT/VCARD"])
    def test_card_is_a_contact_without_its_number(self, mime: str) -> None:
        parsed = arrival(NumMedia="1", MediaUrl0="https://api.twilio.com/m", MediaContentType0=mime, Body="Budi")
        assert (parsed.kind, parsed.contact, parsed.media) == ("contact", Contact("", False), None)

    @pytest.mark.parametrize(
        ("changes", "choice", "text"),
        [
            (
                {"ButtonPayload": "pilih:1", "ButtonText": "Cara daftar", "Body": "Cara daftar"},
                "pilih:1",
                "Cara daftar",
            ),
            ({"ButtonPayload": "pilih:1", "Body": "Cara daftar"}, "pilih:1", "Cara daftar"),
            ({"ButtonPayload": "pilih:1", "Body": ""}, "pilih:1", ""),
            ({"ListId": "pilih:2", "ListTitle": "Insentif", "Body": "x"}, "pilih:2", "Insentif"),
        ],
    )
    def test_choice_comes_back_verbatim(self, changes: dict[str, Any], choice: str, text: str) -> None:
        parsed = arrival(**changes)
        assert (parsed.kind, parsed.choice, parsed.text) == ("choice", choice, text)

    def test_label_without_an_id_is_words(self) -> None:
        parsed = arrival(ButtonText="Cara daftar", ButtonPayload="", Body="")
        assert (parsed.kind, parsed.text, parsed.choice) == ("text", "Cara daftar", "")

    @pytest.mark.parametrize(
        "changes",
        [
            {"Body": ""},
            {"Body": None},
            {"Latitude": "-6.2", "Longitude": "106.8", "Body": "Monas"},
            {"MessageType": "location", "Body": "Monas"},
            {"Body": "", "NumMedia": None},
        ],
    )
    def test_what_has_no_words_of_the_person_is_unsupported(self, changes: dict[str, Any]) -> None:
        parsed = arrival(**changes)
        assert (parsed.kind, parsed.text) == ("unsupported", "")

    def test_long_base64_is_read(self) -> None:
        words = "Kak, kenapa insentif saya belum juga cair ya? Sudah dua minggu 🙏"
        assert arrival(Body=base64.b64encode(words.encode()).decode()).text == words

    @pytest.mark.parametrize(
        "words", ["halohalo", "a" * 400, "A" * 64, base64.b64encode(bytes(60)).decode(), "kata " * 30]
    )
    def test_words_that_only_look_like_base64_stay(self, words: str) -> None:
        assert arrival(Body=words).text == words

    def test_bytes_that_are_no_text_cost_only_themselves(self) -> None:
        body = form(MESSAGE, {"Body": None}) + b"&Body=halo%ff+Kak\xfe%F0%9F%99%8F"
        (event,) = ACCOUNT.parse(request(ACCOUNT.path, body, FORM))
        assert isinstance(event, Arrival)
        assert event.text.startswith("halo\ufffd Kak")
        assert event.text.endswith("🙏")
        assert event.text.encode()

    def test_of_a_repeated_field_the_first_counts(self) -> None:
        body = form(MESSAGE, {}) + b"&Body=lain"
        (event,) = ACCOUNT.parse(request(ACCOUNT.path, body, FORM))
        assert isinstance(event, Arrival)
        assert event.text == "Halo"

    def test_json_says_the_same_as_a_form(self) -> None:
        body = json.dumps({**MESSAGE, "Baru": {"a": 1}}).encode()
        (event,) = ACCOUNT.parse(request(ACCOUNT.path, body, {"Content-Type": "application/json; charset=utf-8"}))
        assert event == parse()

    def test_arrival_does_not_show_what_was_written(self) -> None:
        assert "rahasia" not in repr(arrival(Body="nomor rahasia"))

    def test_each_number_takes_its_own(self) -> None:
        second = TwilioAccount("kedua", settings(sender="whatsapp:+622150000001"))
        raw = request(ACCOUNT.path, form(MESSAGE, {"To": "whatsapp:+622150000001"}), FORM)
        assert ACCOUNT.parse(raw) == [Ignored("other_account")]
        (taken,) = second.parse(raw)
        assert isinstance(taken, Arrival)
        assert taken.address.account == "kedua"


class TestReport:
    @pytest.mark.parametrize(
        ("status", "ours"),
        [
            ("queued", "accepted"),
            ("accepted", "accepted"),
            ("sending", "accepted"),
            ("sent", "sent"),
            ("delivered", "delivered"),
            ("read", "read"),
        ],
    )
    def test_progress(self, status: str, ours: Any) -> None:
        assert parse(REPORT, MessageStatus=status) == Delivery(ADDRESS, "SM2", ours)

    @pytest.mark.parametrize("status", ["failed", "undelivered", "canceled"])
    @pytest.mark.parametrize(
        ("code", "kept", "trouble"),
        [
            ("63016", "63016", Trouble.WINDOW_CLOSED),
            ("63018", "63018", Trouble.THROTTLED_ACCOUNT),
            ("63024", "63024", Trouble.UNDELIVERABLE),
            ("63032", "63032", Trouble.BLOCKED),
            ("21610", "21610", Trouble.BLOCKED),
            ("63013", "63013", Trouble.POLICY),
            ("63019", "63019", Trouble.MEDIA),
            ("63007", "63007", Trouble.AUTH),
            ("63010", "63010", Trouble.TRANSIENT),
            ("99999", "99999", Trouble.UNDELIVERABLE),
            ("", "unknown", Trouble.UNDELIVERABLE),
            ("+6281234567890", "unknown", Trouble.UNDELIVERABLE),
            ("٦٣٠١٦", "unknown", Trouble.UNDELIVERABLE),
            (None, "unknown", Trouble.UNDELIVERABLE),
        ],
    )
    def test_failure_has_a_reason(self, status: str, code: str | None, kept: str, trouble: Trouble) -> None:
        report = parse(REPORT, MessageStatus=status, ErrorCode=code)
        assert report == Delivery(ADDRESS, "SM2", "failed", trouble=trouble, code=kept)

    def test_code_of_a_message_that_got_through_is_no_failure(self) -> None:
        assert parse(REPORT, ErrorCode="63016") == Delivery(ADDRESS, "SM2", "delivered")

    @pytest.mark.parametrize("outbound", ["r1", "r1.2", "a/b c+é"])
    def test_our_own_id_comes_back_in_the_address(self, outbound: str) -> None:
        report = parse(REPORT, f"?outbound={quote(outbound, safe='')}")
        assert isinstance(report, Delivery)
        assert report.outbound == outbound

    def test_id_that_cannot_be_ours_is_left_out(self) -> None:
        report = parse(REPORT, "?outbound=" + "x" * 200)
        assert isinstance(report, Delivery)
        assert report.outbound == ""

    @pytest.mark.parametrize("to", [None, "", "messenger:1"])
    def test_receiver_that_cannot_be_told_costs_no_report(self, to: str | None) -> None:
        assert parse(REPORT, To=to) == Delivery(None, "SM2", "delivered")

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"MessageStatus": "baru"}, "status"),
            ({"From": "whatsapp:+622150000001"}, "other_account"),
            ({"AccountSid": "AC" + "f" * 32}, "other_account"),
        ],
    )
    def test_other_reports_are_ignored(self, changes: dict[str, Any], reason: str) -> None:
        assert parse(REPORT, **changes) == Ignored(reason)

    def test_a_received_message_is_no_report(self) -> None:
        assert isinstance(parse(MessageStatus="received"), Arrival)


NAMES = st.sampled_from([*MESSAGE, *REPORT, "ButtonPayload", "MediaUrl0", "MediaContentType0", "ErrorCode", "ListId"])
VALUES = st.none() | st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from([SITI, OWN, "1", "x" * 300])


class TestDamage:
    @examples(max_examples=300, deadline=None)
    @given(base=st.sampled_from([MESSAGE, REPORT]), changes=st.dictionaries(NAMES, VALUES))
    def test_nothing_raises_but_bad_message(self, base: dict[str, str], changes: dict[str, Any]) -> None:
        try:
            events = ACCOUNT.parse(request(ACCOUNT.path, form(base, changes), FORM))
        except BadMessage:
            return
        assert len(events) == 1

    @examples(max_examples=200, deadline=None)
    @given(body=st.binary(), content_type=st.sampled_from(["", "application/json", *FORM.values()]))
    def test_no_bytes_are_a_message_or_an_error(self, body: bytes, content_type: str) -> None:
        raw = request(ACCOUNT.path, body, {"Content-Type": content_type, "X-Twilio-Signature": "x"})
        ACCOUNT.verify(raw)
        try:
            assert ACCOUNT.parse(raw) == [Ignored("other_account")]
        except BadMessage:
            return


def test_acknowledgement_is_an_empty_twiml() -> None:
    answer = ACCOUNT.acknowledge(request(ACCOUNT.path, b"", FORM))
    assert (answer.status, answer.body, answer.content_type) == (200, "<Response/>", "text/xml")
