"""How an answer reads: status first, the answer, then its age and source, in one bubble."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from nlu.content.addresses import OFFICIAL_SITE, address_line
from nlu.content.catalogue import Catalogue, Entry, ProgrammeFact
from nlu.content.dates import in_words
from nlu.content.notices import Answer, Button

MAX_OFFERED = 3
NONE_OF_THESE = Button("Bukan itu semua", "deny")
HUMAN = Button("Bicara dengan orang", "ask_human")
WAVE_TOPIC = "status"
ADDRESS_ENTRY = "tautan-asli"


def answer_entry(
    catalogue: Catalogue, entry: Entry, today: date, *, wave: int = 0, addresses: Sequence[str] = ()
) -> Answer:
    """The whole answer to one question, honest about its age on the day `today` (Jakarta).

    `wave`: the number that the person asked about, for questions about waves. `addresses`: the web addresses in
    their message, because a false one has to be called so.
    """
    parts = [entry.answer, _age_line(catalogue, entry, today)]
    line = catalogue.waves.line(wave) if wave and entry.topic == WAVE_TOPIC else ""
    # An answer about a wave that never was says so itself.
    if line and not (wave > catalogue.waves.last and f"gelombang {wave}" in entry.answer.lower()):
        parts.insert(0, line)
    if entry.lead:
        parts.insert(0, programme_line(catalogue.programme[entry.lead], today))
    warning = address_line(addresses, any_site=entry.id == ADDRESS_ENTRY)
    if warning:
        parts.insert(0, warning)
    return Answer("\n\n".join(parts), _buttons(catalogue, entry))


def _buttons(catalogue: Catalogue, entry: Entry) -> tuple[Button, ...]:
    related = tuple(Button(catalogue.entries[one].title, catalogue.entries[one].intent) for one in entry.related)
    # Second, so that a button for the own status, which comes last, leaves it there.
    return (*related[:1], HUMAN, *related[1:2]) if entry.offers_human else related


def programme_line(fact: ProgrammeFact, today: date) -> str:
    """A changeable fact with its date; past its review it is only what was last known."""
    when = in_words(fact.as_of)
    if today > fact.review_by:
        return f"Terakhir diketahui per {when}: {fact.text}"
    return f"{fact.text} (per {when})"


def _age_line(catalogue: Catalogue, entry: Entry, today: date) -> str:
    publisher = catalogue.facts[entry.sources[0]].publisher
    when = in_words(entry.as_of)
    if entry.review_by and today > entry.review_by:
        # Naming the official site twice in one line helps nobody.
        check = "" if publisher == OFFICIAL_SITE else f" Pastikan lagi di {OFFICIAL_SITE}, ya Kak."
        return f"Terakhir diketahui per {when}. Sumber: {publisher}.{check}"
    return f"Per {when}. Sumber: {publisher}."


def offer_entries(catalogue: Catalogue, intents: Sequence[str], opening: str) -> Answer | None:
    """The nearest questions as something to pick, when the assistant is not sure; None when none is known."""
    known = {entry.intent: entry for entry in catalogue.entries.values()}
    near = [known[intent] for intent in intents if intent in known][:MAX_OFFERED]
    if not near:
        return None
    lines = [f"{number}. {entry.question}" for number, entry in enumerate(near, start=1)]
    lines.append(f"{len(near) + 1}. {NONE_OF_THESE.title}")
    buttons = [Button(entry.title, entry.intent) for entry in near]
    return Answer("\n".join([opening, "", *lines]), (*buttons, NONE_OF_THESE))
