"""An edited answer is served without a restart; a broken edit is not."""

from __future__ import annotations

import logging

import pytest

from nlu.content.errors import ContentError
from nlu.content.live import LOOK_SECONDS, LiveCatalogue
from tests.assistant.content_folder import INSENTIF, ContentFolder

FAQ = "faq/insentif.yml"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pass_a_look(self) -> None:
        self.now += LOOK_SECONDS


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(content: ContentFolder, clock: Clock) -> LiveCatalogue:
    return LiveCatalogue(content.root, clock)


def answer(live: LiveCatalogue) -> str:
    return live.current().entries["jadwal-insentif"].answer


def test_edited_answer_is_served_after_the_next_look(content: ContentFolder, live: LiveCatalogue, clock: Clock) -> None:
    content.change(FAQ, "Cairnya 7", "Biasanya 7")
    assert answer(live).startswith("Cairnya 7")
    clock.pass_a_look()
    assert answer(live).startswith("Biasanya 7")


def test_nothing_is_read_again_while_nothing_changes(live: LiveCatalogue, clock: Clock) -> None:
    before = live.current()
    clock.pass_a_look()
    assert live.current() is before


def test_broken_edit_keeps_the_last_good_content_and_is_logged_once(
    content: ContentFolder, live: LiveCatalogue, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    content.change(FAQ, "    question: Kapan insentif cair?\n", "")
    for _ in range(3):
        clock.pass_a_look()
        assert answer(live).startswith("Cairnya 7")
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "insentif.yml > jadwal-insentif > question: is missing" in errors[0]


def test_mended_file_is_served_again(content: ContentFolder, live: LiveCatalogue, clock: Clock) -> None:
    content.write(FAQ, "entries: [")
    clock.pass_a_look()
    live.current()
    content.write(FAQ, INSENTIF.replace("Cairnya 7", "Biasanya 7"))
    clock.pass_a_look()
    assert answer(live).startswith("Biasanya 7")


@pytest.mark.parametrize("text", ["as_of: 2023-02-31\n", "\x00", "- a\n- b\n", "", "facts: {a: 1}\n"])
def test_whatever_an_editor_saves_never_breaks_a_turn(
    content: ContentFolder, live: LiveCatalogue, clock: Clock, text: str
) -> None:
    for name in ("facts.yml", "programme.yml", "notices.yml", FAQ):
        content.write(name, text)
        clock.pass_a_look()
        assert answer(live).startswith("Cairnya 7")


def test_new_and_removed_topics_are_noticed(content: ContentFolder, live: LiveCatalogue, clock: Clock) -> None:
    more = INSENTIF.replace("topic: insentif", "topic: uang").replace("-insentif", "-uang")
    more = more.replace("title: Besaran insentif", "title: Besaran uang").replace(
        "title: Jadwal insentif", "title: Jadwal"
    )
    more = more.replace("satu ", "tiga ").replace("dua ", "empat ")
    content.write("faq/uang.yml", more)
    clock.pass_a_look()
    assert "jadwal-uang" in live.current().entries
    content.path("faq/uang.yml").unlink()
    clock.pass_a_look()
    assert "jadwal-uang" not in live.current().entries


def test_start_with_broken_content_is_refused(content: ContentFolder) -> None:
    content.write(FAQ, "entries: [")
    with pytest.raises(ContentError):
        LiveCatalogue(content.root)
