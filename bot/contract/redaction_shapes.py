"""The shapes that redaction knows by sight: what a date, a NIK, a card or a password looks like."""

from __future__ import annotations

import re

# Longer finds are no list of dates; the limit also bounds the work of `is_plain`.
_PLAIN_LIMIT = 80

DAY, MONTH, YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:19[5-9][0-9]|20[0-4][0-9])"
_PLAIN_PIECE = rf"""
      {DAY}(?:-{MONTH}-|/{MONTH}/|\.{MONTH}\.|[ ]{MONTH}[ ]){YEAR}
    | {YEAR}(?:-{MONTH}-|/{MONTH}/|\.{MONTH}\.|[ ]{MONTH}[ ]){DAY}
    | {DAY}[-./]{MONTH}[-./][0-9]{{2}}
    | {YEAR}[-./]{MONTH} | {MONTH}[-./]{YEAR}
    | {YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])
    | (?:201[0-9]|202[0-9]|203[0-5])
    | [1-9][0-9]{{0,2}}(?:\.[0-9]{{3}}){{1,3}}
    | [1-9][0-9]{{0,4}}000
    | (?:[01]?[0-9]|2[0-3])(?:\.[0-5][0-9]|:[0-5][0-9](?::[0-5][0-9])?)
    | 0800[ .-]?[0-9]{{3}}[ .-]?[0-9]{{3,4}} | 1500[ -]?[0-9]{{3}}"""
_PHONE_PIECE = r"08[0-9]{2}[ .-]?[0-9]{3,4}[ .-]?[0-9]{3,5}"


def _row_of(piece: str) -> re.Pattern[str]:
    return re.compile(rf"(?:(?:{piece})(?![0-9])[-/,~+() \n]{{0,3}})+", re.VERBOSE)


_PLAIN = _row_of(_PLAIN_PIECE)
_PLAIN_OR_PHONES = _row_of(f"{_PLAIN_PIECE} | {_PHONE_PIECE}")
_WHOLE_DATE = re.compile(
    r"(?<![^ \n(])(?:[0-3][0-9]([-./])[01][0-9]\1(?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}([-./])[01][0-9]\2[0-3][0-9])(?![^ \n),])"
)
_PAIRS = re.compile(r"[0-9]{2}(?:[. ][0-9]{2}){7}")
_ROW_GAPS = " \n.,:~+()/-"
_ROW = "0123456789" + _ROW_GAPS
_ROW_REACH = 24
_NOT_A_DIGIT = re.compile(r"[^0-9]+")
_BARE_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_PROVINCES = frozenset(
    (*range(11, 20), 21, *range(31, 37), 51, 52, 53, *range(61, 66), *range(71, 77), 81, 82, *range(91, 98))
)
_MOBILE = re.compile(r"(?:0|62|)8[1-9][0-9]{7,10}")
_COUNT = re.compile(
    r"(?:rp)?[0-9][0-9.,]{0,12}(?:x|kali|kl|hari|jam|menit|mnt|detik|rb|ribu|k|jt|juta|thn|tahun|digit)?"
)
_CHAT_WORD = re.compile(r"[a-z]+2(?:an|nya|in|kan)?|(?:gel|gelombang|batch)[-.:#]?[0-9]{1,2}|[a-z]{1,2}[-+]?[0-9]{1,2}")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
_INNER_SYMBOL = re.compile(r"[@#$%^*]")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")


def digits_of(text: str) -> str:
    """Its digits alone."""
    return _NOT_A_DIGIT.sub("", text)


def is_plain(found: str, *, phones: bool = False) -> bool:
    """Whether dates, times, years, amounts and official numbers (and phones) explain the whole find."""
    if len(found) > _PLAIN_LIMIT or not (_PLAIN_OR_PHONES if phones else _PLAIN).fullmatch(found):
        return False
    # Eight pairs may be four times, but people also write a NIK so.
    return not (_PAIRS.fullmatch(found) and like_nik(digits_of(found)))


def is_plain_row(text: str, start: int, end: int, *, phones: bool = False) -> bool:
    """The same for the whole row of digits around a find, which may be made of its neighbours' parts."""
    before, after = text[max(0, start - _ROW_REACH) : start], text[end : end + _ROW_REACH]
    left = len(before) - len(before.rstrip(_ROW))
    right = len(after) - len(after.lstrip(_ROW))
    return is_plain(text[start - left : end + right].strip(_ROW_GAPS), phones=phones)


def like_nik(digits: str) -> bool:
    """Province, six digits of place, then day (plus 40 for women), month and year."""
    day, month = int(digits[6:8]), int(digits[8:10])
    return int(digits[:2]) in _PROVINCES and (1 <= day <= 31 or 41 <= day <= 71) and 1 <= month <= 12


def luhn(digits: str) -> bool:
    """The check digit of payment cards."""
    odd = sum(map(int, digits[-1::-2]))
    return (odd + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


def holds_date(text: str) -> bool:
    """Whether a date with its whole year, apart from other digits, is a part of it."""
    return bool(_WHOLE_DATE.search(text))


def is_year(text: str) -> bool:
    """Four digits that may be a year."""
    return bool(_BARE_YEAR.fullmatch(text))


def is_mobile(digits: str) -> bool:
    """An Indonesian mobile number, also without its leading zero."""
    return bool(_MOBILE.fullmatch(digits))


def looks_secret(core: str, original: str) -> bool:
    """Whether a word after "password" could be one: digits, symbols or capitals inside it."""
    if ("@" in core and "." in core) or _HOST.fullmatch(core):
        return False
    if _COUNT.fullmatch(core) and (not core.isdigit() or len(core) < 4):
        return False
    if _CHAT_WORD.fullmatch(core) or is_plain(core) or is_year(core):
        return False
    return bool(
        any(character.isdigit() for character in core)
        or (len(core) > 3 and _INNER_SYMBOL.search(core))
        or (len(core) > 5 and _INNER_CAPITAL.search(original))
    )
