"""Questions that people mean for themselves: "insentif gw udah cair blm" is asked of the account, if there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.assistant.engine import certain
from bot.assistant.parses import Parse, entity_of, entry_of
from nlu.components.topics import CHECK_STATUS, STATUS_TOPIC
from nlu.content.catalogue import RETRIEVAL_INTENT, Entry

GENERAL = "general"  # the same question, of somebody who wants the general answer
OTHERS = "others"  # about somebody else's account
QUESTION_ENTITY, SCOPE_ENTITY, ADDRESS = "question", "scope", "url"

_ME = r"saya|sy|sya|aku|ak|aq|gw|gue|gua|gwe|ane|kulo|kula|abdi|urang|awak|\w+ku"
_THEM = (
    r"istri|isteri|bini|suami|laki|anak|adik|ortu|orang ?tua|mama|mamah|ayah|papa|bokap|nyokap|mertua|saudara|"
    r"sodara|sepupu|keponakan|ponakan|teman|temen|tmn|kawan|tetangga|pacar|mantan|murid|karyawan"
)
# Words by which people call us, too: they mean somebody else only with "saya" behind them, and not at the start.
_CALLED = r"ibu|ibuk|bapak|kakak|abang|adek|ade|mbak|mas|om|tante"
_ABOUT_OTHERS = re.compile(
    rf"\b(?:{_THEM})(?:nya|ku)?\b|\w\W+(?:{_CALLED})(?:ku\b|\W+(?:{_ME})\b)|\borang lain\b|\bdia\b", re.IGNORECASE
)
_OWN = re.compile(rf"\b(?:{_ME})\b", re.IGNORECASE)
_PENDING = re.compile(
    r"\b(?:udah|udh|sudah|sdh|dah|blm|belum|blum|blom|msh|masih|kok|durung|wis|geus|acan)\b", re.IGNORECASE
)
_IN_GENERAL = re.compile(
    r"\b(?:cara\w*|berapa (?:lama|hari|bulan)|brp (?:lama|hari)|biasanya|umumnya|kalau|kalo|klo|syarat\w*|apa itu|"
    r"artinya|maksudnya|di ?mana|dmn|setiap|orang)\b",
    re.IGNORECASE,
)


def as_personal(parse: Parse, entries: Mapping[str, Entry], *, spoken: bool = True, masked: bool = False) -> Parse:
    """The parse of a question about the person's own status, with its scope.

    `spoken`: it was written in words, and not picked. `masked`: a number was taken out of the words; whose it
    is nobody knows, so nothing is looked up for it.
    """
    text = str(parse["text"])
    if parse["intent"]["name"] == CHECK_STATUS:
        return _scoped(parse, OTHERS) if spoken and (masked or _is_about_others(text)) else parse
    entry = entries.get(entry_of(parse))
    topic = (entry.status or entry.offers_status) if entry else ""
    if entry is None or not topic or parse["intent"]["name"] != RETRIEVAL_INTENT:
        return parse
    scope = GENERAL if entry.offers_status else _scope(text, masked) if spoken else ""
    # A false address is a false address, also in a question about the own status.
    addresses = [(ADDRESS, str(one["value"])) for one in parse.get("entities", ()) if one["entity"] == ADDRESS]
    about = ((STATUS_TOPIC, topic), (QUESTION_ENTITY, entry.id), *addresses)
    return _scoped(certain(CHECK_STATUS, text, about), scope)


def picked(intent: str, label: str, entities: Sequence[tuple[str, str]], entries: Mapping[str, Entry]) -> Parse:
    """The parse of something that was picked; a question is personal, too, unless the general answer was picked."""
    kind, _, name = intent.partition("/")
    if kind == GENERAL:
        return certain(f"{RETRIEVAL_INTENT}/{name}", label, entities)
    return as_personal(certain(intent, label, entities), entries, spoken=False)


def question_id(parse: Parse) -> str:
    """The id of the entry behind a parse, also of one that became personal; empty when there is none."""
    return entity_of(parse, QUESTION_ENTITY) or entry_of(parse)


def status_topic(parse: Parse) -> str:
    """The part of their own status that somebody asks about; empty for everything, and for anything else."""
    return entity_of(parse, STATUS_TOPIC)


def _scope(text: str, masked: bool) -> str:
    if masked or _is_about_others(text):
        return OTHERS
    own = _OWN.search(text) or _PENDING.search(text)
    return "" if own and not _IN_GENERAL.search(text) else GENERAL


def _is_about_others(text: str) -> bool:
    return bool(_ABOUT_OTHERS.search(text))


def _scoped(parse: Parse, scope: str) -> Parse:
    if not scope:
        return parse
    return {**parse, "entities": [*parse["entities"], {"entity": SCOPE_ENTITY, "value": scope}]}
