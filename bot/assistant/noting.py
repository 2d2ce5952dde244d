"""What editors should see of a turn: questions that were not understood, picks among guesses, opinions on answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.assistant.parses import Parse
from bot.assistant.replies import Spoken
from bot.assistant.state import Asked, DialogueState
from bot.contract.reviews import MAX_TEXT, RANKED, Review, ReviewKind
from nlu.content.catalogue import RETRIEVAL_INTENT

FALLBACK, NONE_OF_THESE = "nlu_fallback", "deny"


def ranking_of(parse: Parse) -> tuple[tuple[str, float], ...]:
    """What the classifier thought of, best first: entries as `faq/<id>` and other intents."""
    entries = parse.get("response_selector", {}).get(RETRIEVAL_INTENT, {}).get("ranking", [])
    shares = {str(one["intent_response_key"]): float(one["confidence"]) for one in entries}
    shares |= {
        str(one["name"]): float(one["confidence"])
        for one in parse.get("intent_ranking", [])
        if one["name"] not in (RETRIEVAL_INTENT, FALLBACK)
    }
    best = sorted(shares.items(), key=lambda one: -one[1])[:RANKED]
    return tuple((name, round(share, 4)) for name, share in best)


def asked_in_words(source: str, text: str, parse: Parse, answered: Sequence[str] = ()) -> Asked:
    """What is remembered of a question that the classifier had to judge."""
    return Asked(source, text[:MAX_TEXT], ranking_of(parse), tuple(answered))


def noted(kind: ReviewKind, asked: Asked, now: float, answered: Sequence[str] = ()) -> Review:
    """A question as editors will see it."""
    return Review(asked.source, kind, now, asked.text, asked.ranking, tuple(answered or asked.answered))


def note_of_pick(intent: str, state: DialogueState, now: float) -> Review | None:
    """What it says of a question when one of the guesses that it got is picked, or none of them; else nothing.

    `state` is the one before the pick: an older offer, or one of something else, says nothing of that question.
    """
    asked = state.asked
    offered_now = any(offer.intent == intent and offer.turn == state.turn for offer in state.offers)
    if asked is None or asked.answered or not offered_now:
        return None
    if intent == NONE_OF_THESE:
        return noted("none_fits", asked, now)
    kind, _, entry = intent.partition("/")
    return noted("picked", asked, now, (entry,)) if kind == RETRIEVAL_INTENT else None


def asks_back(said: Sequence[Spoken], events: Sequence[dict[str, Any]]) -> bool:
    """Whether an answer ends in a question of ours, or a form waits for something: a thumb may be meant for that."""
    if any(button.means for bubble in said for button in bubble.buttons):
        return True
    loop = next((event for event in reversed(events) if event.get("event") == "active_loop"), {})
    return bool(loop.get("name"))
