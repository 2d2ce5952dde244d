"""Questions that people mean for themselves: "insentif gw udah cair blm" is asked of the account, if there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.assistant.engine import STATUS_INTENT, TOPIC_ENTITY, Parse, certain
from nlu.content.catalogue import RETRIEVAL_INTENT, Entry

GENERAL = "general"  # the same question, of somebody who has seen their own status and wants the general answer
QUESTION_ENTITY = "question"


def as_personal(parse: Parse, entries: Mapping[str, Entry]) -> Parse:
    """The parse of a general question as one about the person's own status, where its entry says that it may be."""
    entry = entries.get(_entry_of(parse))
    if entry is None or not entry.status or parse["intent"]["name"] != RETRIEVAL_INTENT:
        return parse
    about = ((TOPIC_ENTITY, entry.status), (QUESTION_ENTITY, entry.id))
    return certain(STATUS_INTENT, str(parse["text"]), about)


def picked(intent: str, label: str, entities: Sequence[tuple[str, str]], entries: Mapping[str, Entry]) -> Parse:
    """The parse of something that was picked; a question is personal, too, unless the general answer was picked."""
    kind, _, name = intent.partition("/")
    if kind == GENERAL:
        return certain(f"{RETRIEVAL_INTENT}/{name}", label, entities)
    return as_personal(certain(intent, label, entities), entries)


def question_id(parse: Parse) -> str:
    """The id of the entry behind a parse, also of one that became personal; empty when there is none."""
    asked = next((str(one["value"]) for one in parse["entities"] if one.get("entity") == QUESTION_ENTITY), "")
    return asked or _entry_of(parse)


def _entry_of(parse: Parse) -> str:
    return str(parse["intent"].get("full_retrieval_intent_name") or "").partition("/")[2]
