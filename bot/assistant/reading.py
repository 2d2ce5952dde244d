"""First look at a message: is it a pick, a command, an opinion, a notice case, or words for the classifier?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.assistant.opinions import LIKED, opinion
from bot.assistant.state import DialogueState
from bot.contract.links import PREFIX
from bot.contract.messages import Inbound
from bot.contract.redaction import mentions_only_symbols

CHOICE_PREFIX = "pilih:"
FEW_WORDS = 3  # "nik 3201..." or "nomor saya 08..." is data, and no question
MOST_OFFERED = 9  # a larger number alone may be a question ("72?")
COMMANDS = {
    "start": "greet",
    "mulai": "greet",
    "bantuan": "help",
    "help": "help",
    "menu": "help",
    "petugas": "ask_human",
    "status": "check_status",
    "hubungkan": "link_words",
    "putuskan": "unlink_now",
    "batal": "cancel",
    "hapus": "erase_data",
}
# Commands of things that need no dialogue, with the notice that answers them.
NOTICE_COMMANDS = {"lapor": "report", "privasi": "about_privacy"}
LINK_INTENT = "link_account"
LINK_ENTITY = "link_token"
NUMBER_INTENT = "use_number"

# "2", "2.", "(2)", "no 2", the keycap emoji of 2; \d and int() read other scripts' digits, too.
_NUMBER = re.compile(r"\W*(?:no(?:mor)?\W*)?(\d{1,2})\W*", re.IGNORECASE)
_COMMAND = re.compile(r"/+\s*([A-Za-z_]+)(?:@\w+)?")
_CHOICE = re.compile(rf"{CHOICE_PREFIX}\w+")
_MASKED = re.compile(r"\[[^\]]*\]")
_BARE_WORDS = re.compile(r"[A-Za-z]{2,}")
# As texts tell people to write it; anything longer is asked about first.
_UNLINK = re.compile(r"\W*putus(?:kan|in)? akun(?: prakerja)?(?: saya)?\W*", re.IGNORECASE)


@dataclass(frozen=True)
class Words:
    """A text that the classifier has to judge."""

    text: str


@dataclass(frozen=True)
class Picked:
    """An intent that is certain: a pressed button, a typed number or label, a known command."""

    intent: str
    label: str
    entities: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Notice:
    """A message that needs no dialogue, only the notice of this name (data/notices.yml)."""

    name: str


@dataclass(frozen=True)
class Opinion:
    """What the person thinks of the answer that they have just got."""

    liked: bool


@dataclass(frozen=True)
class Silent:
    """A message that wants no answer: the person took one back. What is remembered of the talk goes."""


Reading = Words | Picked | Notice | Opinion | Silent


def read(message: Inbound, state: DialogueState, now: float) -> Reading:
    """Decide without any model. A slash typed by a person never reaches Rasa as a payload."""
    wordless = _wordless(message)
    if wordless:
        return wordless
    text = message.text.strip()
    choice = message.choice or (text if _CHOICE.fullmatch(text) else "")
    if choice:
        offer = state.offer_by_id(choice, now)
        return Picked(offer.intent, offer.title) if offer else Notice("expired_choice")
    picked = _typed_pick(text, state, now) or (Picked("unlink_now", text) if _UNLINK.fullmatch(text) else None)
    if picked:
        return picked
    if text.startswith("/"):
        match = _COMMAND.match(text)
        return _command(match[1].lower() if match else "", text)
    return _said(message, text, state)


def _wordless(message: Inbound) -> Reading | None:
    """Messages whose kind alone says what they want; None for words and picks."""
    if message.kind == "revoked":
        return Silent()
    if message.wake:
        return Picked(message.wake.intent, "", message.wake.entities)
    if message.kind == "contact":
        # Without a number it is somebody else's card, or one that proves nothing.
        return (
            Picked(NUMBER_INTENT, "")
            if message.contact and message.contact.own and message.phone
            else Notice("contact")
        )
    if message.kind in ("media", "unsupported") and not message.text:
        return Notice("media")
    if message.start.startswith(PREFIX):  # any other is of a poster or an advertisement, and begins a talk
        return Picked(LINK_INTENT, "", ((LINK_ENTITY, message.start),))
    return None


def _command(name: str, text: str) -> Picked | Notice:
    if name in COMMANDS:
        return Picked(COMMANDS[name], text)
    return Notice(NOTICE_COMMANDS.get(name, "unknown_command"))


def _said(message: Inbound, text: str, state: DialogueState) -> Reading:
    """What is neither a pick nor a command. Only directly after an answer a few words are an opinion about it."""
    view = opinion(text) if state.asked and state.asked.answered else ""
    if view:
        return Opinion(view == LIKED)
    if not text or mentions_only_symbols(text):
        return Notice("no_words")
    if message.masked and len(_BARE_WORDS.findall(_MASKED.sub(" ", text))) < FEW_WORDS:
        return Notice("only_private")
    return Words(text)


def _typed_pick(text: str, state: DialogueState, now: float) -> Picked | Notice | None:
    offers = state.latest_offers(now)
    number = _NUMBER.fullmatch(text)
    if number and 1 <= int(number[1]) <= len(offers):
        offer = offers[int(number[1]) - 1]
        return Picked(offer.intent, offer.title)
    if number and int(number[1]) <= MOST_OFFERED:
        return Notice("expired_choice")
    by_word = _number_by_word(text)
    if by_word and by_word <= len(offers):
        offer = offers[by_word - 1]
        return Picked(offer.intent, offer.title)
    said = yes_or_no(text)
    for offer in offers:
        # A yes answers the question that was asked just now, and no older one.
        if text.casefold() == offer.title.casefold() or (said and offer.means == said and offer.turn == state.turn):
            return Picked(offer.intent, offer.title)
    return None


_ORDINALS = {
    "satu": 1, "pertama": 1, "kesatu": 1, "siji": 1, "hiji": 1,
    "dua": 2, "kedua": 2, "loro": 2, "tiga": 3, "ketiga": 3, "telu": 3, "tilu": 3,
    "empat": 4, "keempat": 4, "papat": 4, "opat": 4,
}  # fmt: skip
_BY_WORD = re.compile(
    r"\W*(?:(?:saya|sy|aku|aq|gw|gue)\s+)?(?:(?:pilih|mau|ambil|maksudnya|maksud saya)\s+)?(?:(?:yang|yg|nu|sing)\s+)?"
    r"(?:(?:nomor|nomer|nmr|no|opsi|pilihan|angka|urutan)\s*)?(?:ke\s*-?\s*)?(\w+)"
    r"(?:\s+(?:aja|saja|deh|dong|ya|kak|min|itu|tuh))*\W*",
    re.IGNORECASE,
)


_YES = (
    r"y|ya+|i+ya+p?|yes+|yup|ok+(?:e+|ay|ey)?|boleh|mau|betul|ben[ae]r|bnr|siap|lanjut|gas+|setuju|nggih|inggih|iyo|"
    r"muhun|sumuhun|ud(?:ah|h)|s?u?dah|done|\U0001f44d|\u2705|\U0001f197|\U0001f44c"
)
_NO = (
    r"t|ti?dak|tdk|g+a*k*|en?g+a+k?|ng+a+k?|bukan|bkn|no+|nope|jangan|jgn|ndak|mboten|ora|henteu|teu|gak? usah|"
    r"tidak usah|nggak usah|\U0001f44e|\u274c"
)
_POLITE = (
    r"(?:\W*(?:ya+|y|kak|kk|min|mas|mbak|pak|bu|dong|donk|deh|aja|saja|mau|boleh|tolong|please|makasih|itu|saya|aku))*"
)
_ANSWERS = {
    kind: re.compile(
        rf"\W*(?:{words}){_POLITE}[^\w\U0001f44d\U0001f44e]*(?:[\U0001f3fb-\U0001f3ff]\W*)?", re.IGNORECASE
    )
    for kind, words in (("yes", _YES), ("no", _NO))
}


def yes_or_no(text: str) -> str:
    """ "yes" for "iya mau dong" or a thumb up, "no" for "gak usah kak"; empty for everything else."""
    text = text.strip()
    return next((kind for kind, shape in _ANSWERS.items() if shape.fullmatch(text)), "")


def _number_by_word(text: str) -> int | None:
    """2 for "yang kedua", "no dua aja", "yg ke-2"; None for everything else."""
    match = _BY_WORD.fullmatch(text)
    word = match[1].lower() if match else ""
    return int(word) if word.isdecimal() and len(word) == 1 else _ORDINALS.get(word)


def could_be_pick(text: str) -> bool:
    """Whether a text may answer an offer or an answer, so that it must not be glued to its neighbour."""
    text = text.strip()
    return text.startswith("/") or any(shape.fullmatch(text) for shape in (_NUMBER, _CHOICE)) or bool(opinion(text))
