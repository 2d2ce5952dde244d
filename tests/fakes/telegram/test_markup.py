"""HTML is read as Telegram's server reads it, complaints included."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.telegram.errors import ApiError
from tests.fakes.telegram.markup import parse_html, spans, trimmed, utf16_length


def entity(kind: str, offset: int, length: int, **more: str) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("Halo", "Halo", []),
        ("a &lt; b", "a < b", []),
        ("&amp;lt; &quot;x&quot; &#65;&#x42;", '&lt; "x" AB', []),
        ("AT&T & &nbsp; &copy;", "AT&T & &nbsp; &copy;", []),
        ("<b>a</b><i>b</i>", "ab", [entity("bold", 0, 1), entity("italic", 1, 1)]),
        ("<B>a</b>", "a", [entity("bold", 0, 1)]),
        ("<b>a<i>b</i></b>", "ab", [entity("bold", 0, 2), entity("italic", 1, 1)]),
        ("<b>a</>", "a", [entity("bold", 0, 1)]),
        ("<b></b>x", "x", []),
        ("😀<b>a</b>", "😀a", [entity("bold", 2, 1)]),
        ('<a href="https://a.id/?x=1&amp;y=2">s</a>', "s", [entity("text_link", 0, 1, url="https://a.id/?x=1&y=2")]),
        ("<a href='https://a.id'>s</a >", "s", [entity("text_link", 0, 1, url="https://a.id")]),
        ("<a>https://a.id</a>", "https://a.id", [entity("text_link", 0, 12, url="https://a.id")]),
        ('<a href="javascript:x">s</a>', "s", []),
        ('<span class="tg-spoiler">s</span>', "s", [entity("spoiler", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [entity("blockquote", 0, 1)]),
        ('<pre><code class="language-py">x</code></pre>', "x", [entity("pre", 0, 1, language="py")]),
        ("<pre>a<code>x</code></pre>", "ax", [entity("pre", 0, 2), entity("code", 1, 1)]),
    ],
)
def test_what_can_be_read(source: str, text: str, entities: list[dict[str, Any]]) -> None:
    assert parse_html(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("é<p>a</p>", 'Unsupported start tag "p" at byte offset 2'),
        ("a < b > c", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ("<a href=>s</a><br/>", 'Unsupported start tag "br/" at byte offset 14'),
        ('<a href="x>s</a>', "Unclosed start tag at byte offset 0"),
        ("<a href>s</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ('<a ="x">s</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<span>s</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_what_the_server_complains_about(source: str, complaint: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_html(source)
    assert caught.value.description == f"Bad Request: can't parse entities: {complaint}"
    assert caught.value.status == 400


def test_white_space_at_the_ends_is_not_kept() -> None:
    text, entities = parse_html("\n <b> Halo </b> \n<i> </i>")
    assert trimmed(text, entities) == ("Halo", [entity("bold", 0, 4)])


def test_half_of_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(ApiError, match="invalid Unicode characters"):
        parse_html("&#xD83D;")


def test_lengths_are_in_utf16_units() -> None:
    assert [utf16_length(text) for text in ("", "abc", "é", "😀")] == [0, 3, 1, 2]


def test_the_page_gets_pieces_of_one_style_each() -> None:
    text, entities = parse_html('😀 <b>a<i>b</i></b> <a href="https://a.id">c</a>')
    assert spans(text, entities) == [
        {"text": "😀 "},
        {"text": "a", "styles": ["bold"]},
        {"text": "b", "styles": ["bold", "italic"]},
        {"text": " "},
        {"text": "c", "href": "https://a.id"},
    ]
