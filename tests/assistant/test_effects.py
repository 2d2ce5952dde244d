"""What an action asks of the worker: ids follow from the turn, and nothing that was asked for is lost or done twice."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.account_action import Events, Speaker
from actions.account_unlinking import ActionCancel
from actions.tools import Tools
from bot.assistant.effects import AgainLater, Effects, Promised, effects_of
from bot.contract.errors import MailroomUnavailable
from bot.contract.messages import MAX_ID_LENGTH, Inbound, Wake
from nlu.content.live import LiveCatalogue

ANI, BUDI = "telegram:default:ani", "whatsapp-meta:default:628120"
NOW = 1_800_000_000.0


def message(number: int = 1, conversation: str = ANI) -> Inbound:
    """A message of somebody whose number the platform vouches for."""
    return Inbound(f"m{number}", conversation, "text", NOW, text="halo", phone="+6281200000010", can_share=True)


def asked(*wakes: dict[str, Any]) -> list[dict[str, Any]]:
    """What Rasa hands over of an action that asks to be woken."""
    speaker, said = _speaker()
    speaker.say("teks")
    for wake in wakes:
        speaker.wake(**wake)
    return said()


def _speaker() -> tuple[Speaker, Any]:
    dispatcher = CollectingDispatcher()
    return Speaker(dispatcher), lambda: [_as_rasa(one) for one in dispatcher.messages]


def _as_rasa(response: dict[str, Any]) -> dict[str, Any]:
    """A response on its way through Rasa: only what is there, and a custom part of its own."""
    return {key: value for key, value in response.items() if value}


CHECK = {"intent": "check_status", "entities": {"status_topic": "incentive"}, "seconds": 30.0}
TELL = {"intent": "linked_elsewhere", "entities": {"ended": "yes"}, "conversation": BUDI}


def ids(effects: Effects) -> list[str]:
    return [wake.message.id for wake in effects.wakes]


class TestWakes:
    def test_promise_is_a_message_to_oneself_at_its_time(self) -> None:
        (promised,) = effects_of(asked(CHECK), message(), NOW).wakes
        assert promised.due == NOW + 30
        woken = promised.message
        assert (woken.conversation, woken.kind, woken.received_at) == (ANI, "wake", NOW)
        assert woken.wake == Wake("check_status", (("status_topic", "incentive"),))
        assert woken.text == ""

    def test_what_another_chat_is_told_comes_at_once(self) -> None:
        (told,) = effects_of(asked(TELL), message(), NOW).wakes
        assert told.due == 0.0
        assert told.message.conversation == BUDI
        assert told.message.wake == Wake("linked_elsewhere", (("ended", "yes"),))

    def test_vouched_number_goes_nowhere(self) -> None:
        """Least of all into another conversation, whose number it is not."""
        for wake in effects_of(asked(CHECK, TELL), message(), NOW).wakes:
            assert wake.message.phone == ""
            assert not wake.message.can_share
            assert "6281200000010" not in wake.message.to_json()

    def test_message_comes_back_from_where_it_is_kept(self) -> None:
        for wake in effects_of(asked(CHECK, TELL), message(), NOW).wakes:
            assert Inbound.from_json(wake.message.to_json()) == wake.message

    def test_values_are_texts_whatever_they_were(self) -> None:
        numbers = {"intent": "dispute", "entities": {"attempt": 3}, "seconds": 1.0}
        (promised,) = effects_of(asked(numbers), message(), NOW).wakes
        assert promised.message.wake == Wake("dispute", (("attempt", "3"),))


class TestIds:
    def test_turn_that_is_repeated_asks_for_the_same(self) -> None:
        first = effects_of(asked(CHECK, TELL), message(), NOW)
        again = effects_of(asked(CHECK, TELL), message(), NOW + 5)
        assert ids(first) == ids(again)

    def test_everything_else_has_another_id(self) -> None:
        groups = [
            effects_of(asked(CHECK, TELL), message(1), NOW),
            effects_of(asked(CHECK, TELL), message(2), NOW),
            effects_of(asked(CHECK, TELL), message(1, BUDI), NOW),
        ]
        found = [one for group in groups for one in ids(group)]
        assert len(set(found)) == 6

    def test_parts_of_the_id_cannot_be_shifted(self) -> None:
        one = Inbound("1", "web:main:a", "text", NOW)
        other = Inbound("main:a1", "web:", "text", NOW)
        assert ids(effects_of(asked(CHECK), one, NOW)) != ids(effects_of(asked(CHECK), other, NOW))

    def test_id_tells_nothing_and_fits(self) -> None:
        (made,) = ids(effects_of(asked(CHECK), message(), NOW))
        assert made.startswith("wake.")
        assert len(made) <= MAX_ID_LENGTH
        assert "ani" not in made

    def test_promise_that_is_made_again_when_it_is_kept_is_a_new_one(self) -> None:
        """Else the mailroom would take the second attempt for the first."""
        made: list[str] = []
        answered = message()
        for _ in range(5):
            (promised,) = effects_of(asked(CHECK), answered, NOW).wakes
            answered = promised.message
            made.append(answered.id)
        assert len(set(made)) == 5


class TestOtherEffects:
    def test_words_alone_ask_for_nothing(self) -> None:
        assert effects_of([{"text": "halo", "buttons": []}], message(), NOW) == Effects()
        assert effects_of([], message(), NOW) == Effects()

    def test_each_thing_that_can_be_asked_for(self) -> None:
        speaker, said = _speaker()
        speaker.nothing()
        assert effects_of(said(), message(), NOW) == Effects(quiet=True)
        speaker, said = _speaker()
        speaker.ask_for_number()
        assert effects_of(said(), message(), NOW) == Effects(ask_contact=True)
        speaker, said = _speaker()
        speaker.forget_promise()
        assert effects_of(said(), message(), NOW) == Effects(forget_promise=True)

    def test_custom_messages_of_others_are_passed_over(self) -> None:
        others: list[dict[str, Any]] = [{"custom": {"payload": "carousel"}}, {"custom": "teks"}, {"custom": None}]
        assert effects_of(others, message(), NOW) == Effects()

    def test_two_answers_of_one_turn_add_up_in_order(self) -> None:
        first = effects_of(asked(CHECK), message(1), NOW)
        second = Effects(effects_of(asked(TELL), message(2), NOW).wakes, forget_promise=True, ask_contact=True)
        both = first.and_then(second)
        assert both.wakes == first.wakes + second.wakes
        assert (both.forget_promise, both.quiet, both.ask_contact) == (True, False, True)
        assert Effects().and_then(Effects(quiet=True)) == Effects(quiet=True).and_then(Effects()) == Effects(quiet=True)

    def test_promise_shows_no_number_where_it_is_printed(self) -> None:
        assert "6281200000010" not in repr(Promised(message()))


async def test_action_without_redis_says_nothing_and_the_turn_comes_again(
    catalogue: LiveCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def half_of_it(_: ActionCancel, say: Speaker, __: Tracker) -> Events:
        say.say("setengah jawaban")
        say.wake("check_status", {}, seconds=30)
        raise MailroomUnavailable("gone")

    monkeypatch.setattr(ActionCancel, "act", half_of_it)
    dispatcher = CollectingDispatcher()
    tracker = Tracker.from_dict({"sender_id": ANI})
    assert await ActionCancel(Tools(catalogue, None)).run(dispatcher, tracker, {}) == []
    said = [_as_rasa(one) for one in dispatcher.messages]
    assert not any("text" in one for one in said)
    with pytest.raises(AgainLater):
        effects_of(said, message(), NOW)


def test_one_part_that_could_not_be_done_takes_the_whole_turn_with_it() -> None:
    with pytest.raises(AgainLater):
        effects_of([*asked(CHECK), {"custom": {"again": True}}], message(), NOW)
