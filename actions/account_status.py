"""Answers questions about the person's own account, and keeps the question when the backend is down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.account_action import (
    CONNECT,
    HELD_SLOTS,
    HUMAN,
    AccountAction,
    Buttons,
    Events,
    Speaker,
    about,
    can_be_told_later,
    cleared,
    entity,
)
from actions.accounts.outcomes import Refused, Trouble
from actions.accounts.service import Accounts
from actions.accounts.status import Status, Wave
from actions.accounts.wording import StatusWriter
from actions.tools import Tools
from nlu.content.checks import EVERYTHING
from nlu.content.dates import today
from nlu.content.notices import Answer
from nlu.wording import answer_entry

MAX_BUTTONS = 3
OTHERS, GENERAL = "others", "general"
PROMISE = ("Kabari kalau pulih", "promise_status", "yes")
# Seconds between attempts at a promised answer; the last one goes on until the promise is given up.
RETRY_SECONDS = (30, 60, 120, 300, 600, 900)
GIVE_UP_SECONDS = 24 * 3600
TOPIC_TITLES = {
    "registration": "Status pendaftaran",
    "selection": "Hasil seleksi",
    "training": "Saldo & pelatihan",
    "certificate": "Sertifikat",
    "incentive": "Insentif",
    "survey": "Survei",
    "destination": "Rekening/e-wallet",
    "next": "Langkah berikutnya",
    EVERYTHING: "Semua status",
}
# What people want to know next, by what they asked.
NEXT_TOPICS = {
    EVERYTHING: ("incentive", "certificate", "training"),
    "registration": ("selection", EVERYTHING),
    "selection": ("training", EVERYTHING),
    "training": ("certificate", EVERYTHING),
    "certificate": ("incentive", EVERYTHING),
    "incentive": ("destination", EVERYTHING),
    "survey": ("incentive", EVERYTHING),
    "destination": ("incentive", EVERYTHING),
    "next": ("incentive", EVERYTHING),
}
EARLY_TOPICS = ("registration", "selection")


class ActionAccountStatus(AccountAction):
    """The part of the status that was asked for; for a general question of someone not linked, its general answer."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_account_status"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Look it up, or explain why not."""
        topic, question = entity(tracker, "status_topic") or EVERYTHING, entity(tracker, "question")
        scope = entity(tracker, "scope")
        if scope == OTHERS:
            general, refusal = _general(self.tools, tracker, question), self.texts["others"]
            say.say(f"{general.text}\n\n{refusal}" if general.text else refusal, _buttons(general))
            return []
        if scope == GENERAL and self.tools.accounts:
            general = _general(self.tools, tracker, question)
            say.say(general.text, _with_look(general, topic))
            return _held(topic, question)
        return await tell_status(self.tools, say, tracker, topic, question)


class ActionFreshness(AccountAction):
    """How fresh the data are, and which ones count where they differ."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_freshness"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Say it."""
        seconds = self.tools.accounts.settings.cache_seconds if self.tools.accounts else 0
        text = self.texts["freshness"].format(seconds=seconds) if self.tools.accounts else self.texts["no_service"]
        say.say(text, (("Cek status saya", "check_status"),))
        return []


class ActionPromiseStatus(AccountAction):
    """Promises to answer when the backend is back."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_promise_status"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Put the held question down for later."""
        topic = tracker.get_slot("held_topic") or EVERYTHING
        say.say(self.texts["promised"])
        _promise(say, topic, str(tracker.get_slot("held_question") or ""), waited=0, attempt=0)
        return [SlotSet("promised", True)]


async def tell_status(
    tools: Tools, say: Speaker, tracker: Tracker, topic: str, question: str = "", *, named: bool = True
) -> Events:
    """Say the status of one topic; or what is to be said instead, remembering the question where that helps."""
    texts = tools.catalogue.current().status
    if tools.accounts is None:
        general = _general(tools, tracker, question)
        say.say(general.text or texts["no_service"], _buttons(general))
        return []
    answer = await tools.accounts.status(tracker.sender_id)
    if isinstance(answer, Refused):
        return _refused(tools, say, tracker, answer, topic, question)
    waves = await _waves(tools.accounts, answer)
    now = datetime.fromtimestamp(tools.clock(), timezone.utc)
    text = StatusWriter(texts, answer, waves, now).answer(topic, named=named)
    if about(tracker).woken:
        text = f"{texts['back']}\n\n{text}"
    say.say(text, _next_buttons(tools, answer, topic, question))
    return cleared(*HELD_SLOTS)


async def _waves(accounts: Accounts, status: Status) -> tuple[Wave, ...]:
    """Only for who could join one."""
    joinable = status.full and status.selection.state in ("not_joined", "not_selected")
    return await accounts.waves() if joinable else ()


def _refused(tools: Tools, say: Speaker, tracker: Tracker, refused: Refused, topic: str, question: str) -> Events:
    texts = tools.catalogue.current().status
    woken = about(tracker).woken
    if refused.trouble is Trouble.DOWN or (woken and refused.trouble is Trouble.LIMITED):
        return _down(tools, say, tracker, topic, question)
    if refused.trouble is Trouble.LIMITED:
        general = _general(tools, tracker, question)
        say.say(general.text or limited(texts, refused), _buttons(general))
        return []
    if woken:
        say.nothing()  # the link is gone since: there is nothing that could be promised any more
        return cleared(*HELD_SLOTS)
    why = texts["ended" if refused.trouble is Trouble.ENDED else "not_linked"]
    return _not_linked(tools, say, tracker, topic, question, why)


def _down(tools: Tools, say: Speaker, tracker: Tracker, topic: str, question: str) -> Events:
    texts = tools.catalogue.current().status
    if about(tracker).woken:
        return _still_down(texts, say, tracker, topic, question)
    general = _general(tools, tracker, question).text
    if not can_be_told_later(tracker.sender_id):
        trouble, buttons = texts["down_ask_again"], (("Coba lagi", f"check_status/{topic}"), HUMAN)
    elif tracker.get_slot("promised"):
        trouble, buttons = texts["down_still"], (HUMAN,)
    else:
        trouble, buttons = texts["down"], (PROMISE, HUMAN)
    say.say(f"{trouble}\n\n{general}" if general else trouble, buttons)
    return _held(topic, question)


def _not_linked(tools: Tools, say: Speaker, tracker: Tracker, topic: str, question: str, why: str) -> Events:
    general = _general(tools, tracker, question)
    if general.text:
        say.say(general.text, _with_look(general, topic))
        return _held(topic, question)
    if tracker.active_loop:
        say.say(why)  # the form goes on and says the rest
        return _held(topic, question)
    number = (("Pakai nomor ini", "use_number"),) if about(tracker).phone else ()
    check = tools.catalogue.current().status["check_yourself"].format(site=tools.dashboard)
    say.say(f"{why}\n\n{check}", (CONNECT, *number))
    return _held(topic, question)


def _held(topic: str, question: str) -> Events:
    return [SlotSet("held_topic", topic), SlotSet("held_question", question or None)]


def _still_down(texts: Mapping[str, str], say: Speaker, tracker: Tracker, topic: str, question: str) -> Events:
    waited, attempt = int(entity(tracker, "waited") or 0), int(entity(tracker, "attempt") or 0)
    if waited >= GIVE_UP_SECONDS:
        say.say(texts["gave_up"])
        return cleared(*HELD_SLOTS)
    say.nothing()
    _promise(say, topic, question, waited=waited, attempt=attempt)
    return []


def _promise(say: Speaker, topic: str, question: str, *, waited: int, attempt: int) -> None:
    pause = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]
    entities = {"status_topic": topic, "waited": str(waited + pause), "attempt": str(attempt + 1)}
    if question:
        entities["question"] = question
    say.wake("check_status", entities, seconds=pause)


def _general(tools: Tools, tracker: Tracker, question: str) -> Answer:
    """The general answer to a question of the FAQ; empty when there is none."""
    catalogue = tools.catalogue.current()
    entry = catalogue.entries.get(question)
    addresses = [str(one) for one in tracker.get_latest_entity_values("url")]
    return answer_entry(catalogue, entry, today(), addresses=addresses) if entry else Answer("")


def _buttons(answer: Answer) -> Buttons:
    return [(button.title, button.intent) for button in answer.buttons]


def _with_look(answer: Answer, topic: str) -> Buttons:
    return (*_buttons(answer)[: MAX_BUTTONS - 1], ("Cek status saya", f"check_status/{topic}"))


def limited(texts: Mapping[str, str], refused: Refused) -> str:
    """When to try again."""
    return texts["limited"].format(seconds=round(refused.retry_after) or 60)


def _next_buttons(tools: Tools, status: Status, topic: str, question: str) -> Buttons:
    buttons: list[tuple[str, str]] = []
    entry = tools.catalogue.current().entries.get(question)
    if entry:
        # The general answer, for who wanted that.
        buttons.append((entry.title, f"general/{entry.id}"))
    if not status.full:
        return [*buttons, CONNECT]
    topics = NEXT_TOPICS.get(topic, (EVERYTHING,))
    if topic == EVERYTHING and status.selection.state != "accepted":
        topics = EARLY_TOPICS
    if any(one.state == "failed" for one in status.incentives) and topic == "incentive":
        buttons.append(HUMAN)
    buttons += [(TOPIC_TITLES[one], f"check_status/{one}") for one in topics]
    return buttons[:MAX_BUTTONS]
