"""Opinions on answers and notes for editors, in whole conversations with the real model and content."""

from __future__ import annotations

import pytest

from bot.assistant.engine import Engine
from bot.assistant.state import DialogueState
from bot.assistant.turns import MAX_FAILS
from bot.contract.messages import Inbound
from bot.contract.reviews import Review
from nlu.content.live import LiveCatalogue
from nlu.evaluation.figures import read_cases
from nlu.evaluation.run import FOLDER
from tests.assistant.accounts_world import Town
from tests.assistant.talk import ANI, START, Clock, Talk, claim, stored, take, turn_taker

QUESTION = "lupa password prakerja"
ENTRY = "lupa-sandi"
HINT = "Membantu? Balas 👍 atau 👎"
TWO = "gelombang 72 udah dibuka belum? terus syarat daftarnya apa aja?"


@pytest.fixture(scope="module")
def unclear(engine: Engine) -> str:
    """The evaluation's phrasing of a question that the present model is least sure about."""
    texts = [case.text for case in read_cases(FOLDER) if case.is_question]
    unsure = [parse for parse in engine.parse(texts) if parse["intent"]["name"] == "nlu_fallback"]
    least = min(unsure, key=lambda parse: float(parse["intent_ranking"][1]["confidence"]))
    return str(least["text"])


@pytest.fixture
def ani(engine: Engine, catalogue: LiveCatalogue) -> Talk:
    clock = Clock()
    return Talk(turn_taker(engine, catalogue, clock), clock)


def only(talk: Talk) -> Review:
    (one,) = talk.reviews.values()
    return one


class TestHint:
    async def test_first_answer_ends_with_it_and_later_ones_do_not(self, ani: Talk) -> None:
        await ani.says("halo")
        ani.misses(HINT)
        await ani.says(QUESTION)
        assert ani.posts[-1].text.endswith(f"\n\n{HINT}")
        await ani.says("gelombang 72 kapan dibuka")
        ani.sees("Sumber: ")
        ani.misses(HINT)

    async def test_guesses_small_talk_and_notices_do_not_ask_for_an_opinion(self, ani: Talk, unclear: str) -> None:
        for text in (unclear, "kamu siapa", "/lapor", "🙏", "saya mau bicara sama petugas"):
            await ani.says(text)
            ani.misses(HINT)
        await ani.says(QUESTION)
        ani.sees(HINT)

    async def test_privacy_note_comes_before_it(self, ani: Talk) -> None:
        await ani.says("nik saya 3171012345678901 kok insentif belum cair")
        assert ani.reply.index("Catatan keamanan") < ani.reply.index(HINT)

    async def test_conversation_that_was_erased_begins_anew(self, ani: Talk) -> None:
        for _ in range(2):
            await ani.says(QUESTION)
            ani.sees(HINT)
            await ani.says("/hapus")


class TestOpinion:
    async def test_praise_is_thanked_for_and_counted(self, ani: Talk) -> None:
        await ani.says(QUESTION)
        await ani.says("👍🏽")
        ani.sees("Senang bisa membantu, Kak")
        assert (only(ani).kind, only(ani).answered) == ("upvoted", (ENTRY,))

    async def test_complaint_is_met_with_an_apology_a_second_try_and_a_person(self, ani: Talk) -> None:
        await ani.says(QUESTION)
        await ani.says("ga membantu min")
        ani.sees("Maaf ya Kak", "kata lain")
        ani.is_offered("Bicara dengan orang")
        one = only(ani)
        assert (one.kind, one.text, one.answered) == ("downvoted", QUESTION, (ENTRY,))
        assert one.ranking[0][0] == f"faq/{ENTRY}"
        assert len(one.ranking) == 5
        await ani.presses("Bicara dengan orang")
        ani.sees("belum ada petugas")

    async def test_answer_behind_a_button_can_be_rated_and_its_label_is_no_phrasing(self, ani: Talk) -> None:
        await ani.says("halo min")
        await ani.presses("Insentif belum cair")
        ani.sees(HINT)
        await ani.says("👎")
        assert (only(ani).kind, only(ani).text, only(ani).answered) == ("downvoted", "", ("insentif-belum-cair",))

    async def test_one_opinion_is_enough(self, ani: Talk) -> None:
        await ani.says(QUESTION)
        await ani.says("👎")
        await ani.says("👍")
        ani.sees("Saya menyimak")
        assert only(ani).kind == "downvoted"

    async def test_thumb_is_only_a_thumb_when_the_answer_is_not_the_last_thing_said(self, ani: Talk) -> None:
        await ani.says(QUESTION)
        await ani.sends("media")
        await ani.says("👍")
        ani.sees("Saya menyimak")
        assert ani.reviews == {}

    async def test_opinion_is_not_glued_to_the_next_question(self, ani: Talk) -> None:
        await ani.says(QUESTION)
        await ani.says("👎", "gelombang 72 kapan dibuka")
        assert len(ani.posts) == 2
        ani.sees("Maaf ya Kak", "Belum ada gelombang baru")
        assert only(ani).kind == "downvoted"

    async def test_opinion_on_two_answers_names_both(self, ani: Talk) -> None:
        await ani.says(TWO)
        ani.sees("▪", HINT)
        await ani.says("jawabannya ngawur")
        assert (only(ani).text, only(ani).answered) == (TWO, ("gelombang-72", "syarat-daftar"))

    async def test_thumb_answers_a_question_of_ours_first(self, town: Town) -> None:
        lina = await town.linked("lina")
        await town.goes_down()
        await lina.says("min insentif gw kok blm cair y")
        lina.sees("Sumber: ", "sedang tidak bisa dihubungi")
        lina.misses(HINT)
        await lina.says("👎")
        lina.misses("Maaf ya Kak")
        await lina.says("min insentif gw kok blm cair y")
        await lina.says("👍")
        lina.sees("Begitu layanannya pulih")
        assert lina.reviews == {}

    async def test_silence_that_was_meant_leaves_the_last_answer_open_to_an_opinion(self, town: Town) -> None:
        lina = await town.linked("lina")
        await town.goes_down()
        await lina.says("cek status saya")
        await lina.presses("Kabari kalau pulih")
        await lina.says(QUESTION)
        await lina.waits_for_promise(100)
        assert lina.posts == ()
        await lina.says("👎")
        assert only(lina).answered == (ENTRY,)

    async def test_answer_that_comes_by_itself_asks_for_no_opinion(self, town: Town) -> None:
        lina = await town.linked("lina")
        await town.goes_down()
        await lina.says("min insentif gw kok blm cair y")
        await lina.presses("Kabari kalau pulih")
        await town.comes_back()
        await lina.waits_for_promise(400)
        lina.sees("sudah bisa lagi")
        lina.misses(HINT)

    async def test_general_answer_to_a_personal_question_can_be_rated(self, town: Town) -> None:
        lina = town.telegram("lina")
        await lina.says("min insentif gw kok blm cair y")
        lina.sees(HINT)
        await lina.says("👎")
        assert only(lina).answered == ("insentif-belum-cair",)

    async def test_nobody_is_asked_for_an_opinion_in_the_middle_of_a_form(self, town: Town) -> None:
        siti = town.telegram("siti")
        await siti.says("hubungkan akun prakerja saya")
        await siti.says(QUESTION)
        siti.sees("masih saya tunggu")
        siti.misses(HINT)
        await siti.says("👍")
        siti.sees("Saya menyimak")


class TestNotUnderstood:
    async def test_question_is_noted_with_its_ranking_and_without_a_person(self, ani: Talk, unclear: str) -> None:
        await ani.says(unclear)
        one = only(ani)
        assert (one.kind, one.text, one.answered) == ("unanswered", unclear, ())
        assert [name for name, _ in one.ranking if name in ("nlu_fallback", "faq")] == []
        shares = [share for _, share in one.ranking]
        assert len(shares) == 5
        assert shares == sorted(shares, reverse=True)
        assert "ani" not in one.to_json()

    async def test_guess_that_is_picked_says_what_was_meant(
        self, ani: Talk, catalogue: LiveCatalogue, unclear: str
    ) -> None:
        await ani.says(unclear)
        title = ani.buttons[1]
        entry = next(one for one in catalogue.current().entries.values() if one.title == title)
        await ani.picks(2)
        assert (only(ani).kind, only(ani).text, only(ani).answered) == ("picked", unclear, (entry.id,))
        # The answer to a pick answers the question in its own words.
        await ani.says("👎")
        assert (only(ani).kind, only(ani).text, only(ani).answered) == ("downvoted", unclear, (entry.id,))

    async def test_none_of_the_guesses(self, ani: Talk, unclear: str) -> None:
        await ani.says(unclear)
        await ani.presses("Bukan itu semua")
        assert (only(ani).kind, only(ani).text) == ("none_fits", unclear)

    async def test_another_question_instead_of_a_pick_changes_nothing(self, ani: Talk, unclear: str) -> None:
        await ani.says(unclear)
        await ani.says(QUESTION)
        assert only(ani).kind == "unanswered"

    async def test_pick_of_something_older_says_nothing_of_the_question(self, ani: Talk, unclear: str) -> None:
        await ani.says("halo")
        greeting = ani.posts
        await ani.says(unclear)
        ani.posts = greeting
        await ani.presses("Gelombang 72")
        assert only(ani).kind == "unanswered"

    async def test_second_one_in_a_row_is_noted_too_and_its_buttons_are_no_guesses(
        self, ani: Talk, unclear: str
    ) -> None:
        await ani.says(unclear)
        await ani.says(unclear)
        ani.sees("belum ada petugas")
        await ani.presses("Nomor layanan")
        assert [one.kind for one in ani.reviews.values()] == ["unanswered", "unanswered"]

    async def test_small_talk_is_not_noted(self, ani: Talk) -> None:
        for text in ("halo", "makasih", "kamu siapa", "cara cek bansos pkh di hp", QUESTION):
            await ani.says(text)
        assert ani.reviews == {}


class TestForgetting:
    def asked(self, talk: Talk) -> bool:
        return DialogueState.from_bytes(talk.state).asked is not None

    async def test_question_is_remembered_for_one_turn_only(self, ani: Talk, unclear: str) -> None:
        for text in (QUESTION, unclear):
            await ani.says(text)
            assert self.asked(ani)
            await ani.says("halo")
            assert not self.asked(ani)

    async def test_message_taken_back_is_not_for_editors_either(self, ani: Talk, unclear: str) -> None:
        await ani.says(unclear)
        await ani.takes_back()
        assert (ani.reviews, self.asked(ani)) == ({}, False)
        assert unclear.encode() not in (ani.state or b"")

    async def test_message_taken_back_later_neither(self, ani: Talk, unclear: str) -> None:
        await ani.says(unclear)
        await ani.says("halo")
        await ani.takes_back(2)
        assert ani.reviews == {}

    async def test_piece_of_a_thought_takes_the_whole_of_it_back(self, ani: Talk, unclear: str) -> None:
        await ani.says("min mau tanya", unclear)
        assert only(ani).text.endswith(unclear)
        await ani.takes_back()
        assert ani.reviews == {}

    async def test_erasing_takes_the_last_question_along(self, ani: Talk, unclear: str) -> None:
        await ani.says(unclear)
        await ani.says("/hapus")
        assert (ani.reviews, self.asked(ani)) == ({}, False)
        assert unclear.encode() not in (ani.state or b"")

    async def test_message_that_never_worked_leaves_no_question_behind(self, ani: Talk) -> None:
        await ani.says(QUESTION)
        body = stored(Inbound("m9", ANI, "text", START, "halo"))
        result = await take(ani.turns, claim(body, state=ani.state, fails=MAX_FAILS))
        assert result.state.asked is None

    async def test_question_is_not_in_what_a_log_would_show(self, ani: Talk) -> None:
        await ani.says(QUESTION)
        state = DialogueState.from_bytes(ani.state)
        assert state.asked
        assert state.asked.text == QUESTION
        assert QUESTION not in repr(state)
