"""What the bot called, for tests that ask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ApiCall:
    """One call of the bot's. `status` 0: the connection was cut. `body` is JSON or form as it came."""

    at: float
    method: str
    path: str
    status: int
    body: str = field(repr=False)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body when it is a JSON object, else nothing."""
        try:
            read = json.loads(self.body)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}
