"""Chat language becomes plain words, rule by rule; what is right, numbers and masked secrets pass unchanged."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.contract.redaction_rules import PLACEHOLDERS
from nlu.components.normaliser import PLAIN_TEXT, ChatNormaliser
from nlu.normalising.lexicon import Lexicon
from nlu.normalising.normaliser import Normaliser

LEXICON = Lexicon.load()
NORMALISE = Normaliser(LEXICON)
COMMON_WORDS = [
    word
    for line in Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
]


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("gw blm dapt insentif knp y", "saya belum dapat insentif mengapa ya"),
        ("gmn cara dftar prakerja", "bagaimana cara daftar prakerja"),
        ("no rek sy salah", "nomor rekening saya salah"),
        ("durung cair kumaha iki", "belum cair bagaimana ini"),
        ("SAYA MAU TANYA", "saya mau tanya"),
        ("loker prakrj ad gk gan", "lowongan kerja prakerja ada tidak kak"),
    ],
)
def test_slang_becomes_plain_words(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("tolooooong", "tolong"),
        ("lamaaaa bangeeet", "lama sekali"),
        ("knpppp", "mengapa"),
        ("cairrr minn", "cair kak"),
        ("minggguu maaaaf saaaat", "minggu maaf saat"),
        ("ahhhhzz", "ahzz"),
        ("wkwkwkwk hahaha", "wkwk haha"),
        ("spp ttd gelombang XVIII", "spp ttd gelombang xviii"),
    ],
)
def test_elongation_is_squeezed_to_the_word_that_was_stretched(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("pr4kerj4 1ns3ntif", "prakerja insentif"),
        ("0tp k0de 4kun p4ssw0rd", "otp kode akun sandi"),
        ("jok1 pr4kerja2024", "joki prakerja 2024"),
        ("kumul4tif", "kumul4tif"),
        ("0kk 0rb", "0 kk 0 ribu"),
    ],
)
def test_digits_that_stand_for_letters_are_read_when_a_known_word_comes_out(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("cair2", "cair-cair"),
        ("buru2 temen2ku tmn2nya", "buru-buru teman-teman saya teman-teman"),
        ("gel2an masuk2in", "gelombang-gelombangan masuk-masukin"),
        ("bertahun2 mengulang2", "bertahun-tahun mengulang-ulang"),
        ("buru-buru cair-cairnya berulang-ulang", "buru-buru cair-cair berulang-ulang"),
        ("gbs2 nya-nya", "tidak bisa"),
        ("cair²", "cair-cair"),
    ],
)
def test_a_doubled_word_gets_its_hyphen(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("gelombang2 kapan", "gelombang 2 kapan"),
        ("gel 2", "gelombang 2"),
        ("gel2nya", "gelombang 2"),
        ("survei2 tahap2 ke2 nik2", "survei 2 tahap 2 ke 2 nik 2"),
        ("budi2 di2 hp2", "budi 2 di 2 hp 2"),
    ],
)
def test_a_two_after_what_is_counted_or_unknown_stays_a_number(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("akunku emailnya sandimu", "akun saya email sandi kamu"),
        ("hpku otp nya OTP-nya", "hp saya otp otp"),
        ("kudaftar kaubeli", "saya daftar kamu beli"),
        ("bisakah bolehlah sayapun akunkulah", "bisa boleh saya akun saya"),
        ("sandine pelatihanna syarate", "sandi pelatihan syarat"),
        ("sertifkatnya insentiffku", "sertifikat insentif saya"),
        ("didaftarin", "didaftarkan"),
    ],
)
def test_little_words_written_onto_others_come_off(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize(
    "text",
    [
        "buku kamu temu suku ilmu kartu laku berlaku pelaku mengaku bangku saku tamu bertemu",
        "kuota kulit kurang kuliah kunci kupas",
        "sekolah masalah makalah setelah adalah langkah nikah berkah ampun hanya punya bertanya",
        "main lain kain yakin admin mungkin",
    ],
)
def test_words_that_only_look_as_if_something_were_written_onto_them_stay(text: str) -> None:
    assert NORMALISE(text) == text


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("insentifbelumcair", "insentif belum cair"),
        ("kapancair lupapassword", "kapan cair lupa sandi"),
        ("kartuprakerja gabisalogin", "prakerja tidak bisa login"),
        ("kapancairrrr", "kapan cair"),
        ("padahal daripada keluarga olahraga semifinal", "padahal daripada keluarga olahraga semifinal"),
    ],
)
def test_glued_words_come_apart_when_every_part_is_a_word_of_the_programme(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("insentiv insntif", "insentif insentif"),
        ("gelonbang gelmbang glmbng", "gelombang gelombang gelombang"),
        ("sertipikat pelatian", "sertifikat pelatihan"),
        ("dasboard dasbor", "dashboard dashboard"),
        ("verivikasi prakrja prkerja", "verifikasi prakerja prakerja"),
        ("trdaftar pngumuman mhsiswa", "terdaftar pengumuman mahasiswa"),
    ],
)
def test_typing_mistakes_in_words_of_the_programme_are_mended(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


def test_two_thousand_common_words_stay_as_they_are() -> None:
    assert len({*COMMON_WORDS}) > 2_000
    assert len({*COMMON_WORDS} - LEXICON.words) > 1_500, "words that are listed as right prove little"
    assert [f"{word} -> {NORMALISE(word)}" for word in COMMON_WORDS if NORMALISE(word) != word] == []


@pytest.mark.parametrize("pair", ["dana dada", "cair cari", "gagal gatal", "pengaduan pengajuan", "tautan lautan"])
def test_right_words_that_differ_by_a_letter_are_kept_apart(pair: str) -> None:
    assert NORMALISE(pair) == pair


def test_phrases_become_the_word_they_mean_also_when_they_were_slang() -> None:
    assert NORMALISE("Kartu Pra-Kerja") == "prakerja"
    assert NORMALISE("kata sandinya") == "sandi"
    assert NORMALISE("e-wallet / dompet digital") == "ewallet ewallet"
    assert NORMALISE("kartu kartu kartu prakerja") == "prakerja"


@pytest.mark.parametrize("number", ["71", "600.000", "3,5", "2024", "10:30", "0812", "1.234.567,89"])
def test_numbers_pass_unchanged(number: str) -> None:
    assert NORMALISE(f"gel {number} gw") == f"gelombang {number} saya"


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("600rb Rp4,2 jt 3,5jt", "600 ribu rp 4,2 juta 3,5 juta"),
        ("3x jam 19.00 08xx", "3 x jam 19.00 08 xx"),
        ("12bln 1kk 24jam 5org 100%", "12 bulan 1 kk 24 jam 5 orang 100"),
        ("gel71 thn2024 no5", "gelombang 71 tahun 2024 nomor 5"),
        ("4g 5k d3 s1", "4g 5k d3 s 1"),
    ],
)
def test_numbers_written_onto_words_keep_their_digits(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize("shown", PLACEHOLDERS.values())
def test_masked_secrets_pass_as_one_unchanged_token(shown: str) -> None:
    assert NORMALISE(f"nik gw {shown} y") == f"nik saya {shown.lower()} ya"


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("in\u200bsentif pra\u00adkerja \u202egel", "insentif prakerja gelombang"),
        ("ｐｒａｋｅｒｊａ 𝗴𝗲𝗹𝗼𝗺𝗯𝗮𝗻𝗴 ᴘʀᴀᴋᴇʀᴊᴀ 🅿🆁🅰🅺🅴🆁🅹🅰", "prakerja gelombang prakerja prakerja"),
        ("prаkerjа ιnsentif", "prakerja insentif"),  # with Cyrillic and Greek letters
        ("п\u0440ивет", "привет"),
        ("gel ٧١ १२ ７１ 1\ufe0f\u20e3", "gelombang 71 12 71 1"),
        ("pràkérja p\u0336r\u0336akerja", "prakerja prakerja"),
    ],
)
def test_disguised_letters_and_digits_are_read(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("\U0001f44d\U0001f3fd", "oke"),
        ("\U0001f64f\U0001f64f", "terima kasih"),
        ("\U0001f621 !!", "kesal"),
        ("\U0001f62d\U0001f44e\U0001f62d", "sedih tidak"),
        ("kpn cair min \U0001f64f", "kapan cair kak"),
        ("gagal terus \U0001f621", "gagal terus"),
    ],
)
def test_an_emoji_speaks_when_no_word_does(typed: str, plain: str) -> None:
    assert NORMALISE(typed) == plain


def test_nothing_readable_is_the_empty_text() -> None:
    assert [NORMALISE(text) for text in ("", "   ", "?!...", "\U0001f9e9", "___", "nya")] == [""] * 6


def test_path_names_the_rules_and_how_often_each_took_part() -> None:
    plain = NORMALISE.read("GW blm cair2, 1ns3ntif ku lamaaa")
    assert plain.text == "saya belum cair-cair insentif saya lama"
    assert plain.rules == {"slang": 3, "doubling": 1, "leet": 1, "elongation": 1}
    assert plain.path() == "doubling 1, elongation 1, leet 1, slang 3"
    assert NORMALISE.read("saya").path() == "nothing to do"


def test_component_keeps_the_text_and_logs_the_path_without_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "nlu")
    message = Message({TEXT: "Lupapassword gw"})
    ChatNormaliser().process([message])
    assert (message.get(TEXT), message.get(PLAIN_TEXT)) == ("Lupapassword gw", "lupa sandi saya")
    assert [record.getMessage() for record in caplog.records] == ["normalised: glue 1, slang 2"]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("phrases: {a b: c}\nslang: {nomor: [no]}", "False: 'nomor' is not two texts"),
        ("phrases: {a b: c}\nslang: {saya: [gw], kamu: [gw]}", "'gw' means 'saya' and 'kamu'"),
        ("phrases: {a b: c}\nslang: {kak: [min], minta kak: [mnt], tolong: [kak]}", "'kak' is slang itself"),
        ("phrases: {a b: b c}\nslang: {}", "'a b': a phrase has to become fewer words"),
    ],
)
def test_lexicon_that_contradicts_itself_is_refused(tmp_path: Path, body: str, complaint: str) -> None:
    file = tmp_path / "lexicon.yml"
    file.write_text(f"{body}\ndomain: [prakerja]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"lexicon\.yml: ") as refused:
        Lexicon.load(file)
    assert complaint in str(refused.value)


def test_every_word_of_the_lexicon_can_be_typed_and_its_meaning_is_stable() -> None:
    for word, plain in LEXICON.slang.items():
        assert word == word.lower()
        assert word.isalnum(), "a word that no tokenizer yields never matches"
        assert not word.isdigit()
        assert NORMALISE(plain) == plain
    assert [word for word in LEXICON.words if NORMALISE(word) != word] == []
