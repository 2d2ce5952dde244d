"""Message types: what comes in, what goes out, and what was given up on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import quote, unquote

from bot.contract.errors import BadMessage

MAX_PERSON_LENGTH = 160  # the longest platform id of a person has 131 characters
MAX_ID_LENGTH = 128

T = TypeVar("T")
Kind = Literal["text", "choice", "media", "contact", "unsupported", "revoked", "wake"]
KINDS: tuple[Kind, ...] = ("text", "choice", "media", "contact", "unsupported", "revoked", "wake")
Sender = Literal["person", "bot", "staff"]
SENDERS: tuple[Sender, ...] = ("person", "bot", "staff")


@dataclass(frozen=True)
class Address:
    """Where a conversation lives: a channel, an account of ours on it, and the person's id there.

    `key` is the conversation's name everywhere inside. Its parts are percent-encoded, so that no
    sender id, whatever it holds, can name another person's conversation.
    """

    channel: str
    account: str
    person: str

    def __post_init__(self) -> None:
        for name, value in (("channel", self.channel), ("account", self.account), ("person", self.person)):
            if not value:
                raise BadMessage("bad_address", f"{name} is empty")
            if len(value) > MAX_PERSON_LENGTH:
                raise BadMessage("bad_address", f"{name} is longer than {MAX_PERSON_LENGTH} characters")
            if not value.isprintable():
                raise BadMessage("bad_address", f"{name} holds control characters")

    @property
    def key(self) -> str:
        """`channel:account:person`, each part percent-encoded."""
        try:
            return ":".join(quote(part, safe="@+") for part in (self.channel, self.account, self.person))
        except UnicodeEncodeError as error:
            raise BadMessage("bad_address", "a part is not valid Unicode") from error

    @classmethod
    def parse(cls, key: str) -> Address:
        """Undo `key`. Raises BadMessage when the key has another form."""
        parts = key.split(":")
        if len(parts) != 3:
            raise BadMessage("bad_address", "a conversation key has three parts")
        channel, account, person = (unquote(part) for part in parts)
        address = cls(channel, account, person)
        if address.key != key:
            raise BadMessage("bad_address", "a conversation key is percent-encoded in one way only")
        return address


@dataclass(frozen=True)
class Media:
    """A picture, voice note, sticker or file that the platform keeps; we hold only its reference."""

    kind: str
    reference: str = ""
    mime: str = ""


@dataclass(frozen=True)
class Contact:
    """A contact card; `own` is true only when the platform vouches that it is the sender's."""

    phone: str = field(repr=False)
    own: bool


@dataclass(frozen=True)
class Wake:
    """What a message that the assistant sends itself is about: an intent, and what it needs to know."""

    intent: str
    entities: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Inbound:
    """One message of a person, already redacted: safe to store.

    `id` is the platform's message id, unique within the conversation. `received_at` and `sent_at`
    (the platform's clock, when it tells) are seconds since the epoch, UTC. `masked` names the
    kinds of secrets that were taken out of `text`. `start` is the opaque token of a deep link by which the
    person opened the chat. A `revoked` message says that the person took the message `revokes` back. `phone`
    (E.164) is the sender's only if the platform vouches for it; `can_share` says that the channel can ask the
    person for it. A `wake` is no person's: the assistant keeps a promise with it, or hears of another chat.
    """

    id: str
    conversation: str
    kind: Kind
    received_at: float
    text: str = ""
    choice: str = ""
    media: Media | None = None
    contact: Contact | None = None
    masked: tuple[str, ...] = ()
    truncated: bool = False
    sent_at: float | None = None
    start: str = field(default="", repr=False)
    revokes: str = ""
    phone: str = field(default="", repr=False)
    can_share: bool = False
    wake: Wake | None = None

    def __post_init__(self) -> None:
        if not self.id or len(self.id) > MAX_ID_LENGTH:
            raise BadMessage("bad_id", f"a message id has 1 to {MAX_ID_LENGTH} characters")
        if not self.id.isprintable():
            raise BadMessage("bad_id", "a message id holds control characters")

    def to_json(self) -> str:
        """Compact JSON; fields at their defaults are left out."""
        body: dict[str, Any] = {
            "id": self.id,
            "conversation": self.conversation,
            "kind": self.kind,
            "received_at": self.received_at,
        }
        if self.text:
            body["text"] = self.text
        if self.choice:
            body["choice"] = self.choice
        if self.media:
            body["media"] = {"kind": self.media.kind, "ref": self.media.reference, "mime": self.media.mime}
        if self.contact:
            body["contact"] = {"phone": self.contact.phone, "own": self.contact.own}
        if self.masked:
            body["masked"] = list(self.masked)
        if self.truncated:
            body["truncated"] = True
        if self.sent_at is not None:
            body["sent_at"] = self.sent_at
        if self.start:
            body["start"] = self.start
        if self.revokes:
            body["revokes"] = self.revokes
        if self.phone:
            body["phone"] = self.phone
        if self.can_share:
            body["can_share"] = True
        if self.wake:
            body["wake"] = {"intent": self.wake.intent, "entities": self.wake.entities}
        return _dump(body)

    @classmethod
    def from_json(cls, raw: str | bytes) -> Inbound:
        """Undo `to_json`. Raises BadMessage for anything else."""
        body = _load(raw)
        try:
            media = body.get("media")
            contact = body.get("contact")
            return cls(
                id=_text(body, "id"),
                conversation=_text(body, "conversation"),
                kind=_one_of(KINDS, body["kind"]),
                received_at=float(body["received_at"]),
                text=_text(body, "text", ""),
                choice=_text(body, "choice", ""),
                media=Media(media["kind"], media["ref"], media["mime"]) if media else None,
                contact=Contact(contact["phone"], bool(contact["own"])) if contact else None,
                masked=tuple(body.get("masked", ())),
                truncated=bool(body.get("truncated", False)),
                sent_at=None if body.get("sent_at") is None else float(body["sent_at"]),
                start=_text(body, "start", ""),
                revokes=_text(body, "revokes", ""),
                phone=_text(body, "phone", ""),
                can_share=bool(body.get("can_share", False)),
                wake=_wake(body["wake"]) if "wake" in body else None,
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BadMessage("bad_stored_message", f"inbound lacks or garbles {error}") from error


@dataclass(frozen=True)
class Choice:
    """One thing a person can pick: an opaque id that means something in this conversation only, and a label."""

    id: str
    title: str


@dataclass(frozen=True)
class Outbound:
    """One bubble for a person.

    `answers` lists the inbound ids of the turn; `last` marks the turn's final bubble, so that whoever
    waits for a turn knows that it is complete. `turn` counts the conversation's turns from 1.
    """

    id: str
    conversation: str
    created_at: float
    text: str = ""
    choices: tuple[Choice, ...] = ()
    media: Media | None = None
    request_contact: bool = False
    answers: tuple[str, ...] = ()
    turn: int = 0
    last: bool = True
    sender: Sender = "bot"

    def to_json(self) -> str:
        """Compact JSON; fields at their defaults are left out."""
        body: dict[str, Any] = {
            "id": self.id,
            "conversation": self.conversation,
            "created_at": self.created_at,
            "text": self.text,
        }
        if self.choices:
            body["choices"] = [[choice.id, choice.title] for choice in self.choices]
        if self.media:
            body["media"] = {"kind": self.media.kind, "ref": self.media.reference, "mime": self.media.mime}
        if self.request_contact:
            body["request_contact"] = True
        if self.answers:
            body["answers"] = list(self.answers)
        if self.turn:
            body["turn"] = self.turn
        if not self.last:
            body["last"] = False
        if self.sender != "bot":
            body["sender"] = self.sender
        return _dump(body)

    @classmethod
    def from_json(cls, raw: str | bytes) -> Outbound:
        """Undo `to_json`. Raises BadMessage for anything else."""
        body = _load(raw)
        try:
            media = body.get("media")
            return cls(
                id=_text(body, "id"),
                conversation=_text(body, "conversation"),
                created_at=float(body["created_at"]),
                text=_text(body, "text"),
                choices=tuple(Choice(one[0], one[1]) for one in body.get("choices", ())),
                media=Media(media["kind"], media["ref"], media["mime"]) if media else None,
                request_contact=bool(body.get("request_contact", False)),
                answers=tuple(body.get("answers", ())),
                turn=int(body.get("turn", 0)),
                last=bool(body.get("last", True)),
                sender=_one_of(SENDERS, body.get("sender", "bot")),
            )
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            raise BadMessage("bad_stored_message", f"outbound lacks or garbles {error}") from error


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up on, with the error's code, for operators to look at."""

    conversation: str
    lane: str
    code: str
    attempts: int
    at: float
    body: str = field(repr=False)

    def to_json(self) -> str:
        """Compact JSON, as kept on the dead-letter list."""
        return _dump(
            {
                "conversation": self.conversation,
                "lane": self.lane,
                "code": self.code,
                "attempts": self.attempts,
                "at": self.at,
                "body": self.body,
            }
        )


def _dump(body: dict[str, Any]) -> str:
    dumped = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # Platforms cut long texts in the middle of an emoji; half of one cannot be stored as UTF-8.
    return dumped.encode("utf-8", "replace").decode()


def _wake(body: Any) -> Wake:
    return Wake(_text(body, "intent"), tuple((str(name), str(value)) for name, value in body["entities"]))


def _text(body: dict[str, Any], name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _one_of(allowed: tuple[T, ...], value: Any) -> T:
    if value not in allowed:
        raise ValueError(f"one of {allowed}")
    return allowed[allowed.index(value)]


def _load(raw: str | bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise BadMessage("bad_stored_message", "not JSON") from error
    if not isinstance(body, dict):
        raise BadMessage("bad_stored_message", "not a JSON object")
    return body
