"""A conversation without Redis: messages are cleaned as at the door, turns are real, the state is stored in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.assistant.effects import Promised
from bot.assistant.replies import Clerk
from bot.assistant.state import DialogueState
from bot.assistant.turns import Mail, Result, TurnTaker, open_mail
from bot.contract.keys import Lane
from bot.contract.links import take_token
from bot.contract.logs import Pseudonyms
from bot.contract.mailroom import Claim
from bot.contract.messages import Contact, Inbound, Kind, Outbound
from bot.contract.redaction import clean, redact
from bot.contract.reviews import Review
from nlu.content.live import LiveCatalogue

ANI = "web:main:ani"
START = 1_800_000_000.0
TEXT_LIMIT = 4000


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = START

    def __call__(self) -> float:
        return self.now


def claim(
    *bodies: bytes, state: bytes | None = None, starts: int = 1, fails: int = 0, conversation: str = ANI
) -> Claim:
    """What the mailroom would hand out for these stored messages."""
    return Claim(Lane.INBOX, conversation, "w1", "1-0", 1, starts, fails, state, bodies)


def stored(message: Inbound) -> bytes:
    """A message as it lies in the mailbox."""
    return message.to_json().encode()


def turn_taker(
    engine: object, catalogue: LiveCatalogue, clock: Clock | None = None, *, turn_seconds: float = 5.0
) -> TurnTaker:
    """A turn taker with a still clock; `engine` is the real one or one with the same methods."""
    clock = clock or Clock()
    return TurnTaker(
        engine,  # type: ignore[arg-type]
        catalogue,
        Clerk(clock),
        turn_seconds=turn_seconds,
        clock=clock,
        pseudonyms=Pseudonyms("test"),
    )


async def take(turns: TurnTaker, work: Claim) -> Result:
    """Open, parse and take one claim, as the worker does."""
    mail: Mail = open_mail(work, START)
    return await turns.take(mail, turns.parse([mail])[0])


@dataclass
class Talk:
    """One person's conversation, told in verbs: says, presses, picks, sends; sees, misses, offers."""

    turns: TurnTaker
    clock: Clock = field(default_factory=Clock)
    conversation: str = ANI
    phone: str = ""  # that the platform vouches for with every message
    can_share: bool = False
    posts: tuple[Outbound, ...] = ()
    state: bytes | None = None
    promise: Promised | None = None
    elsewhere: list[Inbound] = field(default_factory=list)  # what other conversations are to hear
    reviews: dict[str, Review] = field(default_factory=dict)  # what editors are to see
    _count: int = 0

    async def says(self, *texts: str) -> None:
        """Types one message, or several within a second."""
        self.clock.now += 60
        await self._handle([self._message(text) for text in texts])

    async def picks(self, number: int) -> None:
        """Types the number of a choice."""
        await self.says(str(number))

    async def presses(self, title: str) -> None:
        """Presses a button of the last reply."""
        choice = next(one for post in self.posts for one in post.choices if one.title == title)
        await self._handle([self._message(title, kind="choice", choice=choice.id)])

    async def opens(self, token: str) -> None:
        """Presses a deep link, as Telegram tells it."""
        self.clock.now += 60
        await self._handle([self._message("/start", start=token)])

    async def shares(self, phone: str) -> None:
        """Shares a contact card; a `phone` that the platform vouches for."""
        card = replace(self._message("", kind="contact", phone=phone), contact=Contact(phone, own=bool(phone)))
        await self._handle([card])

    async def hears(self, wake: Inbound) -> None:
        """Gets a message that the assistant sent itself."""
        await self._handle([wake])

    async def waits_for_promise(self, seconds: float) -> None:
        """Lets time pass; what was promised meanwhile comes when it is due."""
        end = self.clock.now + seconds
        while self.promise and self.promise.due <= end:
            promise, self.promise = self.promise, None
            self.clock.now = promise.due
            await self._handle([promise.message])
        self.clock.now = end

    async def sends(self, kind: Kind) -> None:
        """Sends something that is no text."""
        await self._handle([self._message("", kind=kind)])

    async def takes_back(self, back: int = 1) -> None:
        """Deletes the last message, or one of those before, for everybody."""
        revokes = f"m{self._count - back + 1}"
        await self._handle([replace(self._message("", kind="revoked"), revokes=revokes)])

    def waits(self, hours: float) -> None:
        """Lets time pass."""
        self.clock.now += hours * 3600

    @property
    def reply(self) -> str:
        """Everything said in the last turn."""
        return "\n\n".join(post.text for post in self.posts)

    @property
    def buttons(self) -> list[str]:
        """The labels of the last reply's choices."""
        return [choice.title for post in self.posts for choice in post.choices]

    def sees(self, *parts: str) -> None:
        """The last reply holds all of these."""
        for part in parts:
            assert part in self.reply, f"{part!r} is not in: {self.reply}"

    def misses(self, *parts: str) -> None:
        """The last reply holds none of these."""
        for part in parts:
            assert part not in self.reply, f"{part!r} is in: {self.reply}"

    def is_offered(self, *titles: str) -> None:
        """The last reply offers all of these to pick."""
        assert set(titles) <= set(self.buttons), self.buttons

    def _message(
        self, text: str, *, kind: Kind = "text", choice: str = "", start: str = "", phone: str = ""
    ) -> Inbound:
        self._count += 1
        self.clock.now += 0.1
        token, words = take_token(text)
        redacted = redact(clean(words, len(words))[0])
        shown, truncated = clean(redacted.text, TEXT_LIMIT)
        return Inbound(
            id=f"m{self._count}",
            conversation=self.conversation,
            kind=kind,
            received_at=self.clock.now,
            text=shown,
            choice=choice,
            masked=redacted.kinds,
            truncated=truncated,
            start=start or token,
            phone=phone or self.phone,
            can_share=self.can_share,
        )

    async def _handle(self, messages: Sequence[Inbound]) -> None:
        work = claim(*map(stored, messages), state=self.state, conversation=self.conversation)
        result = await take(self.turns, work)
        assert result.handled == len(messages)
        assert result.dead == ()
        assert DialogueState.from_bytes(result.state.to_bytes()) == result.state
        self.posts, self.state = result.posts, result.state.to_bytes()
        self.reviews |= {one.id: one for one in result.effects.reviews}
        for name in result.effects.unreviewed:
            self.reviews.pop(name, None)
        if result.effects.forget_promise:
            self.promise = None
        for wake in result.effects.wakes:
            if wake.due:
                self.promise = wake
            else:
                self.elsewhere.append(wake.message)
