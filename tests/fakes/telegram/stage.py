"""The fake server as the page wants it; tests/fakes/page/README.md describes the shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.fakes.faults import FaultPlan
from tests.fakes.page import CannotDo, NotKnown
from tests.fakes.page.control import text_of
from tests.fakes.telegram.chats import Bubble, Chat
from tests.fakes.telegram.markup import spans
from tests.fakes.telegram.person import Person
from tests.fakes.telegram.webhook import Deliverer
from tests.fakes.telegram.world import World

HINT_SECONDS = 4.0
MOST_PICTURES = 10
FIRST_NUMBER = 42
ABILITIES = [
    "press",
    "contact",
    "start",
    "edit",
    "photo",
    "album",
    "sticker",
    "voice",
    "location",
    "block",
    "typing",
    "commands",
]

Body = Mapping[str, Any]
Verb = Callable[[Person, Body], Any]


class TelegramStage:
    """Shows chats to the page and does what it asks."""

    def __init__(self, world: World, deliverer: Deliverer, person: Callable[[int, str], Person]) -> None:
        self._world = world
        self._deliverer = deliverer
        self._person = person

    @property
    def faults(self) -> FaultPlan:
        return self._world.faults

    def about(self) -> dict[str, Any]:
        commands = next(iter(self._world.commands.values()), [])
        return {
            "platform": "telegram",
            "title": "Telegram tiruan",
            "bot": self._world.bot.name,
            "abilities": ABILITIES,
            "commands": commands,
        }

    def people(self) -> list[dict[str, Any]]:
        return [_described(chat) for chat in self._world.chats.values()]

    def add_person(self, name: str) -> dict[str, Any]:
        number = max(self._world.chats, default=FIRST_NUMBER - 1) + 1
        self._person(number, name)
        return _described(self._world.chats[number])

    def conversation(self, person: str, after: int) -> dict[str, Any]:
        chat = self._chat(person)
        now = self._world.clock()
        toast = chat.toasts[-1] if chat.toasts else None
        return {
            "revision": chat.revision,
            "typing": chat.types(now),
            "contact_button": chat.asks_contact,
            "hint": toast.text if toast and now < toast.at + HINT_SECONDS else "",
            "messages": [_shown(bubble) for bubble in chat.bubbles if bubble.revision > after],
        }

    async def act(self, person: str, verb: str, body: Body) -> dict[str, Any]:
        does = VERBS.get(verb)
        if does is None:
            raise CannotDo(f"a person on Telegram cannot {verb}")
        chat = self._chat(person)
        done = does(self._person(chat.id, chat.name), body)
        return {"id": "" if done is None else str(done)}

    def deliveries(self) -> Sequence[Mapping[str, Any]]:
        return self._deliverer.described()

    def _chat(self, person: str) -> Chat:
        chat = self._world.chats.get(int(person)) if person.isascii() and person.isdigit() else None
        if chat is None:
            raise NotKnown(f"no person {person}")
        return chat


def _described(chat: Chat) -> dict[str, Any]:
    return {"id": str(chat.id), "name": chat.name, "started": chat.started, "blocked": chat.blocked}


def _shown(bubble: Bubble) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(bubble.message_id),
        "revision": bubble.revision,
        "from": "bot" if bubble.sender == "bot" else "person",
        "kind": bubble.kind,
        "text": "" if bubble.deleted else bubble.text,
        "at": bubble.at,
        "state": "deleted" if bubble.deleted else "edited" if bubble.edited else "",
    }
    if bubble.deleted:
        return shown
    if bubble.entities:
        shown["spans"] = spans(bubble.text, bubble.entities)
    if bubble.buttons:
        shown["buttons"] = [
            [{"id": one.data, "title": one.title, **({"url": one.url} if one.url else {})} for one in row]
            for row in bubble.buttons
        ]
    return shown


def _whole(body: Body, name: str, lowest: int, highest: int, default: int) -> int:
    value = body.get(name, default)
    if not isinstance(value, int) or not lowest <= value <= highest:
        raise CannotDo(f"{name} must be a number from {lowest} to {highest}")
    return value


def _message(body: Body) -> int | None:
    value = text_of(body, "message")
    if not value:
        return None
    if not (value.isascii() and value.isdigit()):
        raise NotKnown(f"no message {value}")
    return int(value)


def _press(person: Person, body: Body) -> str:
    return person.press(text_of(body, "id", None), _message(body))


def _contact(person: Person, body: Body) -> int:
    return person.share_contact(own=body.get("own", True) is True)


def _album(person: Person, body: Body) -> int:
    return person.album(_whole(body, "count", 2, MOST_PICTURES, 3), text_of(body, "caption"))[0]


VERBS: Mapping[str, Verb] = {
    "start": lambda person, body: person.start(text_of(body, "payload")),
    "write": lambda person, body: person.write(text_of(body, "text", None)),
    "press": _press,
    "contact": _contact,
    "edit": lambda person, body: person.edit(_message(body) or 0, text_of(body, "text", None)),
    "photo": lambda person, body: person.send_photo(text_of(body, "caption")),
    "album": _album,
    "sticker": lambda person, body: person.sticker(),
    "voice": lambda person, body: person.voice(),
    "location": lambda person, body: person.location(),
    "block": lambda person, body: person.block(),
    "unblock": lambda person, body: person.unblock(),
}
