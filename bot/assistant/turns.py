"""From one claim to what its commit writes: every waiting message of a conversation gets its turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.assistant.bursts import Piece, join_bursts
from bot.assistant.effects import Effects, effects_of
from bot.assistant.engine import Engine, certain
from bot.assistant.follow_ups import about_subject
from bot.assistant.noting import FALLBACK, NONE_OF_THESE, asked_in_words, asks_back, note_of_pick, noted
from bot.assistant.parses import Parse
from bot.assistant.personal import as_personal, picked, question_id, status_topic
from bot.assistant.reading import Notice, Opinion, Picked, Silent, Words, could_be_pick, read
from bot.assistant.replies import Clerk, Spoken, asking_contact, from_notice, from_rasa, together, with_footnotes
from bot.assistant.splitting import questions_in
from bot.assistant.state import Asked, DialogueState, Subject
from bot.contract.errors import BadMessage
from bot.contract.logs import Pseudonyms, fields
from bot.contract.mailroom import Claim
from bot.contract.messages import DeadLetter, Inbound, Outbound
from bot.contract.reviews import ReviewKind, review_id
from nlu.content.live import LiveCatalogue

MAX_UNSURE = 2  # messages in a row that may be answered with a list of guesses
HUMAN, ERASE = "ask_human", "erase_data"
MAX_FAILS = 3
MAX_STARTS = 5  # unfinished attempts are mostly a killed worker's fault, so the message gets more of them

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mail:
    """A claim with its messages decoded. Bodies that cannot be decoded are dead letters, not retried."""

    claim: Claim
    messages: tuple[Inbound, ...]
    garbled: tuple[DeadLetter, ...]

    @property
    def suspect(self) -> bool:
        """Whether an earlier attempt never ended well, so that it must not take others down with it."""
        return _is_suspect(self.claim)

    @property
    def hopeless(self) -> bool:
        """Whether the first message has had all the attempts that a message gets."""
        return self.claim.fails >= MAX_FAILS or self.claim.starts > MAX_STARTS


@dataclass(frozen=True)
class Result:
    """What a commit writes for one claim."""

    handled: int
    state: DialogueState
    posts: tuple[Outbound, ...]
    dead: tuple[DeadLetter, ...] = ()
    effects: Effects = field(default_factory=Effects)


def open_mail(claim: Claim, now: float) -> Mail:
    """Decode a claim's messages. A garbled one ends the reading: what follows waits for the next claim.

    A suspect is read alone, so that it is not blamed for a message behind it, nor that one for it.
    """
    messages: list[Inbound] = []
    for body in claim.messages[:1] if _is_suspect(claim) else claim.messages:
        try:
            messages.append(Inbound.from_json(body))
        except BadMessage as error:
            if messages:
                break
            text = body.decode(errors="replace")
            letter = DeadLetter(claim.conversation, claim.lane.value, error.code, claim.starts, now, text)
            return Mail(claim, (), (letter,))
    return Mail(claim, tuple(messages), ())


class TurnTaker:
    """Runs turns with one engine. Holds no conversation's data between calls."""

    def __init__(
        self,
        engine: Engine,
        catalogue: LiveCatalogue,
        clerk: Clerk,
        *,
        turn_seconds: float,
        clock: Callable[[], float],
        pseudonyms: Pseudonyms,
    ) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._clerk = clerk
        self._turn_seconds = turn_seconds
        self._clock = clock
        self._pseudonyms = pseudonyms

    def parse(self, mails: Sequence[Mail]) -> list[list[Parse | None]]:
        """Classify all texts of many claims in one batch; None where there is nothing to classify."""
        wanted = [[not mail.hopeless and _needs_words(message) for message in mail.messages] for mail in mails]
        texts = [
            message.text
            for mail, wants in zip(mails, wanted)
            for message, wants_one in zip(mail.messages, wants)
            if wants_one
        ]
        parses = iter(self._engine.parse(texts))
        return [[next(parses) if one else None for one in wants] for wants in wanted]

    async def take(self, mail: Mail, parses: Sequence[Parse | None]) -> Result:
        """All turns of a claim, in order. Raises what the dialogue raises when its very first turn fails."""
        state = DialogueState.from_bytes(mail.claim.state)
        if mail.garbled:
            return Result(1, state, (), mail.garbled)
        if mail.hopeless:
            return self._give_up(mail, state)
        messages = without_revoked(mail.messages)
        parses = [None if message.kind == "revoked" else parse for message, parse in zip(messages, parses)]
        pieces = join_bursts(messages, parses, self._engine.parse)
        handled = 0
        posts: list[Outbound] = []
        effects = Effects()
        for previous, piece in zip((None, *pieces), pieces):
            if previous and _is_wordless(previous) and _is_wordless(piece):
                handled += len(piece.messages)  # ten pictures need one answer
                continue
            try:
                said, state, done = await asyncio.wait_for(self._turn(piece, state), self._turn_seconds)
            except Exception:
                if not handled:
                    raise
                logger.exception(
                    "turn failed behind others", extra=fields(conversation=self._pseudonyms(mail.claim.conversation))
                )
                break
            posts += said
            effects = effects.and_then(done)
            handled += len(piece.messages)
        return Result(handled, state, tuple(posts), effects=effects)

    async def _turn(self, piece: Piece, state: DialogueState) -> tuple[list[Outbound], DialogueState, Effects]:
        first = piece.messages[0]
        notices = self._catalogue.current().notices
        # Joined pieces are words; only a message that stands alone can be a pick or a command.
        reading = read(first, state, self._clock()) if len(piece.messages) == 1 else Words(piece.text)
        if isinstance(reading, Silent):
            return [], replace(state, events=(), asked=None), self._unnoted(state, self._source(first, first.revokes))
        before, state = state, replace(state, turn=state.turn + 1, asked=None)
        if isinstance(reading, Notice):
            bubbles, effects = from_notice(notices[reading.name]), Effects()
        elif isinstance(reading, Opinion):
            bubbles = from_notice(notices["helpful" if reading.liked else "unhelpful"])
            effects = self._noted("upvoted" if reading.liked else "downvoted", before.asked)
        else:
            parses, state, effects = self._parses_of(reading, piece, before, state)
            bubbles, state, done = await self._answer(first, parses, state)
            effects = effects.and_then(done)
        if isinstance(reading, Picked) and reading.intent == ERASE:
            effects = effects.and_then(self._unnoted(before))
            before = state = DialogueState(turn=state.turn)
        if not bubbles:
            # Nothing was said, so the last answer is still the one before, and so is the turn that a "ya" answers.
            return [], replace(state, turn=before.turn, asked=before.asked), effects
        notes, state = self._footnotes(piece, state)
        answers = tuple(message.id for message in piece.messages)
        posts, state = self._clerk.issue(first.conversation, with_footnotes(bubbles, notes), answers, state)
        return posts, state, effects

    async def _answer(
        self, message: Inbound, parses: Sequence[Parse], state: DialogueState
    ) -> tuple[list[Spoken], DialogueState, Effects]:
        """What is to be said to one message, which may hold several questions; nothing when an action wants it so."""
        answers: list[tuple[str, list[Spoken]]] = []
        answered: list[str] = []
        effects = Effects()
        about = {"phone": message.phone, "can_share": message.can_share, "woken": message.wake is not None}
        for parse in parses:
            messages, events = await self._engine.turn(message.conversation, state.events, parse, about)
            effects = effects.and_then(effects_of(messages, message, self._clock(), len(effects.wakes)))
            bubbles = from_rasa(messages)
            if messages:
                state = replace(state, events=events)
            if bubbles:
                state = replace(state, subject=self._subject_of(parse, state))
                answers.append((self._question_of(parse), bubbles))
                answered.append(question_id(parse))
            elif not effects.quiet:
                logger.error("turn without a reply", extra=fields(conversation=self._pseudonyms(message.conversation)))
        if len(answers) > 1:
            said = together(answers)
        elif answers:
            said = asking_contact(answers[0][1]) if effects.ask_contact else answers[0][1]
        else:
            said = [] if effects.quiet else from_notice(self._catalogue.current().notices["apology"])
        answered = [name for name in answered if self._holds_answer(said, name)]
        open_to_opinion = answered and not message.wake and not asks_back(said, state.events)
        if state.asked and open_to_opinion:
            state = replace(state, asked=replace(state.asked, answered=tuple(answered)))
        elif parses[0]["intent"]["name"] != FALLBACK:
            state = replace(state, asked=None)
        return said, state, effects

    def _holds_answer(self, said: Sequence[Spoken], name: str) -> bool:
        """Whether an entry's own answer was given, and not one about the person's account."""
        entry = self._catalogue.current().entries.get(name)
        return entry is not None and any(entry.answer in bubble.text for bubble in said)

    @staticmethod
    def _subject_of(parse: Parse, state: DialogueState) -> Subject | None:
        """What is talked of from now on; thanks, yes and no change nothing about it."""
        entry, status = question_id(parse), status_topic(parse)
        return Subject(entry, status, state.turn) if entry or status else state.subject

    def _question_of(self, parse: Parse) -> str:
        name = question_id(parse)
        entry = self._catalogue.current().entries.get(name)
        return entry.question if entry else str(parse["text"])

    def _parses_of(
        self, reading: Words | Picked, piece: Piece, before: DialogueState, state: DialogueState
    ) -> tuple[list[Parse], DialogueState, Effects]:
        """What the message means, and what editors should see of it. `before` is the state that it met.

        Who was not understood twice in a row is not asked a third time.
        """
        entries = self._catalogue.current().entries
        source = self._source(piece.messages[0])
        if isinstance(reading, Picked):
            still = reading.intent == NONE_OF_THESE
            parse = picked(reading.intent, reading.label, reading.entities, entries)
            note = note_of_pick(reading.intent, before, self._clock())
            # Who picks a guess has still asked in their own words.
            asked = before.asked if note else Asked(source)
            notes = Effects(reviews=(note,)) if note else Effects()
            return [parse], replace(state, unsure=state.unsure if still else 0, asked=asked), notes
        whole = piece.parse or self._engine.parse([reading.text])[0]
        parses = questions_in(reading.text, whole, self._engine.parse)
        follows = about_subject(reading.text, parses, before.subject, state.turn, entries, self._engine.parse)
        parses = [follows] if follows else parses
        state = replace(state, asked=asked_in_words(source, reading.text, whole))
        if parses[0]["intent"]["name"] != FALLBACK:
            masked = any(message.masked for message in piece.messages)
            # Whoever has just seen their own status goes on about it.
            general = not (follows and before.subject and before.subject.status)
            own = [as_personal(parse, entries, spoken=general, masked=masked) for parse in parses]
            return own, replace(state, unsure=0), Effects()
        notes = self._noted("unanswered", state.asked)
        if state.unsure + 1 < MAX_UNSURE:
            return parses, replace(state, unsure=state.unsure + 1), notes
        return [certain(HUMAN, reading.text)], replace(state, unsure=0), notes

    def _source(self, message: Inbound, message_id: str = "") -> str:
        return review_id(self._pseudonyms(message.conversation), message_id or message.id)

    def _noted(self, kind: ReviewKind, asked: Asked | None) -> Effects:
        return Effects(reviews=(noted(kind, asked, self._clock()),)) if asked else Effects()

    @staticmethod
    def _unnoted(state: DialogueState, *sources: str) -> Effects:
        """What editors shall not see any more: the last question, which may have been typed in several messages."""
        return Effects(unreviewed=(*sources, *([state.asked.source] if state.asked else [])))

    def _footnotes(self, piece: Piece, state: DialogueState) -> tuple[list[str], DialogueState]:
        notices = self._catalogue.current().notices
        notes = []
        if any(message.truncated for message in piece.messages):
            notes.append(notices["truncated"].text)
        if any(message.masked for message in piece.messages) and not state.privacy_noted:
            notes.append(notices["privacy"].text)
            state = replace(state, privacy_noted=True)
        if state.asked and state.asked.answered and not state.opinion_asked:
            notes.append(notices["ask_opinion"].text)
            state = replace(state, opinion_asked=True)
        return notes, state

    def _give_up(self, mail: Mail, state: DialogueState) -> Result:
        claim, message = mail.claim, mail.messages[0]
        attempts = max(claim.fails, claim.starts)
        letter = DeadLetter(
            claim.conversation,
            claim.lane.value,
            "turn_failed",
            attempts,
            self._clock(),
            _without_keys(message).to_json(),
        )
        bubbles: list[Spoken] = from_notice(self._catalogue.current().notices["given_up"])
        # What led up to the failure may be its cause; the next message starts without it.
        state = replace(state, turn=state.turn + 1, events=(), asked=None)
        posts, state = self._clerk.issue(claim.conversation, bubbles, (message.id,), state)
        return Result(1, state, tuple(posts), (letter,))


def without_revoked(messages: Sequence[Inbound]) -> list[Inbound]:
    """The same messages; those that were taken back before they had their turn say nothing any more."""
    revoked = {message.revokes for message in messages if message.kind == "revoked"}
    return [
        replace(message, kind="revoked", text="", choice="", media=None) if message.id in revoked else message
        for message in messages
    ]


def _without_keys(message: Inbound) -> Inbound:
    """A message as operators may see it: what opens an account is taken out."""
    opens = replace(message.wake, entities=()) if message.wake else None
    return replace(message, start="", phone="", contact=None, wake=opens)


def _is_wordless(piece: Piece) -> bool:
    return all(message.kind in ("media", "unsupported") and not message.text for message in piece.messages)


def _is_suspect(claim: Claim) -> bool:
    return claim.starts > 1 or claim.fails > 0


def _needs_words(message: Inbound) -> bool:
    return message.kind == "text" and bool(message.text.strip()) and not could_be_pick(message.text)
