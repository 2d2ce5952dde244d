"""data/status.yml: every mistake of an editor is named; the code asks for all texts that are there and no others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlu.content.status_texts import GAPS, GROUPS, NAMES, SINGLE, UNKNOWN
from tests.assistant.content_folder import ContentFolder

PROJECT = Path(__file__).resolve().parents[2]
STATUS = "status.yml"
LINE = "  as_of: Teks as_of.\n"

BROKEN = {
    "a text that is missing": (LINE, "", "status.yml > as_of: is missing"),
    "a member's text that is missing": (
        "  survey.open: Teks survey.open.\n",
        "",
        "status.yml > survey.open: is missing",
    ),
    "a text that nobody knows": (LINE, LINE + "  salam: Halo.\n", "status.yml > salam: is not a known text"),
    "a state that does not exist": (
        LINE,
        LINE + "  survey.closed: Tutup.\n",
        "status.yml > survey.closed: is not a known text",
    ),
    "a gap that nothing fills": (
        LINE,
        "  as_of: Data per {kapan}.\n",
        "status.yml > as_of > text: {kapan} is nothing that it can show; known: when",
    ),
    "a gap where nothing is known": (
        "  today: Teks today.\n",
        "  today: hari {date}\n",
        "status.yml > today > text: {date} is nothing that it can show; known: -",
    ),
    "a gap of another text of the group": (
        "  survey.open: Teks survey.open.\n",
        "  survey.open: Survei {amount}.\n",
        "status.yml > survey.open > text: {amount} is nothing that it can show; known: date, number",
    ),
    "a gap without a name": (
        LINE,
        "  as_of: Data per {}.\n",
        "status.yml > as_of > text: {} is nothing that it can show; known: when",
    ),
    "a gap by number": (
        LINE,
        "  as_of: Data per {0}.\n",
        "status.yml > as_of > text: {0} is nothing that it can show; known: when",
    ),
    "a look into a gap": (
        LINE,
        "  as_of: Data per {when.year}.\n",
        "status.yml > as_of > text: {when.year} is nothing that it can show; known: when",
    ),
    "a form that a gap cannot take": (LINE, '  as_of: "Data per {when:d}."\n', "status.yml > as_of > text"),
    "a gap within the form of a gap": (LINE, '  as_of: "Data per {when:{lebar}}."\n', "status.yml > as_of > text"),
    "a change that Python does not know": (LINE, '  as_of: "Data per {when!x}."\n', "status.yml > as_of > text"),
    "a brace too few": (
        LINE,
        '  as_of: "Data per {when."\n',
        "status.yml > as_of > text: has a brace too many or too few",
    ),
    "a brace too many": (
        LINE,
        '  as_of: "Data per {when}}."\n',
        "status.yml > as_of > text: has a brace too many or too few",
    ),
    "a fact that does not exist": (
        LINE,
        "  as_of: {text: Data., sources: [in-mana]}\n",
        "status.yml > as_of > sources: 'in-mana' is no fact of data/facts.yml",
    ),
    "sources that are no list": (
        LINE,
        "  as_of: {text: Data., sources: in-besaran}\n",
        "status.yml > as_of > sources: must be a list",
    ),
    "no text behind its sources": (LINE, "  as_of: {sources: [in-besaran]}\n", "status.yml > as_of > text: is missing"),
    "a field that nobody knows": (
        LINE,
        "  as_of: {text: Data., sources: [in-besaran], note: x}\n",
        "status.yml > as_of > note: is not a known field",
    ),
    "a number where a text belongs": (LINE, "  as_of: 7\n", "status.yml > as_of"),
    "nothing where a text belongs": (LINE, "  as_of:\n", "status.yml > as_of"),
    "a blank text": (LINE, '  as_of: "  "\n', "status.yml > as_of > text: must be a text"),
}


def test_small_file_is_valid_and_read(content: ContentFolder) -> None:
    assert content.problems() == []
    assert content.load().status == {name: f"Teks {name}." for name in NAMES}


@pytest.mark.parametrize("case", BROKEN)
def test_mistake_is_named(content: ContentFolder, case: str) -> None:
    old, new, message = BROKEN[case]
    content.change(STATUS, old, new)
    assert any(line.startswith(message) for line in content.problems()), content.problems()


def test_mistakes_are_all_told_at_once(content: ContentFolder) -> None:
    content.change(STATUS, LINE, "")
    content.change(STATUS, "  today: Teks today.\n", "  today: hari {date}\n")
    content.change(STATUS, "  tomorrow: Teks tomorrow.\n", "  tomorrow: {text: Besok., sources: [in-mana]}\n")
    assert len(content.problems()) == 3


@pytest.mark.parametrize("body", ["texts: []\n", "texts:\n", "[]\n", "halo\n", "lain: {}\n", ""])
def test_file_of_another_shape_is_named(content: ContentFolder, body: str) -> None:
    content.write(STATUS, body)
    assert any(line.startswith("status.yml") for line in content.problems())


@pytest.mark.parametrize(
    ("text", "said"),
    [("Data per {when}.", "Data per {when}."), ("{{when}}", "{{when}}"), ("{when}, {when}", "{when}, {when}")],
)
def test_gaps_that_are_known_are_allowed(content: ContentFolder, text: str, said: str) -> None:
    content.change(STATUS, LINE, f'  as_of: "{text}"\n')
    assert content.problems() == []
    assert content.load().status["as_of"] == said


def test_text_with_sources_is_its_text(content: ContentFolder) -> None:
    content.change(STATUS, LINE, "  as_of: {text: Data., sources: [in-besaran, in-jadwal]}\n")
    assert content.load().status["as_of"] == "Data."


def test_gaps_are_of_texts_or_groups_that_exist() -> None:
    assert GAPS.keys() <= set(SINGLE) | GROUPS.keys()
    assert len(NAMES) == len(set(NAMES))


class Uses(ast.NodeVisitor):
    """The texts that a module asks for by name, and every other piece of text in it."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.groups: set[str] = set()
        self.mentioned: set[str] = set()

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """`texts["..."]`, `self.texts["..."]`, `....status["..."]`."""
        if _name_of(node.value) in ("texts", "_texts", "status"):
            self.asked |= set(_constants(node.slice))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """`self._say("...")`, `self._date("...", day)`, `self._state("group", ...)`, `self._because("group", ...)`."""
        name = _name_of(node.func)
        if node.args and name in ("_say", "_date"):
            self.asked |= set(_constants(node.args[0]))
        if node.args and name in ("_state", "_because"):
            ending = "_reason" if name == "_because" else ""
            self.groups |= {one + ending for one in _constants(node.args[0])}
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Anything else."""
        if isinstance(node.value, str):
            self.mentioned.add(node.value)


def _name_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _constants(node: ast.AST) -> Iterator[str]:
    """All texts that an expression may come to: one, or those of its branches."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_constants(node.body), *_constants(node.orelse))
    elif isinstance(node, ast.Dict):
        yield from (one for value in node.values for one in _constants(value))
    elif isinstance(node, ast.Call):
        yield from (one for part in (node.func, *node.args) for one in _constants(part))
    elif isinstance(node, ast.Attribute):
        yield from _constants(node.value)


@pytest.fixture(scope="module")
def uses() -> Uses:
    """Of all actions."""
    found = Uses()
    for file in sorted((PROJECT / "actions").rglob("*.py")):
        found.visit(ast.parse(file.read_text(encoding="utf-8")))
    return found


class TestCode:
    def test_looking_finds_what_there_is(self) -> None:
        found = Uses()
        found.visit(
            ast.parse(
                'self.texts["a"]; texts["b" if x else "c"]; tools.status["d"]; self._say({0: "e"}.get(1, "f"), x=1)\n'
                'self._date("g", day); self._state("h", "open"); self._because("i", x); other["j"]'
            )
        )
        assert found.asked == set("abcdefg")
        assert found.groups == {"h", "i_reason"}
        assert "j" in found.mentioned

    def test_every_text_that_is_asked_for_exists(self, uses: Uses) -> None:
        assert len(uses.asked) > 40
        assert uses.asked <= set(NAMES)
        assert uses.groups == GROUPS.keys()

    def test_no_text_is_there_for_nothing(self, uses: Uses) -> None:
        assert {name for name in SINGLE if name not in uses.asked | uses.mentioned} == set()
        assert {step for step in GROUPS["step"] if step not in uses.mentioned} - {UNKNOWN} == set()
