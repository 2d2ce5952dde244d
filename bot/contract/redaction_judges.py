"""Decides about one find of a redaction rule: a secret, of which kind, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.contract import redaction_shapes as shapes
from bot.contract import redaction_words as words

HIDDEN = "\ue000"
KEPT = "\ue001"

# How far a context word may stand from its number.
_REACH = 60
_NEAR_WORDS = 5
LONG = 9
_NIK = 16

_NOT_A_DIGIT = re.compile(r"[^0-9]+")
_WORD = re.compile(r"[a-z]+")
_SENTENCE_END = re.compile(r"[.!?;]\s|\n")
_REMARK_END = re.compile(r"[.!?;]\s|\n(?!\s?(?:itu|ini|adalah))")
_LONG_VALUE = 128
_WORD_BREAK = re.compile(r"[\s\ue000]")
_LOCAL_PART = re.compile(r"[^\s<>()\"',;:\[\]@/?=&\ue000]{1,64}")
_MAIL_PROVIDER = re.compile(r"gmail|yahoo|ymail|hotmail|outlook|icloud|rocketmail")
_HAS_LETTER = re.compile(r"[a-z]")


@dataclass(frozen=True)
class Hit:
    """A found part of the page. No kind: its digits are kept. No later rule reads before `cover`."""

    start: int
    end: int
    kind: str
    cover: int


Find = re.Match[str]
Judge = Callable[[Find, str], "Hit | None"]


# The programme's own address (fact ct-email) is nobody's secret, and people ask whether it is genuine.
OFFICIAL_MAIL = "info@prakerja.go.id"


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


def sixteen_with_letters(find: Find, _original: str) -> Hit | None:
    """An O typed for a zero does not unmake a NIK."""
    return _hit(find, "nik") if len(_digits(find)) >= 9 else None


def sixteen(find: Find, _original: str) -> Hit | None:
    """Sixteen digits are a NIK, a KK or a Prakerja number, unless they are a payment card."""
    return _hit(find, _kind(find))


def sixteen_like_nik(find: Find, _original: str) -> Hit | None:
    """Sixteen digits in groups, built as a NIK: masked even where parts look like times, amounts or 1.1.2001."""
    if not shapes.like_nik(_digits(find)) or shapes.holds_date(_found(find)) or _is_plain(find, phones=True):
        return None
    return _hit(find, _kind(find))


def sixteen_in_groups(find: Find, _original: str) -> Hit | None:
    """Sixteen digits in any groups that are not dates, times, years or amounts, nor begin as a mobile number."""
    digits = _digits(find)
    if _is_plain(find, phones=True) or (digits.startswith(("08", "628", "00")) and _topic(find) != "nik"):
        return None
    return _hit(find, _kind(find))


def phone(find: Find, _original: str) -> Hit | None:
    """A telephone number's shape, unless the words say it is an account."""
    if _is_plain(find) or len(_digits(find)) < 8:
        return None
    return _hit(find, "account" if _topic(find) == "account" else "phone")


def named_number(find: Find, _original: str) -> Hit | None:
    """Eight digits or more (a telephone: seven) next to a word that says what they are."""
    topic = _topic(find) or _topic_after(find)
    if not topic or (len(_digits(find)) < 8 and topic != "phone") or _is_plain(find):
        return None
    return _hit(find, _kind(find))


def long_number(find: Find, _original: str) -> Hit | None:
    """Nine digits or more that nothing explains: better masked than kept."""
    if len(_digits(find)) < LONG or _is_plain(find):
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
    if _is_plain(find) or shapes.is_year(found) or found.endswith("000"):
        return None
    sentence = _SENTENCE_END.split(_text_before(find))[-1]
    if _called_code(_WORD.findall(sentence)[::-1], None):
        return _hit(find, "otp")
    after = _after(find)
    between = None if words.COPULA.intersection(after[:1]) else words.CODE_END
    if words.MONEY.intersection(before[:1]) or not _called_code(after[:_NEAR_WORDS], between):
        return None
    return _hit(find, "otp")


def password(find: Find, original: str) -> Hit | None:
    """What follows "password" or an address and a slash.

    Anything after a colon or "adalah"; without them only what looks like a password.
    """
    verbs = words.PASSWORD_TALK.intersection(_before(find)[:2])
    told = bool(find["link"].strip()) and not verbs
    value = find["value"] + ((find["more"] or "") if told else "")
    if value[0] not in "\"'" or not value.endswith(value[0], 1):
        value = value.rstrip(".,;:?)\"'")
    start = find.start("value")
    end = start + len(value)
    core = value.strip(".,;:!?()\"'*_~@# ")
    if len(core) < 3 or core in words.NOT_A_PASSWORD or core.startswith(("http", "www.")):
        return None
    # A word glued to a masked part was judged when it was whole.
    glued = find.string.startswith(HIDDEN, find.end("value")) or len(value) >= _LONG_VALUE
    if not told and (glued or not shapes.looks_secret(core, original[start:end])):
        return None
    if len(find["value"]) >= _LONG_VALUE:
        # Cut in the middle, the rest of the word would read like a new beginning.
        rest = _WORD_BREAK.search(find.string, end)
        end = rest.start() if rest else len(find.string)
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
    if page[start : find.end()].lower() == OFFICIAL_MAIL:
        return None
    kept = "prakerja" in find["domain"] and len(shapes.digits_of(find["domain"])) < LONG
    return Hit(start, at if kept else find.end(), "email", find.end())


def _hit(find: Find, kind: str) -> Hit:
    start, end = find.span(find.lastindex or 0)
    return Hit(start, end, kind, end)


def _found(find: Find) -> str:
    found: str = find[find.lastindex or 0]
    return found


def _digits(find: Find) -> str:
    return shapes.digits_of(_found(find))


def _is_plain(find: Find, *, phones: bool = False) -> bool:
    start, end = find.span(find.lastindex or 0)
    return shapes.is_plain(find.string[start:end]) or shapes.is_plain_row(find.string, start, end, phones=phones)


def _kind(find: Find) -> str:
    """The nearest kind of a long number: by its words first, then by its shape."""
    digits, topic = _digits(find), _topic(find)
    card_sized = 13 <= len(digits) <= 19
    if topic == "card" and card_sized:
        return "card"
    if len(digits) == _NIK:
        return "card" if topic != "nik" and not shapes.like_nik(digits) and shapes.luhn(digits) else "nik"
    if topic in ("nik", "account", "phone"):
        return topic
    if shapes.is_mobile(digits):
        return "phone"
    return "card" if card_sized and shapes.luhn(digits) else "account"


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
    return _WORD.findall(_REMARK_END.split(text)[0])


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
