"""The webhook addresses of all platforms: whose request is it, what does it say, is it stored, what to answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from aiohttp import web

from bot.channels.bodies import BODY_SECONDS
from bot.channels.platform import Account, Event, RawRequest, RawResponse, Verified
from bot.contract.errors import BadMessage, MailboxFull
from bot.contract.logs import fields

FULL_RETRY_SECONDS = 5
BODY_LIMIT = 3 * 1024 * 1024  # Meta batches up to this; a refused batch would come again for a week

Store = Callable[[Account, Event], Awaitable[None]]
Refusals = Callable[[str, str], None]

logger = logging.getLogger(__name__)


class Webhooks:
    """Routes for accounts. Answers 2xx only after everything that a request said is stored.

    - A request that fits no account is refused with 403 before anything in it is read.
    - A body that cannot be read is logged by its size and acknowledged: sent again it would be as unreadable,
      and platforms hold back what is behind it.
    - Redis away or a mailbox full: 503, so that the platform sends it again.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        store: Store,
        refused: Refusals,
        *,
        public_url: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._refused = refused
        self._public_url = public_url
        self._clock = clock
        self._by_path: dict[str, list[Account]] = defaultdict(list)
        for account in accounts:
            if account.path:
                self._by_path[account.path].append(account)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """POST and GET for each address."""
        routes: list[web.AbstractRouteDef] = []
        for path, accounts in self._by_path.items():
            routes.append(web.post(path, self._receiver(accounts)))
            routes.append(web.get(path, self._greeter(accounts), allow_head=False))
        return routes

    def _receiver(self, accounts: Sequence[Account]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def receive(request: web.Request) -> web.Response:
            raw = await self._read(request)
            verdicts = {account: account.verify(raw) for account in accounts}
            own = [account for account, verdict in verdicts.items() if verdict is Verified.OK]
            if not own:
                missing = all(verdict is Verified.MISSING for verdict in verdicts.values())
                return self._refuse(accounts[0], "unsigned" if missing else "forged")
            for account in own:
                await self._take(account, raw)
            return _answer(own[0].acknowledge(raw))

        return receive

    def _greeter(self, accounts: Sequence[Account]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def greet(request: web.Request) -> web.Response:
            raw = await self._read(request)
            for account in accounts:
                answer = account.handshake(raw)
                if answer is not None:
                    return _answer(answer)
            return self._refuse(accounts[0], "handshake")

        return greet

    async def _take(self, account: Account, raw: RawRequest) -> None:
        try:
            events = account.parse(raw)
        except BadMessage as error:
            self._put_aside(account, raw, error.code)
            return
        except Exception:
            # An adapter's own mistake; sent again, it would be made again.
            logger.exception("parser failed", extra=fields(channel=account.platform, bytes=len(raw.body)))
            self._put_aside(account, raw, "parser_failed")
            return
        for event in events:
            try:
                await self._store(account, event)
            except BadMessage as error:
                self._put_aside(account, raw, error.code)
            except MailboxFull:
                raise web.HTTPServiceUnavailable(headers={"Retry-After": str(FULL_RETRY_SECONDS)}) from None

    def _put_aside(self, account: Account, raw: RawRequest, code: str) -> None:
        self._refused(account.platform, code)
        logger.warning("webhook not readable", extra=fields(channel=account.platform, code=code, bytes=len(raw.body)))

    def _refuse(self, account: Account, reason: str) -> web.Response:
        self._refused(account.platform, reason)
        logger.warning("webhook refused", extra=fields(channel=account.platform, reason=reason))
        return web.Response(status=403)

    async def _read(self, request: web.Request) -> RawRequest:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.clone(client_max_size=BODY_LIMIT).read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        url = f"{self._public_url}{request.raw_path}" if self._public_url else str(request.url)
        return RawRequest(
            method=request.method,
            url=url,
            query=request.query,
            headers=request.headers,
            body=body,
            received_at=self._clock(),
            match=dict(request.match_info),
        )


def _answer(response: RawResponse) -> web.Response:
    return web.Response(status=response.status, text=response.body, content_type=response.content_type)
