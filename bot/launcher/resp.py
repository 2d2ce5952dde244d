"""Asks a Redis a few questions over its socket, without any library."""

from __future__ import annotations

import socket
import ssl
from types import TracebackType
from typing import BinaryIO
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit


class RedisSaysNo(Exception):
    """Redis answered with an error."""


class RedisTalk:
    """One short conversation with the server of a redis://, rediss:// or unix:// address."""

    def __init__(self, url: str, *, timeout: float = 3.0) -> None:
        parts = urlsplit(url)
        self._socket = _connect(parts, timeout)
        self._file: BinaryIO = self._socket.makefile("rb")
        if parts.password:
            user = [unquote(parts.username)] if parts.username else []
            self.ask("AUTH", *user, unquote(parts.password))

    def __enter__(self) -> RedisTalk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, *words: str) -> object:
        parts = [f"*{len(words)}\r\n".encode()]
        for word in words:
            data = word.encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        self._socket.sendall(b"".join(parts))
        return self._reply()

    def _reply(self) -> object:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, text = line[:1], line[1:-2].decode("utf-8", "replace")
        if kind == b"+":
            return text
        if kind == b"-":
            raise RedisSaysNo(text)
        if kind == b":":
            return int(text)
        if kind == b"$":
            size = int(text)
            return None if size < 0 else self._file.read(size + 2)[:-2].decode("utf-8", "replace")
        if kind == b"*":
            return [self._reply() for _ in range(int(text))]
        raise ConnectionError("whatever listens there does not speak Redis")


def masked(url: str) -> str:
    """The address without its password, fit for the screen."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username or ''}:***@{host}").geturl()


def _connect(parts: SplitResult, timeout: float) -> socket.socket:
    if parts.scheme == "unix":
        local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        local.settimeout(timeout)
        try:
            local.connect(unquote(parts.path))
        except OSError:
            local.close()
            raise
        return local
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise ValueError("an address looks like redis://host:6379/0, rediss://host:6380/0 or unix:///path")
    plain = socket.create_connection((parts.hostname, parts.port or 6379), timeout=timeout)
    if parts.scheme == "redis":
        return plain
    context = ssl.create_default_context()
    if parse_qs(parts.query).get("ssl_cert_reqs") == ["none"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=parts.hostname)
