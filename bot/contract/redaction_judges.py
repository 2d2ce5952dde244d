"""Decides about one find of a redaction rule: a secret, of which kind, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.contract import redaction_words as words

HIDDEN = "\ue000"
KEPT = "\ue001"

# How far a context word may stand from its number.
_REACH = 60
_NEAR_WORDS = 5
LONG = 9
_NIK = 16
# Longer finds are no list of dates; the limit also bounds the work of `is_plain`.
_PLAIN_LIMIT = 48

_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:19[5-9][0-9]|20[0-4][0-9])"
_PLAIN = re.compile(
    rf"""(?:(?:
      {_DAY}(?:-{_MONTH}-|/{_MONTH}/|\.{_MONTH}\.|[ ]{_MONTH}[ ]){_YEAR}
    | {_YEAR}(?:-{_MONTH}-|/{_MONTH}/|\.{_MONTH}\.|[ ]{_MONTH}[ ]){_DAY}
    | {_DAY}[-./]{_MONTH}[-./][0-9]{{2}}
    | {_YEAR}[-./]{_MONTH} | {_MONTH}[-./]{_YEAR}
    | {_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])
    | (?:201[0-9]|202[0-9]|203[0-5])
    | [1-9][0-9]{{0,2}}(?:\.[0-9]{{3}}){{1,3}}
    | [1-9][0-9]{{0,4}}000
    | (?:[01]?[0-9]|2[0-3])[.:][0-5][0-9](?:[.:][0-5][0-9])?
    | 08[0-9]{{8,11}} | 0800[ .-]?[0-9]{{3}}[ .-]?[0-9]{{3,4}} | 1500[ -]?[0-9]{{3}}
    )(?![0-9])[ \n]?(?:[-/,~+][ \n]?)?)+""",
    re.VERBOSE,
)
_PAIRS = re.compile(r"[0-9]{2}(?:[. ][0-9]{2}){7}")
_BARE_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_NOT_A_DIGIT = re.compile(r"[^0-9]+")
_WORD = re.compile(r"[a-z]+")
_SENTENCE_END = re.compile(r"[.!?;]\s|\n")
_PROVINCES = frozenset(
    "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82"
    " 91 92 93 94 95 96 97".split()
)
_MOBILE = re.compile(r"(?:0|62|)8[1-9][0-9]{7,10}")
_LOCAL_PART = re.compile(r"[^\s<>()\"',;:\[\]@/?=&\ue000]{1,64}")
_MAIL_PROVIDER = re.compile(r"gmail|yahoo|ymail|hotmail|outlook|icloud|rocketmail")
_HAS_LETTER = re.compile(r"[a-z]")
_COUNT = re.compile(r"[0-9][0-9.,]{0,9}(?:x|kali|kl|hari|jam|menit|mnt|detik|rb|ribu|k|jt|juta|thn|tahun|digit)?")
_CHAT_WORD = re.compile(r"[a-z]+2(?:an|nya|in|kan)?|(?:gel|gelombang|batch)[0-9]{1,2}|[a-z]{1,2}[-+]?[0-9]{1,2}")
_INNER_SYMBOL = re.compile(r"[@#$%^*]")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")


@dataclass(frozen=True)
class Hit:
    """A found part of the page. No kind: its digits are kept. No later rule reads before `cover`."""

    start: int
    end: int
    kind: str
    cover: int


Find = re.Match[str]
Judge = Callable[[Find, str], "Hit | None"]


def keep(find: Find, _original: str) -> Hit | None:
    """Nobody's secret: its digits stay."""
    return Hit(find.start(), find.end(), "", find.end())


def keep_link(find: Find, original: str) -> Hit | None:
    """A link stays; a dotted number such as 1234.id does not count as one."""
    host = find["host"]
    return keep(find, original) if host is None or _HAS_LETTER.search(host) else None


def always(kind: str) -> Judge:
    """The pattern alone is enough."""

    def judge(find: Find, _original: str) -> Hit | None:
        return _hit(find, kind)

    return judge


def sixteen(find: Find, _original: str) -> Hit | None:
    """Sixteen digits are a NIK, a KK or a Prakerja number, unless they are a payment card."""
    return _hit(find, _kind(find))


def sixteen_like_nik(find: Find, _original: str) -> Hit | None:
    """Sixteen digits in groups, alone in their row, and built as a NIK: masked even where parts look like dates."""
    if _is_plain(_found(find)) or not _like_nik(_digits(find)):
        return None
    return _hit(find, _kind(find))


def sixteen_in_groups(find: Find, _original: str) -> Hit | None:
    """Sixteen digits in any groups that are not dates, times, years or amounts, nor begin as a mobile number."""
    digits = _digits(find)
    if _is_plain(_found(find)) or (digits.startswith(("08", "628", "00")) and _topic(find) != "nik"):
        return None
    return _hit(find, _kind(find))


def phone(find: Find, _original: str) -> Hit | None:
    """A telephone number's shape, unless the words say it is an account."""
    if _is_plain(_found(find)) or len(_digits(find)) < 8:
        return None
    return _hit(find, "account" if _topic(find) == "account" else "phone")


def named_number(find: Find, _original: str) -> Hit | None:
    """Eight digits or more next to a word that says what they are."""
    topic = _topic(find) or _topic_after(find)
    if not topic or _is_plain(_found(find)):
        return None
    return _hit(find, _kind(find))


def long_number(find: Find, _original: str) -> Hit | None:
    """Nine digits or more that nothing explains: better masked than kept."""
    if len(_digits(find)) < LONG or _is_plain(_found(find)):
        return None
    return _hit(find, _kind(find))


def long_number_in_groups(find: Find, original: str) -> Hit | None:
    """Ten digits or more in groups of three on average; a row of small numbers is a list, not a number."""
    digits, groups = _digits(find), len(_NOT_A_DIGIT.findall(find[0])) + 1
    return long_number(find, original) if len(digits) > LONG and len(digits) >= 3 * groups else None


def code(find: Find, _original: str) -> Hit | None:
    """Four to eight digits that the words around call a code."""
    before = _before(find)
    if _called_code(before, words.CODE_BEFORE):
        return _hit(find, "otp")
    found = _found(find)
    if _is_plain(found) or _BARE_YEAR.fullmatch(found) or found.endswith("000"):
        return None
    sentence = _SENTENCE_END.split(_text_before(find))[-1]
    if _called_code(_WORD.findall(sentence)[::-1], None) or _called_code(_after(find), words.CODE_END):
        return _hit(find, "otp")
    return None


def password(find: Find, original: str) -> Hit | None:
    """What follows "password": anything after a colon or "adalah"; without them only what looks like one."""
    start, end = find.span("value")
    value = find["value"].rstrip(".,;:?)\"'")
    end = start + len(value)
    core = value.strip(".,;:!?()\"'*_~@# ")
    if len(core) < 3 or core in words.NOT_A_PASSWORD or core.startswith(("http", "www.")):
        return None
    told = bool(find["link"].strip()) and not words.PASSWORD_TALK.intersection(_before(find)[:2])
    if not told and not _looks_secret(core, original[start:end]):
        return None
    return Hit(start, end, "password", end)


def email(find: Find, _original: str) -> Hit | None:
    """Masks the local part; the domain stays only when staff need it to judge a false Prakerja address."""
    page, at = find.string, find.start()
    known = _MAIL_PROVIDER.match(find["domain"])
    if find["gap"] and not known:
        return None
    left = page[max(0, at - 66) : at]
    if known:
        at -= len(left) - len(left.rstrip(" "))
        left = left.rstrip(" ")
    local = _LOCAL_PART.match(left[::-1])
    if not local:
        return None
    start = at - len(local[0])
    kept = "prakerja" in find["domain"] and len(_NOT_A_DIGIT.sub("", find["domain"])) < LONG
    return Hit(start, at if kept else find.end(), "email", find.end())


def _hit(find: Find, kind: str) -> Hit:
    start, end = find.span(find.lastindex or 0)
    return Hit(start, end, kind, end)


def _found(find: Find) -> str:
    found: str = find[find.lastindex or 0]
    return found


def _digits(find: Find) -> str:
    return _NOT_A_DIGIT.sub("", _found(find))


def _is_plain(found: str) -> bool:
    """Whether dates, times, years, amounts and official numbers explain the whole find."""
    if len(found) > _PLAIN_LIMIT or not _PLAIN.fullmatch(found):
        return False
    # Eight pairs may be four times, but people also write a NIK so.
    return not (_PAIRS.fullmatch(found) and _like_nik(_NOT_A_DIGIT.sub("", found)))


def _like_nik(digits: str) -> bool:
    """Province, six digits of place, then day (plus 40 for women), month and year."""
    day, month = int(digits[6:8]), int(digits[8:10])
    return digits[:2] in _PROVINCES and (1 <= day <= 31 or 41 <= day <= 71) and 1 <= month <= 12


def _luhn(digits: str) -> bool:
    odd = sum(map(int, digits[-1::-2]))
    return (odd + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


def _kind(find: Find) -> str:
    """The nearest kind of a long number: by its words first, then by its shape."""
    digits, topic = _digits(find), _topic(find)
    card_sized = 13 <= len(digits) <= 19
    if topic == "card" and card_sized:
        return "card"
    if len(digits) == _NIK:
        return "card" if topic != "nik" and not _like_nik(digits) and _luhn(digits) else "nik"
    if topic in ("nik", "account", "phone"):
        return topic
    if _MOBILE.fullmatch(digits):
        return "phone"
    return "card" if card_sized and _luhn(digits) else "account"


def _text_before(find: Find) -> str:
    """What stands before the find, back to the last masked part: the same text on a second reading."""
    start = find.start(find.lastindex or 0)
    text = find.string[max(0, start - _REACH) : start]
    if start > _REACH:
        text = text.lstrip("abcdefghijklmnopqrstuvwxyz")
    return text.rpartition(HIDDEN)[2]


def _before(find: Find) -> list[str]:
    """The words before the find, the nearest first."""
    return _WORD.findall(_text_before(find))[::-1]


def _after(find: Find) -> list[str]:
    end = find.end(find.lastindex or 0)
    text = find.string[end : end + _REACH].partition(HIDDEN)[0]
    return _WORD.findall(_SENTENCE_END.split(text)[0])


def _topic(find: Find) -> str:
    """What the words before a number say it is; "kartu atm bca" is a card although it names a bank."""
    near = _before(find)[:_NEAR_WORDS]
    for place, word in enumerate(near):
        topic = words.TOPICS.get(word, "")
        if topic == "account" and "card" in (words.TOPICS.get(next_word) for next_word in near[place + 1 : place + 3]):
            return "card"
        if topic:
            return topic
    return ""


def _topic_after(find: Find) -> str:
    return next((words.TOPICS[word] for word in _after(find)[:2] if word in words.TOPICS), "")


def _called_code(near: list[str], between: frozenset[str] | None) -> bool:
    """Whether a code word comes up, with only `between` words before it (None: any that are not about money...)."""
    for place, word in enumerate(near):
        if words.CODE_WORD.fullmatch(word):
            return True
        if words.CODE.fullmatch(word) and not words.CODE_COMPANY.intersection(near[place + 1 : place + 2]):
            return True
        if word in words.NOT_THE_CODE or (between is not None and word not in between):
            return False
    return False


def _looks_secret(core: str, original: str) -> bool:
    """Whether a word after "password" could be one: digits, symbols or capitals inside it."""
    if "@" in core and "." in core:
        return False
    if _COUNT.fullmatch(core) and (not core.isdigit() or len(core) < 4):
        return False
    if _CHAT_WORD.fullmatch(core) or _is_plain(core) or _BARE_YEAR.fullmatch(core):
        return False
    return bool(
        any(character.isdigit() for character in core)
        or (len(core) > 3 and _INNER_SYMBOL.search(core))
        or (len(core) > 5 and _INNER_CAPITAL.search(original))
    )
