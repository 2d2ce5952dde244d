"""Phone numbers and kinds of files, as gateways write them."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.numbers import digits_of, file_kind


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("6281234567890", "6281234567890"),
        ("+6281234567890", "6281234567890"),
        ("+62 812-3456-7890", "6281234567890"),
        ("0812 3456 7890", "6281234567890"),
        ("(021) 5000.0000", "622150000000"),
        ("0060123456789", "60123456789"),
        ("", ""),
        ("+", ""),
        ("12345", ""),
        ("9" * 21, ""),
        ("Siti", ""),
        ("62812x4567890", ""),
        ("++6281234567890", ""),
        ("٦٢٨١٢٣٤٥٦٧٨٩٠", ""),
        ("6281234567890\x00", ""),
    ],
)
def test_number_is_digits_with_its_country_or_nothing(written: str, digits: str) -> None:
    assert digits_of(written) == digits


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("IMAGE/JPEG; x=1", "image"),
        ("image/webp", "sticker"),
        ("audio/ogg; codecs=opus", "voice"),
        ("audio/mpeg", "audio"),
        ("video/mp4", "video"),
        ("text/plain", "document"),
        ("", "document"),
        ("rusak", "document"),
    ],
)
def test_kind_of_a_file(mime: str, kind: str) -> None:
    assert file_kind(mime) == kind
