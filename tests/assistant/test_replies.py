"""What Rasa says becomes as few bubbles as fit, with opaque choices."""

from __future__ import annotations

from bot.assistant.replies import MAX_BUBBLE, Clerk, Spoken, from_rasa, make_token, with_footnotes
from bot.assistant.state import CHOICE_SECONDS, DialogueState
from bot.contract.redaction import redact
from nlu.content.notices import Button

ANI = "web:main:ani"
NOW = 1_000.0
HELP = {"title": "Bantuan", "payload": "/help"}
YES = {"title": "Ya", "payload": "/affirm"}


def test_messages_of_one_turn_become_one_bubble() -> None:
    said = from_rasa([{"text": "Satu."}, {"text": "Dua.", "buttons": [HELP]}])
    assert said == [Spoken("Satu.\n\nDua.", (Button("Bantuan", "help"),))]


def test_what_follows_a_text_with_buttons_joins_its_bubble() -> None:
    said = from_rasa([{"text": "Satu.", "buttons": [HELP]}, {"text": "Dua."}])
    assert [(one.text, len(one.buttons)) for one in said] == [("Satu.\n\nDua.", 1)]


def test_only_the_last_buttons_of_a_turn_are_shown_because_a_typed_number_means_one_of_them() -> None:
    long = "a" * MAX_BUBBLE
    said = from_rasa([{"text": long, "buttons": [HELP]}, {"text": "Ganti?", "buttons": [YES]}])
    assert [[button.title for button in one.buttons] for one in said] == [[], ["Ya"]]


def test_bubble_has_a_limit_and_nothing_is_lost() -> None:
    long = "a" * (MAX_BUBBLE - 10)
    assert [one.text for one in from_rasa([{"text": long}, {"text": "b" * 9}])] == [long, "b" * 9]


def test_empty_messages_are_no_bubble() -> None:
    assert from_rasa([{"text": ""}, {"text": "  "}, {"text": None}, {"image": "x"}]) == []


def test_at_most_four_buttons_are_shown() -> None:
    (bubble,) = from_rasa([{"text": "Pilih", "buttons": [HELP] * 5}])
    assert len(bubble.buttons) == 4


def test_footnotes_stand_at_the_end_of_the_last_bubble() -> None:
    bubbles = [Spoken("Satu."), Spoken("Dua.", (Button("Bantuan", "help"),))]
    assert with_footnotes(bubbles, ["Catatan A", "Catatan B"]) == [
        Spoken("Satu."),
        Spoken("Dua.\n\nCatatan A\n\nCatatan B", (Button("Bantuan", "help"),)),
    ]
    assert with_footnotes(bubbles, []) == bubbles


def test_bubbles_are_numbered_after_their_message_and_only_the_last_is_last() -> None:
    tokens = iter("abc")
    clerk = Clerk(lambda: NOW, lambda: next(tokens))
    bubbles = [Spoken("Satu.", (Button("A", "help"),)), Spoken("Dua.", (Button("B", "faq/b"), Button("C", "faq/c")))]
    posts, state = clerk.issue(ANI, bubbles, ("m1", "m2"), DialogueState(turn=7))
    assert [(post.id, post.last, post.turn, post.answers) for post in posts] == [
        ("m1>1", False, 7, ("m1", "m2")),
        ("m1>2", True, 7, ("m1", "m2")),
    ]
    assert [choice.id for post in posts for choice in post.choices] == ["pilih:a", "pilih:b", "pilih:c"]
    assert [offer.intent for offer in state.latest_offers(NOW)] == ["help", "faq/b", "faq/c"]
    assert state.latest_offers(NOW + CHOICE_SECONDS) == ()


def test_ids_of_choices_pass_the_door_unmasked() -> None:
    ids = {f"pilih:{make_token()}" for _ in range(500)}
    assert len(ids) == 500
    assert all(redact(one).text == one for one in ids)
