"""The Bot API's methods, with the real server's checks and refusals."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from tests.fakes.telegram.chats import Bubble, Chat, Content
from tests.fakes.telegram.errors import (
    NOT_MODIFIED,
    QUERY_TOO_OLD,
    WEBHOOK_ACTIVE,
    ApiError,
    bad_request,
    blocked,
    deactivated,
)
from tests.fakes.telegram.keyboards import Markup, read_markup
from tests.fakes.telegram.markup import parse_html, trimmed, utf16_length
from tests.fakes.telegram.parameters import Parameters
from tests.fakes.telegram.updates import MOST_UPDATES, QUERY_SECONDS
from tests.fakes.telegram.webhook import DEFAULT_CONNECTIONS, Deliverer, Hook
from tests.fakes.telegram.world import World

LONGEST_TEXT_UNITS = 4096
LONGEST_TOAST = 200
LONGEST_SECRET = 256
MOST_COMMANDS = 100
LONGEST_DESCRIPTION = 256
DELETABLE_SECONDS = 48 * 3600.0
ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]*")

Method = Callable[[Parameters], Awaitable[Any]]


class Methods:
    """Finds a method by its name, letter case ignored, as the real server does."""

    def __init__(self, world: World, deliverer: Deliverer) -> None:
        self._world = world
        self._deliverer = deliverer
        methods: list[Method] = [
            self.getMe,
            self.getUpdates,
            self.setWebhook,
            self.deleteWebhook,
            self.getWebhookInfo,
            self.sendMessage,
            self.editMessageText,
            self.editMessageReplyMarkup,
            self.deleteMessage,
            self.answerCallbackQuery,
            self.sendChatAction,
            self.getChat,
            self.setMyCommands,
            self.getMyCommands,
            self.deleteMyCommands,
        ]
        self._methods = {method.__name__.lower(): method for method in methods}

    def name(self, method: str) -> str:
        """The method's proper name. Raises ApiError (404)."""
        found = self._methods.get(method.lower())
        if found is None:
            raise ApiError(404, "Not Found")
        return str(found.__name__)

    async def call(self, method: str, parameters: Parameters) -> Any:
        """The method's result. Raises ApiError."""
        return await self._methods[self.name(method).lower()](parameters)

    async def getMe(self, _: Parameters) -> Any:
        return {
            **self._world.bot.user(),
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    async def getUpdates(self, call: Parameters) -> Any:
        if self._deliverer.hook.url:
            raise ApiError(409, WEBHOOK_ACTIVE)
        self._allow(call)
        limit = min(max(call.integer("limit", MOST_UPDATES), 1), MOST_UPDATES)
        return await self._world.updates.poll(call.integer("offset", 0), limit, max(call.integer("timeout", 0), 0))

    async def setWebhook(self, call: Parameters) -> Any:
        url, secret = call.text("url"), call.text("secret_token")
        if len(secret) > LONGEST_SECRET:
            raise bad_request("secret token is too long")
        if not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        if url and not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if call.flag("drop_pending_updates"):
            self._world.updates.clear()
        self._allow(call)
        connections = min(max(call.integer("max_connections", DEFAULT_CONNECTIONS), 1), 100)
        await self._deliverer.set(Hook(url, secret, connections))
        if url:
            self._world.updates.interrupt()
        return True

    async def deleteWebhook(self, call: Parameters) -> Any:
        if call.flag("drop_pending_updates"):
            self._world.updates.clear()
        await self._deliverer.set(Hook())
        return True

    async def getWebhookInfo(self, _: Parameters) -> Any:
        hook = self._deliverer.hook
        info: Content = {
            "url": hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._world.updates),
        }
        if self._deliverer.last_error:
            at, message = self._deliverer.last_error
            info |= {"last_error_date": int(at), "last_error_message": message}
        if hook.url:
            info |= {"max_connections": hook.connections, "ip_address": "127.0.0.1"}
        if self._world.updates.allowed is not None:
            info["allowed_updates"] = self._world.updates.allowed
        return info

    async def sendMessage(self, call: Parameters) -> Any:
        text, entities = self._text(call)
        markup = self._markup(call)
        chat = self._writable(call)
        self._check_reply(call, chat)
        self._world.keep_pace(chat.id)
        bubble = Bubble(self._world.next_message(), "bot", self._world.clock(), "text", text, entities, *_shown(markup))
        return self._world.bot_message(chat, chat.add(bubble))

    async def editMessageText(self, call: Parameters) -> Any:
        text, entities = self._text(call)
        chat, bubble = self._own_message(call)
        return self._change(chat, bubble, text, entities, self._markup(call))

    async def editMessageReplyMarkup(self, call: Parameters) -> Any:
        chat, bubble = self._own_message(call)
        return self._change(chat, bubble, bubble.text, bubble.entities, self._markup(call))

    async def deleteMessage(self, call: Parameters) -> Any:
        chat = self._writable(call)
        bubble = chat.find(call.integer("message_id", 0))
        if bubble is None:
            raise bad_request("message to delete not found")
        if self._world.clock() - bubble.at > DELETABLE_SECONDS:
            raise bad_request("message can't be deleted for everyone")
        bubble.deleted = True
        chat.touch(bubble)
        return True

    async def answerCallbackQuery(self, call: Parameters) -> Any:
        text = call.text("text")
        query = self._world.queries.get(call.text("callback_query_id"))
        if query is None or self._world.clock() - query.at > QUERY_SECONDS:
            raise bad_request(QUERY_TOO_OLD)
        if len(text) > LONGEST_TOAST:
            raise bad_request("MESSAGE_TOO_LONG")
        query.answered_at = self._world.clock()
        if text:
            self._world.toast(query, text, alert=call.flag("show_alert"))
        return True

    async def sendChatAction(self, call: Parameters) -> Any:
        if call.text("action") not in ACTIONS:
            raise bad_request("wrong parameter action in request")
        chat = self._writable(call)
        if call.text("action") == "typing":
            chat.typing_at.append(self._world.clock())
        return True

    async def getChat(self, call: Parameters) -> Any:
        chat = self._chat(call)
        return {**chat.described(), "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}

    async def setMyCommands(self, call: Parameters) -> Any:
        commands = call.data("commands", "commands")
        if not isinstance(commands, list):
            raise bad_request("expected an Array of BotCommand")
        if len(commands) > MOST_COMMANDS:
            raise bad_request("too many commands specified")
        self._world.commands[_scope(call)] = [_command(one) for one in commands]
        return True

    async def getMyCommands(self, call: Parameters) -> Any:
        return self._world.commands.get(_scope(call), [])

    async def deleteMyCommands(self, call: Parameters) -> Any:
        self._world.commands.pop(_scope(call), None)
        return True

    def _allow(self, call: Parameters) -> None:
        """What is not given stays as it was; an empty list means the default."""
        kinds = call.data("allowed_updates", "allowed updates")
        if isinstance(kinds, list):
            self._world.updates.allowed = [str(kind) for kind in kinds] or None

    def _text(self, call: Parameters) -> tuple[str, list[Content]]:
        source = call.text("text")
        if not source:
            raise bad_request("message text is empty")
        mode = call.text("parse_mode").lower()
        if mode not in {"", "html"}:
            raise bad_request(f"this fake server reads no {mode}" if "markdown" in mode else "unsupported parse_mode")
        text, entities = trimmed(*(parse_html(source) if mode else (source, _entities(call))))
        if not text:
            raise bad_request("text must be non-empty")
        if utf16_length(text) > LONGEST_TEXT_UNITS:
            raise bad_request("message is too long")
        return text, entities

    def _markup(self, call: Parameters) -> Markup:
        return read_markup(call.data("reply_markup", "reply keyboard markup"))

    def _chat(self, call: Parameters) -> Chat:
        if not call.text("chat_id").strip():
            raise bad_request("chat_id is empty")
        chat = self._world.chats.get(call.integer("chat_id", 0))
        if chat is None or not chat.started:
            raise bad_request("chat not found")
        return chat

    def _writable(self, call: Parameters) -> Chat:
        chat = self._chat(call)
        if chat.deactivated:
            raise deactivated()
        if chat.blocked:
            raise blocked()
        return chat

    def _check_reply(self, call: Parameters, chat: Chat) -> None:
        reply = call.data("reply_parameters", "reply parameters")
        if not isinstance(reply, dict) or reply.get("allow_sending_without_reply") is True:
            return
        wanted = reply.get("message_id")
        if not isinstance(wanted, int) or chat.find(wanted) is None:
            raise bad_request("message to be replied not found")

    def _own_message(self, call: Parameters) -> tuple[Chat, Bubble]:
        chat = self._writable(call)
        bubble = chat.find(call.integer("message_id", 0))
        if bubble is None:
            raise bad_request("message to edit not found")
        if bubble.sender != "bot":
            raise bad_request("message can't be edited")
        return chat, bubble

    def _change(self, chat: Chat, bubble: Bubble, text: str, entities: list[Content], markup: Markup) -> Content:
        if (bubble.text, bubble.entities, bubble.buttons) == (text, entities, markup.buttons):
            raise bad_request(NOT_MODIFIED)
        self._world.keep_pace(chat.id)
        bubble.text, bubble.entities, bubble.buttons, bubble.edited = text, entities, markup.buttons, True
        chat.touch(bubble)
        return self._world.bot_message(chat, bubble)


_NO_GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}


def _entities(call: Parameters) -> list[Content]:
    given = call.data("entities", "entities")
    if not isinstance(given, list):
        return []
    whole = [one for one in given if isinstance(one, dict) and isinstance(one.get("type"), str)]
    return [one for one in whole if isinstance(one.get("offset"), int) and isinstance(one.get("length"), int)]


def _shown(markup: Markup) -> tuple[Any, Any]:
    return markup.buttons, markup.keyboard


def _scope(call: Parameters) -> tuple[str, str]:
    scope = call.data("scope", "BotCommandScope")
    kind = str(scope.get("type", "default")) if isinstance(scope, dict) else "default"
    return kind, call.text("language_code")


def _command(value: Any) -> Content:
    if not isinstance(value, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, description = str(value.get("command", "")).removeprefix("/"), str(value.get("description", ""))
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= LONGEST_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}
