"""Finds out whether a short message is an opinion about an answer: a thumb, "membantu kak", "ga nyambung"."""

from __future__ import annotations

import re

from bot.contract.redaction import mentions_only_symbols

LIKED, DISLIKED = "liked", "disliked"
UP, DOWN = "\U0001f44d", "\U0001f44e"
MOST_CHARACTERS = 100  # more than that is a story

_WORD = re.compile(r"[^\W_]+")
_AGAIN = re.compile(r"(.)\1+")
# Words are written as `_squeezed` leaves them: "nggak" is "ngak", and "jawabannya" is "jawabanya".
_POLITE = re.compile(
    r"ka?k?|min|mas|mbak|bang|gan|om|pak|bu|ya|y|iya|ok|oke|nih|sih|deh|dong|kok|lah|bot|lu|lo|loe|banget|bgt|sekali|"
    r"makasih|mksh|terima|kasih|trims|thanks|thx|tq|maf|sory"
)
_NOT = r"(?:g|ga|gak|nga|ngak|enga|engak|tidak|tdk|tak|kurang|krg|blm|belum|bukan|ora|teu|henteu)"
_ANSWER = r"(?:jawaban|jwban)(?:n?ya|mu)?"
_HELPS = r"(?:membantu|mbantu|ngebantu|terbantu|nolong|menolong|helpful|bermanfat|berguna)"
_FITS = r"(?:nyambung|jelas|sesuai|pas|cocok|tepat|bener|benar|bnr|akurat)"
_LIKES = re.compile(
    rf"(?:{_ANSWER} )?(?:(?:sangat|amat|cukup|lumayan|sudah|udah) )?{_HELPS}|{_ANSWER} (?:sudah |udah )?{_FITS}"
)
_DISLIKES = re.compile(
    rf"(?:{_ANSWER} )?(?:{_NOT} (?:begitu |terlalu )?(?:{_HELPS}|{_FITS})(?: sama)?|ngawur|ngaco|ngasal|ngelantur)|"
    rf"{_ANSWER} (?:salah|keliru)|salah (?:jawab|jawaban)|"
    r"bukan itu (?:jawaban|maksud|pertanyan)(?:n?ya|ku| saya| gw| gue)?"
)


def opinion(text: str) -> str:
    """LIKED for a thumb up or "membantu kak", DISLIKED for "ga nyambung"; empty for everything else.

    Only what people say directly after an answer is to be read so.
    """
    if len(text) > MOST_CHARACTERS or "?" in text:
        return ""
    if mentions_only_symbols(text):
        return _by_thumb(text)
    words = (_squeezed(word) for word in _WORD.findall(text.lower()))
    plain = " ".join(word for word in words if not _POLITE.fullmatch(word))
    if not plain:
        return _by_thumb(text)
    if _DISLIKES.fullmatch(plain):
        return DISLIKED
    return LIKED if _LIKES.fullmatch(plain) else ""


def _by_thumb(text: str) -> str:
    up, down = UP in text, DOWN in text
    if up == down:
        return ""
    return LIKED if up else DISLIKED


def _squeezed(word: str) -> str:
    return _AGAIN.sub(r"\1", word)
