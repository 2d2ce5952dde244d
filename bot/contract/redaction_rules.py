"""The rules of redaction, in order: what is masked, what is kept, and why.

A rule sees the page: the text in lower case, any script's digits as 0-9, without invisible characters.
What an earlier rule masked stands there as HIDDEN, and the digits it decided to keep as KEPT; no later rule
reads across either. Every repetition is bounded or can match in one way only, so each rule is linear in time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.contract import redaction_judges as judges
from bot.contract import redaction_words as words
from bot.contract.redaction_judges import Hit, Judge
from bot.contract.redaction_shapes import DAY, MONTH, YEAR

PLACEHOLDERS = {
    "account": "[nomor rekening]",
    "card": "[nomor kartu]",
    "email": "[email]",
    "nik": "[NIK/KK]",
    "otp": "[OTP]",
    "password": "[kata sandi]",
    "phone": "[nomor HP]",
}
MAIL_DOMAIN = r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}"

# Between the digits of a NIK people put nearly anything; comma and space together make a list.
_NIK_GAP = r"(?:,|[ \n./\-_|*+~:'()]{1,6})?"
_PHONE_GAP = r"(?:[ .\-)/]|\)[ \-]|[ ]-[ ])?"
_ROW_START = r"(?<!\d)(?<!\d[-./])"
_ROW_END = r"(?!\d|[-./]\d)"
_AMOUNT = r"(?:\d{1,3}(?:[.,]\d{3}){1,5}|\d{1,12})(?:,\d{1,2}|,-)?(?!\d|[.-]\d)"
_TLD = "com|id|net|org|info|xyz|site|online|link|ly|club|shop|store|app|dev|web|biz|live|vip|icu|page|click|io"


@dataclass(frozen=True)
class Rule:
    """Where to look (the pattern's last group is the find) and who decides, seeing the original text too."""

    name: str
    why: str
    judge: Judge
    pattern: re.Pattern[str]

    def find(self, page: str, original: str) -> Iterator[Hit]:
        """The hits of this rule, left to right, none overlapping."""
        at = 0
        for match in self.pattern.finditer(page):
            hit = self.judge(match, original) if match.start() >= at else None
            if hit and hit.start >= at:
                at = hit.cover
                yield hit


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII | re.VERBOSE)


RULES: tuple[Rule, ...] = (
    Rule(
        "told password",
        "whoever has it has the account; first, because it may hold a date, an address or a number",
        judges.password,
        _pattern(
            rf"""(?<![a-z])(?:(?:kata[ ]?)?sandi|pas{{1,2}}wo?r?[dt]|pass(?:phrase|key)?|pwd?|pswr?d?)
            (?:nya|ny|ku|mu|q)?(?![a-z])
            (?=(?:[ ]{{1,4}}(?:{words.OWNER})(?![a-z0-9])){{0,6}}
            (?P<link>[ ]{{0,4}}(?:[:=]|[-=]>)[ \n]{{0,4}}
              |[ ]{{1,4}}(?:adalah|adlh|yaitu|yakni|ialah|is)[ ]{{0,4}}[:=]?[ ]{{1,4}}|[ ]{{1,4}}|(?=\d))
            (?P<value>"[^"\n\ue000]{{1,64}}"|'[^'\n\ue000]{{1,64}}'
              |[^\s\ue000]{{1,128}}(?:[ ]?[/|][ ]?[^\s\ue000]{{1,128}})?)
            (?P<more>[ ]\d{{1,8}}(?=[ ]{{0,4}}(?:\n|$)))?)"""
        ),
    ),
    Rule(
        "password after an address",
        "budi@gmail.com / budi123",
        judges.password,
        _pattern(rf"@{MAIL_DOMAIN}(?P<link>[ ]?)[/|:][ ]?(?P<value>[^\s\ue000]{{1,128}})(?P<more>)"),
    ),
    Rule(
        "e-mail address",
        "names a person; 'budi @ gmail com' does so too",
        judges.email,
        _pattern(
            rf"""(?:@|[(\[]at[)\]])(?P<gap>[ ]{{0,2}})
            (?P<domain>{MAIL_DOMAIN}|(?:gmail|yahoo|ymail|hotmail|outlook|icloud|rocketmail)(?![a-z0-9]))"""
        ),
    ),
    Rule(
        "sixteen digits in one piece",
        "NIK, KK and Prakerja numbers have no word boundary in chat: nik3201...",
        judges.sixteen,
        _pattern(r"(?<!\d)\d{16}(?!\d)"),
    ),
    Rule(
        "sixteen with letters for digits",
        "3201O1O2O385OOO1",
        judges.sixteen_with_letters,
        _pattern(r"(?<![a-z\d])\d[\doil]{15}(?![a-z\d])"),
    ),
    Rule(
        "mobile number in one piece",
        "also inside a wa.me link",
        judges.always("phone"),
        _pattern(r"(?<!\d)\+?(?:(?:00)?62|0)8\d{7,11}(?!\d)"),
    ),
    Rule(
        "security number of a card",
        "three digits are enough to pay with",
        judges.always("card"),
        _pattern(r"(?<![a-z])(?:cvv|cvc)2?[ ]?(?:nya|saya)?[ :=]{0,3}(\d{3,4})(?!\d)"),
    ),
    Rule(
        "code in a link",
        "a forwarded log-in link works for whoever reads it",
        judges.always("otp"),
        _pattern(r"(?<![a-z])(?:otp|code|kode|pin)=(\d{4,8})(?!\d)"),
    ),
    Rule(
        "amount in rupiah",
        "nobody's secret, and the question is often about it",
        judges.keep,
        _pattern(rf"(?<![a-z])(?:rp|idr)[ .:]{{0,2}}{_AMOUNT}(?:[ ]?(?:-|s/d|sampai)[ ]?{_AMOUNT})?"),
    ),
    Rule(
        "amount in words",
        "600rb, 3,5jt, 4200000 rupiah; the last group of a spaced number only when it is short",
        judges.keep,
        _pattern(
            rf"""{_ROW_START}(?:(?<!\d[ ])(?:\d{{1,3}}(?:[.,]\d{{3}}){{1,4}}|\d{{1,12}})|[1-9]\d{{0,2}})
            (?:[.,]\d{{1,2}})?[ ]?
            (?:rb|rbu|ribu|rebu|ribuan|jt|jta|juta|jutaan|miliar|milyar|triliun|rupiah|perak)(?![a-z])"""
        ),
    ),
    Rule(
        "wave number",
        "the most asked number of all",
        judges.keep,
        _pattern(
            r"""(?<![a-z])(?:gelombang|gelomb|glombang|gelmbang|glmbng|gel|gbg|batch|wave)(?:nya)?
            [ .:\-#]{0,3}(?:ke[ -]?)?\d{1,2}(?!\d)"""
        ),
    ),
    Rule(
        "date in words",
        "tahun 2024, 16 Mei 2025; a day after a short group may be the end of a spaced number",
        judges.keep,
        _pattern(
            rf"""(?<!\d)(?:(?<!\d[ ])|(?<=\d{{3}}[ ]))\d{{1,2}}[ ]?(?:{words.MONTHS})[ .]{{1,2}}{YEAR}(?!\d)
            |(?<![a-z])(?:tahun|thn|th|sejak|{words.MONTHS})[ .]{{0,2}}{YEAR}(?!\d)"""
        ),
    ),
    Rule(
        "sixteen digits in groups, built as a NIK",
        "before dates are kept, because the birthday inside may look like one",
        judges.sixteen_like_nik,
        _pattern(
            rf"(?<!\d)(?<!\d[ \n./\-_:])(?<!\d[ ./\-_:][ ./\-_:])(\d(?:{_NIK_GAP}\d){{15}})(?!\d|[ \n./\-_:]{{1,2}}\d)"
        ),
    ),
    Rule(
        "sixteen digits built as a NIK, in a longer row",
        "the same next to other numbers",
        judges.sixteen_like_nik,
        _pattern(rf"(?<!\d)(?=(\d(?:{_NIK_GAP}\d){{15}})(?!\d))"),
    ),
    Rule(
        "count",
        "16 kali gagal, 3x; the last group of a spaced number only when it is short",
        judges.keep,
        _pattern(
            rf"""{_ROW_START}(?:(?<!\d[ ])(?:[1-9]\d{{0,2}}(?:\.\d{{3}}){{1,2}}|[1-9]\d{{2,3}})|[1-9]\d?)
            (?:x|%|[ ]?(?:kali|kl|hari|jam|menit|mnt|detik|dtk|bulan|bln|tahun|thn|minggu|digit|orang|org|persen)
            (?![ ](?:ini|lalu)(?![a-z])))(?![a-z])"""
        ),
    ),
    Rule(
        "link",
        "the address decides whether a site is false",
        judges.keep_link,
        _pattern(
            rf"""(?<![a-z0-9.\-])(?:https?://|www\.)[^\s\ue000]{{1,2000}}
            |(?<![a-z0-9.\-@])(?P<host>[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{0,4}})\.(?:{_TLD})(?![a-z0-9-])
            (?:[/?\#][^\s\ue000]{{0,2000}})?"""
        ),
    ),
    Rule(
        "date",
        "two in a row hold sixteen digits and are still dates",
        judges.keep,
        _pattern(
            rf"""{_ROW_START}(?:{DAY}(?:-{MONTH}-|/{MONTH}/|\.{MONTH}\.){YEAR}
            |{YEAR}(?:-{MONTH}-|/{MONTH}/|\.{MONTH}\.){DAY}){_ROW_END}"""
        ),
    ),
    Rule(
        "official number",
        "0800-... and 1500xxx are call centres",
        judges.keep,
        _pattern(
            rf"""{_ROW_START}(?:0800[ .-]?\d{{3}}[ .-]?\d{{3,4}}
            |(?:(?:\+62|0)21[ .-]?|\(021\)[ ]?)?1[.-]?500[ .-]?\d{{3}}){_ROW_END}"""
        ),
    ),
    Rule(
        "amount in millions",
        "4.200.000 without Rp; its last groups may look like a landline",
        judges.keep,
        _pattern(rf"{_ROW_START}[1-9]\d{{0,2}}(?:\.\d{{3}}){{2,3}}{_ROW_END}"),
    ),
    Rule(
        "mobile number in groups",
        "0812 3456 7890, +62 812-3456-7890, (0812) 34567890",
        judges.phone,
        _pattern(
            rf"""(?<!\d)(?:\((?=[+\d]{{2,6}}\)))?
            (?:(?:\+[ ]?|00)?62{_PHONE_GAP}\(?0?|0){_PHONE_GAP}8(?:{_PHONE_GAP}\d){{7,11}}(?!\d)"""
        ),
    ),
    Rule(
        "sixteen digits in any groups",
        "3201-0102.0385 0001, over two lines, one by one",
        judges.sixteen_in_groups,
        _pattern(rf"(?<!\d)(?=(\d(?:{_NIK_GAP}\d){{15}}|\d{{4}}(?:[ ]?[,;][ ]?\d{{4}}){{3}})(?!\d))"),
    ),
    Rule(
        "number with a country code",
        "a plus and a country code begin nothing but telephone numbers",
        judges.phone,
        _pattern(rf"(?<!\d)\+[ ]?\d{{1,3}}(?:{_PHONE_GAP}\d){{7,12}}(?!\d)"),
    ),
    Rule(
        "landline",
        "(021) 5551234, 0274-512345",
        judges.phone,
        _pattern(
            r"""(?<!\d)(?<!\d[./-])(?:\(0[2-79]\d{1,2}\)|0[2-79]\d{1,2})(?:[ ]?-[ ]?|[ .])?
            \d{3,4}[ .\-]?\d{2,4}(?:[ .\-]?\d{2,4})?(?!\d)"""
        ),
    ),
    Rule(
        "number named by its words",
        "norek, bank and e-wallet names, NIK, kartu: eight digits are enough",
        judges.named_number,
        _pattern(r"(?<!\d)\d(?:[ .\-/]?\d){6,18}(?!\d)"),
    ),
    Rule(
        "code in context",
        "an OTP or PIN opens the account; so short a number needs words to be one",
        judges.code,
        _pattern(r"(?<!\d)\d(?:[ .\-]?\d){3,7}(?!\d)"),
    ),
    Rule(
        "long number in one piece",
        "nine digits that nothing explains belong to somebody",
        judges.long_number,
        _pattern(r"(?<!\d)\d{9,}(?!\d)"),
    ),
    Rule(
        "long number with dots or dashes",
        "0341-01-000123-53-2",
        judges.long_number,
        _pattern(r"(?<!\d)\d+(?:[.\-/_]\d+)+"),
    ),
    Rule(
        "long number with spaces",
        "1234 5678 90",
        judges.long_number_in_groups,
        _pattern(r"(?<!\d)\d+(?:[ .\-/_]\d+)+"),
    ),
)
