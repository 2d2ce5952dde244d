"""Reduces an update to what we read of it, completed with the fields that the library demands.

Emulators and recorded updates often lack fields that Telegram itself always sends, and a field of the wrong
type deep inside must not cost the person's message. So nothing is handed to the library but the fields named
here, each of the right type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.contract.errors import BadMessage

LARGEST_ID = 2**63 - 1
LATEST_SECONDS = 32_503_680_000  # the year 3000; beyond, dates cannot be told
SUPERGROUPS_BELOW = -1_000_000_000_000

Raw = Mapping[str, Any]
# What the library demands of a file besides its ids.
MEDIA: Mapping[str, Raw] = {
    "photo": {"width": 0, "height": 0},
    "voice": {"duration": 0},
    "video": {"width": 0, "height": 0, "duration": 0},
    "animation": {"width": 0, "height": 0, "duration": 0},
    "audio": {"duration": 0},
    "video_note": {"length": 0, "duration": 0},
    "document": {},
}


def number(value: Any) -> int | None:
    """A whole number that can be an id or a time, or None."""
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_ID
    return value if fits else None


def text(value: Any) -> str:
    """A text, empty for anything else."""
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Raw:
    """A JSON object, empty for anything else."""
    return value if isinstance(value, dict) else {}


def complete(update: Raw) -> dict[str, Any]:
    """A new update for `telegram.Update.de_json`. Raises BadMessage when who or where is missing."""
    whole: dict[str, Any] = {"update_id": number(update.get("update_id"))}
    if whole["update_id"] is None:
        raise BadMessage("bad_update", "an update without an id")
    for name, build in _BUILDERS.items():
        if isinstance(update.get(name), dict):
            whole[name] = build(update[name])
    return whole


def _message(raw: Raw) -> dict[str, Any]:
    identity = number(raw.get("message_id"))
    if identity is None:
        raise BadMessage("bad_update", "a message without an id")
    whole: dict[str, Any] = {"message_id": identity, "date": _date(raw), "chat": _chat(raw.get("chat"))}
    if isinstance(raw.get("from"), dict):
        whole["from"] = _user(raw["from"])
    for name in ("text", "caption"):
        if text(raw.get(name)):
            whole[name] = raw[name]
    for name in ("migrate_to_chat_id", "migrate_from_chat_id"):
        if number(raw.get(name)) is not None:
            whole[name] = raw[name]
    if isinstance(raw.get("media_group_id"), str | int):
        whole["media_group_id"] = str(raw["media_group_id"])
    if isinstance(raw.get("contact"), dict):
        whole["contact"] = _contact(raw["contact"])
    for name in MEDIA:
        if name in raw:
            whole[name] = _media(name, raw[name])
    return whole


def _press(raw: Raw) -> dict[str, Any]:
    if not text(raw.get("id")):
        raise BadMessage("bad_update", "a callback query without an id")
    whole: dict[str, Any] = {
        "id": raw["id"],
        "from": _user(mapping(raw.get("from"))),
        "chat_instance": text(raw.get("chat_instance")) or "0",
    }
    if text(raw.get("data")):
        whole["data"] = raw["data"]
    message = mapping(raw.get("message"))
    if number(mapping(message.get("chat")).get("id")) is not None:
        whole["message"] = {
            "message_id": number(message.get("message_id")) or 0,
            "date": _date(message) or 0,
            "chat": _chat(message["chat"]),
        }
    return whole


def _membership(raw: Raw) -> dict[str, Any]:
    member = mapping(raw.get("new_chat_member"))
    user = _user({"id": 0, **mapping(member.get("user"))})
    # Private chats have these two alone, and the library demands ever more fields of the others.
    status = member.get("status") if member.get("status") in ("member", "kicked") else "other"
    return {
        "chat": _chat(raw.get("chat")),
        "from": _user({"id": 0, **mapping(raw.get("from"))}),
        "date": _date(raw) or 0,
        "old_chat_member": {"status": "other", "user": user},
        "new_chat_member": {"status": status, "user": user, "until_date": 0},
    }


def _date(raw: Raw) -> int | None:
    seconds = number(raw.get("date"))
    return seconds if seconds is not None and 0 <= seconds <= LATEST_SECONDS else None


def _chat(raw: Any) -> dict[str, Any]:
    identity = number(mapping(raw).get("id"))
    if not identity:
        raise BadMessage("bad_update", "a chat without an id")
    guess = "private" if identity > 0 else "supergroup" if identity < SUPERGROUPS_BELOW else "group"
    return {"id": identity, "type": text(raw.get("type")) or guess}


def _user(raw: Raw) -> dict[str, Any]:
    identity = number(raw.get("id"))
    if identity is None:
        raise BadMessage("bad_update", "a user without an id")
    return {"id": identity, "is_bot": raw.get("is_bot") is True, "first_name": text(raw.get("first_name"))}


def _contact(raw: Raw) -> dict[str, Any]:
    whole = {"phone_number": text(raw.get("phone_number")), "first_name": text(raw.get("first_name"))}
    owner = number(raw.get("user_id"))
    return whole if owner is None else {**whole, "user_id": owner}


def _media(name: str, raw: Any) -> Any:
    """A file, or the sizes of a photo, of which the last is the largest."""
    if name == "photo":
        sizes = [size for size in raw if isinstance(size, dict)] if isinstance(raw, list) else []
        return [_file(size, MEDIA[name]) for size in sizes[-1:] or [{}]]
    return _file(mapping(raw), MEDIA[name])


def _file(raw: Raw, required: Raw) -> dict[str, Any]:
    reference = text(raw.get("file_id"))
    unique = text(raw.get("file_unique_id")) or reference
    return {"file_id": reference, "file_unique_id": unique, "mime_type": text(raw.get("mime_type")), **required}


_BUILDERS: Mapping[str, Callable[[Raw], dict[str, Any]]] = {
    "message": _message,
    "edited_message": _message,
    "callback_query": _press,
    "my_chat_member": _membership,
}
