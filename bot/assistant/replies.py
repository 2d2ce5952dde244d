"""Turns what Rasa or a notice says into bubbles: one for a turn when it fits, with opaque choices."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.assistant.reading import CHOICE_PREFIX
from bot.assistant.state import CHOICE_SECONDS, DialogueState, Offer
from bot.contract.messages import Choice, Outbound
from nlu.content.notices import Answer, Button

MAX_BUBBLE = 1500
MAX_BUTTONS = 4  # three questions, and that it was none of them
MAX_TOGETHER = 3  # buttons below several answers


@dataclass(frozen=True)
class Spoken:
    """What is to be said in one turn, before it has ids."""

    text: str
    buttons: tuple[Button, ...] = ()
    ask_contact: bool = False


def from_rasa(messages: Sequence[dict[str, Any]]) -> list[Spoken]:
    """Rasa's messages, joined into as few bubbles as fit, with the buttons of the last one that has any."""
    bubbles: list[Spoken] = []
    for message in messages:
        text = (message.get("text") or "").strip()
        buttons = tuple(
            Button(one["title"], one["payload"].lstrip("/"), one.get("means", ""))
            for one in message.get("buttons", [])[:MAX_BUTTONS]
        )
        if not text and not buttons:
            continue
        if buttons:
            # What is asked last is what a typed number answers.
            bubbles = [replace(bubble, buttons=()) for bubble in bubbles]
        last = bubbles[-1] if bubbles else None
        if last and len(last.text) + len(text) + 2 <= MAX_BUBBLE:
            bubbles[-1] = Spoken(f"{last.text}\n\n{text}".strip(), last.buttons or buttons)
        else:
            bubbles.append(Spoken(text, buttons))
    return bubbles


def together(answers: Sequence[tuple[str, Sequence[Spoken]]]) -> list[Spoken]:
    """Several (question, its bubbles) as one bubble: what two answers both say is said once."""
    parts: list[str] = []
    buttons: list[Button] = []
    for question, bubbles in answers:
        parts.append(f"▪ {question}")
        for bubble in bubbles:
            parts += [one for one in bubble.text.split("\n\n") if one not in parts]
            buttons += [button for button in bubble.buttons[:1] if button not in buttons]
    return [Spoken("\n\n".join(parts), tuple(buttons[:MAX_TOGETHER]))]


def from_notice(notice: Answer) -> list[Spoken]:
    """A notice as the only bubble of a turn."""
    return [Spoken(notice.text, notice.buttons)]


def asking_contact(bubbles: Sequence[Spoken]) -> list[Spoken]:
    """The same bubbles, the last one with the offer to share the person's own number."""
    return [*bubbles[:-1], replace(bubbles[-1], ask_contact=True)]


def with_footnotes(bubbles: list[Spoken], notes: Sequence[str]) -> list[Spoken]:
    """The same bubbles with short notes at the end of the last one."""
    if not notes:
        return bubbles
    last = bubbles[-1]
    return [*bubbles[:-1], replace(last, text="\n\n".join([last.text, *notes]))]


def make_token() -> str:
    """Twelve random letters. No digits: the door masks what could be somebody's number."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(12))


class Clerk:
    """Gives bubbles their ids and makes their buttons pickable in this conversation only."""

    def __init__(self, clock: Callable[[], float], token: Callable[[], str] = make_token) -> None:
        self._clock = clock
        self._token = token

    def issue(
        self, conversation: str, bubbles: Sequence[Spoken], answers: tuple[str, ...], state: DialogueState
    ) -> tuple[list[Outbound], DialogueState]:
        """Outbound messages for the turn `state.turn`, and the state that remembers their choices."""
        now = self._clock()
        offers: list[Offer] = []
        posts: list[Outbound] = []
        for number, bubble in enumerate(bubbles, start=1):
            made = [
                Offer(
                    CHOICE_PREFIX + self._token(),
                    button.title,
                    button.intent,
                    state.turn,
                    now + CHOICE_SECONDS,
                    button.means,
                )
                for button in bubble.buttons
            ]
            offers += made
            posts.append(
                Outbound(
                    # Derived from the turn, so that a repeated turn cannot be shown twice.
                    id=f"{answers[0]}>{number}",
                    conversation=conversation,
                    created_at=now,
                    text=bubble.text,
                    choices=tuple(Choice(one.id, one.title) for one in made),
                    request_contact=bubble.ask_contact,
                    answers=answers,
                    turn=state.turn,
                    last=number == len(bubbles),
                )
            )
        return posts, state.with_offers(tuple(offers))
