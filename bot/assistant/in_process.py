"""Runs rasa-sdk actions inside the worker: no HTTP, no schema check of our own replies, but a time limit.

A remote call costs about 20 ms, most of it spent on rebuilding a JSON schema and on sending the domain.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection as SdkRejection

from actions.account_action import with_tools
from actions.tools import Tools
from bot.contract.logs import fields

logger = logging.getLogger(__name__)


class ActionRoom:
    """All actions of the package `actions`, ready to run. The time limit cuts only what awaits."""

    def __init__(self, package: str, seconds: float) -> None:
        self._executor = ActionExecutor()
        self._executor.register_package(package)
        self._seconds = seconds

    def equip(self, tools: Tools) -> None:
        """Put actions that hold these tools in the place of those that would make their own."""
        for action in with_tools(tools):
            self._executor.register_action(action)

    def has(self, name: str) -> bool:
        """Whether an action of that name is registered."""
        return name in self._executor.actions

    async def run(self, name: str, tracker: DialogueStateTracker) -> dict[str, Any]:
        """The action's events and responses. Raises TimeoutError after the time limit, and what the action raises."""
        return await self.answer(
            {
                "next_action": name,
                "sender_id": tracker.sender_id,
                "tracker": tracker.current_state(EventVerbosity.AFTER_RESTART),
                "domain": {},
            }
        )

    async def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """What an action server would answer to this request; raises as `run` does."""
        try:
            result: dict[str, Any] = await asyncio.wait_for(self._executor.run(call), self._seconds) or {}
        except asyncio.TimeoutError:
            logger.error("action took too long", extra=fields(action=call["next_action"]))
            raise
        except SdkRejection as error:
            # Rasa knows only its own: the policies then choose another action.
            raise ActionExecutionRejection(error.action_name) from error
        except Exception:
            # Rasa swallows it; without this line nobody would ever hear of it.
            logger.exception("action failed", extra=fields(action=call["next_action"]))
            raise
        return result


class InProcessEndpoint(EndpointConfig):
    """Stands where Rasa expects an action server, for the actions that it calls by itself: validation in forms."""

    def __init__(self, room: ActionRoom) -> None:
        super().__init__(url="in-process")
        self._room = room

    async def request(self, *_: Any, json: dict[str, Any], **__: Any) -> dict[str, Any]:
        """Answer without a network."""
        return await self._room.answer(json)


class InProcessAction(Action):
    """What Rasa sees of one of our actions."""

    def __init__(self, name: str, room: ActionRoom) -> None:
        self._name = name
        self._room = room

    def name(self) -> str:
        """The name in the domain."""
        return self._name

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> list[Event]:
        """Run it and translate its answer, as Rasa does for a remote action."""
        result = await self._room.run(self._name, tracker)
        said = await RemoteAction._utter_responses(result.get("responses", []), output_channel, nlg, tracker)
        return [*said, *deserialise_events(result.get("events", []))]
