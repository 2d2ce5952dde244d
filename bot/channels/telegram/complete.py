"""Fills in what python-telegram-bot insists on and updates sometimes lack, so that no message is lost over a detail."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

MESSAGES = ("message", "edited_message")


def complete(update: Json, *, now: int) -> Json:
    """A copy of the update with defaults where required fields are missing; what is there stays as it is."""
    filled = dict(update)
    for name in MESSAGES:
        if isinstance(filled.get(name), dict):
            filled[name] = _message(filled[name], now)
    query = filled.get("callback_query")
    if isinstance(query, dict):
        filled["callback_query"] = _query(query, now)
    member = filled.get("my_chat_member")
    if isinstance(member, dict):
        filled["my_chat_member"] = {"date": now, **member, **_chat_of(member), **_sender_of(member)}
    return filled


def _message(message: Json, now: int) -> Json:
    filled = {"date": now, "message_id": 0, **message, **_chat_of(message), **_sender_of(message)}
    # Nested messages are of no use here and have as many required fields again.
    for name in ("reply_to_message", "pinned_message", "external_reply"):
        filled.pop(name, None)
    contact = message.get("contact")
    if isinstance(contact, dict):
        filled["contact"] = {"phone_number": "", "first_name": "", **contact}
    return filled


def _query(query: Json, now: int) -> Json:
    filled = {"chat_instance": "", **query, **_sender_of(query)}
    message = query.get("message")
    if isinstance(message, dict):
        filled["message"] = _message(message, now)
    return filled


def _sender_of(body: Json) -> Json:
    sender = body.get("from")
    return {"from": {"is_bot": False, "first_name": "", **sender}} if isinstance(sender, dict) else {}


def _chat_of(body: Json) -> Json:
    chat = body.get("chat")
    if not isinstance(chat, dict):
        return {}
    private = isinstance(chat.get("id"), int) and chat["id"] > 0
    return {"chat": {"type": "private" if private else "group", **chat}}
