"""A fake gateway as the page wants it; tests/fakes/page/README.md describes the shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tests.fakes.faults import FaultPlan
from tests.fakes.page import CannotDo, NotKnown
from tests.fakes.page.control import text_of
from tests.fakes.whatsapp.people import Bubble, Person, described

if TYPE_CHECKING:
    from tests.fakes.whatsapp.server import WhatsAppFake

ABILITIES = ["press", "contact", "edit", "revoke", "photo", "sticker", "voice", "location", "block", "typing"]
FIRST_NUMBER = 6281234567890

Body = Mapping[str, Any]
Verb = Callable[[Person, Body], str | None]


class WhatsAppStage:
    """Shows chats to the page and does what it asks."""

    def __init__(self, fake: WhatsAppFake) -> None:
        self._fake = fake

    @property
    def faults(self) -> FaultPlan:
        return self._fake.faults

    def about(self) -> dict[str, Any]:
        return {
            "platform": f"whatsapp-{self._fake.name}",
            "title": f"WhatsApp tiruan ({self._fake.name})",
            "bot": "Kawan Prakerja",
            "abilities": ABILITIES,
            "commands": [],
        }

    def people(self) -> list[dict[str, Any]]:
        return [described(person) for person in self._fake.everybody.values()]

    def add_person(self, name: str) -> dict[str, Any]:
        number = FIRST_NUMBER
        while str(number) in self._fake.everybody:
            number += 1
        return described(self._fake.person(str(number), name))

    def conversation(self, person: str, after: int) -> dict[str, Any]:
        found = self._person(person)
        return {
            "revision": found.revision,
            "typing": self._fake.clock() < found.typing_until,
            "contact_button": "",
            "hint": "",
            "messages": [_shown(bubble) for bubble in found.chat if bubble.revision > after],
        }

    async def act(self, person: str, verb: str, body: Body) -> dict[str, Any]:
        known = VERBS.get(verb)
        if known is None:
            raise CannotDo(f"WhatsApp has no {verb}")
        found = self._person(person)
        try:
            return {"id": known(found, body) or ""}
        except LookupError as error:
            raise NotKnown(str(error)) from error
        except ValueError as error:
            raise CannotDo(str(error)) from error

    def deliveries(self) -> Sequence[Mapping[str, Any]]:
        return [asdict(attempt) for attempt in self._fake.delivering.attempts]

    def _person(self, person: str) -> Person:
        if person not in self._fake.everybody:
            raise NotKnown(f"no person {person}")
        return self._fake.everybody[person]


VERBS: Mapping[str, Verb] = {
    "write": lambda person, body: person.write(text_of(body, "text", None)),
    "press": lambda person, body: person.press(text_of(body, "id", None), text_of(body, "message")),
    "contact": lambda person, body: person.contact(own=body.get("own", True) is True),
    "edit": lambda person, body: person.edit(text_of(body, "message", None), text_of(body, "text", None)),
    "revoke": lambda person, body: person.revoke(text_of(body, "message", None)),
    "photo": lambda person, body: person.send_image(text_of(body, "caption")),
    "sticker": lambda person, body: person.sticker(),
    "voice": lambda person, body: person.voice(),
    "location": lambda person, body: person.location(),
    "block": lambda person, body: person.block(),
    "unblock": lambda person, body: person.unblock(),
}


def _shown(bubble: Bubble) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": bubble.id,
        "revision": bubble.revision,
        "from": bubble.sender,
        "kind": bubble.kind,
        "text": bubble.text,
        "at": bubble.at,
        "state": bubble.state,
    }
    if bubble.buttons:
        shown["buttons"] = [[{"id": option.id, "title": option.title}] for option in bubble.buttons]
    if bubble.rows:
        shown["list"] = {"title": bubble.list_label, "rows": [option._asdict() for option in bubble.rows]}
    return shown
