"""The examples of data/faq/: which phrasing may join them and why another may not, and how it is written down."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from nlu.content.catalogue import Catalogue, load_catalogue
from nlu.content.checks import holds_long_number, is_command
from nlu.content.errors import ContentError
from nlu.evaluation.copies import near_copy
from nlu.evaluation.figures import read_cases
from nlu.review.phrasing import alike, one_line
from nlu.review.surgery import add_examples


class Examples:
    """All examples below one project folder. Raises ContentError when the content is faulty from the start."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._evaluation = read_cases(root / "nlu" / "evaluation")
        self._small_talk = read_cases(root / "nlu" / "data")
        self.catalogue: Catalogue = load_catalogue(root)

    def fault(self, phrasing: str) -> str:
        """Why a phrasing must not become an example, in words for an editor; empty when it may."""
        return next(self._faults(phrasing, alike(phrasing)), "")

    def _faults(self, phrasing: str, plain: str) -> Iterator[str]:
        if not any(one.isalpha() for one in plain):
            yield "tidak berisi kata"
        if holds_long_number(plain):
            yield "berisi nomor panjang; data orang tidak boleh jadi contoh"
        if is_command(plain):
            yield "diawali garis miring, yang dibaca sebagai perintah"
        for entry in self.catalogue.entries.values():
            if any(alike(example) == plain for example in entry.examples):
                yield f"sudah ada di {entry.id}"
        for case in self._small_talk:
            if alike(case.text) == plain:
                yield f"sudah jadi contoh untuk {case.right} (nlu/data/{case.topic}.yml)"
        copied = near_copy(phrasing, self._evaluation)
        if copied:
            yield f"terlalu mirip kalimat uji di nlu/evaluation/{copied.topic}.yml: {copied.text!r}"

    def add(self, entry: str, phrasings: Sequence[str]) -> None:
        """Write examples into their entry's file. Raises CannotAdd and ContentError; the file is then as it was."""
        lines = [one_line(phrasing) for phrasing in phrasings]
        file = self._root / "data" / "faq" / f"{self.catalogue.entries[entry].topic}.yml"
        before = file.read_bytes()
        # Decoded by hand: reading as text would turn every kind of line ending into one.
        after = add_examples(before.decode("utf-8"), entry, lines).encode("utf-8")
        _replace(file, after)
        try:
            self.catalogue = load_catalogue(self._root)
        except ContentError:
            _replace(file, before)
            raise


def _replace(file: Path, content: bytes) -> None:
    """At once: a running assistant that looks at the file sees the old one or the new one, and nothing in between."""
    draft = file.with_name(f".{file.name}.tmp")
    draft.write_bytes(content)
    shutil.copymode(file, draft)
    draft.replace(file)
