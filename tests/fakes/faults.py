"""A plan of faults as data: which call or delivery goes wrong, when, for whom, and how.

In Python: `plan.add(Rule(RateLimited(5), method="sendMessage", times=1))`. As JSON, for `POST /_control/faults`:
`{"action": {"kind": "rate_limited", "retry_after": 5}, "method": "sendMessage", "times": 1}`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, TypeVar

Clock = Callable[[], float]  # seconds; only differences count


class BadFault(ValueError):
    """A description that names no fault; the text says what is wrong with it."""


@dataclass(frozen=True)
class Action:
    """What happens. Each kind is a subclass; `kind` is its name in JSON."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True)
class RateLimited(Action):
    """The call is refused as too frequent; try again after `retry_after` seconds."""

    retry_after: float = 1.0
    kind: ClassVar[str] = "rate_limited"


@dataclass(frozen=True)
class Blocked(Action):
    """The call is refused because the person blocked us."""

    kind: ClassVar[str] = "blocked"


@dataclass(frozen=True)
class BadRequest(Action):
    """The call is refused for good, with the platform's own words and, where it has any, its error code."""

    description: str = "Bad Request"
    code: int = 0
    status: int = 400
    kind: ClassVar[str] = "bad_request"


@dataclass(frozen=True)
class ServerError(Action):
    """The platform answers with a 5xx; the message is not taken."""

    status: int = 500
    kind: ClassVar[str] = "server_error"


@dataclass(frozen=True)
class Refuse(Action):
    """The connection ends before any answer; the message is not taken."""

    kind: ClassVar[str] = "refuse"


@dataclass(frozen=True)
class TimeoutAfterTaken(Action):
    """The message is taken and shown; after `seconds` the connection ends without an answer."""

    seconds: float = 30.0
    kind: ClassVar[str] = "timeout_after_taken"


@dataclass(frozen=True)
class Slow(Action):
    """The call is taken, and its answer comes `seconds` later."""

    seconds: float = 5.0
    kind: ClassVar[str] = "slow"


@dataclass(frozen=True)
class Duplicate(Action):
    """A delivery that was taken comes again `after` seconds later."""

    after: float = 0.0
    kind: ClassVar[str] = "duplicate"


@dataclass(frozen=True)
class Reorder(Action):
    """Deliveries are held until `window` of them wait or `seconds` have passed, and then come in reverse order."""

    window: int = 2
    seconds: float = 2.0
    kind: ClassVar[str] = "reorder"


@dataclass(frozen=True)
class Batch(Action):
    """Messages are held until `size` of them wait or `seconds` have passed, and come in one delivery, where a
    platform batches."""

    size: int = 2
    seconds: float = 2.0
    kind: ClassVar[str] = "batch"


@dataclass(frozen=True)
class StatusBeforeAnswer(Action):
    """The delivery report of a message comes before the answer to the call that sent it."""

    kind: ClassVar[str] = "status_before_answer"


@dataclass(frozen=True)
class NoPhoneNumber(Action):
    """The delivery names the person by the platform's own id only."""

    kind: ClassVar[str] = "no_phone_number"


ON_CALL: tuple[type[Action], ...] = (
    RateLimited,
    Blocked,
    BadRequest,
    ServerError,
    Refuse,
    TimeoutAfterTaken,
    Slow,
    StatusBeforeAnswer,
)
ON_DELIVERY: tuple[type[Action], ...] = (Duplicate, Reorder, Batch, NoPhoneNumber)
_KINDS = {action.kind: action for action in (*ON_CALL, *ON_DELIVERY)}


@dataclass(frozen=True)
class Rule:
    """When an action happens. Every condition left at its default matches always.

    - `method`: the platform's method or kind of delivery, letter case ignored; `person`: an id as text.
    - `nth`: only the nth matching call, from 1. `times`: at most so often. `share`: of matching calls, by chance.
    - `after` and `seconds`: only in the span that begins `after` seconds from when the rule was added and lasts
      `seconds` (0: for ever) on the plan's clock. An outage: `Rule(Refuse(), seconds=30)`.
    """

    action: Action
    method: str = ""
    person: str = ""
    nth: int = 0
    times: int = 0
    share: float = 1.0
    after: float = 0.0
    seconds: float = 0.0


@dataclass
class _Armed:
    rule: Rule
    since: float
    seen: int = 0
    fired: int = 0


@dataclass(frozen=True)
class Fired:
    """One fault that happened, for tests that ask whether it did."""

    action: Action
    method: str
    person: str
    at: float


class FaultPlan:
    """The rules in force. The same seed and the same calls give the same faults."""

    def __init__(self, clock: Clock, *, seed: int = 0, rules: Iterable[Rule] = ()) -> None:
        self._clock = clock
        self._random = random.Random(seed)
        self._armed: list[_Armed] = []
        self.fired: list[Fired] = []
        for rule in rules:
            self.add(rule)

    def add(self, rule: Rule) -> None:
        """Puts a rule in force from now on; its span counts from this moment."""
        self._armed.append(_Armed(rule, self._clock()))

    def load(self, described: Iterable[Any]) -> None:
        """Adds rules given as JSON objects; all of them or, with BadFault, none."""
        for rule in [read_rule(one) for one in described]:
            self.add(rule)

    def clear(self) -> None:
        """Takes every rule out of force."""
        self._armed.clear()

    @property
    def rules(self) -> list[Rule]:
        """The rules that may still fire."""
        now = self._clock()
        return [armed.rule for armed in self._armed if not _spent(armed, now)]

    def on_call(self, method: str, person: str = "") -> Action | None:
        """The fault for a call to the platform, if any: the first rule that matches."""
        return next(iter(self._matching(ON_CALL, method, person, only_first=True)), None)

    def on_delivery(self, kind: str, person: str = "") -> list[Action]:
        """All faults for one incoming message on its way to the bot, in the order of their rules."""
        return self._matching(ON_DELIVERY, kind, person, only_first=False)

    def _matching(
        self, actions: tuple[type[Action], ...], method: str, person: str, *, only_first: bool
    ) -> list[Action]:
        now = self._clock()
        found: list[Action] = []
        for armed in self._armed:
            if not isinstance(armed.rule.action, actions) or not self._fires(armed, method, person, now):
                continue
            armed.fired += 1
            self.fired.append(Fired(armed.rule.action, method, person, now))
            found.append(armed.rule.action)
            if only_first:
                break
        return found

    def _fires(self, armed: _Armed, method: str, person: str, now: float) -> bool:
        rule = armed.rule
        if _spent(armed, now) or now < armed.since + rule.after:
            return False
        if rule.method and rule.method.lower() != method.lower():
            return False
        if rule.person and rule.person != person:
            return False
        armed.seen += 1
        if rule.nth and armed.seen != rule.nth:
            return False
        return rule.share >= 1.0 or self._random.random() < rule.share


def read_rule(described: Any) -> Rule:
    """A rule from its JSON object. Raises BadFault."""
    if not isinstance(described, Mapping):
        raise BadFault("a rule must be an object")
    action = described.get("action")
    if not isinstance(action, Mapping):
        raise BadFault("a rule needs an action, for example {'kind': 'rate_limited', 'retry_after': 5}")
    kind = _KINDS.get(str(action.get("kind")))
    if kind is None:
        raise BadFault(f"the action's kind must be one of {', '.join(_KINDS)}")
    made = _build(kind, {name: value for name, value in action.items() if name != "kind"})
    return _build(Rule, {**described, "action": made, "person": str(described.get("person", ""))})


def describe(rule: Rule) -> dict[str, Any]:
    """A rule as its JSON object; conditions at their defaults are left out."""
    conditions = {
        one.name: getattr(rule, one.name)
        for one in fields(rule)
        if one.name != "action" and getattr(rule, one.name) != one.default
    }
    return {"action": {"kind": rule.action.kind, **asdict(rule.action)}, **conditions}


B = TypeVar("B")


def _build(made: type[B], values: Mapping[str, Any]) -> B:
    known = {one.name: one.default for one in fields(made)}  # type: ignore[arg-type]
    for name, value in values.items():
        if name not in known:
            raise BadFault(f"{made.__name__} knows no {name!r}")
        default = known[name]
        wanted = (int, float) if isinstance(default, float) else type(default)
        if name != "action" and (isinstance(value, bool) or not isinstance(value, wanted)):
            raise BadFault(f"{name} of {made.__name__} has the wrong type")
    return made(**values)


def _spent(armed: _Armed, now: float) -> bool:
    rule = armed.rule
    over = rule.seconds > 0 and now >= armed.since + rule.after + rule.seconds
    used = rule.times > 0 and armed.fired >= rule.times
    return over or used or (rule.nth > 0 and armed.seen >= rule.nth)
