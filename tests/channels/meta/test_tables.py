"""Meta's Cloud API: what its webhooks say, kind by kind."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.platform import (
    AccountNews,
    Delivery,
    Event,
    IdentityChanged,
    Ignored,
    RawResponse,
    Revoked,
    Verified,
)
from bot.channels.port import Arrival
from bot.channels.whatsapp.meta.account import MetaAccount
from bot.contract.errors import BadMessage
from bot.contract.messages import Address, Contact, Media
from bot.contract.outcomes import Trouble
from tests.channels.harness import request
from tests.channels.meta.harness import PERSON, envelope, message, settings

BSUID = "ID.1234567890123"
VECTOR_SECRET = "rahasia-aplikasi"
VECTOR = (
    rb'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":'
    rb'[{"id":"wamid.A","from":"6281234567890","timestamp":"1760000000","type":"text","text":{"body":"Halo '
    rb'\ud83d\ude4f"}}]}}]}]}'
)
VECTOR_DIGEST = "sha256=49c2c4a9ba152cb12710d32d445ff0d77f39f3bb2dac42008667b7e9c1398b18"


def parse(body: bytes, account: MetaAccount | None = None) -> list[Event]:
    account = account or MetaAccount("default", settings())
    return list(account.parse(request(account.path, body, {})))


def only(body: bytes) -> Event:
    (event,) = parse(body)
    return event


def arrival_of(**more: Any) -> Arrival:
    event = only(envelope(messages=[message(**more)]))
    assert isinstance(event, Arrival), event
    return event


class TestSignature:
    def signed(self, body: bytes, signature: str, **changes: Any) -> Verified:
        account = MetaAccount("default", settings(app_secrets=(VECTOR_SECRET,), **changes))
        return account.verify(request(account.path, body, {"X-Hub-Signature-256": signature}))

    def test_published_vector_fits(self) -> None:
        assert self.signed(VECTOR, VECTOR_DIGEST) is Verified.OK

    def test_same_json_written_anew_does_not(self) -> None:
        anew = json.dumps(json.loads(VECTOR), ensure_ascii=False, separators=(",", ":")).encode()
        assert self.signed(anew, VECTOR_DIGEST) is Verified.BAD

    def test_empty_body_has_a_signature_too(self) -> None:
        digest = "sha256=27590638565dd89ad68386984deedc79199cccdf266b36492ba9db381be42328"
        assert self.signed(b"", digest) is Verified.OK

    def test_old_secret_is_accepted_while_it_changes(self) -> None:
        account = MetaAccount("default", settings(app_secrets=("baru", VECTOR_SECRET)))
        assert account.verify(request(account.path, VECTOR, {"X-Hub-Signature-256": VECTOR_DIGEST})) is Verified.OK


class TestHandshake:
    def asked(self, **query: str) -> RawResponse | None:
        account = MetaAccount("default", settings())
        text = "&".join(f"{name.replace('_', '.', 1)}={value}" for name, value in query.items())
        return account.handshake(request(f"{account.path}?{text}", b"", {}, method="GET"))

    def test_challenge_comes_back_to_who_knows_the_token(self) -> None:
        right = self.asked(hub_mode="subscribe", hub_verify_token="verifikasi-rahasia", hub_challenge="1158201444")
        assert right == RawResponse(body="1158201444")

    @pytest.mark.parametrize(
        "query",
        [
            {},
            {"hub_mode": "subscribe", "hub_challenge": "1"},
            {"hub_mode": "subscribe", "hub_verify_token": "salah", "hub_challenge": "1"},
            {"hub_mode": "lain", "hub_verify_token": "verifikasi-rahasia", "hub_challenge": "1"},
            {"hub_mode": "subscribe", "hub_verify_token": "%C3%A9", "hub_challenge": "1"},
        ],
    )
    def test_anybody_else_hears_nothing(self, query: dict[str, str]) -> None:
        assert self.asked(**query) is None


class TestMessages:
    @pytest.mark.parametrize(
        ("content", "kind", "text", "choice"),
        [
            ({"type": "text", "text": {"body": "halo"}}, "text", "halo", ""),
            ({"type": "text", "text": {}}, "unsupported", "", ""),
            ({"type": "text"}, "unsupported", "", ""),
            ({"type": "button", "button": {"payload": "pilih:a", "text": "Ya"}}, "choice", "Ya", "pilih:a"),
            ({"type": "button", "button": {"text": "Ya"}}, "text", "Ya", ""),
            (
                {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "p", "title": "T"}}},
                "choice",
                "T",
                "p",
            ),
            ({"type": "interactive", "errors": [{"code": 131051}]}, "unsupported", "", ""),
            ({"type": "interactive", "interactive": {"nfm_reply": {"response_json": "[1]"}}}, "unsupported", "", ""),
            ({"type": "image", "image": {"id": "9", "mime_type": "image/png", "caption": "ini"}}, "media", "ini", ""),
            ({"type": "audio", "audio": {"id": "9", "voice": True}}, "media", "", ""),
            ({"type": "voice", "voice": {"id": "9"}}, "media", "", ""),
            ({"type": "sticker", "sticker": {"id": "9"}}, "media", "", ""),
            ({"type": "document"}, "media", "", ""),
            ({"type": "location", "location": {"latitude": 1, "longitude": 2}}, "unsupported", "", ""),
            ({"type": "order", "order": {}}, "unsupported", "", ""),
            ({"type": "unsupported", "errors": [{"code": 131051}]}, "unsupported", "", ""),
            ({}, "unsupported", "", ""),
            ({"type": 7}, "unsupported", "", ""),
        ],
    )
    def test_kind_of_message(self, content: dict[str, Any], kind: str, text: str, choice: str) -> None:
        arrival = arrival_of(**content)
        assert (arrival.kind, arrival.text, arrival.choice) == (kind, text, choice)
        assert (arrival.id, arrival.handle, arrival.sent_at) == ("wamid.A", "wamid.A", 1_760_000_000)

    def test_media_keeps_its_reference(self) -> None:
        arrival = arrival_of(type="image", image={"id": "9", "mime_type": "image/png"})
        assert arrival.media == Media("image", "9", "image/png")

    def test_card_of_somebody_is_no_proof(self) -> None:
        assert arrival_of(type="contacts", contacts=[{"phones": [{"phone": "+62811"}]}]).contact == Contact("", False)

    @pytest.mark.parametrize("kind", ["reaction", "edit", "request_welcome"])
    def test_what_wants_no_answer_is_ignored(self, kind: str) -> None:
        assert only(envelope(messages=[message(type=kind, **{kind: {"message_id": "x"}})])) == Ignored(kind)

    def test_message_taken_back_names_the_one_that_goes(self) -> None:
        event = only(envelope(messages=[message(type="revoke", revoke={"original_message_id": "wamid.0"})]))
        assert event == Revoked(Address("whatsapp-meta", "default", PERSON), "wamid.0")

    @pytest.mark.parametrize("kind", ["user_changed_number", "user_changed_user_id", "customer_identity_changed"])
    def test_new_identity_concerns_old_and_new_address(self, kind: str) -> None:
        event = only(envelope(messages=[message(type="system", system={"type": kind, "wa_id": "6281300000000"})]))
        assert isinstance(event, IdentityChanged)
        assert [address.person for address in event.addresses] == [PERSON, "6281300000000"]
        assert event.kind == kind

    def test_long_id_is_kept_as_a_digest_and_given_back_whole(self) -> None:
        arrival = arrival_of(message_id="wamid." + "A" * 300, type="text", text={"body": "halo"})
        assert len(arrival.id) == 64
        assert len(arrival.handle) == 306

    @pytest.mark.parametrize(
        ("stamp", "seconds"),
        [("1760000000", 1_760_000_000), ("1760000000123", 1_760_000_000.123), ("x", None), ("", None), ("-1", None),
         ("nan", None), ("1e400", None)],
    )  # fmt: skip
    def test_times_in_every_form(self, stamp: str, seconds: float | None) -> None:
        assert arrival_of(type="text", text={"body": "x"}, timestamp=stamp).sent_at == seconds


class TestIdentity:
    @pytest.mark.parametrize(
        ("names", "contact", "person"),
        [
            ({"from": PERSON}, {}, PERSON),
            ({"from": f"+{PERSON}"}, {}, PERSON),
            ({"from": PERSON, "from_user_id": BSUID}, {}, PERSON),
            ({"from_user_id": BSUID}, {}, BSUID),
            ({"from": BSUID}, {"wa_id": BSUID}, BSUID),
            ({}, {"wa_id": PERSON, "user_id": BSUID}, PERSON),
            ({}, {"user_id": BSUID}, BSUID),
            ({"from_user_id": "ID.ENT.123"}, {"user_id": BSUID}, BSUID),
        ],
    )
    def test_person_is_found(self, names: dict[str, str], contact: dict[str, str], person: str) -> None:
        body = {key: value for key, value in message(type="text", text={"body": "x"}).items() if key != "from"}
        event = only(envelope(messages=[{**body, **names}], contacts=[contact] if contact else []))
        assert isinstance(event, Arrival)
        assert event.address.person == person

    @pytest.mark.parametrize("names", [{}, {"from": ""}, {"from": 62812}, {"from_user_id": "ID.ENT.1"}, {"from": "x"}])
    def test_message_of_nobody_is_left_out(self, names: dict[str, Any]) -> None:
        body = {key: value for key, value in message(type="text", text={"body": "x"}).items() if key != "from"}
        assert only(envelope(messages=[{**body, **names}])) == Ignored("no_sender")

    def test_two_contacts_are_no_hint_whose_message_it_is(self) -> None:
        body = {key: value for key, value in message(type="text", text={"body": "x"}).items() if key != "from"}
        contacts = [{"wa_id": PERSON}, {"wa_id": "62811"}]
        assert only(envelope(messages=[body], contacts=contacts)) == Ignored("no_sender")


class TestEnvelope:
    def test_every_entry_change_message_and_status_is_read(self) -> None:
        one = json.loads(envelope(messages=[message("w1", type="text"), message("w2", type="text")]))
        two = json.loads(envelope(statuses=[{"id": "r1", "status": "sent"}, {"id": "r2", "status": "read"}]))
        one["entry"][0]["changes"] += two["entry"][0]["changes"]
        one["entry"] += json.loads(envelope(messages=[message("w3", type="text")]))["entry"]
        events = parse(json.dumps(one).encode())
        assert [getattr(event, "id", "") or getattr(event, "receipt", "") for event in events] == [
            "w1", "w2", "r1", "r2", "w3"
        ]  # fmt: skip

    def test_broken_message_does_not_take_its_siblings_along(self) -> None:
        rows: list[Any] = [None, 7, [], {}, {"id": 3}, message("w1", type="text", text={"body": "halo"})]
        events = parse(envelope(messages=rows))
        assert [event.text for event in events if isinstance(event, Arrival)] == ["halo"]

    def test_other_number_of_the_same_app_is_not_ours(self) -> None:
        assert only(envelope("2000000002", messages=[message(type="text")])) == Ignored("other_account")

    def test_body_that_names_no_number_is_the_first_accounts(self) -> None:
        assert [event.id for event in parse(VECTOR) if isinstance(event, Arrival)] == ["wamid.A"]
        assert parse(VECTOR, MetaAccount("kedua", settings())) == [Ignored("other_account")]

    @pytest.mark.parametrize(
        ("field", "event"),
        [
            ("message_template_status_update", AccountNews("message_template_status_update")),
            ("account_update", AccountNews("account_update")),
            ("calls", Ignored("field")),
            (None, Ignored("field")),
        ],
    )
    def test_other_fields(self, field: str | None, event: Event) -> None:
        body = {"object": "x", "entry": [{"changes": [{"field": field, "value": {"event": "APPROVED"}}]}]}
        assert only(json.dumps(body).encode()) == event

    def test_error_without_a_message_is_news_of_the_account(self) -> None:
        assert only(envelope(errors=[{"code": 130429}])) == AccountNews("error_130429")

    @pytest.mark.parametrize("body", [b"{}", b'{"entry": 3}', b'{"object": "page"}'])
    def test_body_of_another_kind_is_said_to_be_unreadable(self, body: bytes) -> None:
        with pytest.raises(BadMessage):
            parse(body)


class TestStatuses:
    @pytest.mark.parametrize(
        ("word", "status"), [("sent", "sent"), ("delivered", "delivered"), ("read", "read"), ("played", "read")]
    )
    def test_report(self, word: str, status: str) -> None:
        row = {"id": "wamid.B", "status": word, "recipient_id": PERSON, "biz_opaque_callback_data": "o1"}
        event = only(envelope(statuses=[row]))
        assert isinstance(event, Delivery)
        assert (event.receipt, event.status, event.outbound) == ("wamid.B", status, "o1")

    @pytest.mark.parametrize(
        ("errors", "code", "trouble"),
        [
            ([{"code": 131026, "title": "x"}], "131026", Trouble.UNDELIVERABLE),
            ([{"code": 131050}], "131050", Trouble.BLOCKED),
            ([{"code": "131026"}], "unknown", Trouble.INVALID),
            ([], "", Trouble.NONE),
        ],
    )
    def test_failure_says_why(self, errors: list[Any], code: str, trouble: Trouble) -> None:
        event = only(envelope(statuses=[{"id": "w", "status": "failed", "errors": errors}]))
        assert isinstance(event, Delivery)
        assert (event.status, event.code, event.trouble) == ("failed", code, trouble)

    @pytest.mark.parametrize("row", [{"id": "w", "status": "deleted"}, {"id": "w"}, {"status": "sent"}, {"id": 3}])
    def test_what_says_nothing_is_ignored(self, row: dict[str, Any]) -> None:
        assert only(envelope(statuses=[row])) == Ignored("status")


class TestHostileShapes:
    @given(st.data())
    def test_any_mutation_is_read_or_refused_and_raises_nothing_else(self, data: st.DataObject) -> None:
        rows = [message(type="text", text={"body": "halo"}), message("w2", type="image", image={"id": "1"})]
        body = json.loads(
            envelope(messages=rows, contacts=[{"wa_id": PERSON}], statuses=[{"id": "r", "status": "sent"}])
        )
        mutated = _mutate(copy.deepcopy(body), data)
        with contextlib.suppress(BadMessage):
            parse(json.dumps(mutated).encode())


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


def _mutate(value: Any, data: st.DataObject) -> Any:
    """One place of a JSON value, replaced by junk."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(value)))
        return {**value, name: _mutate(value[name], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        return [_mutate(value[0], data), *value[1:]]
    return data.draw(JUNK)
