"""A proxy before Redis that, when told to, lets a command through and loses its answer."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from types import TracebackType

CHUNK = 1 << 16
LONGEST_MARKER = 64  # bytes


class LossyProxy:
    """Listens on a unix socket and forwards to Redis; `lose` arms it for one command."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._folder = tempfile.TemporaryDirectory(prefix="kawan-proxy-")
        self._path = Path(self._folder.name) / "proxy.sock"
        self._marker: bytes | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.AbstractServer | None = None
        self.lost = 0

    @property
    def url(self) -> str:
        """Where it listens, as `REDIS_URL` takes it."""
        return f"unix://{self._path}?db=0"

    def lose(self, marker: bytes) -> None:
        """The answer to the next command that contains `marker` never arrives: its connection breaks."""
        self._marker = marker

    async def __aenter__(self) -> LossyProxy:
        self._server = await asyncio.start_unix_server(self._serve, str(self._path))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._folder.cleanup()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        upstream_reader, upstream = await asyncio.open_unix_connection(str(self._target))
        losing = asyncio.Event()
        asking = asyncio.create_task(self._forward(reader, upstream, losing))
        try:
            while answer := await upstream_reader.read(CHUNK):
                if losing.is_set():
                    self.lost += 1
                    break
                writer.write(answer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            for one in (writer, upstream):
                one.close()
            self._tasks.discard(task)

    async def _forward(
        self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, losing: asyncio.Event
    ) -> None:
        """Pass commands on until the client leaves; a command may come in several pieces."""
        tail = b""
        while piece := await reader.read(CHUNK):
            asked = tail + piece
            if self._marker is not None and self._marker in asked:
                self._marker = None
                losing.set()
            tail = asked[-LONGEST_MARKER:] if self._marker else b""
            upstream.write(piece)
        upstream.write_eof()
