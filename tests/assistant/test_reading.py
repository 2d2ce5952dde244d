"""The first look at a message: picks, commands and notices are found without any model."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assistant.reading import Notice, Opinion, Picked, Silent, Words, could_be_pick, read, yes_or_no
from bot.assistant.state import Asked, DialogueState, Offer
from bot.contract.messages import Contact, Inbound, Kind, Media, Wake

ANI = "web:main:ani"
NOW = 1_000.0
LATER = NOW + 60
FIRST = Offer("pilih:aaa", "Lupa kata sandi", "faq/lupa-sandi", 3, LATER)
SECOND = Offer("pilih:bbb", "Bisa bantu apa?", "help", 3, LATER)
OLDER = Offer("pilih:ccc", "Cek kelulusan", "faq/cek-lolos", 2, LATER)
STATE = DialogueState(turn=3, offers=(FIRST, SECOND, OLDER))


def message(text: str = "", *, kind: Kind = "text", choice: str = "", media: Media | None = None) -> Inbound:
    return Inbound("m1", ANI, kind, NOW, text=text, choice=choice, media=media)


def reading(text: str, state: DialogueState = STATE) -> Words | Picked | Notice:
    return read(message(text), state, NOW)


@pytest.mark.parametrize(
    "text", ["2", " 2 ", "2.", "2)", "(2)", "no 2", "No. 2", "nomor 2", "2\ufe0f\u20e3", "#2", "2!"]
)
def test_typed_number_picks_what_was_offered_in_that_place(text: str) -> None:
    assert reading(text) == Picked("help", "Bisa bantu apa?")
    assert could_be_pick(text)


@pytest.mark.parametrize("text", ["Lupa kata sandi", "LUPA KATA SANDI", "  lupa kata sandi "])
def test_typed_label_picks(text: str) -> None:
    assert reading(text) == Picked("faq/lupa-sandi", "Lupa kata sandi")


@pytest.mark.parametrize("text", ["0", "3", "9"])
def test_number_that_was_not_offered_is_said_so(text: str) -> None:
    assert reading(text) == Notice("expired_choice")
    assert reading("1", DialogueState()) == Notice("expired_choice")


@pytest.mark.parametrize("text", ["72", "gelombang 2", "2 hari", "2 3", "600000", "dua hari"])
def test_other_numbers_are_words(text: str) -> None:
    assert reading(text) == Words(text)


def test_offers_of_an_older_turn_are_not_picked_by_number_or_label() -> None:
    assert reading("Cek kelulusan") == Words("Cek kelulusan")


def test_number_still_picks_after_a_turn_that_offered_nothing() -> None:
    assert reading("1", DialogueState(turn=4, offers=STATE.offers)) == Picked("faq/lupa-sandi", "Lupa kata sandi")


def test_expired_offers_are_not_picked() -> None:
    assert read(message("1"), STATE, LATER) == Notice("expired_choice")
    assert read(message("Lupa kata sandi"), STATE, LATER) == Words("Lupa kata sandi")
    assert read(message(choice=FIRST.id, kind="choice"), STATE, LATER) == Notice("expired_choice")


@pytest.mark.parametrize("kind", ["choice", "text"])
def test_pressed_button_is_its_offer_also_when_its_id_comes_as_text(kind: Kind) -> None:
    by_choice = message("Cek kelulusan", kind="choice", choice=OLDER.id)
    by_text = message(OLDER.id)
    assert read(by_choice if kind == "choice" else by_text, STATE, NOW) == Picked("faq/cek-lolos", "Cek kelulusan")


@pytest.mark.parametrize("choice", ["pilih:zzz", "help", "/help", "faq/lupa-sandi", "pilih:", "*"])
def test_choice_of_another_conversation_or_invented_is_no_pick(choice: str) -> None:
    assert read(message(choice=choice, kind="choice"), STATE, NOW) == Notice("expired_choice")


def test_words_that_only_begin_like_a_choice_are_words() -> None:
    assert reading("pilih: pelatihan yang mana ya") == Words("pilih: pelatihan yang mana ya")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("/start", "greet"),
        ("/START", "greet"),
        ("/start abc123", "greet"),
        ("/bantuan", "help"),
        ("/menu@KawanBot", "help"),
        ("//petugas", "ask_human"),
        ("/ status", "check_status"),
        ("/batal", "cancel"),
    ],
)
def test_known_command_is_certain(text: str, intent: str) -> None:
    assert reading(text) == Picked(intent, text)
    assert could_be_pick(text)


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "/session_start",
        "/back",
        '/jadi_admin{"x":1}',
        "/faq/insentif-belum-cair",
        '/nlu_fallback{"a":"b"}',
        "\n/greet",
        "\u00a0/greet2",
        "/",
        "///",
        "/\u0000",
        "/123",
    ],
)
def test_other_slash_texts_are_an_unknown_command(text: str) -> None:
    assert reading(text) == Notice("unknown_command")


@given(st.text(max_size=40))
def test_slash_never_becomes_words_or_an_intent_outside_the_command_list(rest: str) -> None:
    result = reading("/" + rest, DialogueState())
    assert not isinstance(result, Words)
    if isinstance(result, Picked):
        assert result.intent in {"greet", "help", "ask_human", "check_status", "cancel"}


@pytest.mark.parametrize("text", ["", "   ", "\U0001f64f", "\U0001f44d\U0001f3fd", "?!?!", "...", "\u2764\ufe0f"])
def test_symbols_only_are_heard_but_no_question(text: str) -> None:
    assert reading(text, DialogueState()) == Notice("no_words")


@pytest.mark.parametrize("kind", ["media", "unsupported"])
def test_media_without_a_caption_cannot_be_read(kind: Kind) -> None:
    assert read(message(kind=kind), STATE, NOW) == Notice("media")


def test_caption_of_a_picture_is_read() -> None:
    picture = message("ini kenapa ditolak", kind="media", media=Media("image", "x"))
    assert read(picture, STATE, NOW) == Words("ini kenapa ditolak")


def test_contact_card_is_not_read_as_words() -> None:
    card = Inbound("m1", ANI, "contact", NOW, contact=Contact("[nomor HP]", own=True))
    assert read(card, STATE, NOW) == Notice("contact")


@given(st.text(max_size=60))
def test_any_text_gets_a_reading(text: str) -> None:
    assert isinstance(reading(text), Words | Picked | Notice)


@pytest.mark.parametrize(
    ("text", "name"),
    [("/lapor", "report"), ("/privasi@kawan_bot", "about_privacy")],
)
def test_command_without_a_dialogue_has_its_notice(text: str, name: str) -> None:
    assert read(message(text), STATE, NOW) == Notice(name)


@pytest.mark.parametrize(
    ("text", "intent"),
    [("/hapus", "erase_data"), ("/HAPUS", "erase_data"), ("/putuskan", "unlink_now"), ("/hubungkan", "link_words")],
)
def test_command_about_the_account_goes_to_its_action(text: str, intent: str) -> None:
    assert read(message(text), STATE, NOW) == Picked(intent, text)


def test_deep_link_goes_to_the_account_action_with_its_token() -> None:
    opened = Inbound("m1", ANI, "text", NOW, text="/start", start="kp1_aB3_x-9")
    assert read(opened, STATE, NOW) == Picked("link_account", "", (("link_token", "kp1_aB3_x-9"),))
    poster = Inbound("m1", ANI, "text", NOW, text="/start", start="poster_12")
    assert read(poster, STATE, NOW) == Picked("greet", "/start")


def test_contact_counts_only_with_a_vouched_number() -> None:
    own = Inbound("m1", ANI, "contact", NOW, phone="+6281234567890", contact=Contact("+6281234567890", True))
    assert read(own, STATE, NOW) == Picked("use_number", "")
    others = Inbound("m1", ANI, "contact", NOW, contact=Contact("", False))
    assert read(others, STATE, NOW) == Notice("contact")


def test_message_to_oneself_is_an_intent_with_what_it_needs() -> None:
    wake = Inbound("wake.1", ANI, "wake", NOW, wake=Wake("check_status", (("status_topic", "incentive"),)))
    assert read(wake, STATE, NOW) == Picked("check_status", "", (("status_topic", "incentive"),))


def test_message_taken_back_wants_no_answer() -> None:
    assert read(Inbound("revoke.m1", ANI, "revoked", NOW, revokes="m1"), STATE, NOW) == Silent()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("yang kedua", 2), ("yg ke-2", 2), ("yg ke 2 aja", 2), ("nomor dua", 2), ("no satu", 1), ("pilih 1", 1),
        ("saya mau yang pertama", 1), ("opsi 2 dong", 2), ("Kedua", 2), ("sing loro", 2), ("nu kahiji", None),
        ("dua orang", None), ("yang mana", None), ("yang ketiga", None), ("kedua orang tua saya", None),
    ],
)  # fmt: skip
def test_choice_by_word(text: str, number: int | None) -> None:
    offers = tuple(Offer(f"pilih:{name}", name, f"faq/{name}", 1, NOW + 60) for name in ("satu-satu", "dua-dua"))
    result = read(message(text), DialogueState(turn=1, offers=offers), NOW)
    assert result == (Words(text) if number is None else Picked(offers[number - 1].intent, offers[number - 1].title))


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("ya", "yes"), ("iya mau dong", "yes"), ("ok kak", "yes"), ("👍🏽", "yes"), ("boleh min", "yes"),
        ("nggih", "yes"), ("udah", "yes"),
        ("gak", "no"), ("ga usah kak", "no"), ("bukan saya", "no"), ("Tidak.", "no"), ("👎", "no"), ("mboten", "no"),
        ("ya tapi kapan cair", ""), ("gak bisa masuk", ""), ("tidak cair", ""), ("yang mana", ""), ("🙏", ""), ("", ""),
    ],
)  # fmt: skip
def test_short_answer_is_yes_or_no_or_neither(text: str, means: str) -> None:
    assert yes_or_no(text) == means


def test_yes_answers_the_question_of_the_last_turn_and_no_older_one() -> None:
    offers = (
        Offer("pilih:a", "Kabari kalau pulih", "promise_status", 3, NOW + 60, "yes"),
        Offer("pilih:b", "Bicara dengan orang", "ask_human", 3, NOW + 60),
    )
    asked = DialogueState(turn=3, offers=offers)
    assert read(message("iya mau"), asked, NOW) == Picked("promise_status", "Kabari kalau pulih")
    assert read(message("👍"), asked, NOW) == Picked("promise_status", "Kabari kalau pulih")
    assert read(message("tidak"), asked, NOW) == Words("tidak")
    assert read(message("iya mau"), replace(asked, turn=4), NOW) == Words("iya mau")


ANSWERED = DialogueState(turn=3, offers=(FIRST, SECOND), asked=Asked("r1", "lupa sandi", (), ("lupa-sandi",)))


@pytest.mark.parametrize(("text", "liked"), [("👍", True), ("membantu kak", True), ("👎🏾", False), ("ngawur", False)])
def test_opinion_counts_directly_after_an_answer_only(text: str, liked: bool) -> None:
    assert reading(text, ANSWERED) == Opinion(liked)
    offered = replace(ANSWERED, asked=Asked("r1", "lupa sandi"))  # guesses, of which none is an answer yet
    for state in (replace(ANSWERED, asked=None), offered):
        assert isinstance(reading(text, state), Notice | Words)
    assert could_be_pick(text)


def test_thumb_that_answers_a_question_of_ours_is_that_answer() -> None:
    asked = Offer("pilih:a", "Kabari kalau pulih", "promise_status", 3, LATER, "yes")
    assert reading("👍", replace(ANSWERED, offers=(asked,))) == Picked("promise_status", "Kabari kalau pulih")


@pytest.mark.parametrize("text", ["/membantu", "/ngawur", "2", "Lupa kata sandi"])
def test_command_and_pick_are_no_opinion(text: str) -> None:
    assert not isinstance(reading(text, ANSWERED), Opinion)
