"""From a claim to its commit: order, footnotes, apologies, and messages that never work."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from bot.assistant.state import DialogueState
from bot.assistant.turns import MAX_FAILS, MAX_STARTS, Result, TurnTaker, open_mail
from bot.contract.messages import Inbound, Outbound
from nlu.content.live import LiveCatalogue
from tests.assistant.fake_engine import RAISING, SILENT, SLOW, UNPARSABLE, FakeEngine
from tests.assistant.talk import ANI, START, claim, stored, take, turn_taker

GARBLED = b'{"id": "m1", "kind"'


@pytest.fixture
def engine() -> FakeEngine:
    """Instead of the real one: these tests are about what happens around it."""
    return FakeEngine()


@pytest.fixture
def turns(engine: FakeEngine, catalogue: LiveCatalogue) -> TurnTaker:
    return turn_taker(engine, catalogue, turn_seconds=0.1)


def mail(number: int, text: str, *, masked: tuple[str, ...] = (), truncated: bool = False) -> bytes:
    # Ten seconds apart: no burst.
    return stored(Inbound(f"m{number}", ANI, "text", START + 10 * number, text, masked=masked, truncated=truncated))


def texts(result: Result) -> list[str]:
    return [post.text for post in result.posts]


def notice(catalogue: LiveCatalogue, name: str) -> str:
    return catalogue.current().notices[name].text


async def test_waiting_messages_are_answered_in_order_in_one_claim(turns: TurnTaker, engine: FakeEngine) -> None:
    result = await take(turns, claim(mail(1, "satu"), mail(2, "dua"), mail(3, "tiga")))
    assert result.handled == 3
    assert texts(result) == ["balasan satu", "balasan dua", "balasan tiga"]
    assert [post.answers for post in result.posts] == [("m1",), ("m2",), ("m3",)]
    assert [post.turn for post in result.posts] == [1, 2, 3]
    assert [event["text"] for event in result.state.events] == ["satu", "dua", "tiga"]
    assert engine.parsed == [["satu", "dua", "tiga"]]


async def test_claims_of_many_conversations_are_parsed_together(turns: TurnTaker, engine: FakeEngine) -> None:
    mails = [open_mail(claim(mail(1, f"dari {name}"), conversation=f"web:main:{name}"), START) for name in "abc"]
    parses = turns.parse(mails)
    assert engine.parsed == [["dari a", "dari b", "dari c"]]
    assert [one and one["text"] for row in parses for one in row] == ["dari a", "dari b", "dari c"]


async def test_replies_of_a_repeated_turn_have_the_same_ids(turns: TurnTaker) -> None:
    first, again = [await take(turns, claim(mail(1, "satu"))) for _ in range(2)]
    assert [post.id for post in first.posts] == [post.id for post in again.posts] == ["m1>1"]


async def test_last_reply_of_a_turn_is_marked(turns: TurnTaker) -> None:
    result = await take(turns, claim(mail(1, "satu"), mail(2, "dua")))
    assert [post.last for post in result.posts] == [True, True]


async def test_choices_are_opaque_and_belong_to_this_conversation(turns: TurnTaker) -> None:
    result = await take(turns, claim(mail(1, "satu")))
    (choice,) = result.posts[0].choices
    assert choice.title == "Bantuan"
    assert choice.id.startswith("pilih:")
    assert "help" not in choice.id
    assert len(choice.id.encode()) <= 64
    pressed = stored(Inbound("m2", ANI, "choice", START, text="Bantuan", choice=choice.id))
    assert texts(await take(turns, claim(pressed, state=result.state.to_bytes()))) == ["balasan Bantuan"]
    elsewhere = await take(turns, claim(pressed, conversation="web:main:budi"))
    assert "sudah tidak berlaku" in texts(elsewhere)[0]


async def test_privacy_notice_is_given_once_per_conversation(turns: TurnTaker, catalogue: LiveCatalogue) -> None:
    said = [f"ini {kind} saya, kenapa ditolak" for kind in ("nik [NIK/KK]", "otp [OTP]", "kk [NIK/KK]")]
    secret = mail(1, said[0], masked=("nik",))
    first = await take(turns, claim(secret, mail(2, said[1], masked=("otp",))))
    assert texts(first) == [f"balasan {said[0]}\n\n{notice(catalogue, 'privacy')}", f"balasan {said[1]}"]
    later = await take(turns, claim(mail(3, said[2], masked=("nik",)), state=first.state.to_bytes()))
    assert texts(later) == [f"balasan {said[2]}"]


async def test_number_alone_is_not_wanted_and_that_is_said(turns: TurnTaker, catalogue: LiveCatalogue) -> None:
    (text,) = texts(await take(turns, claim(mail(1, "nik [NIK/KK]", masked=("nik",)))))
    assert text.startswith(notice(catalogue, "only_private"))


async def test_privacy_notice_also_follows_a_notice_and_an_apology(turns: TurnTaker, catalogue: LiveCatalogue) -> None:
    picture = Inbound("m1", ANI, "media", START, masked=("nik",))
    assert texts(await take(turns, claim(stored(picture))))[0].endswith(notice(catalogue, "privacy"))
    silent = await take(turns, claim(mail(1, SILENT, masked=("nik",))))
    assert texts(silent)[0].endswith(notice(catalogue, "privacy"))


async def test_cut_message_gets_a_note_each_time(turns: TurnTaker, catalogue: LiveCatalogue) -> None:
    result = await take(turns, claim(mail(1, "panjang", truncated=True), mail(2, "lagi", truncated=True)))
    assert all(text.endswith(notice(catalogue, "truncated")) for text in texts(result))


async def test_turn_without_a_reply_ends_in_an_apology_and_forgets_nothing(
    turns: TurnTaker, catalogue: LiveCatalogue
) -> None:
    before = await take(turns, claim(mail(1, "satu")))
    result = await take(turns, claim(mail(2, SILENT), state=before.state.to_bytes()))
    assert texts(result) == [notice(catalogue, "apology")]
    assert result.handled == 1
    assert result.state.events == before.state.events


@pytest.mark.parametrize("trouble", [RAISING, SLOW])
async def test_failing_first_turn_raises_so_that_it_is_tried_again(turns: TurnTaker, trouble: str) -> None:
    with pytest.raises((RuntimeError, asyncio.TimeoutError)):
        await take(turns, claim(mail(1, trouble), mail(2, "dua")))


@pytest.mark.parametrize("trouble", [RAISING, SLOW])
async def test_turns_before_a_failing_one_are_kept(turns: TurnTaker, trouble: str) -> None:
    result = await take(turns, claim(mail(1, "satu"), mail(2, trouble), mail(3, "tiga")))
    assert result.handled == 1
    assert texts(result) == ["balasan satu"]


@pytest.mark.parametrize(("starts", "fails"), [(1, 1), (2, 0), (MAX_STARTS, MAX_FAILS - 1)])
async def test_suspect_is_handled_alone(turns: TurnTaker, engine: FakeEngine, starts: int, fails: int) -> None:
    work = claim(mail(1, "satu"), mail(2, UNPARSABLE), starts=starts, fails=fails)
    result = await take(turns, work)
    assert result.handled == 1
    assert texts(result) == ["balasan satu"]
    assert engine.parsed == [["satu"]]


@pytest.mark.parametrize(("starts", "fails"), [(1, MAX_FAILS), (MAX_STARTS + 1, 0)])
@pytest.mark.parametrize("trouble", [RAISING, UNPARSABLE, "baik-baik saja"])
async def test_message_that_never_works_becomes_a_dead_letter_and_the_person_hears_of_it(
    turns: TurnTaker, catalogue: LiveCatalogue, starts: int, fails: int, trouble: str
) -> None:
    before = DialogueState(turn=4, events=({"event": "user"},))
    body = mail(1, trouble)
    work = claim(body, mail(2, "dua"), state=before.to_bytes(), starts=starts, fails=fails)
    result = await take(turns, work)
    assert result.handled == 1
    (letter,) = result.dead
    assert (letter.code, letter.lane, letter.conversation) == ("turn_failed", "inbox", ANI)
    assert letter.attempts == max(starts, fails)
    assert letter.body == body.decode()
    assert texts(result) == [notice(catalogue, "given_up")]
    assert [choice.title for choice in result.posts[0].choices] == ["Bicara dengan orang"]
    assert result.state.turn == 5


async def test_dialogue_starts_afresh_after_a_message_that_never_worked(turns: TurnTaker) -> None:
    before = DialogueState(turn=4, events=({"event": "gone_with_an_update"},), privacy_noted=True)
    result = await take(turns, claim(mail(1, "satu"), state=before.to_bytes(), fails=MAX_FAILS))
    assert result.state.events == ()
    assert result.state.privacy_noted


async def test_garbled_body_becomes_a_dead_letter_without_an_attempt(turns: TurnTaker) -> None:
    result = await take(turns, claim(GARBLED, mail(2, "dua")))
    assert result.handled == 1
    assert result.posts == ()
    assert [letter.code for letter in result.dead] == ["bad_stored_message"]
    assert result.dead[0].body == GARBLED.decode()


async def test_messages_before_a_garbled_one_are_handled_first(turns: TurnTaker) -> None:
    result = await take(turns, claim(mail(1, "satu"), GARBLED, mail(3, "tiga")))
    assert result.handled == 1
    assert texts(result) == ["balasan satu"]
    assert result.dead == ()


@pytest.mark.parametrize("state", [b"{", b'{"v":99}', b"null"])
async def test_garbled_or_foreign_state_does_not_stop_the_conversation(turns: TurnTaker, state: bytes) -> None:
    result = await take(turns, claim(mail(1, "satu"), state=state))
    assert texts(result) == ["balasan satu"]
    assert result.state.turn == 1


@pytest.mark.parametrize("name", ["media", "no_words", "unknown_command", "expired_choice"])
async def test_notice_cases_reach_no_classifier_and_no_dialogue(
    turns: TurnTaker, engine: FakeEngine, catalogue: LiveCatalogue, name: str
) -> None:
    message = Inbound("m1", ANI, "text", START)
    shaped = {
        "media": replace(message, kind="media"),
        "no_words": replace(message, text="\U0001f64f"),
        "unknown_command": replace(message, text='/jadi_admin{"x":1}'),
        "expired_choice": replace(message, kind="choice", choice="pilih:lama"),
    }
    before = DialogueState(turn=1, events=({"event": "user"},))
    result = await take(turns, claim(stored(shaped[name]), state=before.to_bytes()))
    assert texts(result) == [notice(catalogue, name)]
    assert result.state.events == before.events
    # Only the emoji was worth a look by the classifier, and its verdict was not used.
    assert engine.parsed in ([[]], [["\U0001f64f"]])


async def test_posts_survive_their_storage(turns: TurnTaker) -> None:
    result = await take(turns, claim(mail(1, "satu")))
    for post in result.posts:
        assert Outbound.from_json(post.to_json()) == post
        assert json.loads(post.to_json())["turn"] == 1


def picture(number: int, text: str = "") -> bytes:
    return stored(Inbound(f"m{number}", ANI, "media", START + 10 * number, text))


def taken_back(number: int) -> bytes:
    return stored(Inbound(f"revoke.m{number}", ANI, "revoked", START + 100, revokes=f"m{number}"))


async def test_many_pictures_in_a_row_get_one_answer(turns: TurnTaker, catalogue: LiveCatalogue) -> None:
    result = await take(turns, claim(picture(1), picture(2), picture(3), mail(4, "empat"), picture(5)))
    assert result.handled == 5
    assert texts(result) == [notice(catalogue, "media"), "balasan empat", notice(catalogue, "media")]


async def test_message_taken_back_in_time_is_neither_answered_nor_kept(turns: TurnTaker) -> None:
    result = await take(turns, claim(mail(1, "rahasia"), mail(2, "dua"), taken_back(1)))
    assert result.handled == 3
    assert texts(result) == ["balasan dua"]
    assert "rahasia" not in result.state.to_bytes().decode()


async def test_message_taken_back_later_is_forgotten_without_a_word(turns: TurnTaker) -> None:
    before = await take(turns, claim(mail(1, "rahasia")))
    assert "rahasia" in before.state.to_bytes().decode()
    after = await take(turns, claim(taken_back(1), state=before.state.to_bytes()))
    assert (texts(after), after.state.events) == ([], ())


async def test_erasing_forgets_talk_and_offers(turns: TurnTaker, catalogue: LiveCatalogue) -> None:
    before = await take(turns, claim(mail(1, "rahasia")))
    after = await take(turns, claim(mail(2, "/hapus"), state=before.state.to_bytes()))
    assert len(texts(after)) == 1
    assert (after.state.events, after.state.turn) == ((), 2)
    assert {offer.turn for offer in after.state.offers} == {2}
