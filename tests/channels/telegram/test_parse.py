"""One update, one event: every kind of update that a bot meets, whole and damaged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.platform import Event, Ignored, Moved, Reachability
from bot.channels.port import Arrival
from bot.channels.telegram.account import TelegramAccount
from bot.contract.errors import BadMessage
from bot.contract.messages import Address, Contact, Media
from tests.channels.telegram.harness import CHAT, PERSON, message, press, profile

ACCOUNT = TelegramAccount(profile())
SITI = Address("telegram", "default", "42")
FILE = {"file_id": "F1", "file_unique_id": "U1"}
GROUP = {"id": -1_001_234_567_890, "type": "supergroup", "title": "Petugas"}
FIELDS = (
    *("message_id", "date", "chat", "from", "text", "caption", "photo", "voice", "video", "document", "contact"),
    *("id", "data", "message", "reply_markup", "new_chat_member", "migrate_to_chat_id", "media_group_id"),
)
OWN_CARD = {"phone_number": "6281234567890", "first_name": "Siti", "user_id": 42}


def parse(**content: Any) -> Event:
    (event,) = ACCOUNT.parse_update({"update_id": 900_001, **content})
    return event


def arrival(**content: Any) -> Arrival:
    event = parse(**content)
    assert isinstance(event, Arrival), event
    return event


def member(status: str, chat: dict[str, Any] = CHAT) -> dict[str, Any]:
    bot = {"id": 123_456_789, "is_bot": True, "first_name": "Kawan"}
    return {
        "chat": chat,
        "from": PERSON,
        "date": 1_760_000_000,
        "old_chat_member": {"status": "member", "user": bot},
        "new_chat_member": {"status": status, "user": bot, "until_date": 0},
    }


class TestText:
    def test_message_with_everything(self) -> None:
        assert arrival(message=message(text="halo kak")) == Arrival(
            "900001.12", SITI, "text", text="halo kak", sent_at=1_760_000_000.0, position=12
        )

    @pytest.mark.parametrize(
        ("text", "expected", "start"),
        [
            ("/start lapor_joki", "/start", "lapor_joki"),
            ("/start@kawan_bot kode-1", "/start@kawan_bot", "kode-1"),
            ("/start  a", "/start", "a"),
            ("/start " + "a" * 64, "/start", "a" * 64),
            ("/start " + "a" * 65, "/start " + "a" * 65, ""),
            ("/start 3273012345678901", "/start 3273012345678901", ""),
            ("/start 0812-3456-7890", "/start 0812-3456-7890", ""),
            ("/start dua kata", "/start dua kata", ""),
            ("/start é", "/start é", ""),
            ("/start", "/start", ""),
            ("/starta b", "/starta b", ""),
            ("/bantuan@kawan_bot", "/bantuan@kawan_bot", ""),
            ("/bantuan kode", "/bantuan kode", ""),
            ("tolong /start kode", "tolong /start kode", ""),
        ],
    )
    def test_commands_and_deep_links(self, text: str, expected: str, start: str) -> None:
        parsed = arrival(message=message(text=text))
        assert (parsed.text, parsed.start) == (expected, start)

    def test_edited_text_is_a_new_version_of_the_same_position(self) -> None:
        parsed = arrival(edited_message=message(text="halo lagi", edit_date=1_760_000_050))
        assert (parsed.id, parsed.edited, parsed.position, parsed.text) == ("900001.12", True, 12, "halo lagi")

    def test_edited_deep_link_opens_nothing(self) -> None:
        assert arrival(edited_message=message(text="/start kode")).start == ""

    def test_edited_live_location_is_no_message(self) -> None:
        assert parse(edited_message=message(location={"latitude": 1, "longitude": 2})) == Ignored("edit")

    def test_large_ids_are_kept_whole(self) -> None:
        user = {"id": 2**51 + 1, "is_bot": False, "first_name": "Budi"}
        parsed = arrival(message=message(text="halo", chat={"id": 2**51 + 1, "type": "private"}, **{"from": user}))
        assert parsed.address.person == str(2**51 + 1)


class TestMedia:
    @pytest.mark.parametrize(
        ("content", "media"),
        [
            (
                {"photo": [{**FILE, "width": 1, "height": 1}, {**FILE, "file_id": "F2"}]},
                Media("image", "F2", "image/jpeg"),
            ),
            ({"voice": {**FILE, "duration": 3, "mime_type": "audio/ogg"}}, Media("voice", "F1", "audio/ogg")),
            ({"video": {**FILE, "mime_type": "video/mp4"}}, Media("video", "F1", "video/mp4")),
            ({"audio": FILE}, Media("audio", "F1")),
            ({"video_note": {**FILE, "length": 9}}, Media("video", "F1")),
            ({"document": {**FILE, "mime_type": "application/pdf"}}, Media("document", "F1", "application/pdf")),
            ({"animation": FILE, "document": FILE}, Media("video", "F1")),
            ({"photo": []}, Media("image", "", "image/jpeg")),
            ({"photo": "rusak"}, Media("image", "", "image/jpeg")),
            ({"document": None}, Media("document")),
        ],
    )
    def test_file_is_kept_as_a_reference_with_its_caption(self, content: dict[str, Any], media: Media) -> None:
        parsed = arrival(message={**message(caption="kenapa ditolak?"), **content})
        assert (parsed.kind, parsed.media, parsed.text) == ("media", media, "kenapa ditolak?")

    def test_parts_of_an_album_share_it(self) -> None:
        albums = [arrival(message=message(photo=[FILE], media_group_id=group)).album for group in ("777", 777)]
        assert albums == ["777", "777"]

    @pytest.mark.parametrize(
        "content",
        [
            {"location": {"latitude": 1, "longitude": 2}},
            {"sticker": {"emoji": "👍"}},
            {"poll": {"question": "?"}},
            {"dice": {"emoji": "🎲", "value": 3}},
            {"story": {"id": 1}},
            {"hologram": {"file_id": "H"}},
            {},
        ],
    )
    def test_what_we_cannot_read_is_unsupported(self, content: dict[str, Any]) -> None:
        assert arrival(message=message(**content)).kind == "unsupported"


class TestContact:
    @pytest.mark.parametrize(
        "phone", ["6281234567890", "+6281234567890", "081234567890", "+62 812-3456-7890", "006281234567890"]
    )
    def test_own_card_has_a_number_in_one_form(self, phone: str) -> None:
        card = {**OWN_CARD, "phone_number": phone}
        assert arrival(message=message(contact=card)).contact == Contact("+6281234567890", True)

    def test_number_abroad_stays_abroad(self) -> None:
        card = {**OWN_CARD, "phone_number": "6591234567"}
        assert arrival(message=message(contact=card)).contact == Contact("+6591234567", True)

    @pytest.mark.parametrize(
        ("card", "changes"),
        [
            ({"user_id": 43}, {}),
            ({"user_id": None}, {}),
            ({"user_id": "42"}, {}),
            ({}, {"forward_origin": {"type": "user", "sender_user": PERSON, "date": 1}}),
            ({}, {"forward_origin": None}),
            ({}, {"forward_date": 1_759_000_000}),
            ({}, {"from": None}),
            ({"phone_number": ""}, {}),
            ({"phone_number": "12"}, {}),
            ({"phone_number": None}, {}),
            ({"phone_number": 6281234567890}, {}),
        ],
    )
    def test_any_other_card_is_no_proof_and_keeps_no_number(
        self, card: dict[str, Any], changes: dict[str, Any]
    ) -> None:
        body = {**message(contact={**OWN_CARD, **card}), **changes}
        parsed = arrival(message=body)
        assert (parsed.kind, parsed.contact) == ("contact", Contact("", False))


class TestPress:
    def test_choice_comes_back_with_its_label_and_handle(self) -> None:
        assert arrival(callback_query=press()) == Arrival(
            "900001.cb", SITI, "choice", text="Cara daftar", choice="pilih:1", handle="777"
        )

    @pytest.mark.parametrize(
        "shown",
        [
            None,
            {"message_id": 13, "date": 0, "chat": CHAT},
            {"message_id": 13, "date": 1, "chat": CHAT, "reply_markup": "rusak"},
            {"message_id": 13, "date": 1, "chat": CHAT, "reply_markup": {"inline_keyboard": [None, ["x", {}]]}},
            {"message_id": 13, "date": 1, "chat": CHAT, "reply_markup": {"inline_keyboard": [[{"text": "Lain"}]]}},
            {"message_id": 13, "date": 1},
        ],
    )
    def test_button_whose_message_is_gone_still_counts(self, shown: Any) -> None:
        parsed = arrival(callback_query=press(message=shown))
        assert (parsed.choice, parsed.text, parsed.address) == ("pilih:1", "", SITI)

    def test_press_in_a_group_is_no_business_of_ours(self) -> None:
        shown = {"message_id": 13, "date": 1, "chat": GROUP}
        assert parse(callback_query=press(message=shown)) == Ignored("group")

    def test_press_without_data_is_no_choice(self) -> None:
        assert parse(callback_query=press(data=None, game_short_name="catur")) == Ignored("no_choice")


class TestNews:
    @pytest.mark.parametrize(
        ("status", "event"),
        [
            ("kicked", Reachability(SITI, False)),
            ("member", Reachability(SITI, True)),
            ("left", Ignored("member")),
            ("administrator", Ignored("member")),
            ("restricted", Ignored("member")),
            ("baru", Ignored("member")),
        ],
    )
    def test_blocking_and_coming_back(self, status: str, event: Event) -> None:
        assert parse(my_chat_member=member(status)) == event

    def test_membership_in_a_group_is_ignored(self) -> None:
        assert parse(my_chat_member=member("kicked", GROUP)) == Ignored("group")

    @pytest.mark.parametrize(
        ("chat", "change"),
        [(-4001, {"migrate_to_chat_id": -1_001_234}), (-1_001_234, {"migrate_from_chat_id": -4001})],
    )
    def test_group_that_moved_says_from_where_to_where(self, chat: int, change: dict[str, Any]) -> None:
        event = parse(message=message(chat={"id": chat, "type": "group"}, **change))
        assert event == Moved(ACCOUNT.address("-4001"), ACCOUNT.address("-1001234"))

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ({"message": message(text="halo", chat=GROUP)}, "group"),
            ({"message": message(text="halo", chat={"id": -4001})}, "group"),
            ({"message": message(text="halo", chat={"id": -1_001_234_567_890})}, "group"),
            ({"message": message(text="halo", chat={"id": -100, "type": "channel"})}, "channel"),
            ({"message": message(text="halo", **{"from": {**PERSON, "is_bot": True}})}, "bot"),
            ({"message": message(text="halo", **{"from": {"id": 123_456_789}})}, "bot"),
            ({"message": message(pinned_message={"message_id": 1})}, "service"),
            ({"message": message(new_chat_title="baru")}, "service"),
            ({"message": message(write_access_allowed={})}, "service"),
            ({"channel_post": message(text="halo")}, "channel"),
            ({"message_reaction": {"chat": CHAT, "message_id": 12}}, "reaction"),
            ({"inline_query": {"id": "1", "query": "x"}}, "other_update"),
            ({"pembaruan_baru": {}}, "other_update"),
            ({"message": "rusak"}, "other_update"),
            ({}, "other_update"),
        ],
    )
    def test_what_is_no_persons_message_is_ignored(self, content: dict[str, Any], reason: str) -> None:
        assert parse(**content) == Ignored(reason)


class TestDamage:
    @pytest.mark.parametrize(
        "change",
        [
            {"from": {"id": 42}},
            {"from": None},
            {"chat": {"id": 42}},
            {"date": None},
            {"date": "kemarin"},
            {"date": 10**30},
            {"date": True},
            {"entities": "rusak"},
            {"reply_to_message": {"text": "tanpa id"}},
            {"via_bot": 5},
            {"caption": 7},
            {"media_group_id": {"a": 1}},
        ],
    )
    def test_words_survive_whatever_else_is_missing_or_wrong(self, change: dict[str, Any]) -> None:
        parsed = arrival(message=message(text="halo", **change))
        assert (parsed.text, parsed.address) == ("halo", SITI)

    @pytest.mark.parametrize("change", [{"id": "1"}, {"chat_instance": None}, {"from": {"id": 42}}])
    def test_press_survives_too(self, change: dict[str, Any]) -> None:
        assert arrival(callback_query=press(**change)).choice == "pilih:1"

    @pytest.mark.parametrize(
        "update",
        [
            {},
            {"update_id": "1"},
            {"update_id": True},
            {"update_id": 10**400},
            {"update_id": 1, "message": {}},
            {"update_id": 1, "message": message(chat=None)},
            {"update_id": 1, "message": message(chat={"id": 0})},
            {"update_id": 1, "message": message(message_id="12")},
            {"update_id": 1, "message": message(message_id=10**400)},
            {"update_id": 1, "callback_query": {}},
            {"update_id": 1, "callback_query": press(id=5)},
            {"update_id": 1, "my_chat_member": {"chat": {}}},
        ],
    )
    def test_update_without_who_or_where_is_bad(self, update: dict[str, Any]) -> None:
        with pytest.raises(BadMessage):
            ACCOUNT.parse_update(update)

    @pytest.mark.parametrize("text", [5, ["a"], {"a": 1}, None, True])
    def test_text_of_another_type_is_no_text(self, text: Any) -> None:
        body = {**message(), "text": text}
        assert arrival(message=body).kind == "unsupported"

    @settings(max_examples=300, deadline=None)
    @given(
        content=st.dictionaries(
            st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member"]),
            st.dictionaries(
                st.sampled_from(FIELDS),
                st.recursive(
                    st.none() | st.booleans() | st.integers() | st.text() | st.just({"id": 42}) | st.floats(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "type", "file_id"]), inner),
                    max_leaves=5,
                ),
            ),
        )
    )
    def test_nothing_raises_but_bad_message(self, content: dict[str, Any]) -> None:
        try:
            events = ACCOUNT.parse_update({"update_id": 1, **content})
        except BadMessage:
            return
        assert len(events) == 1

    def test_reasons_do_not_repeat_what_was_written(self) -> None:
        with pytest.raises(BadMessage) as caught:
            ACCOUNT.parse_update({"update_id": 1, "message": message(text="nomor rahasia", message_id=None)})
        assert "rahasia" not in str(caught.value)


def test_arrival_does_not_show_what_was_written() -> None:
    shown = json.dumps(repr(arrival(message=message(text="nomor rahasia"))))
    assert "rahasia" not in shown
