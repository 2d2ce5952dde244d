"""Whole conversations with the real model and the real content, as a person lives them."""

from __future__ import annotations

import pytest

from bot.assistant.engine import Engine
from nlu.content.live import LiveCatalogue
from nlu.evaluation.figures import read_cases
from nlu.evaluation.run import FOLDER
from tests.assistant.talk import Clock, Talk, turn_taker

SURE = "insentif saya kok belum cair ya min"
NIK = "3171012345678901"
PRIVACY = "Catatan keamanan"


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


async def test_greeting_question_number_and_thanks(ani: Talk) -> None:
    await ani.says("halo min")
    ani.sees("Kawan Prakerja")
    ani.is_offered("Insentif belum cair")
    await ani.picks(2)
    ani.sees("Sumber: ")
    await ani.says("makasih ya kak")
    ani.sees("Sama-sama")


async def test_question_in_slang_gets_its_dated_answer(ani: Talk, catalogue: LiveCatalogue) -> None:
    await ani.says(SURE)
    entry = catalogue.current().entries["insentif-belum-cair"]
    ani.sees(entry.answer, "Sumber: ")
    assert len(ani.posts) == 1
    assert ani.buttons == [catalogue.current().entries[name].title for name in entry.related]


async def test_question_about_the_next_wave_starts_from_its_status(ani: Talk) -> None:
    await ani.says("gelombang 72 kapan dibuka")
    assert "Belum ada gelombang baru" in ani.reply.split("\n\n")[0]


async def test_unclear_question_is_offered_the_nearest_and_picked_by_number(
    ani: Talk, catalogue: LiveCatalogue, unclear: str
) -> None:
    await ani.says(unclear)
    ani.sees("Saya belum yakin maksudnya", "1. ", "2. ", "3. ")
    second = next(one for one in catalogue.current().entries.values() if one.title == ani.buttons[1])
    ani.sees(f"2. {second.question}")
    await ani.picks(2)
    ani.sees(second.answer)


async def test_offer_is_picked_by_its_button_or_by_its_typed_label(
    ani: Talk, catalogue: LiveCatalogue, unclear: str
) -> None:
    for pick in (ani.presses, ani.says):
        await ani.says(unclear)
        title = ani.buttons[0]
        await pick(title.upper() if pick == ani.says else title)
        entry = next(one for one in catalogue.current().entries.values() if one.title == title)
        ani.sees(entry.answer)


async def test_person_changes_the_subject_instead_of_picking(ani: Talk, unclear: str) -> None:
    await ani.says(unclear)
    await ani.says("lupa password")
    ani.sees("Lupa Password")


async def test_number_outside_the_offer_is_said_so_and_the_right_one_still_counts(ani: Talk) -> None:
    await ani.says("halo")
    await ani.picks(7)
    ani.sees("tidak ada atau sudah tidak berlaku")
    ani.is_offered("Bisa bantu apa?")
    await ani.picks(1)
    ani.sees("Saya bisa menjawab")


async def test_nik_is_masked_answered_and_warned_about_once(ani: Talk) -> None:
    await ani.says(f"nik saya {NIK} kok insentif belum cair")
    ani.sees("Sumber: ", PRIVACY)
    ani.misses(NIK)
    assert NIK.encode() not in (ani.state or b"")
    await ani.says(f"ini nik istri saya {NIK[:-1]}2, lupa password juga")
    ani.misses(PRIVACY, NIK)


async def test_who_wants_a_person_hears_the_official_channels(ani: Talk) -> None:
    await ani.says("saya mau bicara sama petugas")
    ani.sees("belum ada petugas", "prakerja.go.id")
    await ani.picks(1)
    ani.sees("Sumber: ")


async def test_other_programmes_are_out_of_scope(ani: Talk) -> None:
    await ani.says("cara cek bansos pkh di hp")
    ani.sees("di luar yang saya tahu")
    await ani.presses("Bisa bantu apa?")
    ani.sees("Saya bisa menjawab")


async def test_telegram_start_greets_and_other_commands_are_declined(ani: Talk) -> None:
    await ani.says("/start")
    ani.sees("Halo, Kak")
    for text in ("/restart", '/jadi_admin{"x":1}', "/faq/insentif-belum-cair"):
        await ani.says(text)
        ani.sees("Perintah itu tidak saya kenal")
    await ani.says(SURE)
    ani.sees("Sumber: ")


async def test_thought_typed_in_pieces_gets_one_answer(ani: Talk) -> None:
    await ani.says("min", "saya mau tanya", "lupa password prakerja")
    assert len(ani.posts) == 1
    assert ani.posts[0].answers == ("m1", "m2", "m3")
    ani.sees("Lupa Password")


async def test_two_clear_questions_get_their_answers_in_order(ani: Talk) -> None:
    await ani.says("lupa password prakerja", SURE)
    assert [post.answers for post in ani.posts] == [("m1",), ("m2",)]
    assert "Lupa Password" in ani.posts[0].text


async def test_sticker_and_picture_get_a_friendly_word(ani: Talk) -> None:
    await ani.sends("media")
    ani.sees("baru bisa membaca tulisan")
    await ani.says("\U0001f64f\U0001f64f")
    ani.sees("Saya menyimak")
    await ani.says("你好吗")
    assert ani.reply


async def test_media_between_offer_and_pick_does_not_lose_the_offer(ani: Talk, unclear: str) -> None:
    await ani.says(unclear)
    await ani.sends("media")
    await ani.picks(1)
    ani.sees("Sumber: ")


async def test_button_of_yesterday_has_expired(ani: Talk) -> None:
    await ani.says("halo")
    ani.waits(hours=25)
    await ani.presses("Insentif belum cair")
    ani.sees("sudah tidak berlaku")


async def test_very_long_message_is_answered_with_a_note(ani: Talk) -> None:
    await ani.says("insentif saya belum cair " * 400)
    ani.sees("hanya bagian awalnya", "Sumber: ")


async def test_long_talk_costs_no_more_at_its_end(ani: Talk) -> None:
    sizes = []
    for _ in range(30):
        await ani.says(SURE)
        sizes.append(len(ani.state or b""))
    assert max(sizes[10:]) <= max(sizes[:10]) * 1.6
    assert sizes[29] <= sizes[15] + 20


async def test_insult_is_met_kindly_and_small_talk_ends_well(ani: Talk) -> None:
    await ani.says("bot goblok ga guna")
    ani.sees("Maaf")
    await ani.says("kamu siapa")
    ani.sees("asisten otomatis", "bukan petugas")
    await ani.says("ok dadah")
    ani.sees("Sampai jumpa")


@pytest.mark.parametrize(
    "request_", ["bisa hackin akun orang gak", "pengen bobolin akun mantan", "minta data nik orang dong"]
)
async def test_breaking_in_is_refused_and_own_trouble_is_offered_help(ani: Talk, request_: str) -> None:
    await ani.says(request_)
    ani.sees("tidak membantu membuka akun", "merugikan pemiliknya")
    ani.is_offered("Akun saya dipakai", "Lupa kata sandi", "Hukum data palsu")


@pytest.mark.parametrize("word", ["gagal", "kapan", "rekening", "login", "Akun?"])
async def test_single_word_about_the_programme_is_asked_about(ani: Talk, word: str) -> None:
    await ani.says(word)
    ani.is_offered("Bukan itu semua")


@pytest.mark.parametrize(("word", "answer"), [("sertifikat", "Sertifikat baru muncul"), ("halo", "Kawan Prakerja")])
async def test_single_word_that_means_one_thing_is_answered(ani: Talk, word: str, answer: str) -> None:
    await ani.says(word)
    ani.sees(answer)


async def test_who_is_not_understood_twice_is_offered_a_person(ani: Talk, unclear: str) -> None:
    await ani.says(unclear)
    ani.is_offered("Bukan itu semua")
    await ani.presses("Bukan itu semua")
    ani.sees("dengan kata lain")
    await ani.says(unclear)
    ani.sees("petugas", "bantuan.prakerja.go.id")
    await ani.says(unclear)
    ani.sees("Saya belum yakin maksudnya")


async def test_answer_in_between_begins_the_count_anew(ani: Talk, unclear: str) -> None:
    for _ in range(2):
        await ani.says(unclear)
        ani.sees("Saya belum yakin maksudnya")
        await ani.says(SURE)
        ani.sees("Sumber: ")


async def test_choice_is_picked_by_word(ani: Talk, catalogue: LiveCatalogue, unclear: str) -> None:
    await ani.says(unclear)
    second = next(one for one in catalogue.current().entries.values() if one.title == ani.buttons[1])
    await ani.says("yang kedua aja kak")
    ani.sees(second.answer)


async def test_two_questions_get_two_answers_in_one_bubble(ani: Talk, catalogue: LiveCatalogue) -> None:
    await ani.says("gelombang 72 udah dibuka belum? terus syarat daftarnya apa aja?")
    entries = catalogue.current().entries
    assert len(ani.posts) == 1
    ani.sees(f"▪ {entries['gelombang-72'].question}", f"▪ {entries['syarat-daftar'].question}")
    paragraphs = ani.reply.split("\n\n")
    assert len(paragraphs) == len(set(paragraphs)), "the status of the programme is said twice"
    assert len(ani.buttons) == 2
    assert len(ani.reply) < 2200


async def test_false_site_is_called_so_first(ani: Talk) -> None:
    await ani.says("kak link https://daftar-prakerja72.online/klaim ini asli ga")
    assert ani.reply.startswith("Hati-hati Kak, alamat yang Kakak tulis bukan prakerja.go.id")
    ani.misses("daftar-prakerja72")


async def test_question_about_a_wave_on_a_false_site_is_answered_with_the_warning(ani: Talk) -> None:
    await ani.says("gelombang 72 udah buka ya di prakerja72.vip")
    ani.sees("bukan situs resmi Prakerja", "Gelombang 72 belum pernah diumumkan")
