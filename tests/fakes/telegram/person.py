"""A person with a phone: what they do in the chat with the bot, and what they see there."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.fakes.page import CannotDo, NotKnown
from tests.fakes.telegram.chats import Bubble, Button, Chat, Content, Toast
from tests.fakes.telegram.world import World

READ_SECONDS = 10.0
LOOK_SECONDS = 0.005
GROUP = -1_001_000_000_001
CHANNEL = -1_001_000_000_002
STRANGER = 999_000_001


class Person:
    """One person. Every verb happens at once and puts an update into the bot's queue; it returns the message's id."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self._chat = chat
        self._read = 0

    @property
    def id(self) -> int:
        """The person's number, which is also the chat's."""
        return self._chat.id

    @property
    def phone(self) -> str:
        """The number of their account, as Telegram tells it: without a plus sign."""
        return f"62812{self.id % 100_000_000:08d}"

    @property
    def seen(self) -> list[Bubble]:
        """All bubbles of the chat that are there now, of both sides, in order."""
        return [bubble for bubble in self._chat.bubbles if not bubble.deleted]

    @property
    def answers(self) -> list[Bubble]:
        """The bot's bubbles among them."""
        return [bubble for bubble in self.seen if bubble.sender == "bot"]

    @property
    def toasts(self) -> list[Toast]:
        """What presses brought up."""
        return self._chat.toasts

    @property
    def spinning(self) -> int:
        """Presses that the bot has not answered yet: their buttons show a spinner."""
        return sum(query.chat == self.id and query.answered_at is None for query in self._world.queries.values())

    async def read(self, count: int = 1, seconds: float = READ_SECONDS) -> list[Bubble]:
        """The bot's next `count` bubbles that were not read yet; waits for them. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while len(self.answers) < self._read + count:
                await asyncio.sleep(LOOK_SECONDS)
        bubbles = self.answers[self._read : self._read + count]
        self._read += count
        return bubbles

    def start(self, payload: str = "") -> int:
        """Presses Start, perhaps after a deep link t.me/bot?start=payload."""
        text = f"/start {payload}".strip()
        if self._chat.blocked:
            self.unblock()
        return self._send("text", text, {"text": text, "entities": [_command(0, len("/start"))]})

    def write(self, text: str) -> int:
        """Writes a text; what begins with / is a command."""
        if not text.strip():
            raise CannotDo("an empty text cannot be sent")
        extra: Content = {"text": text}
        command = text.split(maxsplit=1)[0]
        if text.startswith("/") and len(command) > 1:
            extra["entities"] = [_command(0, len(command))]
        return self._send("text", text, extra)

    def press(self, button: str, message_id: int | None = None, *, forged: bool = False) -> str:
        """Presses a button by its title or data, on the newest message that has it, or on one message.

        Returns the callback query's id (for a key of the reply keyboard: the message's). `forged`: sends any data
        from under a message that is not accessible any more.
        """
        self._awake()
        if forged:
            gone = {"chat": self._chat.described(), "message_id": message_id or 1, "date": 0}
            return self._world.ask(self._chat, button, gone).id
        for bubble in reversed(self.answers):
            found = next((one for row in bubble.buttons for one in row if button in {one.title, one.data}), None)
            if found and message_id in {None, bubble.message_id}:
                if found.url:
                    raise CannotDo("this button opens a page")
                return self._world.ask(self._chat, found.data, self._world.bot_message(self._chat, bubble)).id
        key = next((one for row in self._chat.keyboard for one in row if one.title == button), None)
        if key is None:
            raise NotKnown(f"no button {button!r}")
        return str(self._use(key))

    def edit(self, message_id: int, text: str) -> int:
        """Changes an earlier text of theirs."""
        self._awake()
        bubble = self._chat.find(message_id)
        if bubble is None or bubble.sender != "person" or bubble.kind != "text":
            raise NotKnown(f"no text of theirs with id {message_id}")
        bubble.text, bubble.edited = text, True
        self._chat.touch(bubble)
        content = self._world.message(self._chat, message_id, {"text": text, "edit_date": int(self._world.clock())})
        content["date"] = int(bubble.at)
        self._world.updates.add("edited_message", self.id, content)
        return message_id

    def share_contact(self, *, own: bool = True, forwarded: bool = False) -> int:
        """Sends a contact card: their own by the key that the bot showed, or somebody else's."""
        contact: Content = {"phone_number": self.phone if own else "+6281299990000", "first_name": self._chat.name}
        if own:
            contact["user_id"] = self.id
        else:
            contact["first_name"] = "Teman"
        extra: Content = {"contact": contact}
        if forwarded:
            extra["forward_origin"] = {"type": "hidden_user", "sender_user_name": "Teman", "date": 1}
        return self._send("contact", contact["first_name"], extra)

    def send_photo(self, caption: str = "") -> int:
        """Sends a picture."""
        return self._send("photo", caption, {**_photo(self._world.next_message()), **_caption(caption)})

    def album(self, count: int = 3, caption: str = "") -> list[int]:
        """Sends pictures as one album; the caption is the first one's."""
        group = str(13_000_000_000 + self._world.next_message())
        return [
            self._send(
                "photo",
                caption if number == 0 else "",
                {**_photo(number), **_caption(caption if number == 0 else ""), "media_group_id": group},
            )
            for number in range(count)
        ]

    def sticker(self) -> int:
        """Sends a sticker."""
        sticker = {**_file("sticker"), "type": "regular", "width": 512, "height": 512, "emoji": "👍"}
        return self._send("sticker", "👍", {"sticker": {**sticker, "is_animated": False, "is_video": False}})

    def voice(self) -> int:
        """Sends a voice note."""
        return self._send("voice", "", {"voice": {**_file("voice"), "duration": 4, "mime_type": "audio/ogg"}})

    def location(self) -> int:
        """Sends where they are."""
        return self._send("location", "", {"location": {"latitude": -6.2, "longitude": 106.8}})

    def block(self) -> None:
        """Blocks the bot."""
        self._membership(True)

    def unblock(self) -> None:
        """Takes the bot back."""
        self._membership(False)

    def deactivate(self) -> None:
        """Deletes their account."""
        self._chat.deactivated = True

    def group_message(self, text: str = "Halo semua") -> int:
        """Writes in a group that the bot is in."""
        group = {"id": GROUP, "type": "supergroup", "title": "Grup warga"}
        message = self._world.message(self._chat, self._world.next_message(), {"chat": group, "text": text})
        self._world.updates.add("message", GROUP, message)
        return int(message["message_id"])

    def channel_post(self, text: str = "Pengumuman") -> int:
        """Posts in a channel that the bot is in."""
        channel = {"id": CHANNEL, "type": "channel", "title": "Kabar"}
        post: Content = {
            "message_id": self._world.next_message(),
            "sender_chat": channel,
            "chat": channel,
            "date": int(self._world.clock()),
            "text": text,
        }
        self._world.updates.add("channel_post", CHANNEL, post)
        return int(post["message_id"])

    def _use(self, key: Button) -> int:
        return self.share_contact() if key.contact else self.write(key.title)

    def _send(self, kind: str, text: str, extra: Content) -> int:
        self._awake()
        message_id = self._world.next_message()
        self._chat.started = True
        self._chat.add(Bubble(message_id, "person", self._world.clock(), kind, text))
        self._world.updates.add("message", self.id, self._world.message(self._chat, message_id, extra))
        return message_id

    def _awake(self) -> None:
        if self._chat.deactivated:
            raise CannotDo("this account is deleted")
        if self._chat.blocked:
            raise CannotDo("the bot is blocked; unblock it first")

    def _membership(self, blocks: bool) -> None:
        if self._chat.blocked == blocks:
            return
        self._chat.blocked = blocks
        text = "Bot diblokir" if blocks else "Blokir dibuka"
        self._chat.add(Bubble(self._world.next_message(), "notice", self._world.clock(), "notice", text))
        bot = self._world.bot.user()
        banned: dict[str, Any] = {"user": bot, "status": "kicked", "until_date": 0}
        member: dict[str, Any] = {"user": bot, "status": "member"}
        content = {
            "chat": self._chat.described(),
            "from": self._chat.user(),
            "date": int(self._world.clock()),
            "old_chat_member": member if blocks else banned,
            "new_chat_member": banned if blocks else member,
        }
        self._world.updates.add("my_chat_member", self.id, content)


def _command(offset: int, length: int) -> Content:
    return {"type": "bot_command", "offset": offset, "length": length}


def _caption(caption: str) -> Content:
    return {"caption": caption} if caption else {}


def _file(name: str) -> Content:
    return {"file_id": f"fake-{name}", "file_unique_id": f"unique-{name}", "file_size": 20_000}


def _photo(number: int) -> Content:
    sizes = [{**_file(f"photo-{number}-{side}"), "width": side, "height": side} for side in (90, 320, 800)]
    return {"photo": sizes}
