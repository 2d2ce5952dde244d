"""What Meta's Cloud API takes as a message, and with which code it refuses the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.fakes.whatsapp.people import Bubble, Option
from tests.fakes.whatsapp.refusals import Refused, list_in, object_in

PARAMETER, MISSING, WRONG, UNSUPPORTED = 100, 131008, 131009, 131051
NO_TEMPLATE, WRONG_COUNT = 132001, 132000
# In characters.
BODY, INTERACTIVE_BODY, HEADER, FOOTER, REFERENCE = 4096, 1024, 60, 60, 512
BUTTON_TITLE, BUTTON_ID = 20, 256
ROW_TITLE, ROW_ID, ROW_DESCRIPTION, SECTION_TITLE, LIST_LABEL = 24, 200, 72, 24, 20
MOST_BUTTONS, MOST_ROWS, MOST_SECTIONS = 3, 10, 10
LANGUAGES = ("id", "en")

Json = Mapping[str, Any]


def check_reference(body: Json) -> str:
    """The bot's own reference for a message. Raises Refused."""
    return _text(body, "biz_opaque_callback_data", REFERENCE, needed=False)


def check_message(body: Json, templates: Mapping[str, int], bubble: Bubble) -> Bubble:
    """The bubble as the person will see it. Raises Refused."""
    kind = body.get("type", "text")
    if kind == "text":
        return replace(bubble, text=_text(object_in(body, "text"), "body", BODY))
    if kind == "template":
        return replace(bubble, text=_template(object_in(body, "template"), templates), kind="template")
    if kind == "interactive":
        return _interactive(object_in(body, "interactive"), bubble)
    raise Refused(400, PARAMETER if not isinstance(kind, str) else UNSUPPORTED, "type")


def _interactive(content: Json, bubble: Bubble) -> Bubble:
    action = object_in(content, "action")
    if not action:
        raise Refused(400, MISSING, "interactive.action")
    text = _text(object_in(content, "body"), "text", INTERACTIVE_BODY)
    _text(object_in(content, "footer"), "text", FOOTER, needed="footer" in content)
    header = object_in(content, "header")
    if header.get("type", "text") == "text":
        _text(header, "text", HEADER, needed="header" in content)
    if content.get("type") == "button":
        return replace(bubble, text=text, buttons=_buttons(list_in(action, "buttons")))
    if content.get("type") == "list":
        if header.get("type", "text") != "text":
            raise Refused(400, WRONG, "a list has no header but text")
        label = _text(action, "button", LIST_LABEL)
        return replace(bubble, text=text, rows=_rows(list_in(action, "sections")), list_label=label)
    raise Refused(400, WRONG, "interactive.type")


def _buttons(buttons: Sequence[Any]) -> tuple[Option, ...]:
    if not 1 <= len(buttons) <= MOST_BUTTONS:
        raise Refused(400, WRONG, f"1 to {MOST_BUTTONS} buttons")
    options = []
    for button in buttons:
        if object_in({"it": button}, "it").get("type") != "reply":
            raise Refused(400, WRONG, "button.type")
        reply = object_in(button, "reply")
        options.append(Option(_text(reply, "id", BUTTON_ID), _text(reply, "title", BUTTON_TITLE)))
    _different("button id", [option.id for option in options])
    _different("button title", [option.title for option in options])
    return tuple(options)


def _rows(sections: Sequence[Any]) -> tuple[Option, ...]:
    if not 1 <= len(sections) <= MOST_SECTIONS:
        raise Refused(400, WRONG, f"1 to {MOST_SECTIONS} sections")
    options = []
    for section in sections:
        _text(section, "title", SECTION_TITLE, needed=len(sections) > 1)
        rows = list_in(section, "rows")
        if not rows:
            raise Refused(400, MISSING, "section.rows")
        options += [
            Option(
                _text(row, "id", ROW_ID),
                _text(row, "title", ROW_TITLE),
                _text(row, "description", ROW_DESCRIPTION, needed=False),
            )
            for row in rows
        ]
    if len(options) > MOST_ROWS:
        raise Refused(400, WRONG, f"1 to {MOST_ROWS} rows")
    _different("row id", [option.id for option in options])
    _different("row title", [option.title for option in options])
    return tuple(options)


def _template(template: Json, templates: Mapping[str, int]) -> str:
    name, language = template.get("name"), object_in(template, "language").get("code")
    if not isinstance(name, str) or not isinstance(language, str):
        raise Refused(400, MISSING, "template.name and template.language.code")
    if name not in templates or language not in LANGUAGES:
        raise Refused(404, NO_TEMPLATE, "there is no such template in this language")
    bodies = [one for one in list_in(template, "components") if object_in({"it": one}, "it").get("type") == "body"]
    parameters = [one for body in bodies for one in list_in(body, "parameters")]
    if len(parameters) != templates[name]:
        raise Refused(400, WRONG_COUNT, f"{templates[name]} parameters")
    words = [_text(one, "text", INTERACTIVE_BODY) for one in parameters]
    return " ".join((f"[template {name}]", *words))


def _different(what: str, values: Sequence[str]) -> None:
    if len(set(values)) < len(values):
        raise Refused(400, WRONG, f"{what} is there twice")


def _text(holder: Any, name: str, limit: int, *, needed: bool = True) -> str:
    """A text of at most `limit` characters; one that is needed holds more than blanks."""
    text = holder.get(name) if isinstance(holder, dict) else None
    if text is None and not needed:
        return ""
    if not isinstance(text, str):
        raise Refused(400, MISSING if text is None else WRONG, name)
    if needed and not text.strip():
        raise Refused(400, MISSING, f"{name} is empty")
    if len(text) > limit:
        raise Refused(400, WRONG, f"{name} is longer than {limit}")
    return text
