"""Chat in the terminal with a running gateway, through the same web chat that people use."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

ANSWER_SECONDS = 30.0
RETRY_SECONDS = 0.5
GREETING = "Tulis pertanyaannya, lalu Enter. Angka memilih tombol. Ctrl-D untuk selesai."


class WebChatClient:
    """One web chat session over HTTP. The cookie jar holds its secret."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    async def open(self) -> None:
        """Get a session, as a browser does by loading the page."""
        async with self._http.get(f"{self._url}/") as response:
            response.raise_for_status()

    async def ask(self, text: str) -> list[dict[str, Any]]:
        """Send a text and wait for its answer. Raises TimeoutError and aiohttp.ClientError."""
        message_id = uuid.uuid4().hex
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._post({"id": message_id, "text": text})
            return [body async for body in self._answers(message_id)]

    async def _post(self, body: dict[str, str]) -> None:
        while True:
            async with self._http.post(f"{self._url}/chat/messages", json=body) as response:
                if response.status == 202:
                    return
                if response.status not in (429, 503):
                    error = (await response.json())["error"]
                    raise aiohttp.ClientPayloadError(error["message"])
            await asyncio.sleep(RETRY_SECONDS)

    async def _answers(self, message_id: str) -> AsyncIterator[dict[str, Any]]:
        async with self._http.get(f"{self._url}/chat/events") as response:
            async for line in response.content:
                if not line.startswith(b"data: "):
                    continue
                body = json.loads(line[len(b"data: ") :])
                if message_id in body["answers"]:
                    yield body
                    if body["last"]:
                        return


def as_text(body: dict[str, Any]) -> str:
    """A bubble for a terminal: the text, then its numbered choices."""
    choices = [f"  [{number}] {choice['title']}" for number, choice in enumerate(body["choices"], start=1)]
    return "\n".join([body["text"], *([""] if choices else []), *choices])


async def chat(url: str, text: str | None) -> int:
    """One answer for `text`, or a conversation until the input ends. The exit code."""
    # The gateway speaks plain HTTP on loopback; its cookie must be kept for an IP address too.
    jar = aiohttp.CookieJar(unsafe=True)
    limits = aiohttp.ClientTimeout(total=None, sock_connect=5)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=limits) as http:
        client = WebChatClient(http, url)
        try:
            await client.open()
            if text is not None:
                print("\n\n".join(as_text(body) for body in await client.ask(text)))
                return 0
            print(GREETING)
            while line := await asyncio.to_thread(_read_line):
                for body in await client.ask(line):
                    print(f"\n{as_text(body)}\n")
        except TimeoutError:
            print(f"no answer within {ANSWER_SECONDS:g} s; see ./kawan doctor", file=sys.stderr)
            return 1
        except aiohttp.ClientError as error:
            print(f"cannot talk to {url}: {error}", file=sys.stderr)
            return 1
    return 0


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
        return asyncio.run(chat(arguments.url, " ".join(arguments.text) or None))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
