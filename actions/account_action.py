"""What all account actions share: their tools, what came with the message, and what they ask of the worker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.tools import Tools, tools_from_environment
from bot.contract.errors import MailroomUnavailable
from nlu import wording

Events = list[dict[str, Any]]
Buttons = Sequence[tuple[str, ...]]  # label, intent, and "yes" or "no" where it answers a question

NUMBER = "number"  # the value of the slot link_proof for "use my phone number"
LINK_SLOTS = ("link_proof", "replace_consent", "link_asked")
HELD_SLOTS = ("held_topic", "held_question", "promised")
CHANNEL_NAMES = {"telegram": "Telegram", "whatsapp": "WhatsApp"}
OTHER_CHANNEL = "chat web"
ANSWERS_ONLY = "rest"  # a channel on which nothing can be said later, only in answer to a request

HUMAN = (wording.HUMAN.title, wording.HUMAN.intent)
CONNECT = ("Hubungkan akun", "link_words", "yes")
NOT_ME = ("Bukan saya", "dispute", "no")


@dataclass(frozen=True)
class About:
    """What the platform says of the message: a vouched phone number, or that it can be asked for; and whose it is."""

    phone: str = ""
    can_share: bool = False
    woken: bool = False


class AccountAction(Action, ABC):
    """An action that may ask the account service. Redis being away is not answered but tried again."""

    def __init__(self, tools: Tools | None = None) -> None:
        self._given = tools

    @property
    def tools(self) -> Tools:
        """The tools that were given, or made at the first use."""
        if self._given is None:
            self._given = tools_from_environment()
        return self._given

    @property
    def texts(self) -> Mapping[str, str]:
        """data/status.yml as it is now."""
        return self.tools.catalogue.current().status

    @abstractmethod
    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Do it. May raise MailroomUnavailable."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Called by Rasa."""
        try:
            return await self.act(Speaker(dispatcher), tracker)
        except MailroomUnavailable:
            # Rasa swallows what actions raise; the worker turns this into another attempt at the whole turn.
            dispatcher.messages.clear()
            dispatcher.utter_message(json_message={"again": True})
            return []


class Speaker:
    """Says things to the person, and asks things of the worker (bot/assistant/effects.py)."""

    def __init__(self, dispatcher: CollectingDispatcher) -> None:
        self._dispatcher = dispatcher

    def say(self, text: str, buttons: Buttons = ()) -> None:
        """One text with buttons."""
        shown = [
            {"title": title, "payload": f"/{intent}", **({"means": means[0]} if means else {})}
            for title, intent, *means in buttons
        ]
        self._dispatcher.utter_message(text=text, buttons=shown)

    def utter(self, response: str) -> None:
        """One of the responses of domain.yml."""
        self._dispatcher.utter_message(response=response)

    def nothing(self) -> None:
        """The turn is silent on purpose."""
        self._dispatcher.utter_message(json_message={"quiet": True})

    def ask_for_number(self) -> None:
        """Let the channel offer to share the person's own number."""
        self._dispatcher.utter_message(json_message={"ask_contact": True})

    def wake(self, intent: str, entities: Mapping[str, str], *, seconds: float = 0.0, conversation: str = "") -> None:
        """Have this conversation, or another one, wake up with an intent, now or later."""
        self._dispatcher.utter_message(
            json_message={
                "wake": {
                    "intent": intent,
                    "entities": [[name, value] for name, value in entities.items()],
                    "seconds": seconds,
                    "conversation": conversation,
                }
            }
        )

    def forget_promise(self) -> None:
        """What was promised for later in this conversation is off."""
        self._dispatcher.utter_message(json_message={"forget_promise": True})


def about(tracker: Tracker) -> About:
    """What came with the message that is being answered."""
    given = (tracker.latest_message or {}).get("metadata") or {}
    return About(
        phone=str(given.get("phone", "")),
        can_share=bool(given.get("can_share", False)),
        woken=bool(given.get("woken", False)),
    )


def entity(tracker: Tracker, name: str) -> str:
    """The value of an entity of the latest message; empty when it has none."""
    return str(next(tracker.get_latest_entity_values(name), "") or "")


def can_be_told_later(conversation: str) -> bool:
    """Whether anything said without being asked reaches the person."""
    return conversation.split(":", 1)[0] != ANSWERS_ONLY


def channel_name(channel: str) -> str:
    """How people call a kind of chat."""
    return CHANNEL_NAMES.get(channel, OTHER_CHANNEL)


def cleared(*slots: str) -> Events:
    """Events that empty slots."""
    return [SlotSet(name, None) for name in slots]


def with_tools(tools: Tools) -> list[Action]:
    """All account actions, sharing one set of tools. Their modules have to be imported before."""
    return [kind(tools) for kind in AccountAction.__subclasses__()]
