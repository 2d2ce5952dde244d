"""Questions without a subject: "kalo lewat dana bisa?", "berapa lama?" are about what was talked of just now."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from bot.assistant.engine import Parse
from bot.assistant.state import Subject
from nlu.content.catalogue import RETRIEVAL_INTENT, Entry

MOST_WORDS = 7  # a longer question names its subject
MOST_TURNS = 2  # after which another subject may be on the person's mind
SURE_ALONE = 0.55  # a short question that is understood so well by itself needs no help
SURE_TOGETHER = 0.3

# How people name what a file of data/faq/ is about.
NOUNS = {
    "insentif": "insentif",
    "pelatihan": "pelatihan",
    "pendaftaran": "daftar prakerja",
    "seleksi": "seleksi",
    "akun": "akun",
    "status": "gelombang",
    "penipuan": "penipuan",
    "kontak": "kontak",
}
# The parts of one's own status that are asked about like a file of data/faq/.
STATUS_FILES = {
    "registration": "pendaftaran",
    "selection": "seleksi",
    "training": "pelatihan",
    "certificate": "pelatihan",
    "incentive": "insentif",
    "survey": "insentif",
    "destination": "insentif",
}
_OPENS = re.compile(
    r"^\W*(?:(?:oh|o|trus|terus|trs|lalu|nah|dan|kak|min)\W+)*(?:kalau|kalo|klo|kl|syarat\w*|cara\w*|berapa|brp|kapan|"
    r"kpn|di ?mana|dmn|kenapa|knp|knapa|mengapa|gimana|gmn|bagaimana|bisa\w*|boleh\w*|apa|siapa|harus|wajib|lama|terus|"
    r"trus|emang|itu|yang|yg|lewat|pakai|pake|tanpa|sampai|sampe|piye|kumaha|pira)\b",
    re.IGNORECASE,
)

ParseAll = Callable[[Sequence[str]], list[Parse]]


def about_subject(
    text: str,
    parses: Sequence[Parse],
    subject: Subject | None,
    turn: int,
    entries: Mapping[str, Entry],
    parse_all: ParseAll,
) -> Parse | None:
    """The parse of a message with the subject of the last turns put before it; None when it needs none, or gets none.

    `turn` is the turn of this message. Only an entry of the same file of data/faq/ counts: a follow-up does not change
    the subject.
    """
    file = _file_of(subject, entries) if subject and turn - subject.turn <= MOST_TURNS else ""
    if not file or len(parses) > 1 or not _needs_subject(text, parses[0], file):
        return None
    entry = entries.get(subject.entry) if subject else None
    said = [f"{NOUNS[file]} {text}", *([f"{entry.title.lower()} {text}"] if entry else [])]
    best = max(parse_all(said), key=lambda one: _confidence(one) if _fits(one, file, entries) else 0.0)
    if not _fits(best, file, entries) or _confidence(best) < SURE_TOGETHER:
        return None
    return {**best, "text": text}


def _needs_subject(text: str, parse: Parse, file: str) -> bool:
    if len(text.split()) > MOST_WORDS or not _OPENS.search(text) or NOUNS[file] in text.lower():
        return False
    return parse["intent"]["name"] != RETRIEVAL_INTENT or _confidence(parse) < SURE_ALONE


def _file_of(subject: Subject | None, entries: Mapping[str, Entry]) -> str:
    if subject is None:
        return ""
    entry = entries.get(subject.entry)
    return entry.topic if entry else STATUS_FILES.get(subject.status, "")


def _fits(parse: Parse, file: str, entries: Mapping[str, Entry]) -> bool:
    name = str(parse["intent"].get("full_retrieval_intent_name") or "").partition("/")[2]
    return name in entries and entries[name].topic == file


def _confidence(parse: Parse) -> float:
    return float(parse["intent"].get("confidence", 0.0))
