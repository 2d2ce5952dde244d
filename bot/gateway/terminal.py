"""Chat in the terminal with a running gateway, through the same web chat that people use."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import aiohttp

from bot.contract.errors import KawanError

ANSWER_SECONDS = 30.0
RETRY_SECONDS = 0.5
GREETING = "Tulis pertanyaannya, lalu Enter. Angka memilih tombol. Ctrl-D untuk selesai."


T = TypeVar("T")


class Refused(KawanError):
    """The gateway will not take this message, and says why."""


class WebChatClient:
    """One web chat session over HTTP. The cookie jar holds its secret."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        # The gateway may be asked by IP address and over plain HTTP; its cookie must be kept all the same.
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=url)
        limits = aiohttp.ClientTimeout(total=None, sock_connect=5)
        self._http = aiohttp.ClientSession(cookie_jar=jar, timeout=limits)

    async def open(self) -> None:
        """Get a session, as a browser does by loading the page. Raises aiohttp.ClientError."""
        async with self._http.get(f"{self._url}/") as response:
            response.raise_for_status()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def ask(self, text: str) -> list[dict[str, Any]]:
        """Send a text and wait for its answer, also through a restart. Raises TimeoutError and Refused."""
        message_id = uuid.uuid4().hex
        async with asyncio.timeout(ANSWER_SECONDS):
            await _insist(lambda: self._post({"id": message_id, "text": text}))
            return await _insist(lambda: self._answer(message_id))

    async def _post(self, body: dict[str, str]) -> bool:
        async with self._http.post(f"{self._url}/chat/messages", json=body) as response:
            return await _taken(response)

    async def _answer(self, message_id: str) -> list[dict[str, Any]]:
        """The bubbles of an answer; none when the stream ended before the last one."""
        bubbles = []
        async with self._http.get(f"{self._url}/chat/events") as response:
            if not await _taken(response):
                return []
            async for line in response.content:
                if not line.startswith(b"data: "):
                    continue
                body = json.loads(line[len(b"data: ") :])
                if message_id in body["answers"]:
                    bubbles.append(body)
                    if body["last"]:
                        return bubbles
        return []


async def _taken(response: aiohttp.ClientResponse) -> bool:
    """False when the gateway asks for patience. Raises Refused."""
    if response.ok or response.status in (429, 503):
        return response.ok
    raise Refused((await response.json())["error"]["message"])


async def _insist(attempt: Callable[[], Awaitable[T]]) -> T:
    """Repeat until there is a result: the gateway or Redis may be restarting, and message ids make it harmless."""
    while True:
        with suppress(aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
            result = await attempt()
            if result:
                return result
        await asyncio.sleep(RETRY_SECONDS)


def as_text(body: dict[str, Any]) -> str:
    """A bubble for a terminal: the text, then its numbered choices."""
    choices = [f"  [{number}] {choice['title']}" for number, choice in enumerate(body["choices"], start=1)]
    return "\n".join([body["text"], *([""] if choices else []), *choices])


def chat(url: str, text: str | None) -> int:
    """One answer for `text`, or a conversation until the input ends. The exit code."""
    # Between questions nothing of asyncio runs, so that Ctrl-C ends the waiting for a line at once.
    with asyncio.Runner() as runner:
        client = runner.run(_client(url))
        try:
            runner.run(client.open())
            if text is not None:
                print("\n\n".join(as_text(body) for body in runner.run(client.ask(text))))
                return 0
            print(GREETING)
            while line := _read_line():
                for body in runner.run(client.ask(line)):
                    print(f"\n{as_text(body)}\n")
        except (Refused, aiohttp.ClientError) as error:
            print(f"cannot talk to {url}: {error}", file=sys.stderr)
            return 1
        except TimeoutError:
            print(f"no answer within {ANSWER_SECONDS:g} s; see ./kawan doctor", file=sys.stderr)
            return 1
        finally:
            runner.run(client.close())
    return 0


async def _client(url: str) -> WebChatClient:
    return WebChatClient(url)


def _read_line() -> str:
    """The next line that holds something; empty at the end of the input."""
    try:
        while True:
            line = input("> ").strip()
            if line:
                return line
    except EOFError:
        return ""


def main() -> int:
    """Parse the command line and chat."""
    parser = argparse.ArgumentParser(description="Chat in the terminal.")
    parser.add_argument("--url", required=True, help="where the gateway listens")
    parser.add_argument("text", nargs="*", help="one question; without it, a conversation")
    arguments = parser.parse_args()
    try:
        return chat(arguments.url, " ".join(arguments.text) or None)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
