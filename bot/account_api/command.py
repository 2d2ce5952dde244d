"""The `link` command: asks a running server's dashboard for a link and prints what to open or to send."""

from __future__ import annotations

import asyncio
import re
import sys

import aiohttp

WAIT_SECONDS = 15.0

_ID = re.compile(r"[a-z]{1,20}", re.ASCII)


def ask_for_link(url: str, person: str, channel: str) -> int:
    """Prints the address, or the text where there is none to open. The exit code."""
    if not _ID.fullmatch(person):
        sys.stderr.write("--person is no id of a person; `people` lists them\n")
        return 2
    try:
        status, lead = asyncio.run(_ask(f"{url.rstrip('/')}/dashboard/people/{person}/links", channel))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        sys.stderr.write(f"no answer from the account API at {url} ({type(error).__name__}); start it, or give --url\n")
        return 1
    if status != 200:
        sys.stderr.write(f"the account API at {url} made no link: {lead.get('title', status)}\n")
        return 1
    sys.stdout.write(f"{lead['url'] or lead['text']}\n")
    return 0


async def _ask(address: str, channel: str) -> tuple[int, dict[str, str]]:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WAIT_SECONDS)) as session,
        session.post(address, json={"channel": channel}) as answer,
    ):
        return answer.status, await answer.json(content_type=None)
