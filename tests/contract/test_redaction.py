"""Redaction: what must be masked is masked in every spelling, what must stay stays, in linear time."""

from __future__ import annotations

import re
import time
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.contract.redaction import clean, mentions_only_symbols, redact
from bot.contract.redaction_rules import PLACEHOLDERS, RULES

MASKED = [
    ("nik3201010203850001 ok", "nik[NIK/KK] ok", "nik"),
    ("NIK:3201 0102 0385 0001", "NIK:[NIK/KK]", "nik"),
    ("3201-0102.0385/0001", "[NIK/KK]", "nik"),
    ("32.01.01.02.03.85.0001", "[NIK/KK]", "nik"),
    ("32 01.01-0203/85.0001 hari ini", "[NIK/KK] hari ini", "nik"),
    ("3 2 0 1 0 1 0 2 0 3 8 5 0 0 0 1", "[NIK/KK]", "nik"),
    ("3201, 0102, 0385, 0001", "[NIK/KK]", "nik"),
    ("3201 0102\n0385 0001", "[NIK/KK]", "nik"),
    ("3201–0102—0385‑0001", "[NIK/KK]", "nik"),
    ("３２０１０１０２０３８５０００１", "[NIK/KK]", "nik"),
    ("٣٢٠١٠١٠٢٠٣٨٥٠٠٠١", "[NIK/KK]", "nik"),
    ("3201\u200b0102\u200d0385\u00ad0001", "[NIK/KK]", "nik"),
    ("3️⃣2️⃣0️⃣1️⃣0️⃣1️⃣0️⃣2️⃣0️⃣3️⃣8️⃣5️⃣0️⃣0️⃣0️⃣1️⃣", "[NIK/KK]", "nik"),
    ("3201O1O2O385OOO1", "[NIK/KK]", "nik"),
    ("nik saya 32010102038500", "nik saya [NIK/KK]", "nik"),
    ("3201010203850001/3201011203150002", "[NIK/KK]/[NIK/KK]", "nik"),
    ("gelombang 71 3201 0102 0385 0001 gagal 16 kali", "gelombang 71 [NIK/KK] gagal 16 kali", "nik"),
    ("https://prakerja72.com/?nik=3201010203850001", "https://prakerja72.com/?nik=[NIK/KK]", "nik"),
    ("nomor kartu prakerja 1234567890123456", "nomor kartu prakerja [NIK/KK]", "nik"),
    ("otp saya 123456", "otp saya [OTP]", "otp"),
    ("otp123456", "otp[OTP]", "otp"),
    ("OTP\n123456", "OTP\n[OTP]", "otp"),
    ("o\u200btp: 1\u200b2\u200b3\u200b4", "o\u200btp: [OTP]", "otp"),
    ("kodenya 48 21 93", "kodenya [OTP]", "otp"),
    ("kode verifikasi: 1234", "kode verifikasi: [OTP]", "otp"),
    ("123456 itu otp nya", "[OTP] itu otp nya", "otp"),
    ("123456\nitu otp nya", "[OTP]\nitu otp nya", "otp"),
    ("pin gw 9876", "pin gw [OTP]", "otp"),
    ("otp nya 1234 sama 5678", "otp nya [OTP] sama [OTP]", "otp"),
    ("Kode OTP kamu adalah 482193. Berlaku 5 menit", "Kode OTP kamu adalah [OTP]. Berlaku 5 menit", "otp"),
    ("<#> 482193 is your GoPay verification code", "<#> [OTP] is your GoPay verification code", "otp"),
    ("https://prakerja72.com/?otp=123456", "https://prakerja72.com/?otp=[OTP]", "otp"),
    ("password saya Budi123!", "password saya [kata sandi]", "password"),
    ("sandi: rahasia", "sandi: [kata sandi]", "password"),
    ("pw ku abc123", "pw ku [kata sandi]", "password"),
    ("kata sandinya adalah melati99", "kata sandinya adalah [kata sandi]", "password"),
    ("password: budi123, tolong", "password: [kata sandi], tolong", "password"),
    ("password: Budi 123", "password: [kata sandi]", "password"),
    ('sandi akun: "aku cinta kamu"', "sandi akun: [kata sandi]", "password"),
    ("ganti password jadi melati99", "ganti password jadi [kata sandi]", "password"),
    ("pass saya BudiSantoso lho", "pass saya [kata sandi] lho", "password"),
    ("ini passwordnya Prakerja2024 tolong cek", "ini passwordnya [kata sandi] tolong cek", "password"),
    ("password: 16-05-1990", "password: [kata sandi]", "password"),
    ("4111 1111 1111 1111", "[nomor kartu]", "card"),
    ("amex 3782 822463 10005", "amex [nomor kartu]", "card"),
    ("kartu atm bca saya 5221 0310 1122 3344", "kartu atm bca saya [nomor kartu]", "card"),
    ("cvv 123", "cvv [nomor kartu]", "card"),
    ("norek bca 1234567890", "norek bca [nomor rekening]", "account"),
    ("rekening saya 12345678", "rekening saya [nomor rekening]", "account"),
    ("rek 0341-01-000123-53-2 bri a.n. Budi", "rek [nomor rekening] bri a.n. Budi", "account"),
    ("no rekening 1234-5678-90", "no rekening [nomor rekening]", "account"),
    ("ovo 12345678", "ovo [nomor rekening]", "account"),
    ("1234567890", "[nomor rekening]", "account"),
    ("123456789", "[nomor rekening]", "account"),
    ("1234 5678 90", "[nomor rekening]", "account"),
    ("email budi@gmail.com.", "email [email].", "email"),
    ("BUDI.S+1 @ Gmail.com", "[email]", "email"),
    ("budi[at]yahoo.co.id", "[email]", "email"),
    ("dari cs@prakerja-daftar.com", "dari [email]@prakerja-daftar.com", "email"),
    ("hp 08123456789", "hp [nomor HP]", "phone"),
    ("+62 812-3456-7890", "[nomor HP]", "phone"),
    ("62 812 3456 7890", "[nomor HP]", "phone"),
    ("6281234567890", "[nomor HP]", "phone"),
    ("0812.3456.7890", "[nomor HP]", "phone"),
    ("(0812) 34567890", "[nomor HP]", "phone"),
    ("+62(812)34567890", "[nomor HP]", "phone"),
    ("(021) 555-1234", "[nomor HP]", "phone"),
    ("0274 512345", "[nomor HP]", "phone"),
    ("telp 5551234", "telp [nomor HP]", "phone"),
    ("+60 12-345 6789", "[nomor HP]", "phone"),
    ("WA 0812 3456 7890 / 0857-1234-5678", "WA [nomor HP] / [nomor HP]", "phone"),
    ("https://wa.me/6281234567890", "https://wa.me/[nomor HP]", "phone"),
]

KEPT = [
    "insentif saya kok belum cair ya min",
    "otp tidak masuk sejak 2023",
    "otp ga masuk, saldo 600000",
    "saldo insentif 600123 otp ga masuk",
    "otp tidak masuk 2x dari jam 10.30 tanggal 16-05-2025",
    "kode otp 3x salah",
    "minta otp 5000 kali",
    "kode voucher 123456 gagal",
    "kode voucher saya BARISTA2024 ga bisa dipakai",
    "kode pos 40123",
    "kode error 5003 pas login",
    "pin saya terblokir sejak tahun 2023",
    "lupa password",
    "password salah terus",
    "ganti password gimana",
    "password nya apa ya",
    "password saya masuk2 salah",
    "password saya gimana2",
    "password 3x salah",
    "pw minimal 8 karakter",
    "cara ganti password: masuk menu profil",
    "password: lupa",
    "kata sandi https://dashboard.prakerja.go.id",
    "pass login gelombang 71 gagal",
    "gelombang 71 tahun 2024",
    "gel72, gel.71, batch-70",
    "16-05-2025 2025/05/16 16 Mei 2025 16.05.2025",
    "2024-08-27 2024-09-01",
    "20240827 20240901",
    "27-08-2024 s/d 01-09-2024",
    "27-08-2024 - 01-09-2024",
    "2021 2022 2023 2024",
    "10:30 12:45 13:00 14:15",
    "Rp4.200.000, 3,5jt, 600rb, Rp 1.000.000.000",
    "rp200000-300000, 700000000 rupiah",
    "saldo rekening 1200000, harusnya 4.200.000",
    "16 kali gagal",
    "kode otp 6 digit tidak masuk, sudah 120 menit",
    "di dashboard gelombang 70, insentif 4x600rb = 2.4jt, cair 12/08/2024 jam 14.00 wib",
    "gaji 3.500.000-4.000.000, usia 18-64 tahun",
    "usia 18, 20, 25, 30, 35, 40, 45, 50",
    "prakerja72.com palsu? https://tribun.com/2024/07/27/cara-login-12345678901",
    "0800-150-3001",
    "0800 150 3001 atau 1500537",
    "follow ig @prakerja.go.id ya",
    "apakah info@prakerja.go.id asli",
    "[NIK/KK] [OTP] [kata sandi] [nomor kartu] [nomor rekening] [email]@prakerja-daftar.com [nomor HP]",
]


@pytest.mark.parametrize(("text", "masked", "kind"), MASKED)
def test_secret_is_masked(text: str, masked: str, kind: str) -> None:
    redacted = redact(text)
    assert redacted.text == masked
    assert redacted.kinds == (kind,)


@pytest.mark.parametrize("text", KEPT)
def test_harmless_text_stays_whole(text: str) -> None:
    assert redact(text).text == text
    assert redact(text).kinds == ()


def test_kinds_are_sorted_and_named_once() -> None:
    redacted = redact("nik 3201010203850001 kk 3201011203150002 hp 08123456789 email budi@gmail.com / budi123")
    assert redacted.text == "nik [NIK/KK] kk [NIK/KK] hp [nomor HP] email [email] / [kata sandi]"
    assert redacted.kinds == ("email", "nik", "password", "phone")


def test_every_rule_has_its_own_name_and_a_reason() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.why for rule in RULES)


# --- properties -----------------------------------------------------------------------------------

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
GAPS = st.sampled_from([*" .-/", " - ", " . ", "", "", "", "\u2013", "\u00a0", *INVISIBLE, " \u200b"])
PROVINCES = st.sampled_from([11, 12, 13, 21, 31, 32, 33, 34, 35, 36, 51, 52, 53, 61, 62, 71, 72, 73, 81, 91, 94])
ZEROS = st.sampled_from("0０٠۰०")


@st.composite
def niks(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1950, 1, 1), date(2010, 12, 31)))
    place = str(draw(PROVINCES)) + f"{draw(st.integers(101, 9999)):04}"
    day = born.day + draw(st.sampled_from((0, 40)))
    return f"{place}{day:02}{born:%m%y}{draw(st.integers(1, 9999)):04}"


@st.composite
def spelled_niks(draw: st.DrawFn) -> str:
    zero = ord(draw(ZEROS))
    digits = [chr(zero + int(digit)) for digit in draw(niks())]
    gaps = draw(st.lists(GAPS, min_size=15, max_size=15))
    return digits[0] + "".join(gap + digit for gap, digit in zip(gaps, digits[1:]))


WORDS = ("nik saya", "NIK:", "nik", "ktp gw itu", "gagal terus", "gelombang 71", "tahun 2024", "Rp4.200.000",
         "tanggal 16-05-2025", "jam", "kak", "😀", "hari ini", "otp", "password saya", "rek bca")  # fmt: skip
SURROUNDINGS = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)


def _longest_run(text: str) -> int:
    """The most digits in a row, whatever stands between them except letters and brackets."""
    digits = "".join(
        str(unicodedata.digit(character, "")) or (character if character.isalpha() or character in "[]" else "")
        for character in text
    )
    return max(map(len, re.findall("[0-9]+", digits)), default=0)


@given(SURROUNDINGS, spelled_niks(), SURROUNDINGS)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_no_nik_survives_any_spelling(before: str, nik: str, after: str) -> None:
    redacted = redact(f"{before} {nik} {after}")
    assert _longest_run(redacted.text) < 16
    assert redacted.kinds


@given(st.from_regex(r"[0-9]{16}", fullmatch=True), st.sampled_from(["nik", "", "x", "NO:", "kk"]))
@settings(deadline=None, derandomize=True)
def test_any_sixteen_digits_in_one_piece_are_masked(number: str, glued: str) -> None:
    assert redact(f"min {glued}{number}abc").text in (f"min {glued}[NIK/KK]abc", f"min {glued}[nomor kartu]abc")


DATES = st.dates(date(1960, 1, 1), date(2039, 12, 31))
THOUSANDS = st.integers(1, 999_999).map(lambda thousands: f"{thousands:,}".replace(",", ".") + ".000")
HARMLESS = st.one_of(
    st.tuples(st.sampled_from(["gelombang ", "gel", "gel ", "Gelombang-", "batch "]), st.integers(1, 72)).map(
        lambda wave: f"{wave[0]}{wave[1]}"
    ),
    st.integers(2015, 2030).map(str),
    *(DATES.map(lambda day, form=form: day.strftime(form)) for form in  # type: ignore[misc]
      ("%d-%m-%Y", "%Y/%m/%d", "%Y-%m-%d", "%d.%m.%Y", "%d Mei %Y", "%d/%m/%Y s/d 01/09/2024")),
    st.tuples(st.integers(0, 23), st.sampled_from(".:"), st.integers(0, 59)).map(
        lambda clock: f"{clock[0]:02}{clock[1]}{clock[2]:02}"
    ),
    THOUSANDS,
    THOUSANDS.map(lambda amount: f"Rp{amount}"),
    st.integers(1, 999).map(lambda number: f"{number}rb"),
    st.integers(1, 99).map(lambda number: f"{number},5jt"),
    st.integers(1, 99).map(lambda number: f"{number} kali gagal"),
    st.integers(1, 99).map(lambda number: f"prakerja{number}.com"),
    st.sampled_from(["0800-150-3001", "1500537", "Rp 1.000.000.000", "belum cair", "kak", "lupa password"]),
)  # fmt: skip
JOINTS = st.sampled_from([" ", ", ", " dan ", "\n", "; ", " lalu ", " ("])


@given(HARMLESS, st.lists(st.tuples(JOINTS, HARMLESS), max_size=2))
@settings(max_examples=600, deadline=None, derandomize=True)
def test_waves_dates_amounts_counts_and_addresses_stay(first: str, rest: list[tuple[str, str]]) -> None:
    text = first + "".join(joint + thing for joint, thing in rest)
    assert redact(text).text == text


PIECES = st.one_of(
    st.sampled_from(["otp ", "kode ", "pin", "password", ": ", " saya ", "nik", "rek ", "bca ", "@", "gmail.com", "Rp",
                     "prakerja", ".com", "https://", "+62", "08", "gel ", "tahun ", "[OTP]", "[email]", "[kata sandi]",
                     "\u200b", "\ue000", "\ue001", "\x00", "\n", "'", '"', "/", "s/d", " kali", "rb", "adalah "]),
    st.from_regex(r"[0-9]{1,17}", fullmatch=True),
    st.text(alphabet="0123456789 .-/,:", max_size=20),
    st.text(max_size=5),
    HARMLESS,
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join)))
@settings(max_examples=1000, deadline=None, derandomize=True)
def test_never_raises_and_a_second_time_changes_nothing(text: str) -> None:
    once = redact(text)
    assert redact(once.text).text == once.text
    assert set(once.kinds) <= set(PLACEHOLDERS)
    assert bool(once.kinds) == (once.text != text)


HEAVY = [
    "1", "1 ", "12 ", "1234 ", "1.", "01.01-", "0 8 ", "otp ", "otp 123456 ", "a@", "a@a.", "@a-", "pw:", "pw ",
    "password saya ", "password: 'a", "2/?62pinpw", "+62 ", "+1 2 3 4 ", "(021)", "10:30 ", "12.12.12 ",
    "2012 12 12 ", "2024-12-12-", "1\n", "1\u200b", "\u200b", " ", "gel 1 ", "rp 1.", "a.com ", "https://a",
    "[OTP]", "é1",
]  # fmt: skip


@pytest.mark.parametrize("piece", HEAVY)
def test_a_hundred_kilobytes_take_linear_time(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    started = time.process_time()
    once = redact(text)
    # About one second at worst; backtracking would take minutes.
    assert time.process_time() - started < 8
    assert redact(once.text).text == once.text


@pytest.mark.parametrize(
    "text", ["a" + "\u0301\u0316" * 50_000, " " * 100_000 + "x", "\n " * 50_000, "😀\u200d" * 50_000]
)
def test_cleaning_a_hundred_kilobytes_takes_linear_time(text: str) -> None:
    started = time.process_time()
    clean(text, 4_000)
    assert time.process_time() - started < 1


# --- clean ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("  a\u200bb\tc\x00\x1b d \u202e ", "ab c d"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\n\n\n\n \n\nb", "a\n\n\nb"),
        ("a\n\n\nb", "a\n\n\nb"),
        ("cafe\u0301", "café"),
        ("1\ufe0f\u20e3", "1"),
        ("12\u200d34\ufe0f56", "123456"),
        ("👨\u200d👩\u200d👧 ❤\ufe0f", "👨\u200d👩\u200d👧 ❤\ufe0f"),
        ("a\ud800b\ue000c", "abc"),
        ("\u3164\u200b \n", ""),
    ],
)
def test_clean_removes_what_nobody_sees(text: str, tidy: str) -> None:
    assert clean(text, 100) == (tidy, False)


def test_clean_says_when_it_cut() -> None:
    assert clean("abc def", 7) == ("abc def", False)
    assert clean("abc def", 4) == ("abc", True)
    assert clean("❤\u200d🔥", 2) == ("❤", True)


@given(st.text(), st.integers(0, 50))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_clean_text_is_short_visible_and_stays_clean(text: str, limit: int) -> None:
    tidy, cut = clean(text, limit)
    assert len(tidy) <= limit
    assert tidy == tidy.strip()
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Co") for character in tidy.replace("\n", ""))
    assert unicodedata.is_normalized("NFC", tidy)
    tidy.encode()
    if not cut:
        assert clean(tidy, limit) == (tidy, False)


@pytest.mark.parametrize("text", ["😀👍🏽", "...!?", "❤\ufe0f", "👨\u200d👩\u200d👧", "🇮🇩", "?", "™", "+ = $"])
def test_symbols_alone(text: str) -> None:
    assert mentions_only_symbols(text)


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "ya 😀", "1️⃣", "1", "é", "لا"])
def test_words_and_nothing_are_no_symbols(text: str) -> None:
    assert not mentions_only_symbols(text)
