"""Opens and closes the connection to Redis, single or cluster, with limits on every wait."""

from __future__ import annotations

from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.contract.scripts import Client

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 10.0  # longer than any blocking read of ours
MAX_CONNECTIONS = 64
POOL_SECONDS = 5.0  # waiting for a free connection


def connect(url: str, *, cluster: bool = False) -> Client:
    """A client for `url` (redis://, rediss:// or unix://). Does not connect yet.

    One silent retry covers pooled connections that a restarted Redis has closed; a Redis that hangs is
    not asked again. It is safe: accept knows its own repeated call, commit leaves a receipt.
    """
    if cluster:
        return RedisCluster.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS)
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=POOL_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(ConstantBackoff(0.05), 1, supported_errors=(RedisConnectionError,)),
        retry_on_error=[RedisConnectionError],  # without it redis-py 4 retries only while connecting
        health_check_interval=30,
    )
    return Redis(connection_pool=pool)


async def disconnect(client: Client) -> None:
    """Close all connections of a client that `connect` made; it connects again if it is used again."""
    if isinstance(client, RedisCluster):
        close: Any = getattr(client, "aclose", None) or client.close  # redis-py 4 has only `close`
        await close()
    else:
        await client.connection_pool.disconnect()
