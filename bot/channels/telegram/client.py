"""The connection to the Bot API: one pool for sending, one for fetching."""

from __future__ import annotations

from typing import Any

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.channels.telegram.profile import BotProfile

CONNECTIONS = 64
CONNECT_SECONDS = 5.0
POOL_SECONDS = 10.0
ANSWER_SECONDS = 15.0
WRITE_SECONDS = 10.0

RAW = "kawan_raw"


class Answers(HTTPXRequest):
    """Leaves of an answer what we use, so that a detail which the library cannot read costs nothing.

    A message that was taken and whose answer cannot be read would be sent once more. Servers of the Bot API
    that are not Telegram's own leave out required fields or give a date in milliseconds.
    """

    __slots__ = ()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer; a message in it keeps its id and chat, a user is said to be what it is asked for: a bot."""
        answer = HTTPXRequest.parse_json_payload(payload)
        result = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(result, dict) or not answer.get("ok"):
            return answer
        if "message_id" in result:
            chat = result.get("chat")
            known = chat if isinstance(chat, dict) else {}
            answer["result"] = {
                "message_id": result["message_id"],
                "date": 0,
                "chat": {"id": 0, "type": "private", **known},
            }
        elif "first_name" in result:
            answer["result"] = {"is_bot": True, **result}
        return answer


class RawUpdates(HTTPXRequest):
    """Fetches updates without interpreting them.

    The library parses a batch as a whole, so that one update it cannot read would hide its neighbours for ever.
    Here each update keeps only its id for the library, and its content as it came under `RAW`.
    """

    __slots__ = ()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer, with every update wrapped; what has no id cannot be confirmed and is left out."""
        answer = HTTPXRequest.parse_json_payload(payload)
        updates = answer.get("result") if isinstance(answer, dict) else None
        if isinstance(updates, list):
            answer["result"] = [
                {"update_id": update["update_id"], RAW: update}
                for update in updates
                if isinstance(update, dict) and type(update.get("update_id")) is int
            ]
        return answer


class Client:
    """A bot and its connections. Bound to the event loop on which it is made; needs no network until used."""

    def __init__(self, profile: BotProfile) -> None:
        self._requests = (
            Answers(
                connection_pool_size=CONNECTIONS,
                connect_timeout=CONNECT_SECONDS,
                pool_timeout=POOL_SECONDS,
                read_timeout=ANSWER_SECONDS,
                write_timeout=WRITE_SECONDS,
            ),
            RawUpdates(
                connection_pool_size=2,
                connect_timeout=CONNECT_SECONDS,
                pool_timeout=POOL_SECONDS,
                read_timeout=ANSWER_SECONDS,
                write_timeout=WRITE_SECONDS,
            ),
        )
        # Bot.initialize would ask the platform at once, and put the token into its exception.
        self.bot = Bot(
            profile.token,
            base_url=f"{profile.api_url}/bot",
            base_file_url=f"{profile.api_url}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )

    async def close(self) -> None:
        """Close all connections."""
        for request in self._requests:
            await request.shutdown()
