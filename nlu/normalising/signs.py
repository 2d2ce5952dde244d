"""Signs to plain letters and digits: disguises, accents, invisible signs, other scripts' digits, look-alikes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

# Letters of other scripts that look like ours. Only within a word that has some of ours: a Russian word stays Russian.
_LOOK_ALIKE = str.maketrans(
    {
        **dict(zip("авеікмнорстухјѕԁһԛԝѵӏ", "abeikmhopctyxjsdhqwvl")),  # Cyrillic
        **dict(zip("αβγεηικνορτυχ", "abyenikvoptux")),  # Greek
        **dict(zip("ıɑɡłøđ", "iaglod")),
    }
)
# Letters that are drawn differently and that Unicode does not count as compatible: ᴘʀᴀᴋᴇʀᴊᴀ, 🅿🆁.
_DRAWN = {
    **dict(zip(map(ord, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"), "abcdefghijklmnoprstuvwyz")),
    **{first + index: chr(ord("a") + index) for first in (0x1F150, 0x1F170) for index in range(26)},
}
_INVISIBLE = frozenset("\u115f\u1160\u2800")  # letters and signs by category, but blank
_DROPPED = ("Mn", "Me", "Cf")  # accents, frames, zero-width and direction signs
_WORD = re.compile(r"[^\W_]+")
_OURS = re.compile(r"[a-z]")


def fold(text: str) -> str:
    """The text in small letters, without disguises. What is no letter, digit or sign of a keyboard may be lost."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).lower()
    plain = "".join(map(_plain_sign, apart))
    plain = _WORD.sub(_without_look_alikes, plain)
    return unicodedata.normalize("NFKC", plain).lower()


def said_by_emoji(text: str, meanings: Mapping[str, str]) -> str:
    """What a text of nothing but emoji says, each meaning once."""
    return " ".join(dict.fromkeys(meanings[sign] for sign in text if sign in meanings))


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    drawn = _DRAWN.get(ord(sign))
    if drawn:
        return drawn
    if sign in _INVISIBLE or unicodedata.category(sign) in _DROPPED:
        return ""
    digit = unicodedata.decimal(sign, None)
    return sign if digit is None else str(digit)


def _without_look_alikes(match: re.Match[str]) -> str:
    word = match[0]
    return word if word.isascii() or not _OURS.search(word) else word.translate(_LOOK_ALIKE)
