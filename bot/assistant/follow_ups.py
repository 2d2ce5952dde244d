"""Questions without a subject: "kalo lewat dana bisa?", "berapa lama?" are about what was talked of just now."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from bot.assistant.parses import Parse, confidence_of, entry_of
from bot.assistant.state import Subject
from nlu.content.catalogue import RETRIEVAL_INTENT, Entry

MOST_WORDS = 7  # a longer question names its subject
FEW_WORDS = 2  # "syaratnya?" is never a question of its own when something was talked of just now
MOST_TURNS = 2  # after which another subject may be on the person's mind
SURE_ALONE = 0.85  # a short question that is understood so well by itself needs no help
SURE_TOGETHER = 0.45

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
    # Nobody asks on in order to hear the same answer again.
    found = [one for one in parse_all(said) if _fits(one, file, entries) and entry_of(one) != (entry and entry.id)]
    best = max(found, key=confidence_of, default=None)
    return {**best, "text": text} if best and confidence_of(best) >= SURE_TOGETHER else None


def _needs_subject(text: str, parse: Parse, file: str) -> bool:
    if len(text.split()) > MOST_WORDS or not _OPENS.search(text) or NOUNS[file] in text.lower():
        return False
    unsure = parse["intent"]["name"] != RETRIEVAL_INTENT or confidence_of(parse) < SURE_ALONE
    return unsure or len(text.split()) <= FEW_WORDS


def _file_of(subject: Subject | None, entries: Mapping[str, Entry]) -> str:
    if subject is None:
        return ""
    entry = entries.get(subject.entry)
    return entry.topic if entry else STATUS_FILES.get(subject.status, "")


def _fits(parse: Parse, file: str, entries: Mapping[str, Entry]) -> bool:
    name = entry_of(parse)
    return name in entries and entries[name].topic == file
