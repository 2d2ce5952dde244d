"""Settings that both programs share: Redis, the mailroom's limits, logs."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.contract.environment import Environment
from bot.contract.mailroom import MailroomRules

DEFAULT_REDIS_URL = "redis://127.0.0.1:6379/0"
HOUR = 3600
# The default of 48 hours covers what platforms do; less is for tests and for very small machines.
MIN_DEDUPE_HOURS = 1


@dataclass(frozen=True)
class SharedSettings:
    """Read once at the start and passed in; no module reads the environment by itself."""

    environment: str
    redis_url: str = field(repr=False)
    redis_cluster: bool
    mailroom: MailroomRules
    log_level: str
    log_key: str = field(repr=False)
    review_days: int = 30

    @property
    def production(self) -> bool:
        """Whether this is the real thing, where conveniences of development are off."""
        return self.environment == "production"


def read_shared(env: Environment) -> SharedSettings:
    """The shared settings; problems are noted in `env`, whose `finish` raises them."""
    cluster = env.flag("REDIS_CLUSTER", False)
    environment = env.one_of("KAWAN_ENV", "development", ("development", "production"))
    log_key = env.text("LOG_KEY", "")
    env.require(
        environment != "production" or len(log_key) >= 16,
        "LOG_KEY",
        "is missing or short in production",
        "set a random text of at least 16 characters: it hides people's addresses in logs",
    )
    lease = env.seconds("LEASE_SECONDS", 8.0, 1.0, 300.0)
    return SharedSettings(
        environment=environment,
        redis_url=env.url("REDIS_URL", DEFAULT_REDIS_URL, ("redis", "rediss", "unix")),
        redis_cluster=cluster,
        mailroom=MailroomRules(
            partitions=env.integer("MAILROOM_PARTITIONS", 16 if cluster else 1, 1, 256),
            dedupe_seconds=env.integer("DEDUPE_HOURS", 48, MIN_DEDUPE_HOURS, 24 * 14) * HOUR,
            mailbox_limit=env.integer("MAILBOX_LIMIT", 50, 1, 10_000),
            lease_seconds=lease,
            state_seconds=env.integer("DIALOGUE_HOURS", 72, 1, 24 * 365) * HOUR,
        ),
        log_level=env.one_of("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        log_key=log_key or "development",
        review_days=env.integer("REVIEW_DAYS", 30, 0, 365),
    )
